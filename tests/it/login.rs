//! Logins that real stores have, and what stands before them: each against a demo store that has it.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{CommandOutput, DemoStore, Home, LoggedRequest, PATIENCE, Souk};

const SEARCH: [&str; 4] = ["call", "catalog_search_products", "page_size=1", "--json"];
const BY_CODE: &str = "/rest/V1/tfa/provider/google/authenticate";
const BY_PASSWORD: &str = "/rest/V1/integration/admin/token";

/// With these variables as the store printed them.
fn with<'h>(souk: Souk<'h>, store: &DemoStore, names: &[&'static str]) -> Souk<'h> {
    let souk = souk.env("MAGENTO_BASE_URL", store.url());
    names.iter().fold(souk, |souk, name| souk.env(*name, store.credential(name)))
}

const PASSWORD: [&str; 2] = ["MAGENTO_ADMIN_USERNAME", "MAGENTO_ADMIN_PASSWORD"];
const CODE: [&str; 3] =
    ["MAGENTO_ADMIN_USERNAME", "MAGENTO_ADMIN_PASSWORD", "MAGENTO_ADMIN_OTP_SECRET"];
const IMS: [&str; 4] =
    ["MAGENTO_IMS_CLIENT_ID", "MAGENTO_IMS_CLIENT_SECRET", "MAGENTO_IMS_ORG_ID", "MAGENTO_IMS_URL"];

fn sent(requests: &[LoggedRequest], target: &str) -> usize {
    requests.iter().filter(|request| request.target == target).count()
}

fn json_of(ran: CommandOutput) -> Value {
    serde_json::from_str(&ran.ok()).unwrap()
}

/// A second command within the same half minute waits for the next code: one that comes twice is
/// refused by the store, and brings the account nearer to being locked.
#[tokio::test]
async fn an_admin_with_a_second_factor_logs_in_and_no_code_is_sent_twice() {
    let (store, home) = (DemoStore::start_with(&["--login", "2fa"]).await, Home::new());
    for _ in 0..2 {
        let mut souk = with(home.souk(SEARCH), &store, &CODE).command();
        let ran = tokio::time::timeout(PATIENCE * 2, souk.output()).await.unwrap().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let found: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
    let requests = store.requests().await;
    let logins: Vec<_> = requests.iter().filter(|request| request.target == BY_CODE).collect();
    assert_eq!(logins.iter().map(|login| login.status).collect::<Vec<_>>(), [200, 200]);
    assert_eq!(sent(&requests, BY_PASSWORD), 0);
    // The secret may be kept in a file, and is nowhere to be seen.
    let secret = store.credential("MAGENTO_ADMIN_OTP_SECRET");
    let file = home.write("otp", &secret);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let shown = with(home.souk(["config", "show"]), &store, &PASSWORD);
    let shown = shown.env("MAGENTO_ADMIN_OTP_SECRET_FILE", &file).run().await.ok();
    assert!(shown.contains("otp_secret") && !shown.contains(&secret), "{shown}");
}

#[tokio::test]
async fn a_wrong_code_is_sent_once_and_what_is_lacking_is_named() {
    let (store, home) = (DemoStore::start_with(&["--login", "2fa"]).await, Home::new());
    let wrong = with(home.souk(SEARCH), &store, &PASSWORD);
    let ran = wrong.env("MAGENTO_ADMIN_OTP_SECRET", "GEZDGNBVGY3TQOJQ").run().await;
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.starts_with("NOT_AUTHENTICATED: ") && ran.err.contains("Invalid code"),
        "{}",
        ran.err
    );
    assert_eq!(sent(&store.requests().await, BY_CODE), 1);
    // Whoever logs in by the same account and state leaves it alone, too: with the right secret as well.
    let ran = with(home.souk(SEARCH), &store, &CODE).run().await;
    assert!(ran.err.starts_with("NOT_AUTHENTICATED: "), "{}", ran.err);
    assert!(ran.err.contains("another process of souk sent"), "{}", ran.err);
    assert_eq!(sent(&store.requests().await, BY_CODE), 1);
    let ran = with(home.souk(SEARCH), &store, &PASSWORD).run().await;
    assert!(ran.err.contains("set MAGENTO_ADMIN_OTP_SECRET"), "{}", ran.err);
    let other = DemoStore::start_with(&["--login", "2fa:duo_security,u2fkey"]).await;
    for names in [&PASSWORD[..], &CODE] {
        let ran = with(home.souk(SEARCH), &other, names).run().await;
        assert!(ran.err.contains("`duo_security`, `u2fkey`"), "{}", ran.err);
    }
}

#[tokio::test]
async fn adobes_cloud_service_is_read_and_written_by_its_own_addresses() {
    let store = DemoStore::start_with(&["--login", "ims"]).await;
    let home = Home::new();
    let ran = with(home.souk(["doctor"]), &store, &IMS).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    for said in ["IMS client credentials", "Adobe Commerce as a Cloud Service", "✓ products"] {
        assert!(ran.out.contains(said), "`{said}` is not in:\n{}", ran.out);
    }
    let product =
        with(home.souk(["call", "catalog_get_product", "sku=TEN-001", "--json"]), &store, &IMS);
    assert_eq!(json_of(product.run().await)["sku"], "TEN-001");
    // What it has no routes for is said to be unavailable.
    let cms = with(home.souk(["call", "cms_search_pages"]), &store, &IMS).run().await;
    assert!(cms.err.starts_with("UNAVAILABLE: "), "{}", cms.err);
    // The host's guards know its writes as they know Magento's, and each says where it goes.
    let mcp = with(home.souk(["serve", "--max-tier", "risk"]), &store, &IMS).logged_in().await;
    let plan = mcp
        .answer(
            "catalog_prepare_bulk_update",
            json!({
                "match": {"sku_list": ["TEN-001"]}, "updates": {"name": "Cloudy"},
                "scope": {"store_view_code": "de"},
            }),
        )
        .await;
    let id = plan["plan_id"].as_str().unwrap();
    let done = mcp
        .answer("catalog_commit_bulk_update", souk_tests::confirmed(json!({"plan_id": id})))
        .await;
    assert_eq!(done["success_count"], 1, "{done}");
    mcp.close().await;
    let requests = store.requests().await;
    assert!(requests.iter().any(|request| request.method == "PUT" && request.status == 200));
    assert!(requests.iter().all(|request| !request.target.contains("/rest")));
}

#[tokio::test]
async fn a_cloud_service_that_asks_to_wait_is_waited_for() {
    let store = DemoStore::start_with(&["--login", "ims"]).await;
    let home = Home::new();
    let busy = json!([{"path": "/V1/products", "times": 1, "fault": "too-many-requests", "retry_after": "1"}]);
    store.faults(&busy).await;
    let found = json_of(with(home.souk(SEARCH), &store, &IMS).run().await);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let statuses: Vec<u16> = store
        .requests()
        .await
        .iter()
        .filter(|request| request.target.contains("/V1/products?"))
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [429, 200]);
}

