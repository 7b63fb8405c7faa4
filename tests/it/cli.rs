//! The commands, as somebody new to them meets them.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home};
use tempfile::TempDir;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_call_succeeds_with_an_answer_for_people_or_as_json() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let read =
        ["call", "catalog_get_product", "sku=TEN-002", "scope.store_view_code=de", "fields=*"];
    let text = home.souk(read).on(&store).run().await.ok();
    assert!(text.contains("sku: TEN-002\n") && text.contains("name: Skarv 2 Zelt\n"), "{text}");

    let plain = store.rest("/de/V1/products/TEN-002").await;
    let raw = home.souk(read).args(["--json"]).on(&store).run().await.ok();
    assert_eq!(json_of(&raw), plain);
    let object = r#"{"sku": "TEN-002", "scope": {"store_view_code": "de"}, "fields": ["*"]}"#;
    let raw = home.souk(["call", "catalog_get_product", object, "--json"]).on(&store).run().await;
    assert_eq!(json_of(&raw.ok()), plain);

    let search = ["call", "catalog_search_products", "page_size=3", "--demo", "--json"];
    let found = json_of(&home.souk(search).run().await.ok());
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_demo_store_that_is_kept_has_plans_of_one_call_committed_by_the_next() {
    let (home, data) = (Home::new(), TempDir::new().unwrap());
    let directory = data.path().to_str().unwrap();
    let call = async |arguments: &[&str]| {
        let souk = home.souk(["call", "--json", "--demo-data", directory]);
        souk.args(arguments.iter().copied()).run().await
    };
    let prepare = r#"{"match": {"sku_list": ["TEN-001"]}, "updates": {"name": "Kept"},
        "scope": {"scope": "global"}}"#;
    let plan = json_of(&call(&["catalog_prepare_bulk_update", prepare]).await.ok());
    let plan = format!("plan_id={}", plan["plan_id"].as_str().unwrap());
    let done = call(&["plans_commit", &plan, "confirm=true", "reason=a test"]).await.ok();
    assert_eq!(json_of(&done)["state"], "done", "{done}");
    let product = call(&["catalog_get_product", "sku=TEN-001"]).await.ok();
    assert_eq!(json_of(&product)["name"], "Kept");
    let back = json_of(&call(&["plans_undo", &plan]).await.ok());
    let back = format!("plan_id={}", back["plan_id"].as_str().unwrap());
    let undone = call(&["plans_commit", &back, "confirm=true", "reason=a test"]).await.ok();
    assert_eq!(json_of(&undone)["state"], "done", "{undone}");
    let product = call(&["catalog_get_product", "sku=TEN-001"]).await.ok();
    assert_eq!(json_of(&product)["name"], "Skarv 1 Tent");
}

