//! The items that an invoice, a shipment or a credit memo names, and what those show afterwards.

use souk_sdk::core::StepIndex;
use souk_sdk::magento::{LIST_LIMIT, list_limit};
use souk_sdk::prelude::*;

use super::apply::item_pointer;
use crate::item_quantity::ItemQuantity;
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
    if rows <= LIST_LIMIT {
        return Ok(());
    }
    match list_limit(context, ORDERS, "entity_id")? {
        Some(most) if rows > most => {
            let message = format!(
                "this store takes at most {most} `{argument}` in one request, and these are {rows}"
            );
            Err(Failure::argument(argument, message)
                .remedy(format!("give at most {most} at once, and {remedy}")))
        }
        _ => Ok(()),
    }
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

/// The items that an invoice names: those that are billed, and each bundle of which parts are, with as many
/// as are whole in them. Magento would else count all that were ordered.
pub(super) fn with_bundles(order: &Order, quantities: &[ItemQuantity<'_>]) -> Vec<Value> {
    let quantity = |item: &OrderItem| {
        let line = quantities.iter().find(|line| line.item.id == item.id);
        line.map_or(Decimal::ZERO, |line| line.quantity)
    };
    let bundles = order.items().iter().filter(|item| item.role.has_parts && !item.role.is_billed);
    let bundles = bundles.filter_map(|bundle| {
        let wholes = order.parts(bundle).map(|part| {
            let wholes = quantity(part).over(part.role.per_whole).unwrap_or_default();
            Decimal::of_millionths(wholes.millionths() / 1_000_000 * 1_000_000)
        });
        let is_named = order.parts(bundle).any(|part| quantity(part).is_positive());
        let wholes = wholes.min().unwrap_or_default();
        is_named.then(|| json!({"order_item_id": bundle.id, "qty": wholes}))
    });
    let own =
        quantities.iter().map(|line| json!({"order_item_id": line.item.id, "qty": line.quantity}));
    bundles.chain(own).collect()
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
