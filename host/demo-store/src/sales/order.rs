//! An order: what may be done with it, and how it is shown.

use serde_json::{Value, json};

use super::history;
use super::state::State;
use crate::amount::Amount;
use crate::document::Doc;
use crate::document::Fields;
use crate::php;

/// What became of the quantity of one order item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantities {
    ordered: Amount,
    invoiced: Amount,
    shipped: Amount,
    refunded: Amount,
    canceled: Amount,
}

impl Quantities {
    /// Those of an order item.
    pub(crate) fn of(item: &Doc) -> Self {
        Self {
            ordered: item.amount("qty_ordered"),
            invoiced: item.amount("qty_invoiced"),
            shipped: item.amount("qty_shipped"),
            refunded: item.amount("qty_refunded"),
            canceled: item.amount("qty_canceled"),
        }
    }

    /// What can still be invoiced.
    pub(crate) fn to_invoice(self) -> Amount {
        (self.ordered - self.invoiced - self.canceled).max(Amount::ZERO)
    }

    /// What can still be shipped: neither shipped nor refunded before.
    pub(crate) fn to_ship(self) -> Amount {
        (self.ordered - self.shipped.max(self.refunded) - self.canceled).max(Amount::ZERO)
    }

    /// What can still be refunded.
    pub(crate) fn to_refund(self) -> Amount {
        (self.invoiced - self.refunded).max(Amount::ZERO)
    }

    /// What a cancellation calls off: neither invoiced nor shipped.
    pub(crate) fn to_cancel(self) -> Amount {
        self.to_invoice().min(self.to_ship())
    }
}

/// Whether the item only stands for a part of another: the variant under its configurable product.
pub(crate) fn is_part(item: &Doc) -> bool {
    item.id("parent_item_id") != 0
}

/// Whether nothing of the order needs a parcel.
pub(crate) fn is_virtual(order: &Doc) -> bool {
    order.id("is_virtual") == 1
}

/// Whether the item needs no parcel.
pub(crate) fn is_virtual_item(item: &Doc) -> bool {
    item.id("is_virtual") == 1
}

/// An item's quantity as it is counted: whole numbers unless the product is sold in fractions.
pub(crate) fn counted(item: &Doc, quantity: Amount) -> Amount {
    if item.id("is_qty_decimal") == 1 { quantity } else { quantity.truncated() }
}

/// The order's items that stand for themselves.
pub(crate) fn whole_items(order: &Doc) -> impl Iterator<Item = &Doc> {
    order.docs("items").into_iter().filter(|item| !is_part(item))
}

fn is_waiting(order: &Doc) -> bool {
    matches!(State::of(order), State::Holded | State::PaymentReview)
}

fn has_to_invoice(order: &Doc) -> bool {
    whole_items(order).any(|item| Quantities::of(item).to_invoice() > Amount::ZERO)
}

/// Whether an item is left to ship, whatever the order's state.
pub(crate) fn has_to_ship(order: &Doc) -> bool {
    whole_items(order)
        .any(|item| !is_virtual_item(item) && Quantities::of(item).to_ship() > Amount::ZERO)
}

/// Whether something is left to invoice.
pub(crate) fn can_invoice(order: &Doc) -> bool {
    let ended = matches!(State::of(order), State::Canceled | State::Complete | State::Closed);
    !is_waiting(order) && !ended && has_to_invoice(order)
}

/// Whether something is left to ship.
pub(crate) fn can_ship(order: &Doc) -> bool {
    !is_waiting(order)
        && !is_virtual(order)
        && State::of(order) != State::Canceled
        && has_to_ship(order)
}

/// Whether money is left to give back.
pub(crate) fn can_refund(order: &Doc) -> bool {
    if is_waiting(order) || matches!(State::of(order), State::Canceled | State::Closed) {
        return false;
    }
    let paid = order.amount("total_paid");
    let left = paid.cents() - order.amount("total_refunded");
    let fee_is_left = left == order.amount("adjustment_negative");
    if order.amount("grand_total") == Amount::ZERO {
        let was_refunded = order.get("total_refunded").is_some() && left == Amount::ZERO;
        let is_due = can_invoice(order) && paid <= Amount::ZERO;
        let only_fee_is_left = paid > Amount::ZERO && fee_is_left;
        return !(is_due || was_refunded || only_fee_is_left);
    }
    left != Amount::ZERO && !fee_is_left
}

