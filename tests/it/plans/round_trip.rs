//! What was shown is what happens, and undoing brings back what was there.

use serde_json::{Value, json};
use souk_tests::{REASON, field_of};

use super::{Shop, commit, confirmed, id, items, undo};

/// A field's line in an item of a plan, as (before, after).
fn line(item: &Value, field: &str) -> (Value, Value) {
    let changes = item["changes"].as_array().unwrap();
    let found = changes.iter().find(|change| change["field"] == field);
    let found = found.unwrap_or_else(|| panic!("`{field}` is not in {item}"));
    (found["before"].clone(), found["after"].clone())
}

#[tokio::test]
async fn products_become_what_the_plan_shows_and_what_they_were() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus: Vec<String> = ["TEN-001", "TEN-002", "TEN-003"].map(Into::into).into();
    // The German name of one is its own; descriptions are inherited.
    for (scope, view) in
        [(json!({"scope": "global"}), "all"), (json!({"store_view_code": "de"}), "de")]
    {
        let fields = ["name", "description", "meta_title"];
        let mut before = Vec::new();
        for view in ["all", "de", "default"] {
            for field in fields {
                before.push((view, field, shop.field(view, &skus, field).await));
            }
        }
        let proposed = client
            .answer(
                "catalog_prepare_bulk_update",
                json!({
                    "match": {"sku_prefix": "TEN-00", "sku_list": skus},
                    "updates": {"name": "Telt", "description": "<p>Ny</p>", "meta_title": "T"},
                    "scope": scope,
                }),
            )
            .await;
        assert_eq!(proposed["affected_count"], 3, "{proposed}");
        let plan = id(&proposed);
        let shown = items(&client, plan).await;
        assert_eq!(shown.len(), 3);
        for item in &shown {
            let sku = item["subject"].as_str().unwrap();
            for (field, after) in
                [("name", "Telt"), ("description", "<p>Ny</p>"), ("meta_title", "T")]
            {
                let stood = before.iter().find(|(at, name, _)| *at == view && *name == field);
                assert_eq!(line(item, field), (stood.unwrap().2[sku].clone(), json!(after)));
            }
            assert_eq!(item["state"], "pending");
        }
        assert_eq!(shop.writes().await, []);

        let refusal = client.refusal("catalog_commit_bulk_update", json!({"plan_id": plan})).await;
        assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
        let done = client.answer("catalog_commit_bulk_update", confirmed(plan)).await;
        assert_eq!((&done["success_count"], &done["state"]), (&json!(3), &json!("done")), "{done}");
        for (field, after) in [("name", "Telt"), ("description", "<p>Ny</p>"), ("meta_title", "T")]
        {
            let is = shop.field(view, &skus, field).await;
            assert!(is.values().all(|value| value == after), "{is:?}");
        }
        if view == "de" {
            // A view's values are its own.
            for (at, field, stood) in before.iter().filter(|(at, ..)| *at != "de") {
                assert_eq!(shop.field(at, &skus, field).await, *stood, "{field} at {at}");
            }
        }

        let proposed = undo(&client, plan).await;
        assert_eq!(proposed["affected_count"], 3, "{proposed}");
        let done = commit(&client, id(&proposed)).await;
        assert_eq!((&done["success_count"], &done["state"]), (&json!(3), &json!("done")), "{done}");
        for (at, field, stood) in &before {
            assert_eq!(shop.field(at, &skus, field).await, *stood, "{field} at {at}");
        }
        shop.store.forget_requests().await;
    }
    // What was inherited is inherited again: a change of the global value shows in the view.
    let body = json!({"product": {"custom_attributes":
        [{"attribute_code": "description", "value": "<p>Everywhere</p>"}]}});
    shop.store.put("/all/V1/products/TEN-002", &body).await;
    let german = shop.store.rest("/de/V1/products/TEN-002").await;
    assert_eq!(field_of(&german, "description"), "<p>Everywhere</p>");
}

