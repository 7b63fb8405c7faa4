//! A plan for a store that is not the first of the configured ones.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, Mcp, field_of, until};

use super::{ANNA, PERSON, Shop, TOKEN, propose, souk};

struct TwoStores {
    shop: Shop,
    second: DemoStore,
    agent: Mcp,
}

impl TwoStores {
    /// With the agent logged in to the second.
    async fn start() -> Self {
        let (store, second) = (DemoStore::start().await, DemoStore::start().await);
        let home = Home::new();
        let keys = second.oauth().map(|(name, value)| {
            let key = name.trim_start_matches("MAGENTO_OAUTH_").to_ascii_lowercase();
            format!("{key} = '{value}'")
        });
        home.configure(format!(
            "{PERSON}[[stores]]\nname = 'second'\nbase_url = '{}'\n\
             credentials.oauth = {{ {} }}\n",
            second.url(),
            keys.join(", ")
        ));
        let host = souk(&home, &store).http().await;
        let shop = Shop { store, home, host };
        shop.set("anna", None, ANNA, None);
        let agent = shop.host.connect_as(Era::Modern, TOKEN).await;
        agent.answer("auth_login", json!({"base_url": second.url()})).await;
        Self { shop, second, agent }
    }

    async fn title(&self, sku: &str) -> Value {
        field_of(&self.second.rest(&format!("/all/V1/products/{sku}")).await, "meta_title")
    }

    async fn has_title(&self, title: &Value) {
        until("the second store has the title", async || self.title("TEN-001").await == *title)
            .await;
    }
}

const REASON: (&str, &str) = ("reason", "it is time");

#[tokio::test]
async fn a_person_runs_it_and_takes_it_back_on_the_console() {
    let two = TwoStores::start().await;
    let shop = &two.shop;
    let before = two.title("TEN-001").await;
    let untouched = shop.title("TEN-001").await;
    let plan = propose(&two.agent, &["TEN-001"], "Spring").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let done = anna.decide(&plan, "approve", &[], &[REASON]).await;
    let page = anna.get(&done.location()).await;
    let ran = anna.press(&page, &format!("/plans/{plan}/run"), &[]).await;
    assert_eq!(ran.status, 303, "{}", ran.text);
    two.has_title(&json!("Spring")).await;
    until("it has ended", async || shop.state(&two.agent, &plan).await == "done").await;
    let page = anna.page(&format!("/plans/{plan}")).await;
    let undo = format!("/plans/{plan}/undo");
    let proposed = anna.press(&page, &undo, &[REASON, ("passphrase", ANNA)]).await;
    assert_eq!(proposed.status, 303, "{}", proposed.text);
    let reverse = proposed.location().rsplit('/').next().unwrap().to_owned();
    let done = anna.decide(&reverse, "approve", &[], &[REASON]).await;
    let page = anna.get(&done.location()).await;
    let ran = anna.press(&page, &format!("/plans/{reverse}/run"), &[]).await;
    assert_eq!(ran.status, 303, "{}", ran.text);
    two.has_title(&before).await;
    assert_eq!(shop.title("TEN-001").await, untouched, "the first store is no part of it");
}

#[tokio::test]
async fn the_operator_runs_it_and_takes_it_back_in_the_terminal() {
    let two = TwoStores::start().await;
    let shop = &two.shop;
    let before = two.title("TEN-001").await;
    let plan = propose(&two.agent, &["TEN-001"], "Spring").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    anna.decide(&plan, "approve", &[], &[REASON]).await;
    let terminal = async |arguments: &[&str]| {
        let souk = shop.home.souk(arguments.iter().copied()).on(&shop.store);
        souk.args(["--max-tier", "critical", "--reason", "it is time"]).run().await.ok()
    };
    terminal(&["plans", "commit", &plan]).await;
    two.has_title(&json!("Spring")).await;
    let proposed = terminal(&["plans", "undo", &plan]).await;
    let (_, reverse) = proposed.split_once("souk plans commit ").unwrap();
    let reverse = reverse.split_whitespace().next().unwrap();
    anna.decide(reverse, "approve", &[], &[REASON]).await;
    terminal(&["plans", "commit", reverse]).await;
    two.has_title(&before).await;
}
