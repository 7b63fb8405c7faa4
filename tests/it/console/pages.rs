//! The other pages: the stop button, plugins, stores, figures, the trail.

use serde_json::json;
use souk_tests::{confirmed, lines_of};

use super::{ANNA, PERSON, Shop, propose};

#[tokio::test]
async fn a_person_stops_all_writes_and_lets_them_go_on_with_the_passphrase() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    anna.decide(&plan, "approve", &[], &[("reason", "spring is here")]).await;
    let page = anna.page("/writes").await;
    let stopped = anna.press(&page, "/writes/stop", &[("reason", "let me look")]).await;
    assert_eq!(stopped.status, 303, "{}", stopped.text);
    let refused = agent.refusal("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert!(refused.contains("WRITES_STOPPED") && refused.contains("let me look"), "{refused}");
    let page = anna.page("/writes").await;
    assert!(page.text.contains("anna stopped them"), "{}", page.text);
    let go = |passphrase: &'static str| [("reason", "all is well"), ("passphrase", passphrase)];
    assert_eq!(anna.press(&page, "/writes/go", &go("a wrong passphrase")).await.status, 403);
    assert_eq!(anna.press(&page, "/writes/go", &go(ANNA)).await.status, 303);
    let done = agent.outcome("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert_eq!(done["state"], "done");
    for kind in ["writes-stopped", "writes-resumed"] {
        assert_eq!(lines_of(&shop.home.trail(), kind).len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn the_trail_is_read_filtered_and_verified() {
    let (shop, _agent, _) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let page = anna.page("/audit?text=catalog_prepare&kind=call").await;
    assert!(page.text.contains("catalog_prepare_bulk_update"), "{}", page.text);
    assert!(!page.text.contains("console_sign_in"));
    let page = anna.page("/audit/verify").await;
    assert!(page.text.contains("unbroken and sealed"), "{}", page.text);
    // A line that somebody changed is found.
    let trail = std::fs::read_to_string(shop.home.trail()).unwrap();
    std::fs::write(shop.home.trail(), trail.replace("console_sign_in", "console_sign_up")).unwrap();
    let page = anna.page("/audit/verify").await;
    assert!(page.text.contains("the audit trail is broken"), "{}", page.text);
}

#[tokio::test]
async fn plugins_stores_and_figures_are_shown_to_whoever_has_signed_in() {
    let shop = Shop::new(PERSON).await;
    let agent = shop.agent().await;
    propose(&agent, &["TEN-001"], "Spring").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    for (path, said) in [
        ("/plugins", "catalog"),
        ("/stores", "reachable"),
        ("/figures", "Calls of the last 24 hours"),
    ] {
        let page = anna.page(path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(said), "{path}: {}", page.text);
        let mut nobody = shop.browser();
        let page = nobody.get(&format!("{}{path}", anna.tab)).await;
        assert!(!page.text.contains(said), "{path}");
    }
}

#[tokio::test]
async fn what_waits_of_a_plugin_is_approved_with_the_passphrase() {
    let shop = {
        let (store, home) = (souk_tests::DemoStore::start().await, souk_tests::Home::new());
        home.configure(PERSON);
        let plugins = home.plugins_and_probe();
        let souk = super::souk(&home, &store);
        let host =
            souk.env("SOUK_PLUGINS", plugins).env("SOUK_PLUGINS_TRUST", "reads").http().await;
        Shop { store, home, host }
    };
    shop.set("anna", None, ANNA, None);
    let mut anna = shop.signed_in("anna", ANNA).await;
    let page = anna.page("/plugins").await;
    let (before, rest) = page.text.split_once("name=\"group\" value=\"").expect("something waits");
    let (group, rest) = rest.split_once('"').unwrap();
    let (_, rest) = rest.split_once("name=\"digest\" value=\"").unwrap();
    let digest = rest.split('"').next().unwrap();
    let code = before.rsplit("name=\"code\" value=\"").next().unwrap().split('"').next().unwrap();
    let decide = format!("{}/plugins/decide", anna.tab);
    let form = |passphrase: &'static str| {
        [
            ("code", code),
            ("group", group),
            ("digest", digest),
            ("verdict", "approve"),
            ("passphrase", passphrase),
        ]
    };
    let refused = anna.post(&decide, &form("a wrong passphrase")).await;
    assert_eq!(refused.status, 403);
    let done = anna.post(&decide, &form(ANNA)).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let waits = format!("name=\"group\" value=\"{group}\"");
    for _ in 0..100 {
        if !anna.page("/plugins").await.text.contains(&waits) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("`{group}` still waits");
}
