//! Amounts as a real store has them and no catalogue makes them: none where nothing stands, four digits,
//! a cent that the conversion of two currencies leaves.

use std::rc::Rc;

use serde_json::{Map, Value, json};
use souk_demo_store::DemoStore;

use super::same;
use super::shop::Shop;

const STATE: &str = include_str!("../../../../host/demo-store/tests/golden/state.json");
const ORDERS: &str = include_str!("../../../../host/demo-store/tests/golden/live2_orders.jsonl");

/// Paid by a gateway, of one item, and not invoiced.
const PLAIN: u64 = 68;

fn recorded(id: u64) -> Value {
    let mut seeds = ORDERS.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["seed"]["orders"].as_array().cloned()
    });
    seeds.find_map(|orders| orders.into_iter().find(|order| order["entity_id"] == id)).unwrap()
}

fn shop_with(order: &Value) -> Rc<Shop> {
    shop_of(order, &json!([]))
}

/// A store of one order with these credit memos.
fn shop_of(order: &Value, memos: &Value) -> Rc<Shop> {
    let mut state: Value = serde_json::from_str(STATE).unwrap();
    for table in ["invoices", "shipments", "creditmemos", "transactions"] {
        state[table] = json!([]);
    }
    state["orders"] = json!([order]);
    state["creditmemos"] = memos.clone();
    let rows = order["items"].as_array().unwrap().iter().map(
        |item| json!({"sku": item["sku"], "source_code": "default", "quantity": 100, "status": 1}),
    );
    state["sourceItems"].as_array_mut().unwrap().extend(rows);
    Shop::of(DemoStore::from_state(state.to_string().as_bytes()).unwrap())
}

/// Sets members, each with its twin in the base currency.
fn set(document: &mut Value, amounts: &[(&str, f64)]) {
    for (name, amount) in amounts {
        document[*name] = json!(amount);
        document[["base_", name].concat()] = json!(amount);
    }
}

/// An order of two items, a third off each and off the shipping, whose tax was reckoned after that.
fn a_third_off() -> Value {
    let mut order = recorded(PLAIN);
    let item = order["items"][0].take();
    let item = |id: u64, qty: f64, price: f64, row: f64, discount: f64, tax: f64| {
        let mut item = item.clone();
        for (field, value) in [("item_id", json!(id)), ("qty_ordered", json!(qty))] {
            item[field] = value;
        }
        item["sku"] = json!(format!("SKU-{id}"));
        item["is_qty_decimal"] = json!(1);
        set(
            &mut item,
            &[
                ("price", price),
                ("price_incl_tax", price * 1.19),
                ("row_total", row - discount),
                ("discount_amount", discount),
                ("tax_amount", tax),
            ],
        );
        item
    };
    order["items"] = json!([
        item(1, 1.0, 196.23, 196.23, 65.41, 24.86),
        item(2, 1.0, 89.88, 89.88, 29.96, 11.38),
        item(3, 0.417, 3.37, 1.4053, 0.47, 0.18),
    ]);
    set(
        &mut order,
        &[
            ("subtotal", 287.5153),
            ("discount_amount", -99.17),
            ("tax_amount", 37.69),
            ("shipping_amount", 10.0),
            ("shipping_incl_tax", 11.9),
            ("shipping_tax_amount", 1.27),
            ("shipping_discount_amount", 3.33),
            ("grand_total", 236.0353),
            ("total_due", 236.04),
        ],
    );
    order
}

#[test]
fn a_third_off_shipping_too_comes_back_whole_where_amounts_have_four_digits() {
    let shop = shop_with(&a_third_off());
    shop.act("invoice", &json!({"order_id": PLAIN, "capture": "online"})).unwrap();
    let everything = json!({
        "order_id": PLAIN, "method": "offline", "everything": true, "return_to_stock": true,
    });
    shop.act("refund", &everything).unwrap();
    let order = shop.order(PLAIN);
    assert_eq!((&order["total_refunded"], &order["state"]), (&json!(236.04), &json!("closed")));
}

#[test]
fn everything_of_an_invoice_with_four_digits_is_given_back_to_the_cent() {
    let shop = shop_with(&a_third_off());
    shop.act("invoice", &json!({"order_id": PLAIN, "capture": "online"})).unwrap();
    let refund = |more: Value| {
        let mut refund = json!({"order_id": PLAIN, "method": "online", "return_to_stock": true});
        refund.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.act("refund", &refund).unwrap();
        shop.order(PLAIN)
    };
    let part = refund(json!({"items": [{"order_item_id": 1, "qty": 1}]}));
    assert_eq!(part["total_refunded"], 156.1);
    let all = refund(json!({"everything": true}));
    assert_eq!((&all["total_refunded"], &all["state"]), (&json!(236.04), &json!("closed")));
    let memos = shop.get("/V1/creditmemos?searchCriteria=");
    assert_eq!(memos["items"][0]["grand_total"], 156.1029);
    assert_eq!(memos["items"][1]["grand_total"], 79.9353);
    assert_eq!(memos["items"][1]["adjustment_negative"], 0.42);
}

