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
fn a_status_stays_within_its_state() {
    let order = order("processing", &json!({}), &json!({}));
    for fits in ["processing", "fraud", "our_own_packing"] {
        assert_eq!(check_status(&order, fits), Ok(()), "{fits}");
    }
    for other in ["complete", "pending", "holded"] {
        assert!(check_status(&order, other).is_err(), "{other}");
    }
}

#[test]
fn what_was_paid_keeps_a_canceled_order_going() {
    let invoiced = json!({"qty_invoiced": 1});
    assert_eq!(state_after_cancel(&order("processing", &invoiced, &json!({}))), "processing");
    let shipped = json!({"qty_invoiced": 1, "qty_shipped": 1});
    assert_eq!(state_after_cancel(&order("processing", &shipped, &json!({}))), "complete");
    assert_eq!(state_after_cancel(&order("new", &json!({}), &json!({}))), "canceled");
}
