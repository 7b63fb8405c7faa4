//! Bounds against recorded refunds.

use serde_json::{Value, json};

use souk_model::Decimal;

use super::credit_memo::{CreditMemoBound, credit_memo};

fn bounds(order: &Value, body: &Value, by_invoice: bool) -> CreditMemoBound {
    let body = Some(body).filter(|body| !body.is_null());
    credit_memo(order.as_object().unwrap(), body, by_invoice).unwrap()
}

fn most(order: &Value, body: &Value) -> Decimal {
    bounds(order, body, false).most
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An order as it was read, a refund of it, and what the memo then said, or the order's growth of
/// `total_refunded`: what the bound needs of recordings of a real store, named in each line.
const RECORDED: &str = include_str!("recorded.jsonl");

/// Refunds of a live store: gateways and none, taxes, discounts of shipping, bundles, two currencies.
const LIVE: &str = include_str!("../../../demo-store/tests/golden/refunds.jsonl");

#[test]
fn no_recorded_refund_moved_more_than_its_bound_and_bounds_are_near() {
    let near = number("0.03");
    let hold = |case: &Value, bound: CreditMemoBound, moved: Decimal| {
        let name = case.get("recording").or(case.get("from"));
        assert!(moved <= bound.most, "{name:?}: {moved} above {bound:?}");
        // A store that shows shipping with tax takes amounts of it so, and gives back less.
        // A discount on shipping, with its tax, and the tax that it hides count again once it was given back.
        let again = ["shipping_discount_amount", "shipping_discount_tax_compensation_amount"]
            .map(|name| Decimal::from_json(&case["order"][name]).unwrap_or_default().abs());
        let is_near = bound.most <= moved + near + again[0] + again[0] + again[1]
            || case["shows_tax"] == true;
        assert!(is_near, "{name:?}: {moved} far below {bound:?}");
        assert!(bound.least <= moved, "{name:?}: {moved} below {bound:?}");
    };
    for line in RECORDED.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let total = Decimal::from_json(&case["total"]).unwrap();
        hold(&case, bounds(&case["order"], &case["body"], false), total);
    }
    let mut live = 0;
    for line in LIVE.lines() {
        let mut case: Value = serde_json::from_str(line).unwrap();
        let Some(after) = case["after"].get("total_refunded").cloned() else { continue };
        // Amounts of zero are left out of the recordings.
        for item in case["order"]["items"].as_array_mut().unwrap() {
            let item = item.as_object_mut().unwrap();
            for field in ["row_invoiced", "qty_invoiced"] {
                item.entry(field).or_insert(json!(0));
            }
        }
        let amount = |value: &Value| Decimal::from_json(value).unwrap_or_default();
        let moved = amount(&after) - amount(&case["order"]["total_refunded"]);
        if moved.is_negative() {
            // A memo below nothing, which Magento makes and this host says nothing of but its bound.
            let order = case["order"].as_object().unwrap();
            let bound = credit_memo(order, Some(&case["body"]), false);
            assert!(bound.is_err() || bound.is_ok_and(|bound| moved <= bound.most), "{case}");
            continue;
        }
        let bound = bounds(&case["order"], &case["body"], case["invoice"].is_u64());
        hold(&case, bound, moved);
        live += 1;
    }
    assert!(live >= 55, "{live}");
}

fn order() -> Value {
    json!({
        "entity_id": 7, "order_currency_code": "EUR", "base_to_order_rate": 1,
        "grand_total": 130, "total_invoiced": 130, "total_refunded": 0,
        "shipping_amount": 10, "base_shipping_amount": 10,
        "items": [
            {"item_id": 1, "qty_ordered": 3, "qty_invoiced": 3, "qty_refunded": 0,
             "row_invoiced": 100, "tax_invoiced": 20, "discount_invoiced": 0, "amount_refunded": 0},
            {"item_id": 2, "parent_item_id": 1, "qty_ordered": 3, "qty_invoiced": 3, "row_invoiced": 0},
        ]
    })
}

