//! Characters that the store cannot keep: most stores turn those of four bytes into question marks and
//! say that all is well, so they are refused before anything is sent, in whatever text.

use serde_json::{Value, json};
use souk_tests::DemoStore;

use super::{Home, Shop, commit, confirmed, id, undo};

/// What each tool is given, and the field that its refusal names.
fn proposals() -> Vec<(&'static str, Value, &'static str)> {
    let global = json!({"scope": "global"});
    let products = |updates: Value| json!({"match": {"sku_list": ["TEN-001"]}, "updates": updates, "scope": {"scope": "global"}});
    let pages = |updates: Value| json!({"match": {"page_ids": [1]}, "updates": updates, "scope": {"scope": "global"}});
    let rule = |more: Value| {
        let mut rule = json!({"name": "A rule of its own", "website_ids": [1],
            "customer_group_ids": [0], "simple_action": "by_percent", "discount_amount": 5});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    vec![
        ("catalog_prepare_bulk_update", products(json!({"name": "Tent 🏕 ⛺"})), "name"),
        ("catalog_prepare_bulk_update", products(json!({"meta_title": "🏕"})), "meta_title"),
        ("cms_prepare_bulk_update_pages", pages(json!({"content": "<p>🏕</p>"})), "content"),
        (
            "cms_prepare_bulk_update_blocks",
            json!({"match": {"block_ids": [1]}, "updates": {"title": "🏕"}, "scope": global}),
            "title",
        ),
        ("orders_comment", json!({"order_id": 3, "comment": "Danke 🏕"}), "comment"),
        ("promotions_prepare_cart_price_rule_create", rule(json!({"name": "Camp 🏕"})), "name"),
        (
            "promotions_prepare_cart_price_rule_create",
            rule(json!({"store_labels": [{"store_id": 0, "store_label": "Camp 🏕"}]})),
            "store_labels of view 0",
        ),
        (
            "promotions_prepare_cart_price_rule_create",
            rule(json!({"coupon_type": "specific_coupon", "coupon_code": "CAMP🏕"})),
            "code",
        ),
        (
            "promotions_update_rule",
            json!({"rule_id": 1, "patch": {"description": "🏕"}}),
            "description",
        ),
        (
            "seo_bulk_update_meta",
            json!({"match": {"sku_list": ["TEN-001"]}, "meta_updates": {"meta_description": "🏕"},
                "scope": global}),
            "meta_description",
        ),
    ]
}

#[tokio::test]
async fn a_character_that_the_store_cannot_keep_is_refused_in_whatever_text() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    for (tool, given, field) in proposals() {
        let given = if tool.contains("_prepare_") { given } else { souk_tests::confirmed(given) };
        let refusal = client.refusal(tool, given).await;
        assert!(refusal.starts_with("VALIDATION_ERROR: "), "{tool}: {refusal}");
        assert!(refusal.contains("🏕 (U+1F3D5)"), "{tool}: {refusal}");
        assert!(!refusal.contains("U+26FA"), "one of three bytes is kept: {refusal}");
        assert!(refusal.contains(&format!("`{field}`")), "{tool}, {field}: {refusal}");
        assert!(refusal.contains("stores.four_byte"), "{tool}: {refusal}");
    }
    assert_eq!(client.answer("plans_list", json!({})).await["plans"], json!([]));
    let mut writes = shop.store.requests().await;
    writes.retain(|request| request.method != "GET" && !request.target.contains("/token"));
    assert_eq!(writes, []);
}

#[tokio::test]
async fn a_read_that_shows_such_a_character_kept_is_said_in_the_refusal() {
    let store = DemoStore::start_with(&["--four-byte"]).await;
    let shop = Shop { store, home: Home::new() };
    let client = shop.host().await;
    let comment = json!({"statusHistory": {"comment": "Danke 🎉", "is_customer_notified": 0,
        "is_visible_on_front": 0}});
    shop.store.post("/V1/orders/3/comments", &comment).await;
    let given = json!({"order_id": 3, "comment": "Danke 🏕"});
    let refusal = client.refusal("orders_comment", souk_tests::confirmed(given)).await;
    assert!(refusal.contains("🏕 (U+1F3D5)") && refusal.contains("🎉 (U+1F389)"), "{refusal}");
    // What the store shows is put back as it was, whatever the setting says.
    let path = "/all/V1/products/TEN-001";
    shop.store.put(path, &json!({"product": {"name": "Zelt 🏕"}})).await;
    let given = json!({"match": {"sku_list": ["TEN-001"]}, "updates": {"name": "Zelt"},
        "scope": {"scope": "global"}});
    let plan = client.answer("catalog_prepare_bulk_update", given).await;
    commit(&client, id(&plan)).await;
    let back = undo(&client, id(&plan)).await;
    assert_eq!(commit(&client, id(&back)).await["success_count"], 1);
    assert_eq!(shop.store.rest(path).await["name"], "Zelt 🏕");
}

#[tokio::test]
async fn where_the_operator_says_that_they_are_kept_they_are_written_and_read_back() {
    let store = DemoStore::start_with(&["--four-byte"]).await;
    let shop = Shop { store, home: Home::new() };
    let client = shop.souk().env("SOUK_FOUR_BYTE", "true").logged_in().await;
    let given = json!({"order_id": 3, "comment": "Danke 🏕"});
    let done = client.answer("orders_comment", souk_tests::confirmed(given)).await;
    assert_eq!(done["done"], true, "{done}");
    let order = shop.store.rest("/V1/orders/3").await;
    assert_eq!(order["status_histories"][0]["comment"], "Danke 🏕");
}

#[tokio::test]
async fn a_store_that_loses_them_all_the_same_is_never_told_as_done() {
    let shop = Shop::new("").await;
    let client = shop.souk().env("SOUK_FOUR_BYTE", "true").logged_in().await;
    let given = json!({"match": {"sku_list": ["TEN-001"]}, "updates": {"name": "Zelt 🏕"},
        "scope": {"scope": "global"}});
    let plan = client.answer("catalog_prepare_bulk_update", given).await;
    let result = client.call("plans_commit", confirmed(id(&plan))).await.unwrap();
    let told = serde_json::to_string(&result).unwrap();
    assert!(told.contains("did not keep 🏕 (U+1F3D5)"), "{told}");
    let kept = client.answer("plans_get", json!({"plan_id": id(&plan)})).await;
    assert_ne!(kept["items"][0]["state"], "done", "{kept}");
}
