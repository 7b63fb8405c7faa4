//! Which tools are listed to whom, and how all others are called.

use std::collections::BTreeSet;
use std::sync::Mutex;

use rmcp::model::Tool;
use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Home, Mcp, Souk, calls, confirmed, everywhere, until};

/// Those that find and run all others, and are always there.
const FINDERS: [&str; 4] = ["tools_search", "tools_describe", "tools_read", "tools_write"];

/// What a default list may take.
const MOST_BYTES: usize = 40_000;
const MOST_TOOLS: usize = 40;

/// What a tool takes of a list.
fn bytes(tool: &Tool) -> usize {
    json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": *tool.input_schema,
    })
    .to_string()
    .len()
}

/// The names of what is listed, but for those that are always.
async fn listed(souk: &Souk<'_>) -> BTreeSet<String> {
    let tools = souk.stdio(Era::Modern).await.tools().await;
    assert_eq!(tools[..4], FINDERS);
    tools.into_iter().skip(4).collect()
}

#[tokio::test]
async fn the_default_list_is_short_enough_for_every_client() {
    let home = Home::new();
    for tier in ["safe", "risk", "critical"] {
        let souk = home.souk(["serve", "--demo", "--max-tier", tier]);
        everywhere(&souk, async |mcp| {
            let tools = mcp.list().await;
            let taken: usize = tools.iter().map(bytes).sum();
            eprintln!("{tier}: {} tools, {taken} bytes", tools.len());
            assert!(tools.len() <= MOST_TOOLS, "{tier}: {} tools", tools.len());
            assert!(taken <= MOST_BYTES, "{tier}: {taken} bytes");
            let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
            let first = [&FINDERS[..], &["auth_login", "auth_logout", "auth_whoami"]].concat();
            assert_eq!(names[..7], first);
            for wanted in ["scope_set_default", "catalog_get_product", "plans_get", "plans_undo"] {
                assert!(names.contains(&wanted), "{wanted} is not in {names:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_smaller_budget_lists_fewer_from_every_source() {
    let home = Home::new();
    let file = home.write("budget.toml", "tools_budget = 9000");
    for souk in [
        home.souk(["serve", "--demo", "--tools-budget", "9000"]),
        home.souk(["serve", "--demo"]).env("SOUK_TOOLS_BUDGET", "9000"),
        home.souk(["serve", "--demo", "--config"]).args([file.into_os_string()]),
    ] {
        let tools = souk.stdio(Era::Legacy).await.list().await;
        let taken: usize = tools.iter().map(bytes).sum();
        assert!(taken <= 9_000 && tools.len() > 4, "{} tools, {taken} bytes", tools.len());
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_TOOLS_BUDGET_COUNT", "6");
    assert_eq!(souk.stdio(Era::Modern).await.tools().await.len(), 6);
}

#[tokio::test]
async fn each_set_lists_what_it_says_and_several_add_up() {
    let home = Home::new();
    let of = |sets: &str| home.souk(["serve", "--demo", "--tools", sets]);
    let groups = |tools: &BTreeSet<String>| -> BTreeSet<String> {
        tools.iter().map(|tool| tool.split_once('_').unwrap().0.to_owned()).collect()
    };
    let all = listed(&of("all")).await;
    assert!(all.len() > MOST_TOOLS, "{all:?}");
    let orders = listed(&of("orders")).await;
    assert_eq!(groups(&orders), BTreeSet::from(["orders".to_owned()]));
    let both = listed(&of("orders,auth")).await;
    assert!(both.is_superset(&orders) && both.contains("auth_login"), "{both:?}");
    assert_eq!(groups(&both).len(), 2);
    let classic = listed(&of("classic")).await;
    assert!(classic.contains("plans_commit") && !groups(&classic).contains("orders"));
    assert_eq!(classic.len(), 38 + 7);
    // What is named is listed whole, and `auto` goes on in what is left.
    let auto = listed(&of("auto,orders")).await;
    assert!(auto.is_superset(&orders) && auto.contains("auth_login"), "{auto:?}");
    assert!(all.is_superset(&auto) && auto.len() + FINDERS.len() <= MOST_TOOLS);

    let file = home.write("sets.toml", "tools = 'orders,auth'");
    let by_file = home.souk(["serve", "--demo", "--config"]).args([file.as_os_str()]);
    assert_eq!(listed(&by_file).await, both);
    assert_eq!(listed(&by_file.clone().env("SOUK_TOOLS", "orders")).await, orders);
    assert_eq!(listed(&by_file.env("SOUK_TOOLS", "orders").args(["--tools", "all"])).await, all);
    let default = home.souk(["serve", "--demo"]).env("MCP_PLAN_EXPIRY_MIN", "30");
    assert_eq!(listed(&default).await, classic);
}

#[tokio::test]
async fn a_set_that_is_none_is_refused_and_one_of_no_plugin_is_told_of() {
    let home = Home::new();
    for wrong in ["orders_*", "", "Orders"] {
        let refused = home.souk(["tools", "--tools", wrong]).run().await;
        assert_ne!(refused.status, Some(0), "`{wrong}`");
        assert!(refused.err.contains("auto, classic, all"), "{}", refused.err);
    }
    let mcp = home.souk(["serve", "--demo", "--tools", "order"]).stdio(Era::Modern).await;
    assert_eq!(mcp.tools().await, FINDERS);
    mcp.process().logged("no plugin `order` is loaded; is `orders` meant?").await;
}

#[tokio::test]
async fn what_is_not_listed_is_called_by_name_and_through_those_that_run_it() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home.souk(["serve", "--tools", "cms"]).on(&store);
    everywhere(&souk, async |mcp| {
        let through = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
        let session = mcp.answer("tools_write", through("auth_login", json!({}))).await;
        assert_eq!(session["base_url"], store.url());
        let by_name = mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
        let read = through("catalog_get_product", json!({"sku": "TEN-002"}));
        assert_eq!(mcp.answer("tools_read", read).await, by_name);
        // As clients of magento-mcp send arguments, too.
        let wrapped = json!({"params": {"sku": "TEN-002"}});
        let read = through("catalog_get_product", wrapped);
        assert_eq!(mcp.answer("tools_read", json!({"params": read})).await, by_name);
        assert_eq!(by_name["sku"], "TEN-002");
        let who = mcp.answer("tools_read", json!({"name": "auth_whoami"})).await;
        assert_eq!(who["base_url"], store.url());
    })
    .await;
}

#[tokio::test]
async fn each_runs_its_own_kind_alone_so_that_what_clients_are_told_of_it_is_true() {
    let home = Home::new();
    everywhere(&home.souk(["serve", "--demo", "--max-tier", "critical"]), async |mcp| {
        let tools = mcp.list().await;
        let hints = |name: &str| {
            let tool = tools.iter().find(|tool| tool.name == name).unwrap();
            let hints = tool.annotations.as_ref().unwrap();
            (hints.read_only_hint.unwrap(), hints.destructive_hint.unwrap())
        };
        for (finder, wanted) in FINDERS.into_iter().zip([true, true, true, false]) {
            assert_eq!(hints(finder), (wanted, !wanted), "{finder}");
        }
        let all =
            mcp.answer("tools_describe", json!({"names": ["orders_hold", "orders_get"]})).await;
        assert_eq!(all["tools"][0]["run_with"], "tools_write");
        assert_eq!(all["tools"][1]["run_with"], "tools_read");
        for (asked, name, right) in [
            ("tools_read", "orders_hold", "tools_write"),
            ("tools_read", "catalog_prepare_bulk_update", "tools_write"),
            ("tools_read", "auth_login", "tools_write"),
            ("tools_read", "plans_commit", "tools_write"),
            ("tools_write", "orders_get", "tools_read"),
            ("tools_write", "plans_list", "tools_read"),
        ] {
            let refusal = mcp.refusal(asked, json!({"name": name})).await;
            assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
            assert!(refusal.contains(name) && refusal.contains(&format!("call `{right}`")));
        }
        for finder in FINDERS {
            let refusal = mcp.refusal("tools_read", json!({"name": finder})).await;
            assert!(refusal.contains(&format!("call `{finder}` itself")), "{refusal}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_none_is_answered_with_those_near_it() {
    let home = Home::new();
    everywhere(&home.souk(["serve", "--demo"]), async |mcp| {
        for (tool, given) in [
            ("tools_read", json!({"name": "catalog_get_products"})),
            ("tools_write", json!({"name": "catalog_product_get"})),
            ("tools_describe", json!({"names": ["catalog_getproduct"]})),
        ] {
            let refusal = mcp.refusal(tool, given).await;
            assert!(refusal.starts_with("ACTION_NOT_FOUND: "), "{refusal}");
            assert!(refusal.contains("`catalog_get_product`"), "{refusal}");
            assert!(refusal.contains("`tools_search`"), "{refusal}");
        }
        // What may not be called is not told of.
        let refusal = mcp.refusal("tools_write", json!({"name": "orders_refunds"})).await;
        assert!(!refusal.contains("`orders_refund`"), "{refusal}");
        for wrong in [
            json!({}),
            json!({"name": true}),
            json!({"name": "orders_get", "arguments": "x"}),
            json!({"name": "orders_get", "confirm": true}),
        ] {
            let refusal = mcp.refusal("tools_read", wrong).await;
            assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_description_has_what_a_list_would_have_said() {
    let home = Home::new();
    let every = home.souk(["serve", "--demo", "--tools", "all"]).stdio(Era::Modern).await;
    let listed = every.list().await;
    let mcp = home.souk(["serve", "--demo", "--tools", "auth"]).stdio(Era::Modern).await;
    for some in listed.chunks(10) {
        let names: Vec<&str> = some.iter().map(|tool| &*tool.name).collect();
        let described = mcp.answer("tools_describe", json!({"names": names})).await;
        for (tool, described) in some.iter().zip(described["tools"].as_array().unwrap()) {
            assert_eq!(described["name"], *tool.name);
            assert_eq!(described["title"], *tool.title.as_ref().unwrap());
            assert_eq!(described["description"], **tool.description.as_ref().unwrap());
            assert_eq!(described["inputSchema"], json!(*tool.input_schema), "{}", tool.name);
        }
    }
    let given = json!({"names": ["orders_get", "orders_refund", "nothing_at_all"]});
    let described = mcp.answer("tools_describe", given).await;
    assert_eq!(described["tools"].as_array().unwrap().len(), 1);
    let not_found = described["not_found"].as_array().unwrap();
    assert!(not_found[0]["why"].as_str().unwrap().contains("`critical`"), "{not_found:?}");
    assert!(not_found[1]["why"].as_str().unwrap().contains("no tool is called"), "{not_found:?}");
}

#[tokio::test]
async fn rules_confirmation_schemas_and_the_trail_are_those_of_the_tool_that_is_run() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home.souk(["serve", "--deny", "orders_comment"]).on(&store);
    let mcp = souk.logged_in().await;
    let run = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    for (name, arguments, says) in [
        ("orders_comment", json!({}), vec!["FORBIDDEN: ", "`orders_comment` is denied", "--deny"]),
        ("orders_refund", json!({}), vec!["FORBIDDEN: ", "`critical`"]),
        (
            "promotions_enable_rule",
            json!({"rule_id": 1}),
            vec!["CONFIRMATION_REQUIRED: ", "`promotions_enable_rule`"],
        ),
        ("orders_hold", json!({"order": 3}), vec!["VALIDATION_ERROR: ", "'order'", "`order_id`"]),
        ("plans_commit", confirmed(json!({"plan_id": "p"})), vec!["VALIDATION_ERROR: ", "plan_id"]),
    ] {
        let refusal = mcp.refusal("tools_write", run(name, arguments.clone())).await;
        assert_eq!(refusal, mcp.refusal(name, arguments).await, "{name}");
        for said in says {
            assert!(refusal.contains(said), "`{said}` is not in {refusal}");
        }
        let lines = calls(&home.trail());
        let [.., through, by_name] = &lines[..] else { panic!("two lines: {lines:?}") };
        for member in ["action", "arguments", "plugin", "outcome"] {
            assert_eq!(through[member], by_name[member], "{name}: {member}");
        }
        assert_eq!(through["action"], name);
    }
    // What reaches no tool is written down as what it is.
    mcp.refusal("tools_write", run("orders_nothing", json!({}))).await;
    assert_eq!(calls(&home.trail()).last().unwrap()["action"], "tools_write");
    mcp.answer("tools_search", json!({"query": "orders"})).await;
    assert_eq!(calls(&home.trail()).last().unwrap()["action"], "tools_search");

    // A write that was done by name is not done again through another.
    let hold = json!({"order_id": 41, "reason": "a test", "idempotency_key": "once"});
    let first = mcp.answer("orders_hold", hold.clone()).await;
    let again = mcp.answer("tools_write", run("orders_hold", hold)).await;
    assert_eq!(again["plan_id"], first["plan_id"], "{again}");
    let holds = store.requests().await;
    let holds = holds.iter().filter(|sent| sent.target.ends_with("/hold")).count();
    assert_eq!(holds, 1);
}

#[tokio::test]
async fn deny_lists_alone_keep_anybody_from_those_that_find_and_run() {
    let home = Home::new();
    let narrow = ["--allow", "auth_*", "--read-only", "--max-tier", "safe"];
    let mcp = home.souk(["serve", "--demo"]).args(narrow).stdio(Era::Modern).await;
    assert_eq!(mcp.tools().await[..4], FINDERS);
    let run = json!({"name": "catalog_search_products"});
    let refusal = mcp.refusal("tools_read", run.clone()).await;
    assert!(refusal.contains("`catalog_search_products` is not on the allow list"), "{refusal}");
    let found = mcp.answer("tools_search", json!({"query": "search products"})).await;
    let found: Vec<_> = found["tools"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert!(found.iter().all(|name| name.as_str().unwrap().starts_with("auth_")), "{found:?}");

    let denied = home.souk(["serve", "--demo", "--deny", "tools_*"]).logged_in().await;
    assert!(denied.tools().await.iter().all(|tool| !tool.starts_with("tools_")));
    let refusal = denied.refusal("tools_read", run).await;
    assert!(refusal.contains("`tools_read` is denied"), "{refusal}");
    denied.answer("catalog_search_products", json!({"page_size": 1})).await;
}

#[tokio::test]
async fn a_callers_own_set_counts_instead_and_a_rewritten_file_is_told_of() {
    let token = "ann-0123456789abcdef";
    let config = |tools: &str, others: &str| {
        format!(
            "tools = '{others}'\n[principals.ann]\ntoken = '{token}'\ntools = '{tools}'\n\
            [principals.bob]\ntoken = 'bob-0123456789abcdef'\n"
        )
    };
    for era in ERAS {
        let home = Home::new();
        let file = home.write("sets.toml", config("cms", "seo"));
        let souk = home.souk(["serve", "--demo", "--config"]).args([file.as_os_str()]);
        let served = souk.http().await;
        let ann = served.connect_as(era, token).await;
        let bob = served.connect_as(era, "bob-0123456789abcdef").await;
        let has = async |mcp: &Mcp, group: &str| {
            let tools = mcp.tools().await;
            assert_eq!(tools[..4], FINDERS);
            tools[4..].iter().all(|tool| tool.starts_with(group)) && tools.len() > 4
        };
        assert!(has(&ann, "cms_").await && has(&bob, "seo_").await);
        ann.notified_of(|attempt| {
            home.write("sets.toml", config("orders", "seo") + &format!("# {attempt}"));
        })
        .await;
        until("ann's other set is listed", async || has(&ann, "orders_").await).await;
        assert!(has(&bob, "seo_").await);
    }
}

#[tokio::test]
async fn souk_tools_says_of_each_tool_what_becomes_of_it_and_what_decides() {
    let home = Home::new();
    let config = "tools_budget = 12000\n[policy]\ndeny = ['cache_*']\n[principals.ci]\n\
        tools = ['cms']\n[plugins.probe.settings]\ncolour = 7\n";
    let file = home.write("souk.toml", config);
    let plugins = home.plugins_and_probe();
    let all = |more: &[&str]| {
        let arguments = ["tools"].iter().chain(more).copied().collect::<Vec<_>>();
        home.souk(arguments).args(["--config".as_ref(), file.as_os_str()])
    };
    let json = |out: String| serde_json::from_str::<Value>(&out).unwrap();
    let report = json(all(&["--json"]).run().await.ok());
    let tools = report["tools"].as_array().unwrap();
    let of = |name: &str| tools.iter().find(|row| row["tool"] == name).unwrap().clone();
    assert_eq!(report["budget"], json!({"bytes": 12_000, "tools": 40}));
    assert!(report["listed"]["bytes"].as_u64().unwrap() <= 12_000);
    let mcp = home.souk(["serve", "--demo", "--config"]).args([file.as_os_str()]);
    let served = mcp.stdio(Era::Modern).await.tools().await;
    let listed: Vec<&Value> = tools.iter().filter(|row| row["status"] == "listed").collect();
    assert_eq!(listed.iter().map(|row| row["tool"].as_str().unwrap()).collect::<Vec<_>>(), served);
    assert_eq!(of("tools_read")["status"], "listed");
    assert_eq!(of("auth_login")["decided_by"], "`tools = auto`, set by souk's default");
    assert_eq!(of("seo_commit_bulk_update_meta")["status"], "search_only");
    assert_eq!(of("cache_purge_product")["status"], "forbidden");
    assert_eq!(of("cache_purge_product")["decided_by"], "the rule `deny-list`");
    assert!(of("cache_purge_product")["why"].as_str().unwrap().contains("policy.deny"));

    let text = all(&[]).run().await.ok();
    assert!(text.contains("by search only") && text.contains("with 12000 bytes"), "{text}");
    let one = all(&["cms_get_page", "--principal", "ci"]).run().await.ok();
    assert!(one.contains("`cms_get_page` is listed for `ci`"), "{one}");
    assert!(one.contains("`tools = cms`, set by `principals.ci.tools`"), "{one}");
    let other = all(&["orders_get", "--principal", "ci"]).run().await.ok();
    assert!(other.contains("is by search only for `ci`: no set names it"), "{other}");
    let unknown = all(&["orders_gett"]).run().await;
    assert_ne!(unknown.status, Some(0));
    assert!(unknown.err.contains("is `orders_get` meant?"), "{}", unknown.err);
    let probe = all(&["probe_safe"]).env("SOUK_PLUGINS", plugins).run().await.ok();
    assert!(probe.contains("`probe_safe` is unavailable"), "{probe}");
    assert!(probe.contains("`colour`"), "{probe}");
}

#[tokio::test]
async fn the_terminal_calls_through_those_that_run_as_well() {
    let home = Home::new();
    let call = home.souk(["call", "--demo", "--json", "tools_read"]);
    let given = r#"{"name": "catalog_get_product", "arguments": {"sku": "TEN-002"}}"#;
    let answer: Value = serde_json::from_str(&call.args([given]).run().await.ok()).unwrap();
    assert_eq!(answer["sku"], "TEN-002");
    let call = home.souk(["call", "--demo", "--json", "tools_search", "query=refund"]);
    let found = call.run().await.ok();
    assert!(!found.contains("orders_refund"), "{found}");
}

/// What clients are told before their first call, over any transport.
async fn instructions(souk: Souk<'_>) -> String {
    let told = Mutex::new(BTreeSet::new());
    everywhere(&souk, async |mcp| {
        told.lock().unwrap().insert(mcp.instructions());
    })
    .await;
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    let text = told.into_iter().next().unwrap();
    assert!(text.len() <= 1_500, "{} bytes: {text}", text.len());
    text
}

#[tokio::test]
async fn instructions_are_short_and_say_what_this_caller_may_do() {
    let home = Home::new();
    let whole = instructions(home.souk(["serve", "--demo"])).await;
    let first = whole.lines().next().unwrap();
    assert!(
        first.starts_with("Souk reads and changes a Magento 2 / Adobe Commerce store"),
        "{first}"
    );
    assert!(first.contains("catalog, orders"), "{first}");
    assert!(first.contains("Log in first: call `auth_login` without arguments"), "{first}");
    for part in ["tools_search", "plans_commit", "`confirm: true`", "FORBIDDEN"] {
        assert!(whole.contains(part), "`{part}` is not in {whole}");
    }
    let reading =
        instructions(home.souk(["serve", "--demo", "--read-only", "--tools", "all"])).await;
    assert!(reading.starts_with("Souk reads a Magento 2"), "{reading}");
    for part in ["tools_search", "plans_commit", "confirm"] {
        assert!(!reading.contains(part), "`{part}` is in {reading}");
    }
    let kept_out = instructions(home.souk(["serve", "--demo", "--deny", "auth_login"])).await;
    assert!(kept_out.lines().next().unwrap().contains("keep you from logging in"), "{kept_out}");
    let store = DemoStore::start().await;
    let bare = home.souk(["serve"]).env("MAGENTO_BASE_URL", store.url());
    let none = instructions(bare.clone()).await;
    assert!(none.lines().next().unwrap().contains("Nobody can log in yet"), "{none}");
    let own = instructions(bare.args(["--accept-credentials"])).await;
    assert!(own.lines().next().unwrap().contains("credentials that the user gives you"), "{own}");
}
