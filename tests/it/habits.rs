//! Habits of those who call: what they may say without being refused, and how they are answered.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, confirmed};

#[tokio::test]
async fn more_confirmation_than_is_asked_for_is_no_fault() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = home.souk(["serve"]).on(&store).logged_in().await;
    let proposal = json!({
        "match": {"sku_list": ["TEN-001"]}, "updates": {"meta_title": "New"},
        "scope": {"scope": "global"},
    });
    let proposed = client.answer("catalog_prepare_bulk_update", confirmed(proposal)).await;
    let plan = json!({"plan_id": proposed["plan_id"]});
    client.answer("catalog_commit_bulk_update", confirmed(plan.clone())).await;
    let undo = client.answer("plans_undo", confirmed(plan)).await;
    client.answer("plans_discard", confirmed(json!({"plan_id": undo["plan_id"]}))).await;
    client.answer("promotions_disable_rule", confirmed(json!({"rule_id": 1}))).await;
    client.answer("orders_comment", confirmed(json!({"order_id": 41, "comment": "Hello"}))).await;
    client.answer("scope_set_default", confirmed(json!({"store_view_code": "de"}))).await;
    client.answer("auth_logout", confirmed(json!({}))).await;
    // A read changes nothing, so that there is nothing to confirm.
    client.log_in().await;
    let refusal = client.refusal("catalog_get_product", confirmed(json!({"sku": "TEN-001"}))).await;
    assert!(
        refusal.starts_with("VALIDATION_ERROR: ") && refusal.contains("'confirm'"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_number_without_a_fraction_is_an_integer() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = home.souk(["serve"]).on(&store).logged_in().await;
    let page = |size: Value| json!({"filters": {"type_id": "simple"}, "page_size": size});
    let whole = client.answer("catalog_search_products", page(json!(2))).await;
    for size in [json!(2.0), json!("2.0e0").as_str().unwrap().parse::<f64>().unwrap().into()] {
        let found = client.answer("catalog_search_products", page(size)).await;
        assert_eq!(found["items"], whole["items"]);
    }
    let id = client.answer("catalog_get_product", json!({"sku": "TEN-001"})).await["id"].clone();
    let by_id = json!({"filters": {"entity_id": id.as_f64().unwrap()}});
    let found = client.answer("catalog_search_products", by_id).await;
    assert_eq!(found["items"][0]["sku"], "TEN-001", "{found}");
    let order = client.answer("orders_get", json!({"order_id": 41.0})).await;
    assert_eq!(order["order"]["entity_id"], 41, "{order}");
    let refusal = client.refusal("catalog_search_products", page(json!(2.5))).await;
    assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
}

#[tokio::test]
async fn a_refusal_quotes_names_as_they_were_typed() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = home.souk(["serve"]).on(&store).logged_in().await;
    for sku in ["NoPe-1", "nope 2", "NÖPE/3", "nope~1", "NOPE,4"] {
        let quoted = format!("`{sku}`");
        for (tool, arguments) in [
            ("catalog_get_product", json!({"sku": sku})),
            (
                "catalog_prepare_bulk_update",
                json!({"match": {"sku_list": ["TEN-001", sku]}, "updates": {"name": "New"},
                    "scope": {"scope": "global"}}),
            ),
        ] {
            let refusal = client.refusal(tool, arguments).await;
            assert!(refusal.contains(&quoted), "{tool}: {refusal}");
        }
    }
    let odd = json!({"match": {"attribute_filters": {"A/b~C": {"Nope": 1}}}, "updates": {"name": "New"},
        "scope": {"scope": "global"}});
    let refusal = client.refusal("catalog_prepare_bulk_update", odd).await;
    assert!(refusal.contains("A/b~C") && !refusal.contains("~1"), "{refusal}");
}

#[tokio::test]
async fn a_per_cent_that_was_meant_as_a_share_is_told_once() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = home.souk(["serve"]).on(&store).logged_in().await;
    let told = |answer: &Value| answer.to_string().matches("15 % is written 15").count();
    let rule = json!({
        "name": "Meant as 15 %", "simple_action": "by_percent", "discount_amount": 0.15,
        "website_ids": [1], "customer_group_ids": [0],
    });
    let proposed = client.answer("promotions_prepare_cart_price_rule_create", rule).await;
    assert_eq!(told(&proposed["warnings"]), 1, "{proposed}");
    let shown = client.answer("plans_get", json!({"plan_id": proposed["plan_id"]})).await;
    let (plan, item) = (&shown["plan"], &shown["items"][0]);
    assert_eq!((told(&plan["warnings"]), told(&item["warnings"])), (1, 1), "{shown}");
    assert_eq!((told(&plan["plugin_warnings"]), told(&item["plugin_warnings"])), (0, 0), "{shown}");
}