/// Tokens of a second's life: whatever the store no longer knows is renewed, and no role is blamed.
#[tokio::test]
async fn tokens_of_any_lifetime_are_renewed() {
    for login in ["password", "ims"] {
        let store = DemoStore::start_with(&["--login", login, "--token-life", "1"]).await;
        let home = Home::new();
        let names: &[&'static str] = if login == "ims" { &IMS } else { &PASSWORD };
        let mcp = with(home.souk(["serve"]), &store, names).logged_in().await;
        for _ in 0..2 {
            // The store counts whole seconds; a token's are over in two.
            tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
            mcp.answer("catalog_search_products", json!({"page_size": 1})).await;
        }
        mcp.close().await;
    }
}

#[tokio::test]
async fn a_store_behind_an_nginx_that_drops_the_port_is_signed_for_without_it() {
    let (store, home) = (DemoStore::start_with(&["--without-port"]).await, Home::new());
    let ran = home.souk(["doctor"]).on(&store).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("– signatures") && ran.out.contains("without the port"),
        "{}",
        ran.out
    );
    // Found once, at the login: what follows is signed right at once.
    store.forget_requests().await;
    json_of(home.souk(SEARCH).on(&store).run().await);
    let refused = store.requests().await.iter().filter(|request| request.status == 401).count();
    // The first over the address with its port, and the one that is wrong on purpose.
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn a_base_url_is_taken_as_it_is_copied_or_refused_with_the_right_one() {
    let (store, home) = (DemoStore::start().await, Home::new());
    for tail in ["/rest", "/rest/", "/rest/V1/", "/index.php", "/index.php/rest/V1"] {
        let souk = home.souk(SEARCH).on_at(&store, &format!("{}{tail}", store.url()));
        json_of(souk.run().await);
    }
    let right = format!("`{}/`", store.url());
    for tail in [
        "/rest/default/V1",
        "/index.php/rest/default",
        "/rest/V1/products",
        "/?utm=1",
        "/rest/V1/#top",
        "/women/tops.html",
        "/de/",
    ] {
        let souk = home.souk(SEARCH).on_at(&store, &format!("{}{tail}", store.url()));
        let ran = souk.run().await;
        assert_ne!(ran.status, Some(0), "{tail}: {}", ran.out);
        assert!(ran.err.contains(&right), "{tail}: {}", ran.err);
    }
}

#[tokio::test]
async fn what_was_made_of_magento_is_not_taken_for_it() {
    for (page, says) in [
        ("Mage-OS/1.0 (Community)", "Mage-OS 1.0, 356 modules"),
        ("Fork/2.4 (Community)", "the store calls itself `Fork`"),
    ] {
        let store = DemoStore::start_with(&["--version-page", page]).await;
        let home = Home::new();
        let ran = home.souk(["doctor"]).on(&store).run().await;
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(says) && !ran.out.contains("Magento Open Source"), "{}", ran.out);
    }
}

