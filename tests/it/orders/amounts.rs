//! Amounts that are not what they seem: of another currency than the website's, and of goods that are sold
//! in fractions. As a real store was recorded.

use serde_json::{Value, json};
use souk_tests::{Home, confirmed};

use super::Shop;
use super::recorded_shop::RecordedShop;

/// Paid in EUR, in a store whose own currency is USD.
const CONVERTED: u32 = 81;
/// Its first item is sold in fractions, 2.75 of it.
const IN_FRACTIONS: u32 = 158;

impl Shop {
    async fn of_recordings() -> Self {
        Self { store: RecordedShop::of_recordings().open().await, home: Home::new() }
    }

    async fn newest_memo(&self, order: u32) -> Value {
        let found = self
            .store
            .rest(&format!(
                "/all/V1/creditmemos?searchCriteria[filterGroups][0][filters][0][field]=order_id\
                 &searchCriteria[filterGroups][0][filters][0][value]={order}"
            ))
            .await;
        found["items"].as_array().unwrap().last().cloned().unwrap()
    }
}

/// `live2_orders.jsonl`, order 81.
#[tokio::test]
async fn amounts_of_an_order_in_another_currency_are_sent_in_the_stores_and_shown_in_both() {
    let shop = Shop::of_recordings().await;
    let client = shop.host().await;
    let refund = json!({
        "order_id": CONVERTED, "method": "offline", "shipping": 1.35, "adjustment_refund": 1.8,
    });
    let mut seen_first = refund.clone();
    seen_first["preview"] = json!(true);
    let preview = client.answer("orders_refund", seen_first).await;
    let warnings = preview["warnings"].to_string();
    assert!(warnings.contains("takes shipping and adjustments in USD"), "{warnings}");
    assert!(warnings.contains("3.41 EUR (3.79 USD)"), "{warnings}");
    let both = |answer: &Value| {
        let refund = &answer["refund"];
        let base = &refund["in_base_currency"];
        assert_eq!(
            (&refund["currency"], &base["currency"]),
            (&json!("EUR"), &json!("USD")),
            "{answer}"
        );
        for (part, own, in_base) in [
            ("total", 3.41, 3.79),
            ("shipping", 1.35, 1.5),
            ("tax", 0.26, 0.29),
            ("adjustment_refund", 1.8, 2.0),
            ("adjustment_fee", 0.0, 0.0),
        ] {
            let said = [&refund[part], &base[part]].map(Value::as_f64);
            assert_eq!(said, [Some(own), Some(in_base)], "{part}: {answer}");
        }
    };
    both(&preview);
    let done = client.answer("orders_refund", confirmed(refund)).await;
    assert_eq!(done["done"], true, "{done}");
    both(&done);
    // The request is in the store's currency.
    let plan = client.answer("plans_get", json!({"plan_id": done["plan_id"]})).await;
    let sent = |at: &str| {
        let mut constants = plan["items"][0]["constants"].as_array().unwrap().iter();
        constants.find(|constant| constant["at"] == at).unwrap()["value"].as_f64()
    };
    assert_eq!(sent("/arguments/shipping_amount"), Some(1.5), "{plan}");
    assert_eq!(sent("/arguments/adjustment_positive"), Some(2.0), "{plan}");
    let memo = shop.newest_memo(CONVERTED).await;
    for (field, shown) in [
        ("grand_total", 3.41),
        ("base_grand_total", 3.79),
        ("shipping_amount", 1.35),
        ("base_shipping_amount", 1.5),
        ("adjustment_positive", 1.8),
        ("base_adjustment_positive", 2.0),
    ] {
        assert_eq!(memo[field].as_f64(), Some(shown), "{field}: {memo}");
    }
    let order = shop.order(CONVERTED).await;
    assert_eq!(
        (&order["total_refunded"], &order["base_total_refunded"]),
        (&json!(3.41), &json!(3.79))
    );
    // Of the store's currency six cents make five of the order's.
    let little = json!({"order_id": CONVERTED, "method": "offline", "adjustment_refund": 0.05});
    let done = client.answer("orders_refund", confirmed(little)).await;
    assert_eq!(done["refund"]["total"], 0.05, "{done}");
    assert_eq!(done["refund"]["in_base_currency"]["total"], 0.06, "{done}");
}

/// `live2_orders.jsonl`, order 158: by 2.75 less 2.333 the store has a bit less than the
/// 0.417 that are left, and refuses to give back those by name.
#[tokio::test]
async fn the_last_fraction_is_given_back_where_all_that_is_left_is() {
    let shop = Shop::of_recordings().await;
    let client = shop.host().await;
    let items = shop.order(IN_FRACTIONS).await["items"].clone();
    let (fraction, whole) = (&items[0]["item_id"], &items[1]["item_id"]);
    assert_eq!(items[0]["qty_invoiced"], 2.75);
    let refund = |more: Value| {
        let mut arguments =
            json!({"order_id": IN_FRACTIONS, "method": "offline", "return_to_stock": true});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        confirmed(arguments)
    };
    for (item, qty) in [(fraction, 0.5), (fraction, 0.333), (whole, 1.0), (fraction, 1.5)] {
        let named = json!({"items": [{"order_item_id": item, "qty": qty}], "shipping": 0});
        let done = client.answer("orders_refund", refund(named)).await;
        assert_eq!(done["done"], true, "{done}");
    }
    let why = client.answer("orders_why", json!({"order_id": IN_FRACTIONS})).await;
    assert_eq!(why["items"][0]["to_refund"].to_string().trim_matches('"'), "0.417", "{why}");
    let before = shop.order(IN_FRACTIONS).await;
    // By name, beside something that stays, the store cannot do it: it is not even asked.
    let named = json!({"items": [{"order_item_id": fraction, "qty": 0.417}], "shipping": 0});
    let refused = client.refusal("orders_refund", refund(named)).await;
    assert!(refused.starts_with("VALIDATION_ERROR: ") && refused.contains("0.417"), "{refused}");
    assert_eq!(shop.order(IN_FRACTIONS).await, before);
    let done = client.answer("orders_refund", refund(json!({"everything": true}))).await;
    assert_eq!(done["done"], true, "{done}");
    let plan = client.answer("plans_get", json!({"plan_id": done["plan_id"]})).await;
    let requests = plan["items"][0]["constants"].to_string();
    assert!(
        !requests.contains("order_item_id"),
        "everything is refunded by naming nothing: {requests}"
    );
    let order = shop.order(IN_FRACTIONS).await;
    assert_eq!(order["items"][0]["qty_refunded"], 2.75, "{order}");
    let cents = |field: &str| (order[field].as_f64().unwrap() * 100.0).round();
    assert_eq!(cents("total_refunded"), cents("total_paid"), "{order}");
}
