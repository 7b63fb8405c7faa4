//! An order as answers show it.

use serde_json::Value;

use super::history;
use super::order::{each_item, set_due};
use crate::document::{Doc, Fields};
use crate::php;

/// The order as the API shows it: amounts due, the newest comment first, and items and shipping once
/// more under `shipping_assignments`.
pub(crate) fn show(order: &Doc) -> Value {
    let mut shown = order.clone();
    set_due(&mut shown);
    shown.put("status_histories", history::newest_first(order));
    let wholes = order.value("items").clone();
    each_item(&mut shown, |item| {
        hide_notes(item);
        let parent = item.id("parent_item_id");
        let whole = wholes
            .as_array()
            .into_iter()
            .flatten()
            .find(|whole| php::id_of(&whole["item_id"]) == parent);
        if let Some(Value::Object(whole)) = whole {
            let mut whole = whole.clone();
            hide_notes(&mut whole);
            item.put("parent_item", whole);
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
    hide_notes(&mut shown);
    Value::Object(shown)
}

/// Takes out what the store only notes for itself.
fn hide_notes(item: &mut Doc) {
    item.retain(|field, _| !field.starts_with('_'));
}
