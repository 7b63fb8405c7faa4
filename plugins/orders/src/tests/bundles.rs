//! Bundles of each kind, by the whole and by parts, and the sources that goods leave from; on a store with
//! two sources in the website's stock and `default` in none.

use std::rc::Rc;

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use super::shop::Shop;

const STATE: &str = include_str!("../../../../host/demo-store/tests/golden/state.json");
const ORDERS: &str = include_str!("../../../../host/demo-store/tests/golden/live2_orders.jsonl");

/// An order of two bundles and something beside them: the bundle's item, its parts with how many are in
/// one, and what stands beside it, if anything.
pub(super) struct BundleOrder {
    pub(super) id: u64,
    pub(super) bundle: u64,
    pub(super) parts: [(u64, u32); 2],
    pub(super) beside: Option<u64>,
}

/// Billed by its parts; with a simple product.
pub(super) const DYNAMIC: BundleOrder =
    BundleOrder { id: 79, bundle: 145, parts: [(146, 1), (147, 2)], beside: Some(148) };
/// Billed itself.
const FIXED: BundleOrder =
    BundleOrder { id: 80, bundle: 149, parts: [(150, 1), (151, 3)], beside: None };

/// A store with one of these orders, whose bundle ships in parts or whole. Its product may be gone.
pub(super) fn shop(order: &BundleOrder, ships_apart: bool, is_product_there: bool) -> Rc<Shop> {
    changed_shop(order, ships_apart, is_product_there, |_| ())
}

/// The same, with the order changed.
fn changed_shop(
    order: &BundleOrder,
    ships_apart: bool,
    is_product_there: bool,
    change: impl FnOnce(&mut Value),
) -> Rc<Shop> {
    let mut state: Value = serde_json::from_str(STATE).unwrap();
    for table in ["orders", "invoices", "shipments", "creditmemos", "transactions"] {
        state[table] = json!([]);
    }
    let mut seeds = ORDERS.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line.get("seed").cloned()
    });
    let frame = seeds.next().unwrap();
    for table in ["sources", "stocks", "stockSourceLinks"] {
        state[table] = frame[table].clone();
    }
    let seed = seeds.find(|seed| seed["orders"][0]["entity_id"] == order.id).unwrap();
    state["sourceItems"] = seed["sourceItems"].clone();
    let mut document = seed["orders"][0].clone();
    let items = document["items"].as_array_mut().unwrap();
    let bundle = items.iter_mut().find(|item| item["item_id"] == order.bundle).unwrap();
    bundle["_product_options"]["shipment_type"] = json!(u8::from(ships_apart));
    if is_product_there {
        for list in state["products"].as_object_mut().unwrap().values_mut() {
            let list = list.as_array_mut().unwrap();
            let mut product = list[0].clone();
            product["id"] = bundle["product_id"].clone();
            product["sku"] = json!("A-BUNDLE");
            product["type_id"] = json!("bundle");
            product["custom_attributes"] = json!([{
                "attribute_code": "shipment_type", "value": u8::from(ships_apart).to_string(),
            }]);
            list.push(product);
        }
    }
    change(&mut document);
    state["orders"] = json!([document]);
    Shop::of(DemoStore::from_state(state.to_string().as_bytes()).unwrap())
}

pub(super) fn named(item: u64, qty: u32) -> Value {
    json!([{"order_item_id": item, "qty": qty}])
}

pub(super) fn quantity(shop: &Shop, order: &BundleOrder, item: u64, field: &str) -> f64 {
    let document = shop.order(order.id);
    let mut items = document["items"].as_array().unwrap().iter();
    items.find(|known| known["item_id"] == item).unwrap()[field].as_f64().unwrap()
}

