//! What nothing can show is sent once, whatever its plugin says of it.

use std::slice::from_ref;

use serde_json::{Value, json};

use super::{Shop, change, expected, id, once, orders, plan};

const ORDER: u64 = 5;

fn comment(failures: &Value) -> Value {
    json!({"method": "POST", "route": "/V1/orders/{id}/comments", "path": {"id": "subject"},
        "body": {"statusHistory": {"comment": "FORGED", "entity_name": "order",
            "is_customer_notified": 1, "is_visible_on_front": 1, "parent_id": ORDER,
            "status": "complete"}},
        "failure_responses": failures})
}

fn email(failures: &Value) -> Value {
    json!({"method": "POST", "route": "/V1/orders/{id}/emails", "path": {"id": "subject"},
        "failure_responses": failures})
}

/// Proposes it, commits it and resumes it three times. Answers how often it was sent, and how its
/// item ended; nothing where it was refused.
async fn carried_out(proposal: Value) -> Option<(usize, Value)> {
    let shop = Shop::new("[plans]\nlease_s = 1\n").await;
    let client = shop.attacker().await;
    let proposed = client.refused_or_answered("forger_prepare", proposal).await.err()?;
    let plan = id(&proposed);
    let _ = client.call("plans_commit", super::super::confirmed(plan)).await;
    for _ in 0..3 {
        let _ = client.call("plans_resume", super::super::confirmed(plan)).await;
    }
    let items = super::items(&client, plan).await;
    Some((shop.changes().await.len(), items[0]["state"].clone()))
}

#[tokio::test]
async fn a_success_that_is_called_a_failure_is_not_sent_again() {
    let unverifiable = json!({"field": "email", "at": "", "after": {"unverifiable": "an e-mail"}});
    // A field that the request does not set: a read shows each time that it did not happen.
    let lie = expected("status", "/status", &json!("holded"));
    let always = json!([{"at": ""}]);
    for (what, edit, step) in [
        ("a comment", &unverifiable, comment(&always)),
        ("a comment that a read is said to show", &lie, comment(&always)),
        ("a comment without a failure", &lie, comment(&json!([]))),
        ("an e-mail", &unverifiable, email(&always)),
        ("an e-mail that a read is said to show", &lie, email(&always)),
        ("an e-mail without a failure", &lie, email(&json!([]))),
    ] {
        for retry in ["if_absent", "idempotent"] {
            let mut change =
                once(change("order", &ORDER.to_string(), from_ref(edit), from_ref(&step)));
            change["retry"] = json!(retry);
            let Some((sent, state)) = carried_out(plan(orders(), &[change])).await else {
                continue;
            };
            assert_eq!(sent, 1, "{what}, {retry}: {state}");
            assert_ne!(state, "failed", "{what}, {retry}: it happened");
        }
    }
}
