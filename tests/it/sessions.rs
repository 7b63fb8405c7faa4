//! Who is logged in where, and that secrets stay where they belong.

use std::net::TcpListener;

use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Home, everywhere, http_client};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";

/// Two principals, each with a token.
fn principals() -> String {
    format!("[principals.ann]\ntoken = '{ANN}'\n[principals.bob]\ntoken = '{BOB}'\n")
}

#[tokio::test]
async fn sessions_are_each_principals_own() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(principals());
    let served = home.souk(["serve"]).on(&store).http().await;
    for era in ERAS {
        let ann = served.connect_as(era, ANN).await;
        let bob = served.connect_as(era, BOB).await;
        ann.log_in().await;
        ann.answer("scope_set_default", json!({"store_view_code": "de"})).await;
        let refusal = bob.refusal("auth_whoami", json!({})).await;
        assert!(refusal.starts_with("NOT_AUTHENTICATED: "), "{refusal}");
        bob.log_in().await;
        assert_eq!(bob.answer("auth_whoami", json!({})).await["default_scope"], Value::Null);
        // Where the protocol has sessions, a login is the session's; else it is the principal's,
        // whatever connection it comes by.
        for other in ERAS {
            let again = served.connect_as(other, ANN).await;
            if (era, other) == (Era::Modern, Era::Modern) {
                assert_eq!(again.answer("auth_whoami", json!({})).await["default_scope"], "de");
            } else {
                again.refusal("auth_whoami", json!({})).await;
            }
        }
        ann.answer("auth_logout", json!({})).await;
        assert!(bob.answer("auth_whoami", json!({})).await["username"].is_string());
        ann.refusal("auth_whoami", json!({})).await;
        bob.answer("auth_logout", json!({})).await;
    }
}

#[tokio::test]
async fn two_clients_of_this_machine_change_nothing_for_each_other() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let served = home.souk(["serve"]).on(&store).http().await;
    let one = served.connect(Era::Legacy).await;
    let other = served.connect(Era::Legacy).await;
    let scope = async |mcp: &souk_tests::Mcp| {
        mcp.answer("auth_whoami", json!({})).await["default_scope"].clone()
    };
    one.log_in().await;
    other.refusal("auth_whoami", json!({})).await;
    other.log_in().await;
    one.answer("scope_set_default", json!({"store_view_code": "de"})).await;
    assert_eq!((scope(&one).await, scope(&other).await), (json!("de"), Value::Null));
    other.answer("auth_logout", json!({})).await;
    assert_eq!(scope(&one).await, "de");
    other.refusal("auth_whoami", json!({})).await;
}

#[tokio::test]
async fn a_configured_login_is_taken_up_again_when_its_session_is_lost() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("http.sessions_each = 1");
    let served = home.souk(["serve"]).on(&store).http().await;
    let first = served.connect(Era::Legacy).await;
    first.log_in().await;
    first.answer("scope_set_default", json!({"store_view_code": "de"})).await;
    // There is room for one: this puts the first out, which did not ask to go.
    let second = served.connect(Era::Legacy).await;
    assert_eq!(second.answer("auth_whoami", json!({})).await["default_scope"], "de");
    // One that logged out, or ended its session, is logged out.
    second.answer("auth_logout", json!({})).await;
    let third = served.connect(Era::Legacy).await;
    third.refusal("auth_whoami", json!({})).await;
}