#[test]
fn a_bundle_is_invoiced_by_the_whole_or_by_the_parts_that_are_billed() {
    for order in [&DYNAMIC, &FIXED] {
        let shop = shop(order, false, true);
        let call =
            |items: Value| shop.act("invoice", &json!({"order_id": order.id, "items": items}));
        call(named(order.bundle, 1)).unwrap();
        for (part, per_bundle) in order.parts {
            assert_eq!(quantity(&shop, order, part, "qty_invoiced"), f64::from(per_bundle));
        }
        let (part, per_bundle) = order.parts[1];
        let by_part = call(named(part, per_bundle));
        if order.bundle == DYNAMIC.bundle {
            by_part.unwrap();
            assert_eq!(quantity(&shop, order, part, "qty_invoiced"), f64::from(2 * per_bundle));
        } else {
            let failure = by_part.unwrap_err();
            assert!(failure.message.contains("is billed with it"), "{failure:?}");
        }
        shop.act("invoice", &json!({"order_id": order.id})).unwrap();
        let document = shop.order(order.id);
        assert_eq!(document["total_paid"], document["grand_total"]);
    }
}

#[test]
fn a_bundle_is_shipped_whole_or_in_parts_as_its_product_says() {
    for order in [&DYNAMIC, &FIXED] {
        for ships_apart in [false, true] {
            let shop = shop(order, ships_apart, true);
            let call =
                |items: Value| shop.act("ship", &json!({"order_id": order.id, "items": items}));
            call(named(order.bundle, 1)).unwrap();
            let (part, per_bundle) = order.parts[1];
            assert_eq!(quantity(&shop, order, part, "qty_shipped"), f64::from(per_bundle));
            let by_part = call(named(part, 1));
            assert_eq!(by_part.is_ok(), ships_apart, "{by_part:?}");
            if let Some(beside) = order.beside {
                call(named(beside, 1)).unwrap();
            }
            shop.act("ship", &json!({"order_id": order.id})).unwrap();
            for (part, per_bundle) in order.parts {
                assert_eq!(quantity(&shop, order, part, "qty_shipped"), f64::from(2 * per_bundle));
            }
            assert!(shop.act("ship", &json!({"order_id": order.id})).is_err());
        }
    }
}

#[test]
fn goods_of_canceled_bundles_are_not_shipped() {
    for order in [&DYNAMIC, &FIXED] {
        for ships_apart in [false, true] {
            let shop = shop(order, ships_apart, true);
            let one = json!({"order_id": order.id, "items": named(order.bundle, 1)});
            shop.act("invoice", &one).unwrap();
            shop.act("cancel", &json!({"order_id": order.id})).unwrap();
            shop.act("ship", &json!({"order_id": order.id})).unwrap();
            for (part, per_bundle) in order.parts {
                let shipped = quantity(&shop, order, part, "qty_shipped");
                assert_eq!(shipped, f64::from(per_bundle), "item {part}, apart: {ships_apart}");
            }
        }
    }
}

#[test]
fn of_a_bundle_whose_product_is_gone_all_that_is_left_is_shipped_and_nothing_by_name() {
    for ships_apart in [false, true] {
        let shop = shop(&FIXED, ships_apart, false);
        let by_name = json!({"order_id": FIXED.id, "items": named(FIXED.bundle, 1)});
        let failure = shop.act("ship", &by_name).unwrap_err();
        assert!(failure.message.contains("which is gone"), "{failure:?}");
        shop.act("ship", &json!({"order_id": FIXED.id})).unwrap();
        for (part, per_bundle) in FIXED.parts {
            assert_eq!(quantity(&shop, &FIXED, part, "qty_shipped"), f64::from(2 * per_bundle));
        }
    }
}

#[test]
fn a_shipment_names_a_source_of_the_websites_stock() {
    let shop = shop(&DYNAMIC, false, true);
    let beside = DYNAMIC.beside.unwrap();
    let call = |source: Option<&str>| {
        let mut arguments = json!({"order_id": DYNAMIC.id, "items": named(beside, 1)});
        if let Some(source) = source {
            arguments["source_code"] = json!(source);
        }
        shop.act("ship", &arguments)
    };
    for foreign in ["default", "nowhere"] {
        let failure = call(Some(foreign)).unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some("/source_code"), "{failure:?}");
        assert!(failure.remedy.unwrap().contains("wh_berlin, wh_lyon"));
    }
    call(None).unwrap();
    let shipments = shop.get("/V1/shipments?searchCriteria=");
    assert_eq!(shipments["items"][0]["extension_attributes"]["source_code"], "wh_berlin");
}

