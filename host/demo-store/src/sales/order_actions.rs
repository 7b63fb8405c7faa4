//! What is done to an order itself: it is canceled, put on hold and taken off it.

use serde_json::json;

use super::composition::Roles;
use super::order::each_item;
use super::states;
use super::stock;
use crate::amount::Amount;
use crate::document::{Doc, Fields};

/// Calls off what was neither invoiced nor shipped. The order is canceled, unless something of it was
/// paid: then it goes on.
pub(crate) fn cancel(order: &mut Doc, now: &str) -> Vec<(String, Amount)> {
    let mut state = "canceled";
    let roles = Roles::of(order);
    for (place, item) in order.docs("items").into_iter().enumerate() {
        let role = roles.at(place);
        if state != "processing" && role.to_refund(item) > Amount::ZERO {
            state = if role.stays_to_ship(item) { "processing" } else { "complete" };
        }
    }
    let freed = stock::freed(order, &roles);
    let mut place = 0;
    each_item(order, |item| {
        let canceled = roles.at(place).to_cancel(item);
        place += 1;
        let ordered = item.amount("qty_ordered");
        for (field, of) in [
            ("tax_canceled", "base_tax_amount"),
            ("discount_tax_compensation_canceled", "base_discount_tax_compensation_amount"),
        ] {
            let part = item.amount(of).share(canceled, ordered);
            item.add_amount(field, part);
        }
        item.set_amount("qty_canceled", canceled);
        item.put("updated_at", now);
    });
    let left = |of: &str, done: &str| {
        order.money(of).map(Amount::abs) - order.money(done).map(Amount::abs)
    };
    let canceled = [
        ("subtotal_canceled", left("subtotal", "subtotal_invoiced")),
        ("tax_canceled", left("tax_amount", "tax_invoiced")),
        ("shipping_canceled", left("shipping_amount", "shipping_invoiced")),
        ("discount_canceled", left("discount_amount", "discount_invoiced")),
        ("total_canceled", left("grand_total", "total_paid")),
    ];
    for (field, money) in canceled {
        order.set_money(field, money);
    }
    states::enter(order, state);
    states::save(order);
    freed
}

/// Puts the order on hold; it remembers where it was.
pub(crate) fn hold(order: &mut Doc) {
    order.put("hold_before_state", order.value("state").clone());
    order.put("hold_before_status", order.value("status").clone());
    states::enter(order, "holded");
}

/// Puts the order back where it was.
pub(crate) fn unhold(order: &mut Doc) {
    let state = order.shift_remove("hold_before_state").unwrap_or_else(|| json!("new"));
    let status = order.shift_remove("hold_before_status").unwrap_or_else(|| json!("pending"));
    order.put("state", state);
    order.put("status", status);
}
