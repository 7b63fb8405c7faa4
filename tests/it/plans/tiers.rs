//! What a call really writes is held to the ceiling, whatever its tool is listed as.

use serde_json::{Value, json};

use super::{Shop, commit, id};
use souk_tests::confirmed;

/// A delete of a block, from a tool that may also change names of products.
fn delete_block(close: &str) -> Value {
    let step = json!({"method": "DELETE", "route": "/V1/cmsBlock/{blockId}",
        "path": {"blockId": "subject"}});
    json!({
        "intent": {"one": {"route": "/V1/cmsBlock/{blockId}", "path": {"blockId": "subject"}}},
        "changes": [{
            "subject": {"kind": "cms-block", "id": "1"},
            "edits": [{"field": "block", "at": "/id", "after": "removed"}],
            "steps": [step],
            "undo": {"none": "it is gone"},
        }],
        "close": close,
    })
}

const CRITICAL: &str = "is of tier `critical`, above the ceiling `risk`";

#[tokio::test]
async fn a_delete_is_critical_from_any_tool() {
    let shop = Shop::new("").await;
    let blocks = async || shop.store.rest("/all/V1/cmsBlock/1").await["id"].clone();
    let client = shop.forger().await;
    // At once, and as a plan, by its own commit tool and by that for any plan.
    let refusal = client.refusal("forger_apply", confirmed(delete_block("apply"))).await;
    assert!(refusal.contains(CRITICAL), "{refusal}");
    assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
    let proposed = client.answer("forger_prepare", delete_block("propose")).await;
    for tool in ["forger_commit", "plans_commit"] {
        let refusal = client.refusal(tool, confirmed(json!({"plan_id": id(&proposed)}))).await;
        assert!(refusal.contains(CRITICAL), "{tool}: {refusal}");
    }
    // A preview sends nothing, and is not a way to a plan that may be committed.
    let mut preview = delete_block("apply");
    preview["preview"] = json!(true);
    let refusal = client.refusal("forger_apply", preview).await;
    assert!(refusal.contains(CRITICAL), "{refusal}");
    assert_eq!(blocks().await, json!(1));
    assert_eq!(shop.changes().await, [""; 0]);
    drop(client);

    let plugins = shop.home.plugins_and_forger();
    let souk = shop.souk().args(["--max-tier", "critical"]).env("SOUK_PLUGINS", plugins);
    let client = souk.logged_in().await;
    let refusal = client.refusal("forger_apply", delete_block("apply")).await;
    assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
    assert_eq!(shop.changes().await, [""; 0]);
    let done = client.answer("forger_apply", confirmed(delete_block("apply"))).await;
    assert_eq!(done["count"], 1);
    assert_eq!(shop.changes().await.len(), 1);
}

#[tokio::test]
async fn what_a_plan_itself_created_is_taken_back_under_the_ceiling_that_let_it_create() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let rule = json!({"name": "Autumn", "website_ids": [1], "customer_group_ids": [0],
        "simple_action": "by_percent", "discount_amount": 10});
    let proposed = client.answer("promotions_prepare_cart_price_rule_create", rule).await;
    let plan = id(&proposed);
    let done = commit(&client, plan).await;
    assert_eq!(done["success_count"], 1, "{done}");
    let undo = client.answer("plans_undo", json!({"plan_id": plan})).await;
    let undone = commit(&client, id(&undo)).await;
    assert_eq!(undone["success_count"], 1, "{undone}");
}