#[tokio::test]
async fn a_page_becomes_what_the_plan_shows_and_what_it_was() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let before = shop.store.rest("/all/V1/cmsPage/2").await;
    let proposed = client
        .answer(
            "cms_prepare_bulk_update_pages",
            json!({
                "match": {"page_ids": [2]},
                "updates": {"title": "Høst", "content": "<p>Ny</p>"},
                "scope": {"scope": "global"},
            }),
        )
        .await;
    let shown = items(&client, id(&proposed)).await;
    assert_eq!(line(&shown[0], "title"), (before["title"].clone(), json!("Høst")));
    assert_eq!(line(&shown[0], "content"), (before["content"].clone(), json!("<p>Ny</p>")));
    let done = client.answer("cms_commit_bulk_update_pages", confirmed(id(&proposed))).await;
    assert_eq!(done["state"], "done", "{done}");
    let now = shop.store.rest("/all/V1/cmsPage/2").await;
    let mut wanted = before.clone();
    wanted["title"] = json!("Høst");
    wanted["content"] = json!("<p>Ny</p>");
    wanted["update_time"] = now["update_time"].clone();
    assert_eq!(now, wanted);
    let done = commit(&client, id(&undo(&client, id(&proposed)).await)).await;
    assert_eq!(done["state"], "done", "{done}");
    let mut now = shop.store.rest("/all/V1/cmsPage/2").await;
    now["update_time"] = before["update_time"].clone();
    assert_eq!(now, before);
}

#[tokio::test]
async fn an_apply_previews_then_happens_once_and_can_be_taken_back() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus: Vec<String> = ["MUG-001", "MUG-002"].map(Into::into).into();
    let before = shop.field("all", &skus, "meta_description").await;
    let mut asked = json!({
        "match": {"sku_list": skus},
        "meta_updates": {"meta_description": "Drinks stay warm."},
        "scope": {"scope": "global"},
        "preview": true,
    });
    let preview = client.answer("seo_bulk_update_meta", asked.clone()).await;
    let counts = (&preview["success_count"], &preview["error_count"], &preview["errors"]);
    assert_eq!(counts, (&json!(0), &json!(0), &json!([])), "{preview}");
    let shown = items(&client, id(&preview)).await;
    assert_eq!(line(&shown[0], "meta_description").1, "Drinks stay warm.");
    assert_eq!(shop.writes().await, []);
    let refusal = client
        .refusal("seo_bulk_update_meta", {
            let mut unconfirmed = asked.clone();
            unconfirmed["preview"] = json!(false);
            unconfirmed
        })
        .await;
    assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
    asked["preview"] = json!(false);
    asked["confirm"] = json!(true);
    asked["reason"] = json!(REASON);
    let done = client.answer("seo_bulk_update_meta", asked.clone()).await;
    assert_eq!(done["success_count"], 2, "{done}");
    let is = shop.field("all", &skus, "meta_description").await;
    assert!(is.values().all(|value| value == "Drinks stay warm."), "{is:?}");
    let sent = shop.writes().await.len();
    let proposed = undo(&client, id(&done)).await;
    let undone = commit(&client, id(&proposed)).await;
    assert_eq!(undone["state"], "done", "{undone}");
    assert_eq!(shop.field("all", &skus, "meta_description").await, before);
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn changes_past_the_operators_limits_are_refused_with_their_codes() {
    let shop = Shop::new("").await;
    let client = shop.souk().env("MCP_MAX_SKUS_PER_BULK", "3").logged_in().await;
    let global = json!({"scope": "global"});
    let prices = "pricing_prepare_bulk_price_update";
    for (says, matching, updates) in [
        ("VALIDATION_ERROR: ", json!({"sku_list": ["TEN-001"]}), json!({"price": -1})),
        ("VALIDATION_ERROR: ", json!({"sku_list": ["TEN-001"]}), json!({"special_price": "-0.01"})),
        ("VALIDATION_ERROR: ", json!({}), json!({"price": 5})),
        ("VALIDATION_ERROR: ", json!({"sku_list": ["TEN-001", "TEN-404"]}), json!({"price": 5})),
        ("BULK_CAP_EXCEEDED: ", json!({"sku_prefix": "TEN-"}), json!({"price": 5})),
    ] {
        let asked = json!({"match": matching, "price_updates": updates, "scope": global});
        let refusal = client.refusal(prices, asked).await;
        assert!(refusal.starts_with(says), "{updates} for {matching}: {refusal}");
    }
    // At the cap, and past the threshold for a price's change: that is said in the review.
    let asked = json!({
        "match": {"sku_list": ["TEN-001", "TEN-002", "TEN-003"]},
        "price_updates": {"price": 1}, "scope": global,
    });
    let proposed = client.answer(prices, asked).await;
    assert_eq!(proposed["affected_count"], 3);
    assert!(!proposed["warnings"].as_array().unwrap().is_empty(), "{proposed}");
    assert_eq!(shop.writes().await, []);
    // No plan was left behind by what was refused.
    let plans = client.answer("plans_list", json!({})).await;
    assert_eq!(plans["plans"].as_array().unwrap().len(), 1, "{plans}");
}
