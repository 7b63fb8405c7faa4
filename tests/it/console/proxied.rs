//! From another machine: behind nginx with TLS, as `packaging/proxy` and the documentation say.

use reqwest::Method;
use serde_json::json;
use souk_tests::{DemoStore, Home, TlsProxy, confirmed};

use super::browser::Browser;
use super::{ANNA, PERSON, Shop, propose, souk};

/// What the documentation says to set, and nothing else.
const PUBLIC: &str = "[http]\npublic_url = 'https://souk.example'\n";

async fn behind_a_proxy(more: &str) -> (Shop, TlsProxy) {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(format!("{PERSON}{PUBLIC}{more}"));
    let host = souk(&home, &store).http().await;
    let shop = Shop { store, home, host };
    shop.set("anna", None, ANNA, None);
    let proxy = TlsProxy::before(shop.host.url().trim_end_matches("/mcp")).await;
    (shop, proxy)
}

#[tokio::test]
async fn a_person_signs_in_decides_and_runs_a_plan_through_the_proxy() {
    let (shop, proxy) = behind_a_proxy("").await;
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "Spring").await;
    let refused = agent.refusal("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert!(refused.contains(&format!("https://souk.example/console/plans/{plan}")), "{refused}");
    let link = shop.link().await;
    assert!(link.starts_with("https://souk.example/console/login/"), "{link}");
    let mut anna = Browser::by(&proxy);
    anna.sign_in(&link, "anna", ANNA).await;
    let cookie = anna.cookie.clone().unwrap();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    let done = anna.decide(&plan, "approve", &[], &[("reason", "spring is here")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    agent.answer("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert_eq!(shop.title("TEN-001").await, "Spring");
}

#[tokio::test]
async fn a_page_of_another_origin_sends_nothing_through_the_proxy() {
    let app = "allowed_origins = ['https://app.example']\n";
    let (shop, proxy) = behind_a_proxy(app).await;
    let mut browser = Browser::by(&proxy);
    let asked = browser.get(&shop.link().await).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let code = asked.code("/console/login");
    let body = || {
        Some(super::browser::encoded(&[("name", "anna"), ("passphrase", ANNA), ("code", &code)]))
    };
    // One that may talk MCP is no page of the console's either, and is told nothing of it.
    for origin in ["https://app.example", "https://evil.example", "http://souk.example", "null"] {
        let extra = [("origin", origin), ("sec-fetch-site", "")];
        let refused = browser.send(Method::POST, "/console/login", body(), &extra).await;
        assert_eq!(refused.status, 403, "{origin}");
        assert!(refused.headers.get("access-control-allow-origin").is_none(), "{origin}");
    }
    let given = browser.give(&asked, "anna", ANNA).await;
    assert_eq!(given.status, 303, "{}", given.text);
}
