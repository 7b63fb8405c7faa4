//! What somebody else has changed is left alone, and named.

use serde_json::json;

use super::{Shop, commit, id, in_state, items, propose, titled, undo};

#[tokio::test]
async fn what_drifted_since_the_review_is_left_out() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(60).await;
    let plan = propose(&client, &skus, "Ours").await;
    let theirs = skus[55].clone();
    shop.store.put(&format!("/all/V1/products/{theirs}"), &titled("Theirs")).await;
    let done = commit(&client, &plan).await;
    assert_eq!((&done["success_count"], &done["drifted"]), (&json!(59), &json!(1)), "{done}");
    assert_eq!(done["errors"][0]["subject"], *theirs, "{done}");
    assert_eq!(done["state"], "partly_done");
    let ended = items(&client, &plan).await;
    assert_eq!(in_state(&ended, "drifted"), std::slice::from_ref(&theirs));
    let now = shop.field("all", &skus, "meta_title").await;
    for (sku, value) in &now {
        assert_eq!(*value, if *sku == theirs { "Theirs" } else { "Ours" }, "{sku}");
    }
}

#[tokio::test]
async fn an_undo_leaves_alone_what_somebody_changed_after_the_commit() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(4).await;
    let before = shop.field("all", &skus, "meta_title").await;
    let plan = propose(&client, &skus, "Ours").await;
    commit(&client, &plan).await;
    let put = |sku: &str| format!("/all/V1/products/{sku}");
    shop.store.put(&put(&skus[1]), &titled("Theirs")).await;
    let proposed = undo(&client, &plan).await;
    assert_eq!(proposed["affected_count"], 3, "{proposed}");
    let warnings = proposed["warnings"].to_string();
    assert!(warnings.contains(&skus[1]), "{warnings}");
    // And another between the undo's review and its commit.
    shop.store.put(&put(&skus[2]), &titled("Theirs too")).await;
    let done = commit(&client, id(&proposed)).await;
    assert_eq!((&done["success_count"], &done["drifted"]), (&json!(2), &json!(1)), "{done}");
    let now = shop.field("all", &skus, "meta_title").await;
    assert_eq!(now[&skus[0]], before[&skus[0]]);
    assert_eq!(now[&skus[1]], "Theirs");
    assert_eq!(now[&skus[2]], "Theirs too");
    assert_eq!(now[&skus[3]], before[&skus[3]]);
}
