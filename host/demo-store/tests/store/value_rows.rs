//! Which rows a save leaves, scope by scope, as they were seen in the database of a real Magento 2.4.7.

use serde_json::{Map, Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;

const SKU: &str = "TEN-001";

async fn put(store: &Store, view: &str, custom: &[(&str, Value)]) {
    let custom: Vec<Value> = custom
        .iter()
        .map(|(code, value)| json!({"attribute_code": code, "value": value}))
        .collect();
    save(store, view, json!({ "custom_attributes": custom })).await;
}

async fn save(store: &Store, view: &str, product: Value) {
    let target = format!("/rest/{view}/V1/products/{SKU}");
    let answer = store.call("PUT", &target, Some(json!({ "product": product }))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The rows of some attributes: view by view, 0 for the global ones.
async fn rows(store: &Store, codes: &[&str]) -> Vec<(u32, String, Value)> {
    let all = store.call("GET", "/__demo/rows", None).await.body;
    let values = &all["products"][SKU]["values"];
    let of = |view: u32, map: &Map<String, Value>| {
        let kept = map.iter().filter(|(code, _)| codes.contains(&code.as_str()));
        kept.map(|(code, value)| (view, code.clone(), value.clone())).collect::<Vec<_>>()
    };
    let mut found = of(0, values["global"].as_object().unwrap());
    for (view, map) in values["views"].as_object().into_iter().flatten() {
        found.extend(of(view.parse().unwrap(), map.as_object().unwrap()));
    }
    found.sort_by_key(|(view, code, _)| (*view, code.clone()));
    found
}

fn row(view: u32, code: &str, value: &str) -> (u32, String, Value) {
    (view, code.to_owned(), json!(value))
}

fn today() -> String {
    format!("{} 00:00:00", jiff::Timestamp::now().strftime("%Y-%m-%d"))
}

#[tokio::test]
async fn an_empty_text_of_a_view_lasts_until_a_save_that_does_not_send_it_again() {
    let store = Store::start(DemoStore::sample()).await;
    put(&store, "all", &[("meta_title", json!("Global"))]).await;
    let own = async || rows(&store, &["meta_title"]).await.into_iter().filter(|r| r.0 == 2).count();
    put(&store, "de", &[("meta_title", json!(""))]).await;
    put(&store, "de", &[("description", json!("x")), ("meta_title", json!(""))]).await;
    assert_eq!(own().await, 1);
    put(&store, "de", &[("description", json!("y"))]).await;
    assert_eq!(own().await, 0);
}

/// With prices of websites, `live2` 55 to 60; a save at a view does not see an inherited sale.
#[tokio::test]
async fn a_sale_of_a_website_and_the_day_it_was_given_go_together() {
    let store = Store::start(DemoStore::sample().with_website_prices()).await;
    let codes = ["special_price", "special_from_date"];
    put(&store, "de", &[("special_price", json!(9))]).await;
    let day = today();
    let both =
        |view| [row(view, "special_from_date", &day), row(view, "special_price", "9.000000")];
    assert_eq!(rows(&store, &codes).await, [both(1), both(2)].concat());
    put(&store, "de", &[("special_price", json!(null))]).await;
    let dates = [row(1, "special_from_date", &day), row(2, "special_from_date", &day)];
    assert_eq!(rows(&store, &codes).await, dates);
    put(&store, "de", &[("special_from_date", json!(null))]).await;
    assert_eq!(rows(&store, &codes).await, []);

    let sale = [("special_price", json!(9.5)), ("special_from_date", json!("2027-06-01"))];
    put(&store, "all", &sale).await;
    let global =
        [row(0, "special_from_date", "2027-06-01 00:00:00"), row(0, "special_price", "9.500000")];
    put(&store, "de", &[("meta_title", json!("x"))]).await;
    assert_eq!(rows(&store, &codes).await, global);
    // Written in another form the date is the website's own, and the sale is not dated anew.
    put(&store, "de", &[("special_price", json!(8)), ("special_from_date", json!("2027-06-01"))])
        .await;
    let own = |view| {
        [
            row(view, "special_from_date", "2027-06-01 00:00:00"),
            row(view, "special_price", "8.000000"),
        ]
    };
    assert_eq!(rows(&store, &codes).await, [&global[..], &own(1), &own(2)].concat());
    put(&store, "de", &[("special_price", json!(null)), ("special_from_date", json!(null))]).await;
    assert_eq!(rows(&store, &codes).await, global);
}

/// With global prices, `special_from_drift`; a day just as it stands counts as inherited.
#[tokio::test]
async fn a_global_sale_is_dated_by_a_save_at_a_view_unless_the_day_is_written_otherwise() {
    let store = Store::start(DemoStore::sample()).await;
    let codes = ["special_from_date"];
    let sale = [("special_price", json!(9.5)), ("special_from_date", json!("2027-06-01"))];
    put(&store, "all", &sale).await;
    let global = row(0, "special_from_date", "2027-06-01 00:00:00");
    let otherwise = [("meta_title", json!("x")), ("special_from_date", json!("2027-06-01"))];
    put(&store, "de", &otherwise).await;
    let own = |view, day: &str| row(view, "special_from_date", day);
    let day = "2027-06-01 00:00:00";
    assert_eq!(rows(&store, &codes).await, [global.clone(), own(1, day), own(2, day)]);
    put(&store, "de", &[("special_from_date", json!(null))]).await;
    let day = today();
    assert_eq!(rows(&store, &codes).await, [global, own(1, &day), own(2, &day)]);
}

#[tokio::test]
async fn a_view_gets_copies_of_all_values_of_a_product_that_is_in_no_website() {
    let store = Store::start(DemoStore::sample()).await;
    save(&store, "all", json!({"extension_attributes": {"website_ids": []}})).await;
    put(&store, "de", &[("meta_title", json!("x"))]).await;
    let copies = rows(&store, &["name", "url_key", "visibility", "meta_title"]).await;
    assert_eq!(copies.iter().filter(|(view, ..)| *view == 2).count(), 4, "{copies:?}");
}

/// `live2` 63 to 65, and what a label and a quantity do.
#[tokio::test]
async fn a_rule_loses_what_it_is_given_empty() {
    let store = Store::start(DemoStore::sample()).await;
    let rule = async |fields: Value| {
        let body = Some(json!({ "rule": fields }));
        let answer = store.call("PUT", "/rest/all/V1/salesRules/3", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        store.call("GET", "/__demo/rows", None).await.body["rules"]["3"].clone()
    };
    let given = rule(json!({
        "to_date": "2026-12-31", "discount_qty": 3,
        "store_labels": [{"store_id": 2, "store_label": "L"}],
    }))
    .await;
    assert_eq!((&given["to_date"], &given["discount_qty"]), (&json!("2026-12-31"), &json!(3)));
    let labels = given["store_labels"].as_array().unwrap().len();
    assert_eq!(rule(json!({"to_date": null})).await["to_date"], "2026-12-31");
    assert_eq!(rule(json!({"to_date": ""})).await["to_date"], Value::Null);
    rule(json!({"to_date": "2026-12-31"})).await;
    assert_eq!(rule(json!({"to_date": false})).await["to_date"], Value::Null);
    let taken = rule(json!({
        "discount_qty": 0, "store_labels": [{"store_id": 2, "store_label": ""}],
    }))
    .await;
    assert_eq!(taken["discount_qty"], Value::Null);
    assert_eq!(taken["store_labels"].as_array().unwrap().len(), labels - 1);
}