#[test]
fn nothing_that_a_request_leaves_out_or_spells_otherwise_makes_it_smaller() {
    let order = order();
    for (body, total) in [
        (Value::Null, "130"),
        (json!({}), "130"),
        (json!({"items": [], "arguments": []}), "130"),
        (json!({"items": null, "arguments": {"shippingAmount": 0}}), "120"),
        (
            json!({"items": [{"order_item_id": 1, "qty": 0}], "arguments": {"shipping_amount": 0}}),
            "0",
        ),
        (
            json!({"items": [{"orderItemId": "1", "QTY": "1"}], "arguments": {"shipping_amount": 0}}),
            "40.01",
        ),
        // Without a quantity: all of it.
        (json!({"items": [{"order_item_id": 1}], "arguments": {"shipping_amount": 0}}), "120"),
        (
            json!({"items": [{"order_item_id": 1, "qty": 0}],
                "arguments": {"shipping_amount": 2.5, "adjustmentPositive": "1e2", "adjustment_negative": 0.5}}),
            "102",
        ),
    ] {
        assert_eq!(most(&order, &body), number(total), "{body}");
    }
    for body in [
        json!({"arguments": {"adjustment_negative": 1000}}),
        json!({"arguments": {"adjustment_negative": -50}}),
        json!({"arguments": {"adjustment_positive": "50%"}}),
        json!({"arguments": {"shipping_amount": 0, "shippingAmount": 10}}),
        json!({"items": {"0": {"order_item_id": 1, "qty": 1}}}),
        json!({"items": [{"order_item_id": 1, "qty": 1}, {"order_item_id": "1", "qty": 2}]}),
        json!({"items": [{"order_item_id": 99, "qty": 1}]}),
        json!({"items": [{"order_item_id": 1, "qty": 4}]}),
        json!({"items": [{"order_item_id": 1, "qty": -1}]}),
    ] {
        assert!(credit_memo(order.as_object().unwrap(), Some(&body), false).is_err(), "{body}");
    }
}

#[test]
fn what_a_discount_of_shipping_gives_back_besides_is_counted() {
    let mut order = order();
    let body = json!({"items": [{"order_item_id": 1, "qty": 1}],
        "arguments": {"shipping_amount": 0}});
    assert_eq!(most(&order, &body), number("40.01"));
    order["shipping_tax_amount"] = json!(2);
    order["shipping_discount_amount"] = json!("2.5");
    assert_eq!(most(&order, &body), number("40.51"));
    // Where the order does not say what the shipping is with tax, all of it gives back so much besides, too.
    assert_eq!(most(&order, &json!({"arguments": {}})), number("132.5"));
    order["base_shipping_incl_tax"] = json!(12);
    assert_eq!(most(&order, &json!({"arguments": {}})), number("129.5"));
    order["shipping_discount_tax_compensation_amount"] = json!(0.4);
    order["shipping_refunded"] = json!(10);
    order["base_shipping_refunded"] = json!(10);
    order["shipping_tax_refunded"] = json!(2);
    assert_eq!(most(&order, &body), number("40.91"));
}

#[test]
fn all_shipping_at_a_large_discount_may_give_back_less_than_it_cost() {
    // A third off the shipping, whose tax was reckoned after that: 11.90 with tax less a tax of 1.27 is
    // 10.63, of which Magento takes the discount off. It gives back 235.8255 of 236.0353.
    let mut order = json!({
        "entity_id": 45, "order_currency_code": "USD", "base_to_order_rate": 1,
        "grand_total": 236.0353, "total_invoiced": 236.0353, "total_paid": 236.0353,
        "shipping_amount": 10, "base_shipping_amount": 10,
        "shipping_incl_tax": 11.9, "base_shipping_incl_tax": 11.9,
        "shipping_tax_amount": 1.27, "base_shipping_tax_amount": 1.27,
        "shipping_discount_amount": 3.33, "base_shipping_discount_amount": 3.33,
        "tax_invoiced": 37.69,
        "items": [{"item_id": 1, "qty_ordered": 1, "qty_invoiced": 1, "row_invoiced": 287.5153,
            "discount_invoiced": 95.84, "tax_invoiced": 36.42, "amount_refunded": 0}],
    });
    let given_back = number("235.8255");
    let bound = bounds(&order, &Value::Null, false);
    assert!(bound.least <= given_back && given_back <= bound.most, "{bound:?}");
    // With a tax that was reckoned before the discount so little is no claim.
    order["base_shipping_incl_tax"] = json!(11.27);
    let bound = bounds(&order, &Value::Null, false);
    assert!(bound.least > given_back, "{bound:?}");
}

