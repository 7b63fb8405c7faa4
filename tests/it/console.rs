//! The console: pages on which a person reviews plans and decides, as a browser sees them, over the built
//! host's own listener. What is attacked here is a way past the person.

mod addresses;
mod attacks;
mod authority;
mod browser;
mod deciding;
mod pages;
mod paging;
mod proxied;
mod second_store;
mod sign_in;

use serde_json::{Value, json};
use souk_model::Secret;
use souk_state::people::{People, PersonChange};
use souk_tests::{DemoStore, Era, Home, HttpHost, Mcp, Souk, calls, lines_of};

pub(crate) use browser::Browser;

/// The passphrase of the first person, `anna`.
const ANNA: &str = "correct horse battery";
/// The passphrase of the second, `bert`.
const BERT: &str = "a second long passphrase";
/// A caller's token.
const TOKEN: &str = "an-agents-token-0123456789";

/// A store, a host that serves a console, and an agent that it knows.
struct Shop {
    store: DemoStore,
    home: Home,
    host: HttpHost,
}

impl Shop {
    /// With nobody set up.
    async fn bare(config: &str) -> Self {
        let (store, home) = (DemoStore::start().await, Home::new());
        home.configure(config);
        let host = souk(&home, &store).http().await;
        Self { store, home, host }
    }

    /// With `anna`, who can decide.
    async fn new(config: &str) -> Self {
        let shop = Self::bare(config).await;
        shop.set("anna", None, ANNA, None);
        shop
    }

    /// With `anna`, and a plan of the agent's that waits for a person: its id.
    async fn with_plan() -> (Self, Mcp, String) {
        let shop = Self::new(PERSON).await;
        let agent = shop.agent().await;
        let plan = propose(&agent, &["TEN-001", "TEN-002", "TEN-003"], "Spring").await;
        (shop, agent, plan)
    }

    /// Sets a person, or another passphrase of theirs.
    fn set(&self, name: &str, old: Option<&str>, new: &str, principals: Option<&[String]>) {
        set_up(&self.home, name, old, new, principals);
    }

    /// The agent, over MCP.
    async fn agent(&self) -> Mcp {
        let agent = self.host.connect_as(Era::Modern, TOKEN).await;
        agent.log_in().await;
        agent
    }

    /// A browser that has not signed in.
    fn browser(&self) -> Browser {
        Browser::of(self.host.url())
    }

    /// What `souk console` prints: a link.
    async fn link(&self) -> String {
        let printed = self.home.souk(["console"]).run().await.ok();
        printed.lines().next().unwrap().to_owned()
    }

    /// A browser in which a person has signed in.
    async fn signed_in(&self, name: &str, passphrase: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(&self.link().await, name, passphrase).await;
        browser
    }

    /// The calls on the trail that came by the console and were refused by this rule.
    fn refused_by(&self, rule: &str) -> usize {
        let lines = calls(&self.home.trail());
        let is_of = |line: &Value| {
            line["transport"] == "console" && line["outcome"]["failed"]["rule"] == rule
        };
        let sums = lines_of(&self.home.trail(), "refused").len();
        lines.iter().filter(|line| is_of(line)).count() + sums
    }

    /// The state of a plan, as its proposer sees it.
    async fn state(&self, agent: &Mcp, plan: &str) -> String {
        let shown = agent.answer("plans_get", json!({"plan_id": plan})).await;
        shown["plan"]["state"].as_str().unwrap().to_owned()
    }

    /// The meta title of a product, read past the host.
    async fn title(&self, sku: &str) -> Value {
        let product = self.store.rest(&format!("/all/V1/products/{sku}")).await;
        souk_tests::field_of(&product, "meta_title")
    }
}

/// A caller with a token, and a person for whatever it wants to change.
const PERSON: &str = r#"
[policy]
max_tier = "critical"
[principals.agent]
token = "an-agents-token-0123456789"
[[approvals.rules]]
need = "person"
"#;

/// Sets a person in a home's state, or another passphrase of theirs.
fn set_up(home: &Home, name: &str, old: Option<&str>, new: &str, principals: Option<&[String]>) {
    let secret = |text: &str| Secret::from(text.to_owned());
    let (old, new) = (old.map(secret), secret(new));
    let change = PersonChange { name, old: old.as_ref(), new: &new, principals };
    People::new(home.path("state")).set(change).unwrap();
}

fn souk<'h>(home: &'h Home, store: &DemoStore) -> Souk<'h> {
    home.souk(["serve"]).on(store)
}

/// Proposes the same meta title for these products; answers the plan.
async fn propose(agent: &Mcp, skus: &[&str], title: &str) -> String {
    souk_tests::propose(agent, skus, json!({"meta_title": title})).await
}
