//! What a plugin tries that loads like any other: changes that are shown as something else, or that go
//! past a limit of the operator's. Each is refused, and nothing of it reaches the store.

#![allow(clippy::needless_pass_by_value, reason = "parts of changes are put together by value")]

mod addresses;
mod bodies;
mod grant_fields;
mod judges;
mod money;
mod prices;
mod repeats;
mod rows;
mod views;

use serde_json::{Value, json};
use souk_tests::Mcp;

use super::{Shop, confirmed, id, items};

/// A product, its price and another one.
const SKU: &str = "TEN-001";
const OTHER: &str = "BTL-008";
const ROUTE: &str = "/V1/products/{sku}";

/// What is tried, in a few words, and the proposal.
type Attack = (&'static str, Value);

impl Shop {
    /// A host with the forging plugin, logged in, on which nothing but limits stands in the way.
    async fn attacker(&self) -> Mcp {
        let plugins = self.home.plugins_and_forger();
        let souk = self.souk().args(["--max-tier", "critical"]);
        souk.env("SOUK_PLUGINS", plugins).logged_in().await
    }

    async fn product(&self, sku: &str) -> Value {
        self.store.rest(&format!("/all/V1/products/{sku}")).await
    }

    async fn order(&self, id: u64) -> Value {
        self.store.rest(&format!("/all/V1/orders/{id}")).await
    }

    /// Tries each of these; every one is refused when it is proposed, by one of these rules' codes.
    async fn refuses(&self, attacks: Vec<Attack>) {
        let client = self.attacker().await;
        let mut through = Vec::new();
        for (what, proposal) in attacks {
            match client.refused_or_answered("forger_prepare", proposal).await {
                Ok(refusal) => assert!(
                    [
                        "FORBIDDEN: ",
                        "VALIDATION_ERROR: ",
                        "INTERNAL_ERROR: ",
                        "BULK_CAP_EXCEEDED: "
                    ]
                    .iter()
                    .any(|code| refusal.starts_with(code)),
                    "{what}: {refusal}"
                ),
                Err(answer) => {
                    let shown = items(&client, id(&answer)).await;
                    through.push(format!("{what}: {}", Value::from(shown)));
                }
            }
        }
        assert!(through.is_empty(), "these got through:\n{}", through.join("\n"));
        assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
        assert_eq!(self.changes().await, [""; 0]);
    }
}

/// How products are looked up, one by one.
fn products() -> Value {
    json!({"one": {"route": ROUTE, "path": {"sku": "subject"}}})
}

/// How orders are.
fn orders() -> Value {
    json!({"one": {"route": "/V1/orders/{id}", "path": {"id": "subject"}}})
}

/// How rules are.
fn rules() -> Value {
    json!({"one": {"route": "/V1/salesRules/{ruleId}", "path": {"ruleId": "subject"}}})
}

/// A request about the subject of a product's change.
fn put(body: &Value) -> Value {
    json!({"method": "PUT", "route": ROUTE, "path": {"sku": "subject"}, "body": body})
}

fn post(route: &str, body: &Value) -> Value {
    json!({"method": "POST", "route": route, "body": body})
}

/// An edit of a field at this place of the lookup's answer and at that place of the first body.
fn edit(field: &str, lookup: &str, body: &str) -> Value {
    json!({"field": field, "at": lookup, "after": {"as_sent": [[0, body]]}})
}

/// An edit of a field that no body holds.
fn expected(field: &str, lookup: &str, value: &Value) -> Value {
    json!({"field": field, "at": lookup, "after": {"set_by_store": value}})
}

fn change(kind: &str, subject: &str, edits: &[Value], steps: &[Value]) -> Value {
    json!({"subject": {"kind": kind, "id": subject}, "edits": edits, "steps": steps})
}

fn plan(intent: Value, changes: &[Value]) -> Value {
    json!({"intent": intent, "changes": changes})
}

/// A proposal with this body for a product.
fn product(edits: &[Value], body: &Value) -> Value {
    plan(products(), &[change("product", SKU, edits, &[put(body)])])
}

/// The same where an honest edit of the name is the only one that is shown as a field.
fn beside_the_name(more: &Value) -> Value {
    let mut product_body = json!({"name": "Telt"});
    for (key, value) in more.as_object().unwrap() {
        product_body[key] = value.clone();
    }
    product(&[edit("name", "/name", "/product/name")], &json!({"product": product_body}))
}

/// What is never repeated and cannot be taken back.
fn once(mut change: Value) -> Value {
    change["retry"] = json!("if_absent");
    change["undo"] = json!({"none": "forged"});
    change
}

/// An attribute in a list of them.
fn attribute(code: &str, value: Value) -> Value {
    json!({"attribute_code": code, "value": value})
}