/// Invoices all of an order, and answers a shop with it.
fn paid_shop(order: &BundleOrder, ships_apart: bool) -> Rc<Shop> {
    let shop = shop(order, ships_apart, true);
    shop.act("invoice", &json!({"order_id": order.id})).unwrap();
    shop
}

/// What a refund is warned of, whether or not it is of the count of bundles.
fn warnings_of(shop: &Rc<Shop>, order: &BundleOrder, more: &Value) -> Vec<String> {
    let mut arguments = json!({"order_id": order.id, "method": "offline", "return_to_stock": true});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let host = shop.host();
    host.call(&crate::orders(), "refund", &arguments).unwrap();
    host.proposed().pop().unwrap().changes.pop().unwrap().warnings
}

#[test]
fn a_refund_is_warned_of_where_magento_counts_more_of_a_bundle_than_is_given_back() {
    let counts_all = "will count all 2 of the bundle";
    let part = DYNAMIC.parts[1].0;
    let of_a_part = json!({"items": named(part, 1)});
    let nothing_named = [json!({"shipping": 5}), json!({"adjustment_refund": 1})];
    let of_beside = json!({"items": named(DYNAMIC.beside.unwrap(), 1)});
    let everything = json!({"everything": true});
    let is_warned = |shop: &Rc<Shop>, order: &BundleOrder, more: &Value| {
        let warnings = warnings_of(shop, order, more);
        warnings.iter().any(|warning| warning.contains(counts_all))
    };
    let shop = paid_shop(&DYNAMIC, false);
    for more in nothing_named.iter().chain([&of_a_part]) {
        assert!(is_warned(&shop, &DYNAMIC, more), "{more}");
    }
    assert!(!is_warned(&shop, &DYNAMIC, &of_beside), "only what stands beside it");
    assert!(!is_warned(&shop, &DYNAMIC, &everything), "nothing stays behind");
    let all_parts: Vec<Value> = DYNAMIC
        .parts
        .iter()
        .map(|(part, per_bundle)| json!({"order_item_id": part, "qty": 2 * per_bundle}))
        .collect();
    assert!(!is_warned(&shop, &DYNAMIC, &json!({"items": all_parts})), "all of the bundle");
    shop.act("ship", &json!({"order_id": DYNAMIC.id})).unwrap();
    assert!(!is_warned(&shop, &DYNAMIC, &of_a_part), "all of it is shipped");
    assert!(!is_warned(&paid_shop(&DYNAMIC, true), &DYNAMIC, &of_a_part), "parts ship apart");
    let fixed = json!({"items": named(FIXED.bundle, 1)});
    assert!(!is_warned(&paid_shop(&FIXED, false), &FIXED, &fixed), "it is billed itself");
}

