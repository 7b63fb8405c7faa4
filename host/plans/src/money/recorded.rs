//! Bounds against recorded refunds.

use serde_json::{Value, json};

use souk_model::Decimal;

use super::credit_memo::credit_memo;

fn bound(order: &Value, body: &Value) -> Decimal {
    credit_memo(order.as_object().unwrap(), Some(body).filter(|body| !body.is_null()))
        .unwrap()
        .total
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An order as it was read, a refund of it, and what the memo then said, or the order's growth of
/// `total_refunded`: what the bound needs of recordings of a real store, named in each line.
const RECORDED: &str = include_str!("recorded.jsonl");

#[test]
fn recorded_refunds_come_to_their_bounds() {
    for line in RECORDED.lines() {
        let Value::Object(case) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let total = Decimal::from_json(&case["total"]).unwrap();
        // The roundings of the discount's shares are the same, too.
        assert_eq!(bound(&case["order"], &case["body"]), total, "{}", case["from"]);
    }
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
            "40",
        ),
        // Without a quantity: all of it.
        (json!({"items": [{"order_item_id": 1}], "arguments": {"shipping_amount": 0}}), "120"),
        (
            json!({"items": [{"order_item_id": 1, "qty": 0}],
                "arguments": {"shipping_amount": 2.5, "adjustmentPositive": "1e2", "adjustment_negative": 0.5}}),
            "102",
        ),
    ] {
        assert_eq!(bound(&order, &body), number(total), "{body}");
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
        assert!(credit_memo(order.as_object().unwrap(), Some(&body)).is_err(), "{body}");
    }
}

#[test]
fn what_a_discount_of_shipping_gives_back_besides_is_counted() {
    let mut order = order();
    let besides = |order: &Value| credit_memo(order.as_object().unwrap(), None).unwrap().besides;
    assert_eq!(besides(&order), Decimal::ZERO);
    order["shipping_tax_amount"] = json!(2);
    order["shipping_discount_amount"] = json!("2.5");
    order["shipping_discount_tax_compensation_amount"] = json!(0.4);
    assert_eq!(besides(&order), number("0.5"));
    order["shipping_refunded"] = json!(10);
    assert_eq!(besides(&order), number("0.9"));
}

#[test]
fn adjustments_are_in_the_base_currency() {
    let mut order = order();
    order["base_to_order_rate"] = json!(1.5);
    order["base_shipping_amount"] = json!(5);
    let body = json!({"items": [{"order_item_id": 1, "qty": 0}],
        "arguments": {"shipping_amount": 5, "adjustment_positive": 10}});
    assert_eq!(bound(&order, &body), number("25"));
}

#[test]
fn an_order_that_hides_what_it_holds_is_not_refunded() {
    for hidden in ["/items", "/items/0/row_invoiced", "/items/0/qty_invoiced"] {
        let mut order = order();
        let place: souk_model::Pointer = hidden.parse().unwrap();
        place.take(&mut order).unwrap();
        assert!(credit_memo(order.as_object().unwrap(), None).is_err(), "{hidden}");
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
        let of = |qty: i64| bound(&order, &json!({"items": [{"order_item_id": 1, "qty": qty}]}));
        let (whole, share) = (of(qty), of(part));
        proptest::prop_assert!(share <= whole + number("0.03"));
        let times = |amount: Decimal, count: i64| amount.checked_mul(Decimal::from_cents(100 * count)).unwrap();
        proptest::prop_assert!(times(share, qty) + times(number("0.03"), qty) >= times(whole, part));
    }
}
