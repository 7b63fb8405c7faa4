//! Which items of an order are meant, and how many of each.

use souk_sdk::prelude::*;

use crate::order::{Order, OrderItem};

/// So many of an item.
#[args]
#[derive(Debug, Clone)]
pub(crate) struct ItemQuantityArgs {
    /// The order item's id, as `orders_get` shows it. Give this or `sku`.
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
/// how many, `verb` what is to be done with them, as in `3 of \`A\` are left to ship`.
///
/// # Errors
/// An item that is not in the order or is named twice, a quantity that is none or more than is left.
pub(crate) fn resolve<'order, 'args>(
    order: &'order Order,
    args: impl IntoIterator<Item = &'args ItemQuantityArgs>,
    left: impl Fn(&OrderItem) -> Decimal,
    verb: &str,
) -> Result<Vec<ItemQuantity<'order>>, Failure> {
    let mut quantities: Vec<ItemQuantity<'order>> = Vec::new();
    for (index, args) in args.into_iter().enumerate() {
        let place = format!("items/{index}");
        let item = find(order, args).map_err(|failure| failure.at(&place))?;
        let NonNegative(quantity) = args.qty;
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
            return Err(refuse(format!("{left} of `{name}` are left to {verb}, not {quantity}"))
                .remedy("`orders_why` shows what is left of each item"));
        }
        if quantities.iter().any(|other| other.item.id == item.id) {
            return Err(Failure::argument(&place, format!("`{name}` is named twice"))
                .remedy("name each item once, with the whole quantity"));
        }
        quantities.push(ItemQuantity { item, quantity });
    }
    Ok(quantities)
}

/// All that is left.
pub(crate) fn all_left(
    order: &Order,
    left: impl Fn(&OrderItem) -> Decimal,
) -> Vec<ItemQuantity<'_>> {
    order
        .whole_items()
        .map(|item| ItemQuantity { item, quantity: left(item) })
        .filter(|line| line.quantity.is_positive())
        .collect()
}

fn find<'order>(
    order: &'order Order,
    args: &ItemQuantityArgs,
) -> Result<&'order OrderItem, Failure> {
    let wrong = |message: String| Failure::argument("items", message);
    match (args.order_item_id, args.sku.as_deref()) {
        (Some(id), None) => {
            let id = id.get();
            let item =
                order.items().iter().find(|item| item.id == id).ok_or_else(|| {
                    wrong(format!("{} has no item with the id {id}", order.name()))
                })?;
            if item.is_part() {
                let whole = item.parent_id;
                return Err(wrong(format!("item {id} is a part of item {whole}"))
                    .remedy(format!("name item {whole}")));
            }
            Ok(item)
        }
        (None, Some(sku)) => {
            let mut items = order.whole_items().filter(|item| item.sku() == sku);
            match (items.next(), items.next()) {
                (Some(item), None) => Ok(item),
                (None, _) => {
                    let known: Vec<_> = order.whole_items().map(OrderItem::sku).collect();
                    Err(wrong(format!("{} has no item `{sku}`", order.name()))
                        .remedy(format!("one of: {}", known.join(", "))))
                }
                (Some(one), Some(other)) => {
                    Err(wrong(format!("two items of {} are `{sku}`", order.name())).remedy(
                        format!("name one by its `order_item_id`: {} or {}", one.id, other.id),
                    ))
                }
            }
        }
        _ => Err(wrong("an item is named by `order_item_id` or by `sku`".to_owned())),
    }
}
