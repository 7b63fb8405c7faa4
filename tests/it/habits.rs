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

#[tokio::test]
async fn what_is_not_something_is_also_what_has_no_value() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let client = home.souk(["serve"]).on(&store).logged_in().await;
    let count = async |filters: Value| {
        let asked = json!({"filters": filters, "page_size": 1});
        client.answer("catalog_search_products", asked).await["total_count"].as_u64().unwrap()
    };
    let all = count(json!({})).await;
    for field in ["color", "brand", "special_price", "special_to_date", "meta_title"] {
        let with = json!({"filters": {field: {"condition": "notnull"}}, "page_size": 1,
            "fields": [field]});
        let found = client.answer("catalog_search_products", with).await;
        let value = souk_tests::field_of(&found["items"][0], field);
        let value = match value.as_str().unwrap().parse::<f64>() {
            Ok(number) => json!(number),
            Err(_) => value,
        };
        let is = count(json!({field: &value})).await;
        let is_not = count(json!({field: {"value": &value, "condition": "neq"}})).await;
        let is_none_of = count(json!({field: {"value": [&value], "condition": "nin"}})).await;
        assert!(is > 0 && is_not > 0, "{field}: {is} {is_not}");
        assert_eq!((is + is_not, is_none_of), (all, is_not), "{field} {value}");
    }
    // A bulk change leaves out none of them either.
    assert!(count(json!({"color": {"condition": "null"}})).await > 0, "every product has a colour");
    let planned = async |filters: Value| {
        let asked = json!({"match": {"attribute_filters": filters},
            "updates": {"meta_keyword": "not so"}, "scope": {"scope": "global"}});
        let plan = client.answer("catalog_prepare_bulk_update", asked).await;
        plan["affected_count"].as_u64().unwrap()
    };
    let named = client
        .answer(
            "catalog_search_products",
            json!({"page_size": 1,
        "filters": {"color": {"condition": "notnull"}}, "fields": ["color"]}),
        )
        .await;
    let id: u64 =
        souk_tests::field_of(&named["items"][0], "color").as_str().unwrap().parse().unwrap();
    let red = count(json!({"color": id})).await;
    assert_eq!(planned(json!({"color": {"value": id, "condition": "neq"}})).await, all - red);
}
