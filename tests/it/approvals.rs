//! Persons decide of plans: who has to, that nothing is carried out without them, and that nothing else
//! passes for their word. Over real transports, with a store that is a process of its own.

mod asking;
mod deciding;
mod forged;
mod notices;
mod rules;
mod stopping;
mod surfaces;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};
use souk_tests::{CommandOutput, DemoStore, Home, Mcp, Souk, confirmed};

/// An order that is paid online.
const PAID: u32 = 41;
const ANN: &str = "correct horse battery";
const BOB: &str = "staple of another kind";

struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    async fn new(config: &str) -> Self {
        let shop = Self { store: DemoStore::start().await, home: Home::new() };
        shop.home.configure(config);
        shop
    }

    /// With Ann, who is behind `local`, to decide.
    async fn with_ann(config: &str) -> Self {
        let shop = Self::new(config).await;
        drop(shop.set_up("ann", ANN, &[]).await.ok());
        shop
    }

    fn souk<const N: usize>(&self, arguments: [&str; N]) -> Souk<'_> {
        self.home.souk(arguments).on(&self.store)
    }

    /// A host on stdio that offers what is critical, logged in.
    async fn host(&self) -> Mcp {
        self.souk(["serve", "--max-tier", "critical"]).logged_in().await
    }

    /// A file that holds a passphrase.
    fn secret(&self, name: &str, passphrase: &str) -> PathBuf {
        let path = self.home.write(&format!("{name}.secret"), passphrase);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    async fn set_up(&self, name: &str, passphrase: &str, more: &[&str]) -> CommandOutput {
        let secret = self.secret(name, passphrase);
        let setup = self.souk(["console", "setup", "--name", name, "--passphrase-file"]);
        setup.args([secret]).args(more.iter().copied()).run().await
    }

    /// Another person, behind nobody, as Ann vouches.
    async fn with_bob(&self) {
        let ann = self.secret("ann", ANN);
        let ann = ann.to_str().unwrap();
        drop(self.set_up("bob", BOB, &["--old-passphrase-file", ann]).await.ok());
    }

    async fn decide(&self, verdict: &str, plan: &str, name: &str, more: &[&str]) -> CommandOutput {
        let passphrase = if name == "ann" { ANN } else { BOB };
        let secret = self.secret(name, passphrase);
        let decide = self.souk(["plans", verdict, plan, "--name", name, "--passphrase-file"]);
        decide.args([secret]).args(more.iter().copied()).run().await
    }

    async fn approve(&self, plan: &str, name: &str) -> String {
        self.decide("approve", plan, name, &[]).await.ok()
    }

    /// How often the store was asked to write something.
    async fn writes(&self) -> usize {
        let log = self.store.requests().await;
        let is_login = |target: &str| target.contains("/token");
        log.iter().filter(|one| one.method != "GET" && !is_login(&one.target)).count()
    }

    /// What persons did, as the trail has it: kinds and names.
    fn acts(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.home.trail()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter_map(|line| {
                let person = line["person"].as_str()?.to_owned();
                Some((line["kind"].as_str()?.to_owned(), person))
            })
            .collect()
    }
}

fn refund() -> Value {
    confirmed(json!({
        "order_id": PAID, "method": "online", "shipping": 0, "return_to_stock": true,
        "items": [{"sku": "BTL-008", "qty": 1}],
    }))
}

/// The plan that a refusal speaks of.
fn waiting(refusal: &str) -> String {
    assert!(refusal.starts_with("APPROVAL_REQUIRED: "), "{refusal}");
    let from = refusal.find("plan_").expect("a plan is named");
    refusal[from..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn of(plan: &str) -> Value {
    confirmed(json!({"plan_id": plan}))
}

/// Proposes another meta title for the first so many products.
async fn propose(client: &Mcp, count: usize, title: &str) -> String {
    let found = client.answer("catalog_search_products", json!({"page_size": count})).await;
    let items = found["items"].as_array().or(found["products"].as_array()).unwrap();
    let skus = items.iter().map(|item| item["sku"].as_str().unwrap().to_owned());
    let skus: Vec<String> = skus.collect();
    assert_eq!(skus.len(), count);
    souk_tests::propose(client, &skus, json!({"meta_title": title})).await
}

async fn plan_of(client: &Mcp, plan: &str) -> Value {
    client.answer("plans_get", json!({"plan_id": plan})).await["plan"].take()
}
