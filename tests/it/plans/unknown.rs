//! Items of which nobody knows whether they happened, until a read of the store tells.

use serde_json::{Value, json};
use souk_tests::{Mcp, until};

use super::{Shop, commit, confirmed, id, in_state, items, propose, titled, undo};

/// Nothing is sent again by itself, and the store is taken for quiet after two seconds.
const ONCE: &str = "[plans]\nlease_s = 1\nrepeats = 0\n";

/// Nine products whose new title was lost on its way, so that each is unknown. Then three are brought
/// to it after all, three to another, and three stay as they were.
async fn lost(shop: &Shop, client: &Mcp, title: &str) -> (String, Vec<String>) {
    let skus = shop.simple(9).await;
    let plan = propose(client, &skus, title).await;
    shop.store.faults(&json!([{"method": "PUT", "fault": "drop-before"}])).await;
    client.call("plans_commit", confirmed(&plan)).await.unwrap();
    shop.store.faults(&json!([])).await;
    assert_eq!(in_state(&items(client, &plan).await, "unknown").len(), 9);
    for (at, sku) in skus.iter().enumerate().take(6) {
        let now = if at < 3 { title } else { "Theirs" };
        shop.store.put(&format!("/all/V1/products/{sku}"), &titled(now)).await;
    }
    (plan, skus)
}

fn item<'i>(items: &'i [Value], sku: &str) -> &'i Value {
    items.iter().find(|item| item["subject"] == sku).unwrap()
}

#[tokio::test]
async fn a_resume_makes_of_each_unknown_what_a_read_shows() {
    let shop = Shop::new(ONCE).await;
    let client = shop.host().await;
    let (plan, skus) = lost(&shop, &client, "Ours").await;
    shop.store.forget_requests().await;
    let resumed = client.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!(
        (&resumed["success_count"], &resumed["drifted"]),
        (&json!(6), &json!(3)),
        "{resumed}"
    );
    assert_eq!(resumed["unknown"], 0, "{resumed}");
    let ended = items(&client, &plan).await;
    for sku in &skus[3..6] {
        let item = item(&ended, sku);
        assert_eq!(item["state"], "drifted", "{item}");
        let why = item["failure"]["message"].as_str().unwrap();
        assert!(why.contains("`meta_title`") && why.contains("`\"Theirs\"`"), "{why}");
        assert!(why.contains("was to become `\"Ours\"`"), "{why}");
    }
    // Only what certainly did not happen was sent, and nobody else's value was touched.
    assert_eq!(shop.writes().await.len(), 3);
    let now = shop.field("all", &skus, "meta_title").await;
    for (at, sku) in skus.iter().enumerate() {
        assert_eq!(now[sku], if (3..6).contains(&at) { "Theirs" } else { "Ours" }, "{sku}");
    }
}

#[tokio::test]
async fn an_undo_takes_back_what_a_read_shows_and_leaves_the_rest() {
    let shop = Shop::new(ONCE).await;
    let client = shop.host().await;
    let before = shop.field("all", &shop.simple(9).await, "meta_title").await;
    let (plan, skus) = lost(&shop, &client, "Ours").await;
    shop.store.forget_requests().await;
    let proposed = undo(&client, &plan).await;
    assert_eq!(proposed["affected_count"], 3, "{proposed}");
    until("the store is quiet", async || {
        undo(&client, &plan).await;
        in_state(&items(&client, &plan).await, "unknown").is_empty()
    })
    .await;
    let judged = items(&client, &plan).await;
    let of = |state| in_state(&judged, state);
    assert_eq!(
        (of("done"), of("drifted"), of("failed")),
        (skus[..3].to_vec(), skus[3..6].to_vec(), skus[6..].to_vec())
    );
    assert_eq!(shop.writes().await.len(), 0, "to judge sends nothing");
    let undone = commit(&client, id(&proposed)).await;
    assert_eq!(undone["state"], "done", "{undone}");
    let now = shop.field("all", &skus, "meta_title").await;
    for (at, sku) in skus.iter().enumerate() {
        let theirs = json!("Theirs");
        assert_eq!(
            now[sku],
            if (3..6).contains(&at) { theirs } else { before[sku].clone() },
            "{sku}"
        );
    }
}
