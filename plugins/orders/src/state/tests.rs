use serde_json::json;

use super::*;
use crate::order::tests::order;

/// The acts that are possible, joined.
fn possible(order: &Order) -> String {
    let acts = OrderAct::ALL.into_iter().skip(2).filter(|(act, _)| check(order, *act).is_ok());
    acts.map(|(_, name)| name).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_state_allows_what_magento_allows() {
    let none = json!({});
    let invoiced = json!({"qty_invoiced": 2});
    let paid = json!({"total_paid": 20});
    for (state, item, more, acts) in [
        ("new", &none, &none, "hold cancel invoice ship"),
        ("pending_payment", &none, &none, "hold cancel invoice ship"),
        ("holded", &none, &none, "unhold"),
        ("payment_review", &none, &none, ""),
        ("canceled", &none, &none, ""),
        ("processing", &invoiced, &paid, "hold ship refund_offline"),
        ("processing", &invoiced, &none, "hold ship"),
        ("processing", &json!({"qty_shipped": 2}), &none, "hold cancel invoice"),
        (
            "processing",
            &json!({"qty_invoiced": 1}),
            &json!({"total_paid": 10}),
            "hold cancel invoice ship refund_offline",
        ),
        ("complete", &json!({"qty_invoiced": 2, "qty_shipped": 2}), &paid, "refund_offline"),
        (
            "closed",
            &json!({"qty_invoiced": 2, "qty_shipped": 2, "qty_refunded": 2}),
            &json!({"total_paid": 20, "total_refunded": 20}),
            "",
        ),
    ] {
        assert_eq!(possible(&order(state, item, more)), acts, "{state} {item} {more}");
    }
}

#[test]
fn money_goes_back_through_a_gateway_only_where_there_is_one() {
    let card = json!({"total_paid": 20, "payment": {"method": "braintree"}});
    let order = order("processing", &json!({"qty_invoiced": 2}), &card);
    assert_eq!(possible(&order), "hold ship refund_offline refund_online");
}

#[test]
fn an_order_refunded_in_full_and_still_complete_is_not_refunded_again() {
    let refunded = json!({"total_paid": 20, "total_refunded": 20});
    let item = json!({"qty_invoiced": 2, "qty_shipped": 2, "qty_refunded": 2});
    let why = check(&order("complete", &item, &refunded), OrderAct::RefundOffline).unwrap_err();
    assert!(why.why.contains("have been refunded"), "{}", why.why);
}

#[test]
fn a_comment_names_the_status_that_the_order_has_and_no_other() {
    let order = order("processing", &json!({}), &json!({}));
    assert_eq!(check_status(&order, "processing"), Ok(()));
    for other in ["fraud", "complete", "pending", "our_own_packing"] {
        assert!(check_status(&order, other).is_err(), "{other}");
    }
}

#[test]
fn what_was_paid_keeps_a_canceled_order_going() {
    let invoiced = json!({"qty_invoiced": 1});
    assert_eq!(state_after_cancel(&order("processing", &invoiced, &json!({}))), "processing");
    let shipped = json!({"qty_invoiced": 1, "qty_shipped": 1});
    let paid = json!({"total_paid": 10});
    assert_eq!(state_after_cancel(&order("processing", &shipped, &paid)), "complete");
    assert_eq!(state_after_cancel(&order("processing", &shipped, &json!({}))), "closed");
    assert_eq!(state_after_cancel(&order("new", &json!({}), &json!({}))), "canceled");
    // What is virtual counts as to be shipped, until the order is saved.
    let service = json!({"qty_invoiced": 1, "is_virtual": 1});
    assert_eq!(state_after_cancel(&order("processing", &service, &paid)), "complete");
}

#[test]
fn a_cancellation_that_would_lose_money_is_refused_and_a_fee_that_was_kept_is_none() {
    let item = json!({"qty_ordered": 3, "qty_invoiced": 2, "qty_refunded": 2});
    let money = |refunded: f64| json!({"total_paid": 103.5, "total_refunded": refunded, "adjustment_negative": 1.5});
    let why = check(&order("processing", &item, &money(90.1)), OrderAct::Cancel).unwrap_err();
    assert!(why.why.contains("11.9 EUR of the 103.5 EUR"), "{}", why.why);
    assert!(why.remedy.is_some_and(|remedy| remedy.contains("refund it first")));
    assert_eq!(check(&order("processing", &item, &money(102.0)), OrderAct::Cancel), Ok(()));
}

#[test]
fn what_was_refunded_is_not_shipped_again_unless_it_is_named() {
    let item = json!({"qty_ordered": 5, "qty_invoiced": 5, "qty_shipped": 3, "qty_refunded": 2});
    let order = order("complete", &item, &json!({"total_paid": 20, "total_refunded": 8}));
    let why = check(&order, OrderAct::Ship).unwrap_err();
    assert!(why.why.contains("was refunded"), "{}", why.why);
    let [item] = order.items() else { panic!() };
    assert_eq!((item.to_ship(), item.shippable()), (Decimal::ZERO, Decimal::whole(2)));
}

#[test]
fn what_was_canceled_is_not_owed() {
    let canceled = json!({"total_paid": 10, "total_due": 10, "total_canceled": 10});
    assert_eq!(order("processing", &json!({}), &canceled).due, Decimal::ZERO);
}