fn act(shop: &Rc<Shop>, action: &str, more: &Value) -> Result<Value, souk_sdk::prelude::Failure> {
    let mut arguments = json!({"order_id": PLAIN});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.act(action, &arguments)
}

#[test]
fn only_invoices_that_the_gateway_can_give_back_of_are_to_choose_from() {
    let shop = shop_with(&a_third_off());
    let invoice = |item: u64, capture: &str| {
        let items = json!([{"order_item_id": item, "qty": 1}]);
        act(&shop, "invoice", &json!({"items": items, "capture": capture})).unwrap();
    };
    let online = |more: Value| {
        let mut refund = json!({"method": "online", "return_to_stock": true});
        refund.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        act(&shop, "refund", &refund)
    };
    invoice(1, "online");
    invoice(2, "offline");
    // One of two: nobody has to choose.
    online(json!({"items": [{"order_item_id": 1, "qty": 1}]})).unwrap();
    let items = json!([{"order_item_id": 3, "qty": 0.417}]);
    act(&shop, "invoice", &json!({"items": items, "capture": "online"})).unwrap();
    let failure = online(json!({"shipping": 1})).unwrap_err();
    let invoices = shop.get("/V1/invoices?searchCriteria=");
    let id = |index: usize| invoices["items"][index]["entity_id"].to_string();
    assert_eq!(failure.remedy.unwrap(), format!("name one: {}, {}", id(0), id(2)));
    let failure = online(json!({"shipping": 1, "invoice_id": id(1)})).unwrap_err();
    assert!(failure.message.contains("not captured by the gateway"), "{failure:?}");
    // Of the first nothing is left then.
    online(json!({"everything": true, "invoice_id": id(0)})).unwrap();
    online(json!({"everything": true})).unwrap();
}