#[test]
fn what_is_left_of_a_bundle_that_magento_has_miscounted_leaves_with_something_else() {
    let shop = paid_shop(&DYNAMIC, false);
    let (part, per_bundle) = DYNAMIC.parts[1];
    let refund = json!({
        "order_id": DYNAMIC.id, "method": "offline", "return_to_stock": true,
        "items": named(part, 1),
    });
    shop.act("refund", &refund).unwrap();
    assert_eq!(quantity(&shop, &DYNAMIC, DYNAMIC.bundle, "qty_refunded"), 2.0, "Magento's count");
    let why =
        || shop.host().call(&crate::orders(), "why", &json!({"order_id": DYNAMIC.id})).unwrap();
    let left_of = |why: &Value, item: u64| {
        let mut items = why["items"].as_array().unwrap().iter();
        items.find(|known| known["order_item_id"] == item).unwrap()["to_ship"].clone()
    };
    assert_eq!(left_of(&why(), DYNAMIC.bundle), 1, "one whole bundle stays");
    let by_name = json!({"order_id": DYNAMIC.id, "items": named(DYNAMIC.bundle, 1)});
    let failure = shop.act("ship", &by_name).unwrap_err();
    assert!(failure.message.contains("counts the bundle"), "{failure:?}");
    let beside = DYNAMIC.beside.unwrap();
    let host = shop.host();
    let alone = json!({"order_id": DYNAMIC.id, "items": named(beside, 1)});
    host.call(&crate::orders(), "ship", &alone).unwrap();
    let warnings = host.proposed().pop().unwrap().changes.pop().unwrap().warnings.join("; ");
    assert!(warnings.contains("ships what is left of it only with something else"), "{warnings}");
    // All that is left, with what stands beside it, is what the customer keeps.
    shop.act("ship", &json!({"order_id": DYNAMIC.id})).unwrap();
    assert_eq!(quantity(&shop, &DYNAMIC, DYNAMIC.bundle, "qty_shipped"), 0.0);
    assert_eq!(quantity(&shop, &DYNAMIC, DYNAMIC.parts[0].0, "qty_shipped"), 2.0);
    assert_eq!(quantity(&shop, &DYNAMIC, part, "qty_shipped"), f64::from(2 * per_bundle - 1));
    // Magento counts none of the bundle as shipped; its parts tell that nothing is left.
    assert_eq!(left_of(&why(), DYNAMIC.bundle), 0);
    let failure = shop.act("ship", &json!({"order_id": DYNAMIC.id})).unwrap_err();
    assert!(failure.message.contains("all of it was shipped"), "{failure:?}");
    assert!(stuck(&shop).is_empty(), "nothing waits");
}

#[test]
fn parts_that_are_left_in_an_order_that_is_called_complete_are_not_forgotten() {
    for order in [&DYNAMIC, &FIXED] {
        let shop = paid_shop(order, false);
        let one = json!({"order_id": order.id, "items": named(order.bundle, 1)});
        shop.act("ship", &one).unwrap();
        // Its shipped parts count against the two bundles that were ordered.
        assert_eq!(shop.order(order.id)["state"], "complete", "order {}", order.id);
        let waits = stuck(&shop);
        assert_eq!(waits[0]["reason"], "paid_not_shipped", "order {}: {waits:?}", order.id);
        let mut refund = one.clone();
        refund["method"] = json!("offline");
        refund["return_to_stock"] = json!(true);
        shop.act("ship", &json!({"order_id": order.id})).unwrap();
        assert!(stuck(&shop).is_empty(), "order {}: all of it was shipped", order.id);
        // What was given back is not waited for.
        let shop = paid_shop(order, false);
        shop.act("refund", &refund).unwrap();
        shop.act("ship", &one).unwrap_or_default();
        shop.act("ship", &json!({"order_id": order.id})).unwrap_or_default();
        assert!(stuck(&shop).is_empty(), "order {}: {:?}", order.id, stuck(&shop));
    }
}

/// What waits to be shipped, long after.
fn stuck(shop: &Rc<Shop>) -> Vec<Value> {
    let arguments = json!({"as_of": "2030-01-01T00:00:00Z", "complete_since_days": 3650});
    let stuck = shop.host().call(&crate::orders(), "stuck", &arguments).unwrap();
    stuck["orders"].as_array().unwrap().clone()
}

