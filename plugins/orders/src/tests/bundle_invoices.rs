//! Bundles that are billed by their parts and invoiced by some of them: what the store then counts of the
//! bundle, without which it refuses refunds.

use serde_json::{Value, json};

use super::bundles::{DYNAMIC, named, quantity, shop};
use super::same;
use super::shop::Shop;

const ORDER: u64 = DYNAMIC.id;
const BUNDLE: u64 = DYNAMIC.bundle;
/// Two of it are in one bundle, of which two were ordered.
const PART: u64 = DYNAMIC.parts[1].0;

fn refund_of(more: &Value) -> Value {
    let mut refund = json!({"order_id": ORDER, "method": "offline", "return_to_stock": true});
    refund.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    refund
}

/// Whether an offline refund is possible, or why not and what to do.
fn why(shop: &std::rc::Rc<Shop>) -> Result<(), String> {
    let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": ORDER})).unwrap();
    let mut acts = why["acts"].as_array().unwrap().iter();
    let act = acts.find(|act| act["act"] == "refund_offline").unwrap();
    if act["possible"] == true { Ok(()) } else { Err(format!("{} {}", act["why"], act["remedy"])) }
}

#[test]
fn parts_that_were_invoiced_alone_are_refunded_like_everything_else() {
    let shop = shop(&DYNAMIC, false, true);
    let invoice = |qty: u32| {
        shop.act("invoice", &json!({"order_id": ORDER, "items": named(PART, qty)})).unwrap();
        quantity(&shop, &DYNAMIC, BUNDLE, "qty_invoiced")
    };
    assert_eq!(invoice(1), 1.0, "one bundle is begun");
    assert_eq!(quantity(&shop, &DYNAMIC, DYNAMIC.parts[0].0, "qty_invoiced"), 0.0);
    for more in [
        json!({"shipping": 5}),
        json!({"adjustment_refund": 1}),
        json!({"items": named(PART, 1)}),
        json!({"everything": true}),
    ] {
        shop.act("refund", &refund_of(&more)).unwrap();
    }
    assert_eq!(invoice(1), 1.0, "the one is whole");
    assert_eq!(invoice(2), 2.0);
    shop.act("invoice", &json!({"order_id": ORDER})).unwrap();
    assert_eq!(quantity(&shop, &DYNAMIC, BUNDLE, "qty_invoiced"), 2.0, "as many as were ordered");
    let paid = shop.order(ORDER);
    assert!(same(&paid["total_paid"], &paid["grand_total"]), "{paid}");
    shop.act("refund", &refund_of(&json!({"everything": true}))).unwrap();
    let order = shop.order(ORDER);
    assert!(same(&order["total_refunded"], &order["grand_total"]), "{order}");
}

#[test]
fn where_none_of_a_bundle_counts_as_invoiced_it_is_said_that_the_store_refuses_refunds() {
    let shop = shop(&DYNAMIC, false, true);
    let post = |act: &str, items: Value| {
        shop.post(&format!("/V1/order/{ORDER}/{act}"), &json!({"items": items}))
    };
    let row = |item: u64, qty: u32| json!({"order_item_id": item, "qty": qty});
    let (status, _) = post("invoice", json!([row(BUNDLE, 0), row(PART, 1)]));
    assert_eq!((status, quantity(&shop, &DYNAMIC, BUNDLE, "qty_invoiced")), (200, 0.0));
    for items in [json!([row(PART, 1)]), json!([row(PART, 0)]), json!([])] {
        let (status, refused) = post("refund", items);
        let message = refused["message"].as_str().unwrap();
        assert_eq!(status, 400, "{message}");
        assert!(
            message.contains("must not be greater than the unrefunded quantity for product SKU"),
            "{message}"
        );
    }
    let refused = why(&shop).unwrap_err();
    assert!(refused.contains("counts none of it as invoiced"), "{refused}");
    assert!(refused.contains("invoice more of the bundle"), "{refused}");

    // What stands beside it is refunded by name, and nothing else is.
    let beside = named(DYNAMIC.beside.unwrap(), 1);
    shop.act("invoice", &json!({"order_id": ORDER, "items": beside})).unwrap();
    assert_eq!(why(&shop), Ok(()));
    for more in
        [json!({"items": named(PART, 1)}), json!({"shipping": 1}), json!({"everything": true})]
    {
        let failure = shop.act("refund", &refund_of(&more)).unwrap_err();
        assert!(failure.message.contains("counts none of it as invoiced"), "{failure:?}");
    }
    shop.act("refund", &refund_of(&json!({"items": beside}))).unwrap();

    // More of it, and it counts.
    shop.act("invoice", &json!({"order_id": ORDER, "items": named(PART, 1)})).unwrap();
    assert_eq!(quantity(&shop, &DYNAMIC, BUNDLE, "qty_invoiced"), 1.0);
    shop.act("refund", &refund_of(&json!({"everything": true}))).unwrap();
    let order = shop.order(ORDER);
    assert!(same(&order["total_refunded"], &order["total_paid"]), "{order}");
}