/// An order of which two credit memos were made in one moment: Magento keeps the sum of the last.
#[test]
fn a_refund_that_the_orders_total_lost_is_not_given_back_twice() {
    let first = shop_with(&recorded(PLAIN));
    act(&first, "invoice", &json!({"capture": "online"})).unwrap();
    let refund = json!({"method": "offline", "adjustment_refund": 7});
    act(&first, "refund", &refund).unwrap();
    act(&first, "refund", &refund).unwrap();
    let mut order = first.order(PLAIN);
    set(&mut order, &[("total_refunded", 7.0), ("adjustment_positive", 7.0)]);
    let memos = first.get("/V1/creditmemos?searchCriteria=")["items"].clone();
    let shop = shop_of(&order, &memos);
    let paid = order["total_paid"].as_f64().unwrap();
    let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": PLAIN})).unwrap();
    assert!(same(&why["refundable"]["left"], &json!(cents(paid - 14.0))), "{why}");
    let too_much = json!({"method": "offline", "adjustment_refund": cents(paid - 7.0)});
    let failure = act(&shop, "refund", &too_much).unwrap_err();
    assert!(failure.message.contains("of what was paid is left"), "{failure:?}");
    let everything = json!({"method": "offline", "everything": true, "return_to_stock": true});
    act(&shop, "refund", &everything).unwrap();
    let memos = shop.get("/V1/creditmemos?searchCriteria=")["items"].clone();
    let given = memos.as_array().unwrap().iter().map(|memo| memo["grand_total"].as_f64().unwrap());
    assert_eq!(cents(given.sum()), cents(paid), "all that was paid, and no more");
    let failure = act(&shop, "refund", &everything).unwrap_err();
    assert!(failure.message.contains("have been refunded"), "{failure:?}");
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// Takes away what is zero, as of an order that never had it.
fn without_zeros(document: &mut Map<String, Value>) {
    document.retain(|name, value| {
        let is_always_there = name.starts_with("qty_")
            || ["row_invoiced", "base_row_invoiced", "total_due", "is_"]
                .iter()
                .any(|kept| name.starts_with(kept));
        is_always_there || *value != json!(0)
    });
}

#[test]
fn an_amount_that_the_store_has_none_of_is_nothing_whatever_is_done() {
    let mut order = recorded(PLAIN);
    let why = |shop: &Rc<Shop>| {
        shop.host().call(&crate::orders(), "why", &json!({"order_id": PLAIN})).unwrap()
    };
    let before = why(&shop_with(&order));
    without_zeros(order.as_object_mut().unwrap());
    without_zeros(order["items"][0].as_object_mut().unwrap());
    let lacks = |name: &str| order.get(name).is_none();
    assert!(lacks("base_shipping_discount_tax_compensation_amnt") && lacks("discount_amount"));
    assert!(order["items"][0].get("amount_refunded").is_none());
    let shop = shop_with(&order);
    assert_eq!(why(&shop), before);
    let item = order["items"][0]["item_id"].clone();
    let one = json!([{"order_item_id": item, "qty": 1}]);
    for (act, more) in [
        ("comment", json!({"comment": "seen"})),
        ("hold", json!({})),
        ("unhold", json!({})),
        ("invoice", json!({"items": one, "capture": "online"})),
        ("refund", json!({"method": "online", "items": one, "return_to_stock": true})),
        ("invoice", json!({"capture": "offline"})),
        ("refund", json!({"method": "offline", "everything": true, "return_to_stock": true})),
    ] {
        let mut arguments = json!({"order_id": PLAIN});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.act(act, &arguments).unwrap();
        why(&shop);
    }
    let order = shop.order(PLAIN);
    assert!(same(&order["total_refunded"], &order["grand_total"]), "{order}");
    let created = json!({"from": "2026-01-01"});
    let totals =
        shop.host().call(&crate::orders(), "totals", &json!({"created": created})).unwrap();
    assert!(same(&totals["rows"][0]["refunded"], &order["grand_total"]), "{totals}");
}

/// Paid 4.00 EUR that were 10.00 USD, of one item; so much of it refunded in either currency.
fn converted(refunded: f64, base_refunded: f64, adjusted: bool) -> Value {
    let mut order = recorded(PLAIN);
    let item = &mut order["items"][0];
    let refunded_items = if adjusted { 0 } else { 1 };
    for (field, count) in [
        ("qty_ordered", 1),
        ("qty_invoiced", 1),
        ("qty_shipped", 1),
        ("qty_refunded", refunded_items),
    ] {
        item[field] = json!(count);
    }
    for (name, own, base) in [
        ("price", 4.0, 10.0),
        ("price_incl_tax", 4.0, 10.0),
        ("row_total", 4.0, 10.0),
        ("row_invoiced", 4.0, 10.0),
        ("tax_amount", 0.0, 0.0),
        ("amount_refunded", 4.0 * f64::from(refunded_items), 10.0 * f64::from(refunded_items)),
    ] {
        item[name] = json!(own);
        item[["base_", name].concat()] = json!(base);
    }
    for (name, own, base) in [
        ("grand_total", 4.0, 10.0),
        ("subtotal", 4.0, 10.0),
        ("tax_amount", 0.0, 0.0),
        ("shipping_amount", 0.0, 0.0),
        ("shipping_incl_tax", 0.0, 0.0),
        ("shipping_tax_amount", 0.0, 0.0),
        ("total_due", 0.0, 0.0),
        ("total_invoiced", 4.0, 10.0),
        ("total_paid", 4.0, 10.0),
        ("total_refunded", refunded, base_refunded),
    ] {
        order[name] = json!(own);
        order[["base_", name].concat()] = json!(base);
    }
    if adjusted {
        order["adjustment_positive"] = json!(refunded);
        order["base_adjustment_positive"] = json!(base_refunded);
    }
    order["order_currency_code"] = json!("EUR");
    order["base_to_order_rate"] = json!(0.4);
    order["payment"]["method"] = json!("checkmo");
    order["state"] = json!("complete");
    order["status"] = json!("complete");
    order
}

#[test]
fn a_cent_that_stays_of_the_conversion_is_not_offered() {
    let shop = shop_with(&converted(3.99, 10.0, false));
    let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": PLAIN})).unwrap();
    let mut acts = why["acts"].as_array().unwrap().iter();
    let act = acts.find(|act| act["act"] == "refund_offline").unwrap();
    assert_eq!(act["possible"], false, "{why}");
    let text = act["why"].as_str().unwrap();
    let said =
        "all of the 10 USD that were paid have been refunded, and 0.01 EUR stay of the conversion";
    assert!(text.starts_with(said), "{text}");
    assert!(same(&why["refundable"]["left"], &json!(0)), "{why}");
    let everything = json!({"order_id": PLAIN, "method": "offline", "everything": true});
    let failure = shop.act("refund", &everything).unwrap_err();
    assert!(failure.message.contains(said) && failure.argument.is_none(), "{failure:?}");
}

#[test]
fn what_was_given_back_before_is_no_fee_that_anybody_asked_for() {
    // Of the last cent of a dear currency none is left in a cheap one.
    let shop = shop_with(&converted(3.99, 9.99, true));
    let everything = json!({"order_id": PLAIN, "method": "offline", "everything": true});
    let failure = shop.act("refund", &everything).unwrap_err();
    assert!(
        failure.message.contains("the 4 EUR that its items and shipping are still worth"),
        "{failure:?}"
    );
    assert_eq!(failure.argument, None, "{failure:?}");
}