#[test]
fn what_magento_still_ships_by_name_of_a_miscounted_bundle_is_shipped_by_name() {
    let shop = shop(&DYNAMIC, false, true);
    let act = |action: &str, more: Value| {
        let mut arguments = json!({"order_id": DYNAMIC.id});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.act(action, &arguments)
    };
    act("invoice", json!({"items": named(DYNAMIC.bundle, 1)})).unwrap();
    act("refund", json!({"method": "offline", "shipping": 5})).unwrap();
    assert_eq!(quantity(&shop, &DYNAMIC, DYNAMIC.bundle, "qty_refunded"), 1.0, "Magento's count");
    let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": DYNAMIC.id})).unwrap();
    let mut acts = why["acts"].as_array().unwrap().iter();
    let may_ship = acts.find(|act| act["act"] == "ship").unwrap();
    let failure = act("ship", json!({})).unwrap_err();
    assert_eq!(may_ship["possible"], false, "{may_ship}");
    let said = may_ship["why"].as_str().unwrap();
    assert!(failure.message.contains(said) && said.contains("no more than 1 of it"), "{failure:?}");
    let failure = act("ship", json!({"items": named(DYNAMIC.bundle, 2)})).unwrap_err();
    assert!(failure.remedy.unwrap().contains("ship 1 first"));
    for shipped in 1..=2_u32 {
        act("ship", json!({"items": named(DYNAMIC.bundle, 1)})).unwrap();
        for (part, per_bundle) in DYNAMIC.parts {
            let count = f64::from(shipped * per_bundle);
            assert_eq!(quantity(&shop, &DYNAMIC, part, "qty_shipped"), count);
        }
    }
    act("ship", json!({})).unwrap();
}

#[test]
fn a_long_list_that_is_all_else_does_not_take_a_miscounted_bundle_along_unsaid() {
    const LINES: u64 = 24;
    let shop = changed_shop(&DYNAMIC, false, true, |order| {
        let items = order["items"].as_array_mut().unwrap();
        let beside = items.iter().find(|item| item["item_id"] == DYNAMIC.beside.unwrap());
        let beside = beside.unwrap().clone();
        items.extend((1..LINES).map(|line| {
            let mut item = beside.clone();
            item["item_id"] = json!(9000 + line);
            item
        }));
    });
    shop.act("invoice", &json!({"order_id": DYNAMIC.id})).unwrap();
    let shipping = json!({"order_id": DYNAMIC.id, "method": "offline", "shipping": 5});
    shop.act("refund", &shipping).unwrap();
    let ids = (1..LINES).map(|line| 9000 + line).chain(DYNAMIC.beside);
    let items: Vec<Value> = ids.map(|id| json!({"order_item_id": id, "qty": 1})).collect();
    shop.act("ship", &json!({"order_id": DYNAMIC.id, "items": items})).unwrap();
    for (part, _) in DYNAMIC.parts {
        assert_eq!(quantity(&shop, &DYNAMIC, part, "qty_shipped"), 0.0, "nobody named it");
    }
}

#[test]
fn what_is_left_alone_of_a_bundle_that_magento_has_miscounted_is_not_sent() {
    let shop = paid_shop(&DYNAMIC, false);
    let beside = DYNAMIC.beside.unwrap();
    let ship = |items: Value| shop.act("ship", &json!({"order_id": DYNAMIC.id, "items": items}));
    ship(named(beside, 1)).unwrap();
    let shipping = json!({"order_id": DYNAMIC.id, "method": "offline", "shipping": 5});
    shop.act("refund", &shipping).unwrap();
    let failure = shop.act("ship", &json!({"order_id": DYNAMIC.id})).unwrap_err();
    assert!(failure.message.contains("does not ship what is left of it"), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("administration"));
    let why = shop.host().call(&crate::orders(), "why", &json!({"order_id": DYNAMIC.id})).unwrap();
    let mut acts = why["acts"].as_array().unwrap().iter();
    let act = acts.find(|act| act["act"] == "ship").unwrap();
    assert_eq!(act["possible"], false, "{act}");
    let waits = stuck(&shop);
    assert_eq!(waits[0]["reason"], "paid_not_shipped", "{waits:?}");
    assert_eq!(waits[0]["left_to_ship"].as_array().unwrap().len(), DYNAMIC.parts.len());
    // All of the money can be given back all the same.
    let everything = json!({
        "order_id": DYNAMIC.id, "method": "offline", "everything": true, "return_to_stock": true,
    });
    shop.act("refund", &everything).unwrap();
    let order = shop.order(DYNAMIC.id);
    assert_eq!(order["state"], "closed");
    assert_eq!(order["total_refunded"], order["total_paid"]);
}