#[tokio::test]
async fn without_a_token_nobody_gets_in_where_there_are_tokens() {
    let home = Home::new();
    home.configure(principals());
    let served = home.souk(["serve", "--demo"]).http().await;
    for token in [None, Some("ann-0123456789abcdeX")] {
        let mut request = http_client().post(served.url()).body("{}");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn the_environments_token_is_of_a_principal_that_can_be_limited() {
    let home = Home::new();
    home.configure("[principals.http]\ndeny = ['catalog_*']");
    let served = home.souk(["serve", "--demo"]).env("SOUK_HTTP_TOKEN", ANN).http().await;
    let request = http_client().post(served.url()).body("{}");
    assert_eq!(request.send().await.unwrap().status(), 401);
    let mcp = served.connect_as(Era::Modern, ANN).await;
    mcp.log_in().await;
    let refusal = mcp.refusal("catalog_search_products", json!({})).await;
    assert!(refusal.contains("principals.http.deny"), "{refusal}");
    assert_eq!(souk_tests::calls(&home.trail())[0]["principal"], "http");
}

#[tokio::test]
async fn an_address_that_others_reach_is_refused_without_tokens() {
    let ran = Home::new().souk(["serve", "--demo", "--http", "0.0.0.0:0"]).run().await;
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("configure tokens, or bind to 127.0.0.1"), "{}", ran.err);
}

#[tokio::test]
async fn credentials_from_a_call_are_refused_unless_the_operator_accepts_them() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let given = json!({"username": "demo", "password": "hunter2-hunter2"});
    everywhere(&home.souk(["serve"]).on(&store).env("SOUK_LOG", "trace"), async |mcp| {
        let refusal = mcp.refusal("auth_login", given.clone()).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
        assert!(refusal.contains("--accept-credentials"), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    })
    .await;
    assert_eq!(store.requests().await, []);
    assert!(!std::fs::read_to_string(home.trail()).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn accepted_credentials_log_in_and_are_written_nowhere() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let (user, password) =
        (store.credential("MAGENTO_ADMIN_USERNAME"), store.credential("MAGENTO_ADMIN_PASSWORD"));
    let souk = home.souk(["serve", "--accept-credentials"]).env("SOUK_LOG", "trace");
    let served = souk.env("MAGENTO_BASE_URL", store.url()).http().await;
    for era in ERAS {
        let mcp = served.connect(era).await;
        let wrong = json!({"username": user, "password": format!("{password}-but-wrong")});
        let refusal = mcp.refusal("auth_login", wrong).await;
        assert!(refusal.starts_with("NOT_AUTHENTICATED: "), "{refusal}");
        assert!(!refusal.contains(&password), "{refusal}");

        let session =
            mcp.answer("auth_login", json!({"username": user, "password": password})).await;
        assert_eq!(session["auth_method"], "admin_token");
        assert_eq!(session["username"], user.as_str());
        assert!(!session.to_string().contains(&password));
        assert!(mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await["id"].is_u64());

        let half = mcp.refusal("auth_login", json!({"username": user})).await;
        assert!(half.starts_with("VALIDATION_ERROR: ") && half.contains("`password`"), "{half}");
    }
    let log = served.process().log();
    let trail = std::fs::read_to_string(home.trail()).unwrap();
    assert!(log.len() > 1_000 && souk_tests::calls(&home.trail()).len() == 8, "{trail}");
    for (what, text) in [("log", log), ("trail", trail)] {
        assert!(!text.contains(&password), "the password is in the {what}:\n{text}");
    }
}

#[tokio::test]
async fn a_plugin_never_sees_a_sealed_argument() {
    let home = Home::new();
    let plugins = home.plugins_and_probe();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", plugins).env("SOUK_LOG", "trace");
    everywhere(&souk, async |mcp| {
        let answer = mcp.answer("probe_sealed", json!({"secret": "hunter2-hunter2"})).await;
        assert_eq!(answer, json!({"seen": "[sealed]"}));
        let number = mcp.answer("probe_sealed", json!({"secret": 7_777_777})).await;
        assert_eq!(number, json!({"seen": "[sealed]"}));
        let refusal = mcp.refusal("probe_sealed", json!({"secret": {"pin": 7_777_777}})).await;
        assert!(!refusal.contains("7777777"), "{refusal}");
    })
    .await;
    let calls = souk_tests::calls(&home.trail());
    // Equal digests would tell whether two secrets are equal; they are of the mark alone.
    let other =
        home.souk(["call", "probe_sealed", "secret=another", "--demo", "--plugins", "plugins"]);
    assert_eq!(other.run().await.ok(), "seen: [sealed]\n");
    let last = souk_tests::calls(&home.trail()).pop().unwrap();
    assert_eq!(calls[0]["arguments"], last["arguments"]);
    assert!(!std::fs::read_to_string(home.trail()).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn a_store_that_is_not_configured_is_refused_and_hears_nothing() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
    foreign.set_nonblocking(true).unwrap();
    let url = format!("http://{}", foreign.local_addr().unwrap());
    let souk = home.souk(["serve", "--accept-credentials"]).on(&store);
    everywhere(&souk, async |mcp| {
        for base_url in [url.clone(), format!("{}@{}", store.url(), &url[7..])] {
            let asked = json!({"base_url": base_url, "username": "demo", "password": "x"});
            let refusal = mcp.refusal("auth_login", asked).await;
            assert!(refusal.starts_with("FORBIDDEN: `base_url`"), "{refusal}");
            assert!(refusal.contains(store.url()), "{refusal}");
        }
        let mine = mcp.answer("auth_login", json!({"base_url": store.url()})).await;
        assert_eq!(mine["base_url"], store.url());
    })
    .await;
    assert!(foreign.accept().is_err(), "the foreign address was reached");
}
