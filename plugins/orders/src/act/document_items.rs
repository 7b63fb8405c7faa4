//! The items that an invoice, a shipment or a credit memo names, and what those show afterwards.

use souk_sdk::core::StepIndex;
use souk_sdk::magento::exceeded_limit;
use souk_sdk::prelude::*;

use super::apply::item_pointer;
use crate::item_quantity::{ItemQuantity, quantity_of};
use crate::order::{Order, OrderItem};
use crate::routes::ORDERS;

/// Refuses a list that this store does not take in one request. `remedy` says what to do with the rest.
///
/// # Errors
/// When the store limits its input, and the list is longer.
pub(super) fn check_length(
    context: &Context,
    argument: &str,
    rows: usize,
    remedy: &str,
) -> Result<(), Failure> {
    let Some(most) = exceeded_limit(context, ORDERS, "entity_id", rows)? else { return Ok(()) };
    let message = format!(
        "this store takes at most {most} `{argument}` in one request, and these are {rows}"
    );
    Err(Failure::argument(argument, message)
        .remedy(format!("give at most {most} at once, and {remedy}")))
}

/// What to do with items that one document cannot name.
pub(super) const IN_PARTS: &str =
    "the others in a further call; all that is left takes no list: leave `items` out";

/// Whether these are all that is left: what Magento makes of no list.
pub(super) fn is_all(quantities: &[ItemQuantity<'_>], left: &[ItemQuantity<'_>]) -> bool {
    let is_named = |line: &ItemQuantity<'_>| {
        let mut own = quantities.iter().filter(|own| own.item.id == line.item.id);
        own.any(|own| own.quantity >= line.quantity)
    };
    left.iter().all(is_named)
}

/// Writes the items into the body of a document, and says what `field` of each will show.
pub(super) fn name_items(
    change: &mut ChangeBuilder,
    step: StepIndex,
    quantities: &[ItemQuantity<'_>],
    field: &str,
) {
    expect_added(change, quantities, field);
    let named =
        quantities.iter().map(|line| json!({"order_item_id": line.item.id, "qty": line.quantity}));
    change.constant(step, "/items", named.collect::<Vec<Value>>().into());
}

/// The items that an invoice names: those that are billed, and of each bundle of which parts are, the bundle
/// itself, with as many as these begin of it, and the other parts with none.
///
/// Of a bundle that is not named Magento counts all that were ordered, anew with each invoice, and with one
/// that is named it takes along the parts that are not. A bundle of which none counts would be worse: the
/// store refuses each refund of its parts then.
pub(super) fn with_bundles(order: &Order, quantities: &[ItemQuantity<'_>]) -> Vec<Value> {
    let quantity = |item: &OrderItem| quantity_of(quantities, item);
    let row = |item: &OrderItem, qty: Decimal| json!({"order_item_id": item.id, "qty": qty});
    let is_begun = |bundle: &&OrderItem| {
        let mut parts = order.parts(bundle);
        bundle.role.is_bundle_of_parts() && parts.any(|part| quantity(part).is_positive())
    };
    let mut rows = Vec::new();
    for bundle in order.items().iter().filter(is_begun) {
        let begun = order.bundles(bundle, |part| part.qty_invoiced + quantity(part));
        let more = begun - bundle.qty_invoiced;
        rows.push(row(bundle, more.max(Decimal::ZERO)));
        let others = order
            .parts(bundle)
            .filter(|part| part.to_invoice().is_positive() && !quantity(part).is_positive());
        rows.extend(others.map(|part| row(part, Decimal::ZERO)));
    }
    rows.extend(quantities.iter().map(|line| row(line.item, line.quantity)));
    rows
}

/// What each item will show: what it had and what is added.
pub(super) fn expect_added(
    change: &mut ChangeBuilder,
    quantities: &[ItemQuantity<'_>],
    field: &str,
) {
    for ItemQuantity { item, quantity } in quantities {
        let before = match field {
            "qty_invoiced" => item.qty_invoiced,
            "qty_shipped" => item.qty_shipped,
            _ => item.qty_refunded,
        };
        expect_item(change, item, field, before + *quantity);
    }
}

/// What an item will show in this field.
pub(super) fn expect_item(
    change: &mut ChangeBuilder,
    item: &OrderItem,
    field: &str,
    after: Decimal,
) {
    let name = format!("{field} of {} ({})", item.sku(), item.id);
    change.expect(&name, &item_pointer(item.id, field), Some(&after.json()));
}
