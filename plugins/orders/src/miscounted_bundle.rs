//! Bundles that Magento takes for refunded although they are not.
//!
//! Of a bundle that is billed by its parts Magento counts all that was invoiced as refunded with every
//! credit memo that names a part of it, and with every one that names nothing (of shipping or an adjustment
//! alone) as long as a part of it can be refunded. The money is right all the same. But where the bundle
//! ships whole, none of it can be shipped by name from then on; a shipment without a list takes its parts
//! along as long as something else is left to ship, and not any more after that.

use souk_sdk::prelude::*;

use crate::item_quantity::{ItemQuantity, quantity_of};
use crate::item_role::ShippedAs;
use crate::order::{Order, OrderItem};
use crate::state_refusal::StateRefusal;

/// Whether more of it is left to ship than Magento ships.
pub(crate) fn is_miscounted(item: &OrderItem) -> bool {
    item.to_ship() > item.shippable()
}

fn all_of(order: &Order) -> impl Iterator<Item = &OrderItem> {
    order.items().iter().filter(|item| is_miscounted(item))
}

/// Whether the order has one.
pub(crate) fn has_any(order: &Order) -> bool {
    all_of(order).next().is_some()
}

/// Fails where one is left that no shipment can take along: there is nothing beside it, what is beside it
/// would have to be named, for something of that was refunded, or Magento ships some of the bundle by name
/// and would count these twice.
pub(crate) fn check_rest(order: &Order) -> Result<(), StateRefusal> {
    let Some(bundle) = all_of(order).next() else { return Ok(()) };
    if let Some(bundle) = all_of(order).find(|bundle| bundle.shippable().is_positive()) {
        return Err(StateRefusal::new(format!(
            "Magento counts {} of the bundle `{}` as refunded that were not, and ships no more than {} of \
             it in one shipment",
            bundle.to_ship() - bundle.shippable(),
            bundle.sku(),
            bundle.shippable()
        ))
        .remedy("ship it by naming its `items`: so many of the bundle first, and the rest after"));
    }
    let mut others = order.items().iter().filter(|item| !is_miscounted(item));
    let is_beside = others.clone().any(|item| item.shippable().is_positive());
    if is_beside && others.all(|item| item.to_ship() == item.shippable()) {
        return Ok(());
    }
    Err(StateRefusal::new(format!(
        "Magento counts the bundle `{}` as refunded, as it does once a part of it, or nothing but shipping \
         or an adjustment, was refunded, and does not ship what is left of it by its interface",
        bundle.sku()
    ))
    .remedy(match is_beside {
        true => "ship the rest by naming its `items`, and the bundle in the store's administration",
        false => "ship it in the store's administration",
    }))
}

/// What a shipment of all that is left takes along of the parts of such bundles.
pub(crate) fn parts_left(order: &Order) -> Vec<ItemQuantity<'_>> {
    let parts =
        all_of(order).flat_map(|bundle| order.parts(bundle)).filter(|part| !part.is_virtual);
    parts
        .map(|item| ItemQuantity { item, quantity: item.unshipped() })
        .filter(|line| line.quantity.is_positive())
        .collect()
}

/// The refusal to ship more of such a bundle by name than Magento counts as left.
pub(crate) fn refused_by_name(order: &Order, bundle: &OrderItem) -> Failure {
    let shippable = bundle.shippable();
    if shippable.is_positive() {
        let message = format!(
            "Magento counts some of the bundle `{}` of {} as refunded that were not, and ships no more than \
             {shippable} of it in one shipment",
            bundle.sku(),
            order.name()
        );
        return Failure::argument("items", message)
            .remedy(format!("ship {shippable} first, and the rest by another call"));
    }
    let message = format!(
        "Magento counts the bundle `{}` of {} as refunded, since a part of it was, and does not ship it by \
         name",
        bundle.sku(),
        order.name()
    );
    Failure::argument("items", message).remedy(
        "leave `items` out: together with something else that is left to ship its parts are taken along",
    )
}

/// What is to be said where something else is shipped by name, and such bundles are left behind.
pub(crate) fn warning_of_leaving_behind(order: &Order) -> Option<String> {
    let bundle = all_of(order).find(|bundle| !bundle.shippable().is_positive())?;
    Some(format!(
        "Magento counts the bundle `{}` as refunded, and ships what is left of it only with something else \
         and without `items`: once nothing else is left, it can be shipped in the administration alone",
        bundle.sku()
    ))
}

/// What a refund of these makes Magento count wrongly, where goods that are paid for stay behind for it.
pub(crate) fn warnings_of_refund(order: &Order, refunded: &[ItemQuantity<'_>]) -> Vec<String> {
    let is_concerned = |bundle: &&OrderItem| {
        let mut parts = order.parts(bundle);
        let ships_whole = bundle.role.shipped_as != ShippedAs::Another;
        bundle.role.is_bundle_of_parts()
            && ships_whole
            && bundle.unshipped().is_positive()
            && match refunded {
                [] => parts.any(|part| part.to_refund().is_positive()),
                _ => parts.any(|part| quantity_of(refunded, part).is_positive()),
            }
    };
    let stays_behind = |bundle: &&OrderItem| {
        let left = order.bundles(bundle, |part| match part.is_virtual {
            true => Decimal::ZERO,
            false => part.unshipped_after(quantity_of(refunded, part)),
        });
        left > bundle.unshipped_after(bundle.qty_invoiced)
    };
    let bundles = order.items().iter().filter(is_concerned).filter(stays_behind);
    bundles
        .map(|bundle| {
            let unless = match bundle.role.shipped_as {
                ShippedAs::Unknown => ", if it ships whole, which only its product knows, that is gone",
                _ => "",
            };
            format!(
                "Magento will count all {} of the bundle `{}` that were invoiced as refunded, whatever is \
                 given back{unless}: what is not can still be refunded, and can be shipped only together \
                 with something else, in one shipment without `items`, or in the administration. Ship \
                 first, then refund",
                bundle.qty_invoiced,
                bundle.sku()
            )
        })
        .collect()
}