#[test]
fn the_last_memo_takes_the_tax_that_rounding_left_of_others() {
    let mut order = order();
    order["tax_invoiced"] = json!(20.03);
    assert_eq!(most(&order, &Value::Null), number("130.03"));
    let part =
        json!({"items": [{"order_item_id": 1, "qty": 1}], "arguments": {"shipping_amount": 0}});
    assert_eq!(most(&order, &part), number("40.01"));
}

#[test]
fn of_a_bundle_that_counts_as_refunded_the_parts_tell_what_is_left() {
    let mut order = order();
    for (field, value) in [
        ("tax_invoiced", json!(26.6)),
        ("tax_refunded", json!(1.9)),
        ("shipping_refunded", json!(10)),
        ("base_shipping_refunded", json!(10)),
    ] {
        order[field] = value;
    }
    order["items"] = json!([
        {"item_id": 1, "qty_invoiced": 2, "qty_refunded": 2, "row_invoiced": 0},
        {"item_id": 2, "parent_item_id": 1, "qty_invoiced": 2, "row_invoiced": 100,
            "tax_invoiced": 19},
        {"item_id": 3, "parent_item_id": 1, "qty_invoiced": 4, "qty_refunded": 1,
            "row_invoiced": 40, "amount_refunded": 10, "tax_invoiced": 7.6, "tax_refunded": 1.9},
    ]);
    let part =
        json!({"items": [{"order_item_id": 2, "qty": 1}], "arguments": {"shipping_amount": 0}});
    assert_eq!(most(&order, &part), number("59.5"));
    assert_eq!(most(&order, &Value::Null), number("154.7"));
}

#[test]
fn adjustments_are_in_the_base_currency() {
    let mut order = order();
    order["base_to_order_rate"] = json!(1.5);
    order["base_shipping_amount"] = json!(5);
    let body = json!({"items": [{"order_item_id": 1, "qty": 0}],
        "arguments": {"shipping_amount": 5, "adjustment_positive": 10}});
    assert_eq!(most(&order, &body), number("25"));
}

#[test]
fn an_order_that_hides_what_it_holds_is_not_refunded() {
    for hidden in ["/items", "/items/0/row_invoiced", "/items/0/qty_invoiced"] {
        let mut order = order();
        let place: souk_model::Pointer = hidden.parse().unwrap();
        place.take(&mut order).unwrap();
        assert!(credit_memo(order.as_object().unwrap(), None, false).is_err(), "{hidden}");
    }
}

proptest::proptest! {
    #[test]
    fn refunding_in_parts_never_comes_to_more_than_the_cents_of_rounding(
        row in 0_i64..100_000, tax in 0_i64..20_000, discount in 0_i64..50_000, qty in 1_i64..7, part in 1_i64..7,
    ) {
        let part = part.min(qty);
        let cents = |count: i64| json!(Decimal::from_cents(count).to_string());
        let order = json!({"items": [{"item_id": 1, "qty_invoiced": qty, "row_invoiced": cents(row),
            "tax_invoiced": cents(tax), "discount_invoiced": cents(discount.min(row))}]});
        let of = |qty: i64| most(&order, &json!({"items": [{"order_item_id": 1, "qty": qty}]}));
        let (whole, share) = (of(qty), of(part));
        proptest::prop_assert!(share <= whole + number("0.03"));
        let times = |amount: Decimal, count: i64| amount.checked_mul(Decimal::from_cents(100 * count)).unwrap();
        proptest::prop_assert!(times(share, qty) + times(number("0.03"), qty) >= times(whole, part));
    }
}
