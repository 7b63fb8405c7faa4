//! The items that an invoice, a shipment or a credit memo names, and what those show afterwards.

use souk_sdk::core::StepIndex;
use souk_sdk::prelude::*;

use super::apply::item_pointer;
use crate::item_quantity::{ItemQuantity, ItemQuantityArgs, all_left, resolve};
use crate::order::{Order, OrderItem};

/// Has a document made of these items, or of all that is left: writes them into its body, and says
/// what `field` of each will show. `verb` is what is done with them, as in `invoice` and `invoiced`.
///
/// # Errors
/// An item or a quantity that is wrong; items of an order with a bundle.
pub(super) fn name_items(
    change: &mut ChangeBuilder,
    step: StepIndex,
    order: &Order,
    items: Option<&[ItemQuantityArgs]>,
    left: impl Fn(&OrderItem) -> Decimal,
    (verb, done, field): (&str, &str, &str),
) -> Result<(), Failure> {
    let quantities = match items {
        Some(_) if order.has_bundle() => {
            let message = format!(
                "{} has a bundle: whether it or its parts are {done} is a setting of the product \
                 that Magento does not answer",
                order.name()
            );
            return Err(Failure::argument("items", message).remedy(
                "leave `items` out for all that is left, or do it in the store's administration",
            ));
        }
        Some(items) => resolve(order, items, left, verb)?,
        None => all_left(order, left),
    };
    expect_added(change, &quantities, field);
    // Of bundles only Magento knows which items count: without a list it takes all that is left.
    if !order.has_bundle() {
        let named = quantities
            .iter()
            .map(|line| json!({"order_item_id": line.item.id, "qty": line.quantity}));
        change.constant(step, "/items", named.collect::<Vec<Value>>().into());
    }
    Ok(())
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
