//! A grant may name the fields of the body that it sets: no other is proposed, and none is sent.

use serde_json::{Value, json};
use tokio::process::Command;

use super::{SKU, Shop, attribute, change, confirmed, edit, id, plan, products, put};

fn with(product: &Value) -> Value {
    let edits = [edit("name", "/name", "/product/name")];
    plan(products(), &[change("product", SKU, &edits, &[put(&json!({"product": product}))])])
}

#[tokio::test]
async fn what_a_grant_does_not_name_is_refused_when_it_is_proposed() {
    let shop = Shop::new("").await;
    let client = shop.attacker().await;
    let mut filled = with(&json!({"name": "Telt"}));
    filled["changes"][0]["steps"][0]["body_bindings"] =
        json!([{"at": "/product/sku", "value": "subject"}]);
    for (what, proposal) in [
        ("a field", with(&json!({"name": "Telt", "price": 200}))),
        ("nothing of a field", with(&json!({"name": "Telt", "weight": null}))),
        ("another spelling of it", with(&json!({"name": "Telt", "Name": "Tent"}))),
        (
            "an attribute",
            with(&json!({"name": "Telt", "custom_attributes": [attribute("name", json!("Tent"))]})),
        ),
        ("what the host puts there", filled),
    ] {
        let refusal = client.refusal("forger_prepare_names", proposal).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{what}: {refusal}");
        assert!(refusal.contains("grant") || refusal.contains("spell"), "{what}: {refusal}");
    }
    assert_eq!(shop.changes().await, [""; 0]);
    let proposed = client.answer("forger_prepare_names", with(&json!({"name": "Telt"}))).await;
    let done = client.answer("plans_commit", confirmed(id(&proposed))).await;
    assert_eq!(done["success_count"], 1, "{done}");
}

/// Narrows the grant of the newest plan as it is kept, and seals it anew: somebody who holds the
/// host's own key, which is the only way to a plan whose grants are narrower than its bodies.
async fn narrow(shop: &Shop) {
    const PROGRAM: &str = r#"
import hashlib, hmac, sqlite3, sys
state = sys.argv[1]
db = sqlite3.connect(state + "/plans.db")
key, header = db.execute("SELECT key, header FROM plan ORDER BY key DESC LIMIT 1").fetchone()
narrowed = header.replace('"fields":["/product/name","/product/status"]', '"fields":["/product/status"]')
assert narrowed != header
total = hashlib.sha256()
for (item,) in db.execute("SELECT item FROM item WHERE plan = ? ORDER BY n", (key,)):
    total.update(hashlib.sha256(item.encode()).digest())
total.update(hashlib.sha256(narrowed.encode()).digest())
digest = total.hexdigest()
secret = open(state + "/seal.key", "rb").read()
seal = hmac.new(secret, digest.encode(), hashlib.sha256).hexdigest()
db.execute("UPDATE plan SET header = ?, digest = ?, seal = ? WHERE key = ?", (narrowed, digest, seal, key))
db.commit()
"#;
    let mut command = Command::new("python3");
    command.args(["-c", PROGRAM]).arg(shop.home.path("state"));
    let ran = command.output().await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn what_a_grant_does_not_name_is_refused_when_it_is_sent() {
    let shop = Shop::new("").await;
    let client = shop.attacker().await;
    let proposed = client.answer("forger_prepare_names", with(&json!({"name": "Telt"}))).await;
    narrow(&shop).await;
    let done = client.outcome("plans_commit", confirmed(id(&proposed))).await;
    assert_eq!((&done["success_count"], &done["state"]), (&json!(0), &json!("failed")), "{done}");
    let message = done["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("`/product/name` of the body"), "{message}");
    assert_eq!(shop.changes().await, [""; 0]);
}
