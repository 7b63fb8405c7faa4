//! What a store can do, as it is told where somebody asks: by `souk doctor`, by `auth_whoami`, and by
//! the calls that it cannot serve.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{CommandOutput, DemoStore, Home, Souk};

const DOCTOR: [&str; 1] = ["doctor"];

/// The integration of the demo store that may only read the catalog.
fn as_catalog_reader<'h>(souk: Souk<'h>, store: &DemoStore) -> Souk<'h> {
    let mut souk = souk.env("MAGENTO_BASE_URL", store.url());
    for (name, _) in store.oauth() {
        souk = souk.env(name, store.second_credential(name));
    }
    souk
}

fn has(ran: &CommandOutput, said: &[&str]) {
    for said in said {
        assert!(ran.out.contains(said), "`{said}` is not in:\n{}{}", ran.out, ran.err);
    }
}

#[tokio::test]
async fn the_demo_store_is_well() {
    let home = Home::new();
    let ran = home.souk(DOCTOR).args(["--demo"]).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    has(
        &ran,
        &[
            "✓ login",
            "OAuth 1.0a",
            "Magento Open Source 2.4, 356 modules",
            "multi-source (MSI)",
            "trade",
            "✓ orders",
            "✓ catalog",
            "✓ audit trail",
            "all is well\n",
        ],
    );
    assert!(!ran.out.contains('✗'), "{}", ran.out);

    let json = home.souk(["doctor", "--demo", "--json"]).run().await.ok();
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["sound"], true);
    let first = &told["stores"][0];
    assert_eq!(first["capabilities"]["inventory"], "multi_source");
    assert_eq!(first["module_names"].as_array().unwrap().len(), 356);
    assert!(first["capabilities"]["requests"].as_u64().unwrap() <= 20);
}

#[tokio::test]
async fn a_narrow_role_is_named_resource_by_resource_and_breaks_nothing() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let ran = as_catalog_reader(home.souk(DOCTOR), &store).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    has(
        &ran,
        &[
            "✓ products",
            "the role lacks `Magento_Sales::actions_view`",
            "✗ customers",
            "System > Extensions > Integrations",
            "✗ scope",
            "not here: GET /V1/store/websites: the role lacks `Magento_Backend::store`",
        ],
    );
    // The call says the same, and does not send anybody to log in again.
    let call = as_catalog_reader(home.souk(["call", "scope_list_websites_stores"]), &store);
    let ran = call.run().await;
    assert!(ran.err.starts_with("FORBIDDEN: "), "{}", ran.err);
    assert!(ran.err.contains("lacks the resource `Magento_Backend::store`"), "{}", ran.err);
    assert!(!ran.err.contains("auth_login"), "{}", ran.err);
}

#[tokio::test]
async fn a_store_without_a_module_is_told_from_one_without_a_right() {
    let without = ["--without", "Magento_Inventory*,Magento_Version"];
    let (store, home) = (DemoStore::start_with(&without).await, Home::new());
    let ran = home.souk(DOCTOR).on(&store).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    has(
        &ran,
        &["– inventory", "single stock", "`/magento_version` is not served", "Magento Open Source"],
    );
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_broken() {
    let home = Home::new();
    let souk = home.souk(DOCTOR).env("MAGENTO_BASE_URL", "http://127.0.0.1:9/");
    let ran = souk.env("MAGENTO_INTEGRATION_TOKEN", "hunter2-hunter2").run().await;
    assert_eq!(ran.status, Some(1));
    has(&ran, &["✗ reachable", "127.0.0.1:9", "→ check that the store is up", "1 thing is broken"]);
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    let ran = home.souk(DOCTOR).run().await;
    assert_eq!(ran.status, Some(1));
    has(&ran, &["MAGENTO_BASE_URL", "--demo"]);
    home.configure("[policy]\nreadonly = true");
    let ran = home.souk(DOCTOR).args(["--demo"]).run().await;
    assert_eq!(ran.status, Some(1));
    has(&ran, &["✗ read", "readonly"]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_noticed_before_and_after_it_locks_us_out() {
    let home = Home::new();
    let late = DemoStore::start_with(&["--clock-ahead", "-120"]).await;
    let ran = home.souk(DOCTOR).on(&late).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    has(&ran, &["! clock", "ahead of the store's", "NTP", "nothing is broken, 1 warning"]);

    let too_late = DemoStore::start_with(&["--clock-ahead", "-3600"]).await;
    let ran = home.souk(DOCTOR).on(&too_late).run().await;
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    has(&ran, &["✗ login", "! clock", "clock"]);
}

#[tokio::test]
async fn state_that_others_read_or_wrote_to_is_noticed() {
    let home = Home::new();
    let called =
        home.souk(["call", "catalog_search_products", "page_size=1", "--demo"]).run().await;
    assert_eq!(called.status, Some(0), "{}", called.err);
    let state = home.path("state");
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(home.trail(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = home.souk(DOCTOR).args(["--demo"]).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    has(&ran, &["others can read `audit.jsonl`", "chmod"]);
    let trail = std::fs::read_to_string(home.trail()).unwrap();
    std::fs::write(home.trail(), trail.replace("catalog_search", "catalog_secret")).unwrap();
    let ran = home.souk(DOCTOR).args(["--demo"]).run().await;
    assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
    has(&ran, &["✗ audit trail"]);
}

#[tokio::test]
async fn whoami_says_what_the_store_can_do_once_it_is_known() {
    let (store, home) = (DemoStore::start().await, Home::new());
    for era in souk_tests::ERAS {
        let mcp = home.souk(["serve"]).on(&store).env("SOUK_PROBE", "true").stdio(era).await;
        mcp.log_in().await;
        let now = mcp.answer("auth_whoami", json!({})).await;
        assert_eq!(now["auth_method"], "oauth");
        let whole = mcp.answer("auth_whoami", json!({"details": true})).await;
        assert_eq!(whole["capabilities"]["modules"]["count"], 356);
        assert_eq!(whole["capabilities"]["access"]["granted"]["products"], 219);
        store.forget_requests().await;
        let then = mcp.answer("auth_whoami", json!({})).await;
        assert_eq!(then["capabilities"]["version"], "2.4");
        assert_eq!(then["capabilities"]["store_views"], json!(["default", "de", "trade"]));
        assert_eq!(then["capabilities"].get("modules"), None);
        assert_eq!(store.requests().await, []);
        mcp.close().await;
    }
    let quiet = home.souk(["serve"]).on(&store).logged_in().await;
    store.forget_requests().await;
    let whoami = quiet.answer("auth_whoami", json!({})).await;
    assert_eq!(whoami["capabilities"], json!({"probing": false}));
    assert_eq!(store.requests().await, []);
    let asked = quiet.answer("auth_whoami", json!({"refresh": true})).await;
    assert_eq!(asked["capabilities"]["edition"], "open_source");
}