#[tokio::test]
async fn a_call_that_fails_says_why_on_stderr_and_in_its_status() {
    let home = Home::new();
    for (arguments, says) in [
        (vec!["catalog_get_product", "sku=NOPE"], "NOT_FOUND: "),
        (vec!["catalog_get_product", "skuu=1"], "VALIDATION_ERROR: "),
        (vec!["catalog_get_product"], "VALIDATION_ERROR: "),
        (vec!["catalog_search_products", "page_size=500"], "`page_size`"),
        (vec!["catalog_search_products", "page_size"], "`key=value`"),
        (vec!["catalog_search_products", "{"], "no JSON object"),
        (vec!["catalog_fly"], "ACTION_NOT_FOUND: "),
        (vec!["catalog_get_product", "sku=TEN-002", "--deny", "catalog_*"], "FORBIDDEN: "),
    ] {
        for json in [false, true] {
            let mut souk = home.souk(["call", "--demo"]).args(arguments.clone());
            if json {
                souk = souk.args(["--json"]);
            }
            let ran = souk.run().await;
            assert_eq!(ran.status, Some(1), "{arguments:?}");
            assert!(ran.err.contains(says), "{arguments:?}: {}", ran.err);
            assert_eq!(ran.out, "", "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn without_a_store_a_call_says_how_to_get_one() {
    let home = Home::new();
    let ran = home.souk(["call", "catalog_search_products"]).run().await;
    assert_eq!(ran.status, Some(1));
    for way in ["MAGENTO_BASE_URL", "souk.toml", "--demo"] {
        assert!(ran.err.contains(way), "{}", ran.err);
    }
    let nowhere = home.souk(["call", "catalog_search_products"]);
    let nowhere = nowhere.env("MAGENTO_BASE_URL", "http://127.0.0.1:9/");
    let ran = nowhere.run().await;
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("MAGENTO_ADMIN_USERNAME"), "{}", ran.err);
    let ran = nowhere.env("MAGENTO_INTEGRATION_TOKEN", "hunter2-hunter2").run().await;
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("127.0.0.1:9") && !ran.err.contains("hunter2"), "{}", ran.err);
}

#[tokio::test]
async fn actions_are_listed_with_what_forbids_them() {
    let home = Home::new();
    let list = home.souk(["actions", "--deny", "catalog_*"]);
    let text = list.run().await.ok();
    let line = |tool: &str| {
        text.lines().find(|line| line.starts_with(tool)).unwrap_or_default().to_owned()
    };
    assert!(line("ACTION").contains("TIER"), "{text}");
    assert!(line("auth_login").contains("session  yes"), "{text}");
    assert!(line("catalog_get_product").contains("no: deny-list"), "{text}");
    let raw = json_of(&list.args(["--json"]).run().await.ok());
    assert!(raw.as_array().unwrap().len() >= 7);
    assert_eq!(raw[0]["action"], "auth_login");
}

#[tokio::test]
async fn plugins_are_listed_and_inspected_without_being_installed() {
    let home = Home::new();
    let text = home.souk(["plugins"]).run().await.ok();
    let catalog = text.lines().find(|line| line.starts_with("catalog")).unwrap();
    assert!(catalog.contains("read") && catalog.contains("catalog.wasm"), "{text}");
    let raw = json_of(&home.souk(["plugins", "--json"]).run().await.ok());
    assert!(raw["plugins"].as_array().unwrap().len() >= 3);
    assert_eq!(raw["refused"], json!([]));

    let file = souk_tests::plugins().join("catalog.wasm");
    let inspect = home.souk(["plugins", "inspect"]).args([&file]);
    let text = inspect.run().await.ok();
    for said in [
        "catalog_get_product  [safe, query]",
        "may ask GET /V1/products/{sku}",
        "souk:plugin/upstream@0.1",
        "sha-256",
        "may      read",
    ] {
        assert!(text.contains(said), "{text}");
    }
    let raw = json_of(&inspect.args(["--json"]).run().await.ok());
    assert_eq!(raw["digest"].as_str().unwrap().len(), 64);

    let wrong = home.write("wrong.wasm", "not wasm");
    let ran = home.souk(["plugins", "inspect"]).args([&wrong]).run().await;
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("wrong.wasm") && ran.err.contains("is refused: "), "{}", ran.err);
    let ran = home.souk(["plugins", "--plugins", "nowhere"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("make plugins"), "{}", ran.err);
}

#[tokio::test]
async fn one_action_or_one_groups_are_shown() {
    let home = Home::new();
    let one = home.souk(["actions", "orders_why"]).run().await.ok();
    for said in
        ["orders_why: List what can be done with an order", "allowed: yes", "order_id (integer"]
    {
        assert!(one.contains(said), "{one}");
    }
    assert!(!one.contains("orders_hold"), "{one}");
    let raw = json_of(&home.souk(["actions", "orders_why", "--json"]).run().await.ok());
    assert_eq!(raw["action"], "orders_why");
    let group = home.souk(["actions", "scope"]).run().await.ok();
    let listed: Vec<&str> = group.lines().skip(1).map(|line| &line[..6]).collect();
    assert_eq!(listed, ["scope_", "scope_"], "{group}");
    let ran = home.souk(["actions", "orders_wy"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("`orders_why`"), "{}", ran.err);
}

#[tokio::test]
async fn a_value_alone_is_the_argument_that_cannot_be_left_out() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let call = async |arguments: &[&str]| {
        home.souk(["call", "--json"]).args(arguments).on(&store).run().await
    };
    let product = json_of(&call(&["catalog_get_product", "TEN-001"]).await.ok());
    assert_eq!(product["sku"], "TEN-001");
    // Which of two a number is, it does not say.
    let ran = call(&["orders_why", "41"]).await;
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    for said in ["`order_id=41`", "`increment_id=41`", "souk actions orders_why"] {
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

#[tokio::test]
async fn the_policy_is_explained_by_rule_and_remedy() {
    let home = Home::new();
    let explain = home.souk(["policy", "explain", "local", "catalog_get_product"]);
    let text = explain.run().await.ok();
    assert!(text.contains("may call `catalog_get_product`"), "{text}");
    let ran = explain.args(["--deny", "catalog_*"]).run().await;
    assert_eq!(ran.status, Some(1));
    for said in ["FORBIDDEN: ", "`catalog_*`, set by `--deny`", "hint: ", "rule: deny-list"] {
        assert!(ran.out.contains(said), "{}", ran.out);
    }
    home.configure("[principals.ann]\nmax_tier = 'safe'\ndeny = ['auth_*']");
    let ran = home.souk(["policy", "explain", "ann", "auth_login"]).run().await;
    assert!(ran.status == Some(1) && ran.out.contains("principals.ann.deny"), "{}", ran.out);
    let ran = home.souk(["policy", "explain", "local", "auth_fly"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("`souk actions`"), "{}", ran.err);
}

#[tokio::test]
async fn the_demo_store_says_where_it_is_and_how_to_get_in() {
    let (store, home) = (DemoStore::start().await, Home::new());
    for ways_in in [
        vec!["MAGENTO_ADMIN_USERNAME", "MAGENTO_ADMIN_PASSWORD"],
        vec![
            "MAGENTO_OAUTH_CONSUMER_KEY",
            "MAGENTO_OAUTH_CONSUMER_SECRET",
            "MAGENTO_OAUTH_TOKEN",
            "MAGENTO_OAUTH_TOKEN_SECRET",
        ],
        vec!["MAGENTO_INTEGRATION_TOKEN"],
    ] {
        let mut souk = home.souk(["call", "catalog_search_products", "page_size=1", "--json"]);
        souk = souk.env("MAGENTO_BASE_URL", store.url());
        for name in ways_in {
            souk = souk.env(name, store.credential(name));
        }
        assert_eq!(json_of(&souk.run().await.ok())["items"][0]["sku"], "TEN-001");
    }
    let ran = home.souk(["demo-store", "--listen", "0.0.0.0:0"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("loopback only"), "{}", ran.err);
    let ran = home.souk(["demo-store", "--state", "nothing.json"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("`nothing.json`"), "{}", ran.err);
}

#[tokio::test]
async fn whoever_serves_over_http_is_told_how_to_connect() {
    let home = Home::new();
    let served = home.souk(["serve", "--demo"]).http().await;
    let told = served.process().log();
    for said in [
        format!("claude mcp add --transport http souk {}", served.url()),
        format!("codex mcp add souk --url {}", served.url()),
        format!(
            "{{\"mcpServers\": {{\"souk\": {{\"type\": \"http\", \"url\": \"{}\"}}}}}}",
            served.url()
        ),
        "souk call catalog_search_products --demo".to_owned(),
    ] {
        assert!(told.contains(&said), "`{said}` is not in:\n{told}");
    }
    assert!(served.url().ends_with("/mcp"));
}
