//! Which items of an order are meant, and how many of each.

use souk_sdk::prelude::*;

use crate::item_role::{DocumentSide, ShippedAs};
use crate::order::{Order, OrderItem};

/// So many of an item.
#[args]
#[derive(Debug, Clone)]
pub(crate) struct ItemQuantityArgs {
    /// Its id in the order, or give `sku`.
    order_item_id: Option<EntityId>,
    /// The item's sku.
    #[schemars(length(min = 1))]
    sku: Option<String>,
    /// How many.
    qty: NonNegative,
}

/// An item and how many of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemQuantity<'order> {
    pub(crate) item: &'order OrderItem,
    pub(crate) quantity: Decimal,
}

/// Finds the items that are named, and checks the quantities against what is left of each: `left` says
/// how many, `verb` what is to be done with them, as in `3 of \`A\` are left to ship`. A bundle of which
/// the parts count is taken for as many of each as are in it.
///
/// # Errors
/// An item that is not in the order or is named twice, one that goes with another, a quantity that is none
/// or more than is left.
pub(crate) fn resolve<'order, 'args>(
    order: &'order Order,
    args: impl IntoIterator<Item = &'args ItemQuantityArgs>,
    side: DocumentSide,
    left: impl Fn(&OrderItem) -> Decimal,
    verb: &str,
) -> Result<Vec<ItemQuantity<'order>>, Failure> {
    let mut quantities: Vec<ItemQuantity<'order>> = Vec::new();
    for (index, args) in args.into_iter().enumerate() {
        let place = format!("items/{index}");
        let named = find(order, args, side).map_err(|failure| failure.at(&place))?;
        let NonNegative(wanted) = args.qty;
        for (item, quantity) in counted(order, named, wanted, side) {
            let name = item.sku();
            let refuse = |message: String| Failure::argument(&format!("{place}/qty"), message);
            if !quantity.is_positive() {
                return Err(refuse(format!("a quantity of {quantity} of `{name}` is none")));
            }
            if !quantity.is_whole() && !item.is_divisible {
                return Err(refuse(format!("`{name}` is sold in whole pieces, not {quantity}")));
            }
            let left = left(item);
            if quantity > left {
                return Err(refuse(format!(
                    "{left} of `{name}` are left to {verb}, not {quantity}"
                ))
                .remedy("`orders_why` shows what is left of each item"));
            }
            if quantities.iter().any(|other| other.item.id == item.id) {
                return Err(Failure::argument(&place, format!("`{name}` is named twice"))
                    .remedy("name each item once, with the whole quantity"));
            }
            quantities.push(ItemQuantity { item, quantity });
        }
    }
    Ok(quantities)
}

/// The items that count for so many of one: the item itself, or the parts of a bundle.
fn counted<'order>(
    order: &'order Order,
    item: &'order OrderItem,
    quantity: Decimal,
    side: DocumentSide,
) -> Vec<(&'order OrderItem, Decimal)> {
    if item.role.acts(side) {
        return vec![(item, quantity)];
    }
    let parts = order.parts(item).filter(|part| side == DocumentSide::Money || !part.is_virtual);
    parts.map(|part| (part, quantity.times(part.role.per_whole))).collect()
}

/// How many of an item are among these.
pub(crate) fn quantity_of(quantities: &[ItemQuantity<'_>], item: &OrderItem) -> Decimal {
    let line = quantities.iter().find(|line| line.item.id == item.id);
    line.map_or(Decimal::ZERO, |line| line.quantity)
}

/// All that is left.
pub(crate) fn all_left(
    order: &Order,
    left: impl Fn(&OrderItem) -> Decimal,
) -> Vec<ItemQuantity<'_>> {
    order
        .items()
        .iter()
        .map(|item| ItemQuantity { item, quantity: left(item) })
        .filter(|line| line.quantity.is_positive())
        .collect()
}

fn find<'order>(
    order: &'order Order,
    args: &ItemQuantityArgs,
    side: DocumentSide,
) -> Result<&'order OrderItem, Failure> {
    let wrong = |message: String| Failure::argument("items", message);
    // A bundle can be named for its parts.
    let counts = |item: &OrderItem| item.role.acts(side) || item.is_bundle();
    let item = match (args.order_item_id, args.sku.as_deref()) {
        (Some(id), None) => {
            let id = id.get();
            order
                .items()
                .iter()
                .find(|item| item.id == id)
                .ok_or_else(|| wrong(format!("{} has no item with the id {id}", order.name())))?
        }
        (None, Some(sku)) => {
            let mut items = order.items().iter().filter(|item| item.sku() == sku && counts(item));
            match (items.next(), items.next()) {
                (Some(item), None) => item,
                (None, _) => {
                    order.items().iter().find(|item| item.sku() == sku).ok_or_else(|| {
                        let known = order.items().iter().filter(|item| counts(item));
                        let known: Vec<_> = known.map(OrderItem::sku).collect();
                        wrong(format!("{} has no item `{sku}`", order.name()))
                            .remedy(format!("one of: {}", known.join(", ")))
                    })?
                }
                (Some(one), Some(other)) => {
                    return Err(wrong(format!("two items of {} are `{sku}`", order.name()))
                        .remedy(format!(
                            "name one by its `order_item_id`: {} or {}",
                            one.id, other.id
                        )));
                }
            }
        }
        _ => return Err(wrong("an item is named by `order_item_id` or by `sku`".to_owned())),
    };
    if side == DocumentSide::Goods && item.role.shipped_as == ShippedAs::Unknown {
        return Err(wrong(format!(
            "whether the bundle of `{}` ships whole or in parts is a setting of its product, which is gone",
            item.sku()
        ))
        .remedy("leave `items` out to ship all that is left, or ship it in the administration"));
    }
    if counts(item) {
        return Ok(item);
    }
    let whole = item.parent_id;
    let how = if side == DocumentSide::Goods { "ships with it" } else { "is billed with it" };
    Err(wrong(format!("item {} is a part of item {whole} and {how}", item.id))
        .remedy(format!("name item {whole}")))
}