#[tokio::test]
async fn what_a_store_says_in_anger_stays_out_of_answer_log_and_trail() {
    let (store, home) = (DemoStore::start().await, Home::new());
    for fault in ["trace-page", "trace-message"] {
        store.faults(&json!([{"path": "/V1/products", "fault": fault}])).await;
        let ran = home.souk(SEARCH).on(&store).env("SOUK_LOG", "trace").run().await;
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.err.contains("MAGENTO_API_ERROR: "), "{}", ran.err);
        let trail = std::fs::read_to_string(home.trail()).unwrap();
        for text in [&ran.out, &ran.err, &trail] {
            assert!(!text.contains("S3cretPw") && !text.contains("#0 "), "{fault}: {text}");
        }
    }
}

#[tokio::test]
async fn broken_json_and_a_slow_store_are_the_stores_fault() {
    let (store, home) = (DemoStore::start().await, Home::new());
    for (fault, says) in [("bad-json", "not well-formed JSON"), ("deep-json", "levels deep")] {
        store.faults(&json!([{"path": "/V1/products", "fault": fault}])).await;
        for call in
            [["catalog_search_products", "page_size=1"], ["catalog_get_product", "sku=TEN-001"]]
        {
            let ran = home.souk(["call"]).args(call).on(&store).run().await;
            assert!(ran.err.starts_with("MAGENTO_API_ERROR: "), "{fault}: {}", ran.err);
            assert!(ran.err.contains(says) && !ran.err.contains("plugin"), "{fault}: {}", ran.err);
        }
    }
    home.configure("[limits]\nwall_ms = 1000\n");
    store.faults(&json!([{"path": "/V1/products", "delay_ms": 3000}])).await;
    let ran = home.souk(SEARCH).on(&store).run().await;
    assert!(ran.err.starts_with("MAGENTO_API_ERROR: the store was too slow"), "{}", ran.err);
    assert!(!ran.err.contains("plugin"), "{}", ran.err);
}

#[tokio::test]
async fn an_empty_token_is_no_login() {
    let (store, home) = (DemoStore::start().await, Home::new());
    store.faults(&json!([{"path": "/V1/integration/admin/token", "fault": "empty-token"}])).await;
    let ran = with(home.souk(SEARCH), &store, &PASSWORD).run().await;
    assert!(ran.err.contains("no token"), "{}", ran.err);
    assert_eq!(store.requests().await.len(), 1);
}

/// Modules that count the page in place of the whole: a full page has a next.
#[tokio::test]
async fn counts_that_lie_end_no_paging() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let all = store.rest("/V1/orders?searchCriteria%5BpageSize%5D=1&fields=total_count").await;
    let all = all["total_count"].as_u64().unwrap();
    store
        .faults(&json!([{"method": "GET", "path": "searchCriteria", "fault": "page-count"}]))
        .await;
    let mcp = home.souk(["serve"]).on(&store).logged_in().await;
    let (mut seen, mut after) = (0, Value::Null);
    loop {
        let mut given = json!({"page_size": 5});
        if !after.is_null() {
            given["after_id"] = after.clone();
        }
        let page = mcp.answer("orders_search", given).await;
        seen += page["items"].as_array().unwrap().len() as u64;
        after = page["next_after_id"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, all);
    mcp.close().await;
}

/// A gateway wants to see its header, which is a secret like any other.
#[tokio::test]
async fn a_gateways_header_and_a_proxys_password_are_printed_nowhere() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let keys: String = store
        .oauth()
        .iter()
        .map(|(name, value)| {
            let key = name.trim_start_matches("MAGENTO_OAUTH_").to_ascii_lowercase();
            format!("{key} = \"{value}\"\n")
        })
        .collect();
    let base = store.url();
    home.configure(format!(
        "[[stores]]\nname = \"shop\"\nbase_url = \"{base}\"\n\
         [stores.credentials.oauth]\n{keys}\
         [stores.headers]\nCF-Access-Client-Secret = \"gateway-hunter2\"\n"
    ));
    json_of(home.souk(SEARCH).run().await);
    for command in [&["config", "show"][..], &["config", "check"], &["doctor"]] {
        let ran = home.souk(command.iter().copied()).env("SOUK_LOG", "trace").run().await;
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        assert!(
            !ran.out.contains("hunter2") && !ran.err.contains("hunter2"),
            "{}{}",
            ran.out,
            ran.err
        );
    }
    assert!(!std::fs::read_to_string(home.trail()).unwrap().contains("hunter2"));
    // A file that others can read is not where secrets should be.
    let file = home.path(".config/souk/souk.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = home.souk(["doctor"]).run().await;
    assert!(ran.out.contains("holds secrets, and others can read it"), "{}", ran.out);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ran = home.souk(["doctor"]).run().await;
    assert!(!ran.out.contains("others can read it"), "{}", ran.out);
    for wrong in
        ["Authorization = \"Basic hunter2\"", "Host = \"hunter2\"", "\"a b\" = \"hunter2\""]
    {
        home.configure(format!(
            "[[stores]]\nname = \"shop\"\nbase_url = \"{base}\"\n[stores.headers]\n{wrong}\n"
        ));
        let ran = home.souk(["config", "check"]).run().await;
        assert_eq!(ran.status, Some(1), "{wrong}");
        let said = [ran.out, ran.err].concat();
        assert!(said.contains("headers of store `shop`") && !said.contains("hunter2"), "{said}");
    }
}
