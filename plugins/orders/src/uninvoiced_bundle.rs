//! Bundles that Magento takes for not invoiced although parts of them are.
//!
//! Of a bundle that is billed by its parts an invoice may count parts and none of the bundle itself. Each
//! credit memo of the order that names a part of it, and each that names nothing at all, then has a row of
//! no bundle, which Magento refuses with the whole memo. A memo through an invoice has no such row, nor one
//! that names other items alone.

use crate::item_quantity::ItemQuantity;
use crate::order::{Order, OrderItem};
use crate::state_refusal::StateRefusal;

fn all_of(order: &Order) -> impl Iterator<Item = &OrderItem> {
    order.items().iter().filter(|bundle| {
        bundle.role.is_bundle_of_parts()
            && !bundle.qty_invoiced.is_positive()
            && order.parts(bundle).any(|part| part.to_refund().is_positive())
    })
}

/// Fails where nothing of an order can be refunded for such a bundle: there is nothing beside it.
pub(crate) fn check(order: &Order) -> Result<(), StateRefusal> {
    let Some(bundle) = all_of(order).next() else { return Ok(()) };
    let is_concerned = |item: &OrderItem| all_of(order).any(|bundle| bundle.id == item.parent_id);
    let mut others = order.items().iter().filter(|item| !is_concerned(item));
    if others.any(|item| item.to_refund().is_positive()) {
        return Ok(());
    }
    Err(refusal(order, bundle))
}

/// Fails where a refund of these, offline, would have a row of such a bundle.
pub(crate) fn check_refund(
    order: &Order,
    refunded: &[ItemQuantity<'_>],
) -> Result<(), StateRefusal> {
    let is_named =
        |bundle: &OrderItem| refunded.iter().any(|line| line.item.parent_id == bundle.id);
    match all_of(order).find(|bundle| refunded.is_empty() || is_named(bundle)) {
        Some(bundle) => Err(refusal(order, bundle)),
        None => Ok(()),
    }
}

fn refusal(order: &Order, bundle: &OrderItem) -> StateRefusal {
    let can_be_invoiced = order.parts(bundle).any(|part| part.to_invoice().is_positive());
    StateRefusal::new(format!(
        "parts of the bundle `{}` were invoiced, and Magento counts none of it as invoiced: so it refuses \
         to refund those parts, and shipping or an adjustment alone",
        bundle.sku()
    ))
    .remedy(match can_be_invoiced {
        true => "invoice more of the bundle with `orders_invoice`, which counts it",
        false => "refund it in the store's administration",
    })
}
