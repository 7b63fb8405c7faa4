//! What invoices, shipments and credit memos have in common: the items they name, what those show
//! afterwards, and the document as read.

use serde_json::{Value, json};
use souk_sdk::{ChangeBuilder, Failure, StepIndex};

use super::{item_place, some_of};
use crate::lines::Line;
use crate::order::Order;

/// The last document of a list that was read after an act, without its lines.
pub(crate) fn newest(found: &Value) -> Value {
    const TOLD: [&str; 14] = [
        "entity_id",
        "increment_id",
        "order_id",
        "invoice_id",
        "state",
        "created_at",
        "order_currency_code",
        "grand_total",
        "subtotal",
        "discount_amount",
        "shipping_amount",
        "tax_amount",
        "total_qty",
        "transaction_id",
    ];
    let last = found.get("items").and_then(Value::as_array).and_then(|items| items.last());
    told(last, &TOLD, found)
}

/// These members of one of what was `found`; where nothing could be read, that, and why.
pub(crate) fn told(one: Option<&Value>, members: &[&str], found: &Value) -> Value {
    match one.and_then(Value::as_object) {
        Some(one) => Value::Object(some_of(one, members)),
        None => found.get("unread").map_or(Value::Null, |_| found.clone()),
    }
}

/// Why items of an order with a bundle cannot be named.
pub(crate) fn bundle(order: &Order, verb: &str) -> Failure {
    Failure::argument(
        "items",
        format!(
            "{} has a bundle: whether it or its parts are {verb} is a setting of the product that \
             Magento does not tell",
            order.name()
        ),
    )
    .remedy("leave `items` out for all that is left, or do it in the store's administration")
}

/// What each item will show: what it had and what is added.
pub(crate) fn expect(change: &mut ChangeBuilder, lines: &[Line<'_>], field: &str) {
    for line in lines {
        let after = line.item.amount(field) + line.quantity;
        let id = line.item.id();
        let name = format!("{field} of {} ({id})", line.item.sku());
        change.expect(&name, &item_place(id, field), Some(&after.json()));
    }
}

/// Names the items in a body.
pub(crate) fn write(change: &mut ChangeBuilder, step: StepIndex, lines: &[Line<'_>]) {
    let items: Vec<Value> = lines
        .iter()
        .map(|line| json!({"order_item_id": line.item.id(), "qty": line.quantity.json()}))
        .collect();
    change.constant(step, "/items", items.into());
}
