//! Taking back what happened only in part.

use serde_json::json;
use souk_tests::until;

use super::killed::{LEASE, resume};
use super::{Shop, commit, confirmed, id, in_state, items, propose, titled, undo};

#[tokio::test]
async fn after_a_partial_commit_the_store_is_as_before_but_for_what_others_changed() {
    let shop = Shop::new("[plans]\nrepeats = 0\n").await;
    let client = shop.host().await;
    let skus = shop.simple(40).await;
    let before = shop.field("all", &skus, "meta_title").await;
    let plan = propose(&client, &skus, "Ours").await;
    shop.store.faults(&json!([{"method": "PUT", "rate": 0.4, "fault": "unavailable"}])).await;
    commit(&client, &plan).await;
    shop.store.faults(&json!([])).await;
    let ended = items(&client, &plan).await;
    let (done, unknown) = (in_state(&ended, "done"), in_state(&ended, "unknown"));
    assert!(done.len() > 2 && !unknown.is_empty(), "{done:?} {unknown:?}");
    let theirs = &done[..2];
    for sku in theirs {
        shop.store.put(&format!("/all/V1/products/{sku}"), &titled("Theirs")).await;
    }
    let proposed = undo(&client, &plan).await;
    assert_eq!(proposed["affected_count"], done.len() - 2, "{proposed}");
    let warnings = proposed["warnings"].to_string();
    for sku in theirs.iter().chain(&unknown) {
        assert!(warnings.contains(sku), "`{sku}`: {warnings}");
    }
    let undone = commit(&client, id(&proposed)).await;
    assert_eq!(undone["state"], "done", "{undone}");
    for (sku, value) in &shop.field("all", &skus, "meta_title").await {
        let wanted = if theirs.contains(sku) { &json!("Theirs") } else { &before[sku] };
        assert_eq!(value, wanted, "{sku}");
    }
}

#[tokio::test]
async fn of_a_plan_whose_host_died_all_that_a_read_shows_is_taken_back() {
    let shop = Shop::new(LEASE).await;
    let (first, second) = (shop.host().await, shop.host().await);
    let skus = shop.simple(60).await;
    let before = shop.field("all", &skus, "meta_title").await;
    let plan = propose(&first, &skus, "Brief").await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    tokio::select! {
        answered = first.call("plans_commit", confirmed(&plan)) => panic!("{answered:?}"),
        () = until("some are written", async || shop.writes().await.len() >= 10) => {}
    }
    first.process().kill().await;
    // As long as the store may be at work on something, that is left alone.
    until("the store has certainly ended what it was sent", async || {
        undo(&second, &plan).await;
        let left = items(&second, &plan).await;
        in_state(&left, "sending").is_empty() && in_state(&left, "unknown").is_empty()
    })
    .await;
    let now = shop.field("all", &skus, "meta_title").await;
    let happened = now.values().filter(|title| **title == "Brief").count();
    let proposed = undo(&second, &plan).await;
    assert_eq!(proposed["affected_count"], happened, "{proposed}");
    assert_eq!(in_state(&items(&second, &plan).await, "done").len(), happened);
    // The rest can still be carried out.
    assert_eq!(resume(&second, &plan).await["state"], "done");
    // Once more, there is nothing left: the outcome is answered, and nothing sent.
    let written = shop.writes().await.len();
    let again = second.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!((&again["state"], &again["success_count"]), (&json!("done"), &json!(60)));
    assert_eq!(shop.writes().await.len(), written);
    let proposed = undo(&second, &plan).await;
    assert_eq!(proposed["affected_count"], 60, "{proposed}");
    let undone = commit(&second, id(&proposed)).await;
    assert_eq!(undone["state"], "done", "{undone}");
    assert_eq!(shop.field("all", &skus, "meta_title").await, before);
}

#[tokio::test]
async fn an_undo_that_the_caps_will_refuse_is_told_in_the_review() {
    let shop = Shop::new("[guards]\nmax_discount_pct = 30\n").await;
    let client = shop.host().await;
    let sku = &shop.simple(1).await[0];
    let price =
        shop.store.rest(&format!("/all/V1/products/{sku}")).await["price"].as_f64().unwrap();
    let sale = |share: f64| {
        json!({"product": {"custom_attributes": [
        {"attribute_code": "special_price", "value": price * share},
        {"attribute_code": "special_from_date", "value": "2026-01-01 00:00:00"}]}})
    };
    let prepare = async || {
        let arguments = json!({"match": {"sku_list": [sku]}, "scope": {"scope": "global"},
            "price_updates": {"special_price": (price * 80.0).round() / 100.0}});
        client.answer("pricing_prepare_bulk_price_update", arguments).await
    };
    // Somebody else's sale goes beyond what Souk may do.
    shop.store.put(&format!("/all/V1/products/{sku}"), &sale(0.2)).await;
    let plan = prepare().await;
    let warnings = plan["warnings"].as_array().unwrap();
    let is_told = |warning: &&serde_json::Value| {
        warning.as_str().unwrap().starts_with("`plans_undo` would be refused")
    };
    let told = warnings.iter().find(is_told).unwrap_or_else(|| panic!("{plan}"));
    assert!(told.as_str().unwrap().contains("above the cap of 30"), "{told}");
    assert_eq!(commit(&client, id(&plan)).await["state"], "done");
    let refusal = client.refusal("plans_undo", json!({"plan_id": id(&plan)})).await;
    assert!(refusal.contains("above the cap of 30"), "{refusal}");
    // A sale within the cap can be put back, and nothing is said.
    shop.store.put(&format!("/all/V1/products/{sku}"), &sale(0.9)).await;
    let plan = prepare().await;
    assert!(
        !plan["warnings"].as_array().unwrap().iter().any(|warning| is_told(&warning)),
        "{plan}"
    );
    assert_eq!(commit(&client, id(&plan)).await["state"], "done");
    undo(&client, id(&plan)).await;
}