/// Whether it can be called off: something is left to invoice, and it is not put aside or at its end.
pub(crate) fn can_cancel(order: &Doc) -> bool {
    let ended = matches!(State::of(order), State::Canceled | State::Complete | State::Closed);
    !is_waiting(order) && !ended && has_to_invoice(order)
}

/// Whether it can be put aside.
pub(crate) fn can_hold(order: &Doc) -> bool {
    !is_waiting(order)
        && !matches!(State::of(order), State::Canceled | State::Complete | State::Closed)
}

/// Changes every item.
pub(crate) fn each_item(order: &mut Doc, mut change: impl FnMut(&mut Doc)) {
    let items = order.get_mut("items").and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&mut change);
}

/// The address that it is shipped to; none when nothing is.
pub(crate) fn shipping_address(order: &Doc) -> Option<&Doc> {
    order.value("extension_attributes")["shipping_assignments"][0]["shipping"]["address"]
        .as_object()
}

/// Works out what was not paid, which is never negative.
pub(crate) fn set_due(order: &mut Doc) {
    let due = order.money("grand_total") - order.money("total_paid");
    order.set_money("total_due", due.map(|due| due.cents().max(Amount::ZERO)));
}

/// The order as the API shows it: amounts due, the newest comment first, and items and shipping once
/// more under `shipping_assignments`.
pub(crate) fn show(order: &Doc) -> Value {
    let mut shown = order.clone();
    set_due(&mut shown);
    shown.put("status_histories", history::newest_first(order));
    let wholes = order.value("items").clone();
    each_item(&mut shown, |item| {
        let parent = item.id("parent_item_id");
        let whole = wholes
            .as_array()
            .into_iter()
            .flatten()
            .find(|whole| php::id_of(&whole["item_id"]) == parent);
        if let Some(whole) = whole {
            item.put("parent_item", whole.clone());
        }
    });
    let total: Doc = order
        .iter()
        .filter(|(field, _)| is_shipping_total(field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    let items = shown.value("items").clone();
    if let Some(assignment) = shown
        .get_mut("extension_attributes")
        .and_then(|extension| extension.get_mut("shipping_assignments"))
        .and_then(|assignments| assignments.get_mut(0))
    {
        assignment["items"] = items;
        assignment["shipping"]["total"] = Value::Object(total);
    }
    Value::Object(shown)
}

fn is_shipping_total(field: &str) -> bool {
    let field = field.strip_prefix("base_").unwrap_or(field);
    field.strip_prefix("shipping_").is_some_and(|rest| {
        matches!(
            rest,
            "amount"
                | "canceled"
                | "discount_amount"
                | "incl_tax"
                | "invoiced"
                | "refunded"
                | "tax_amount"
                | "tax_refunded"
                | "discount_tax_compensation_amount"
                | "discount_tax_compensation_amnt"
        )
    })
}

/// An item as a read of items shows it.
pub(crate) fn show_item(item: &Doc) -> Value {
    let mut shown = item.clone();
    shown.shift_remove("extension_attributes");
    Value::Object(shown)
}

/// Calls off what was neither invoiced nor shipped. The order is canceled, unless something of it was
/// paid: then it goes on.
pub(crate) fn cancel(order: &mut Doc, now: &str) -> Vec<(String, Amount)> {
    let mut state = State::Canceled;
    let mut freed = Vec::new();
    for item in whole_items(order) {
        let quantities = Quantities::of(item);
        if state != State::Processing && quantities.to_refund() > Amount::ZERO {
            let goes_on = quantities.to_ship() > quantities.to_cancel();
            state = if goes_on { State::Processing } else { State::Complete };
        }
    }
    each_item(order, |item| {
        let canceled = Quantities::of(item).to_cancel();
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
        if canceled > Amount::ZERO && !has_parts(item) {
            freed.push((item.text("sku"), canceled));
        }
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
    state.enter(order);
    freed
}

/// Whether the goods are not this item but its variant.
pub(crate) fn has_parts(item: &Doc) -> bool {
    item.text("product_type") == "configurable"
}

/// Puts the order aside; remembers where it was.
pub(crate) fn hold(order: &mut Doc) {
    order.put("hold_before_state", order.value("state").clone());
    order.put("hold_before_status", order.value("status").clone());
    State::Holded.enter(order);
}

/// Takes the order up again.
pub(crate) fn unhold(order: &mut Doc) {
    let state = order.shift_remove("hold_before_state").unwrap_or_else(|| json!("new"));
    let status = order.shift_remove("hold_before_status").unwrap_or_else(|| json!("pending"));
    order.put("state", state);
    order.put("status", status);
}
