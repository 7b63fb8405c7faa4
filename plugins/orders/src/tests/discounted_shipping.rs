//! Orders whose coupon counts for the shipping too, with the tax reckoned after the discount: as a live
//! store had them, 2.4.7-p3.

use std::rc::Rc;

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use super::same;
use super::shop::Shop;

const STATE: &str = include_str!("../../../../host/demo-store/tests/golden/state.json");
const ORDERS: &str = include_str!("../../../../host/demo-store/tests/golden/live2_orders.jsonl");

/// Paid by a gateway, of one item, and not invoiced; the frame of the others.
const PLAIN: u64 = 68;

/// An item's price, its discount and its tax.
struct Row(f64, f64, f64);

/// Two items and shipping of 10.00, 11.90 with its tax.
struct DiscountedOrder {
    rows: [Row; 2],
    shipping_discount: f64,
    shipping_tax: f64,
    grand_total: f64,
    /// What the body has to give back besides, since the store takes it off.
    taken_twice: f64,
}

/// Ten per cent off: without an adjustment 51.69 came back of 51.71.
const A_TENTH: DiscountedOrder = DiscountedOrder {
    rows: [Row(24.95, 2.5, 4.27), Row(13.33, 1.33, 2.28)],
    shipping_discount: 1.0,
    shipping_tax: 1.71,
    grand_total: 51.71,
    taken_twice: 0.02,
};

/// A third off: without an adjustment 38.10 came back of 38.31.
const A_THIRD: DiscountedOrder = DiscountedOrder {
    rows: [Row(24.95, 8.32, 3.16), Row(13.33, 4.44, 1.69)],
    shipping_discount: 3.33,
    shipping_tax: 1.27,
    grand_total: 38.31,
    taken_twice: 0.21,
};

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

/// Sets amounts, each with its twin in the base currency.
fn set(document: &mut Value, amounts: &[(&str, f64)]) {
    for (name, amount) in amounts {
        document[*name] = json!(amount);
        document[["base_", name].concat()] = json!(amount);
    }
}

fn shop(order: &DiscountedOrder) -> Rc<Shop> {
    invoiced(&document(order))
}

/// The order, not invoiced.
fn document(order: &DiscountedOrder) -> Value {
    let frames = ORDERS.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["seed"]["orders"].as_array().cloned()
    });
    let mut document = frames.flatten().find(|known| known["entity_id"] == PLAIN).unwrap();
    let frame = document["items"][0].clone();
    let items = order.rows.iter().zip(1_u64..).map(|(Row(price, discount, tax), id)| {
        let mut item = frame.clone();
        item["item_id"] = json!(id);
        item["sku"] = json!(format!("SKU-{id}"));
        item["qty_ordered"] = json!(1);
        let amounts = [
            ("price", *price),
            // As answered: less the discount.
            ("row_total", cents(price - discount)),
            ("discount_amount", *discount),
            ("tax_amount", *tax),
        ];
        set(&mut item, &amounts);
        item
    });
    document["items"] = items.collect::<Vec<Value>>().into();
    let sum = |of: fn(&Row) -> f64| order.rows.iter().map(of).sum::<f64>();
    let amounts = [
        ("subtotal", cents(sum(|row| row.0))),
        ("discount_amount", -cents(sum(|row| row.1) + order.shipping_discount)),
        ("tax_amount", cents(sum(|row| row.2) + order.shipping_tax)),
        ("shipping_amount", 10.0),
        ("shipping_incl_tax", 11.9),
        ("shipping_tax_amount", order.shipping_tax),
        ("shipping_discount_amount", order.shipping_discount),
        ("grand_total", order.grand_total),
        ("total_due", order.grand_total),
    ];
    set(&mut document, &amounts);
    document
}

/// A store with the order, all of it invoiced.
fn invoiced(document: &Value) -> Rc<Shop> {
    let mut state: Value = serde_json::from_str(STATE).unwrap();
    for table in ["invoices", "shipments", "creditmemos", "transactions"] {
        state[table] = json!([]);
    }
    state["orders"] = json!([document]);
    let shop = Shop::of(DemoStore::from_state(state.to_string().as_bytes()).unwrap());
    shop.act("invoice", &json!({"order_id": PLAIN, "capture": "offline"})).unwrap();
    shop
}

fn refund(shop: &Rc<Shop>, mut arguments: Value) -> Value {
    arguments["order_id"] = json!(PLAIN);
    arguments["method"] = json!("offline");
    shop.act("refund", &arguments).unwrap()
}

#[test]
fn everything_is_all_that_was_paid_although_the_store_takes_the_discount_off_twice() {
    for order in [A_TENTH, A_THIRD] {
        let shop = shop(&order);
        let answer = refund(&shop, json!({"everything": true}));
        let document = shop.order(PLAIN);
        assert!(same(&document["total_refunded"], &json!(order.grand_total)), "{document}");
        assert_eq!(document["state"], "closed");
        let given = &answer["refund"]["adjustment_refund"];
        assert!(same(given, &json!(order.taken_twice)), "{answer}");
        assert!(answer["warnings"].to_string().contains("off its tax as well"), "{answer}");
    }
}

#[test]
fn everything_after_an_item_is_what_is_left_and_an_adjustment_is_not_given_twice() {
    let order = A_THIRD;
    let shop = shop(&order);
    refund(&shop, json!({"items": [{"sku": "SKU-1", "qty": 1}]}));
    refund(&shop, json!({"everything": true}));
    let document = shop.order(PLAIN);
    assert!(same(&document["total_refunded"], &json!(order.grand_total)), "{document}");
}

/// The order as if its website counted in another currency: each amount rounded by itself.
fn converted(order: &DiscountedOrder, rate: f64) -> Value {
    fn convert(document: &mut Value, rate: f64) {
        let members = document.as_object_mut().unwrap();
        let twins: Vec<String> =
            members.keys().filter(|name| name.starts_with("base_")).cloned().collect();
        for twin in twins {
            let own = members.get(twin.trim_start_matches("base_")).and_then(Value::as_f64);
            if let Some(own) = own {
                members.insert(twin, json!(cents(own / rate)));
            }
        }
    }
    let mut document = document(order);
    convert(&mut document, rate);
    for item in document["items"].as_array_mut().unwrap() {
        convert(item, rate);
    }
    let base = |name: &str| document[["base_", name].concat()].as_f64().unwrap();
    let parts = ["subtotal", "discount_amount", "tax_amount", "shipping_amount"];
    let total = cents(parts.iter().map(|name| base(name)).sum());
    document["base_grand_total"] = json!(total);
    document["base_total_due"] = json!(total);
    document["base_to_order_rate"] = json!(rate);
    document["base_currency_code"] = json!("USD");
    document["order_currency_code"] = json!("EUR");
    document
}

#[test]
fn what_is_kept_as_a_fee_is_not_given_back_in_the_same_memo() {
    for rate in [0.4, 0.7, 0.93, 1.37, 2.5, 7.3] {
        for order in [A_TENTH, A_THIRD] {
            let shop = invoiced(&converted(&order, rate));
            refund(&shop, json!({"items": [{"sku": "SKU-1", "qty": 1}]}));
            let answer = refund(&shop, json!({"everything": true}));
            let of = |name: &str| answer["refund"][name].as_f64().unwrap();
            let (given, kept) = (of("adjustment_refund"), of("adjustment_fee"));
            assert!(given == 0.0 || kept == 0.0, "rate {rate}: {answer}");
        }
    }
}
