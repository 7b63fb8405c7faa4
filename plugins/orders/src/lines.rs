//! Which items of an order are meant, and how many of each.

use schemars::JsonSchema;
use serde::Deserialize;
use souk_sdk::{EntityId, Failure};

use crate::amount::Amount;
use crate::order::{Item, Order};
use crate::search::Decimals;

/// So many of an item.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedItem {
    /// The order item's id, as `orders_get` tells it. Give this or `sku`.
    pub(crate) order_item_id: Option<EntityId>,
    /// The item's sku.
    #[schemars(length(min = 1))]
    pub(crate) sku: Option<String>,
    /// How many.
    pub(crate) qty: Decimals,
}

/// An item and how many of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'order> {
    pub(crate) item: Item<'order>,
    pub(crate) quantity: Amount,
}

/// Resolves what is asked for against what is left of each item: `left` says how many, `verb` what
/// is to be done with them, as in `3 of \`A\` are left to ship`.
///
/// # Errors
/// An item that is not in the order or is named twice, a quantity that is none or more than is left.
pub(crate) fn resolve<'order>(
    order: &'order Order,
    asked: &[AskedItem],
    left: impl Fn(&Item<'order>) -> Amount,
    verb: &str,
) -> Result<Vec<Line<'order>>, Failure> {
    let mut lines: Vec<Line<'order>> = Vec::with_capacity(asked.len());
    for (index, one) in asked.iter().enumerate() {
        let place = format!("items/{index}");
        let item = find(order, one).map_err(|failure| failure.at(&place))?;
        let quantity = one.qty.0;
        let name = item.sku();
        let refuse = |message: String| Failure::argument(&format!("{place}/qty"), message);
        if !quantity.is_positive() {
            return Err(refuse(format!("a quantity of {quantity} of `{name}` is none")));
        }
        if !quantity.is_whole() && !item.is_divisible() {
            return Err(refuse(format!("`{name}` is sold in whole pieces, not {quantity}")));
        }
        let left = left(&item);
        if quantity > left {
            return Err(refuse(format!("{left} of `{name}` are left to {verb}, not {quantity}"))
                .remedy("`orders_why` tells what is left of each item"));
        }
        if lines.iter().any(|line| line.item.id() == item.id()) {
            return Err(Failure::argument(&place, format!("`{name}` is named twice"))
                .remedy("name each item once, with the whole quantity"));
        }
        lines.push(Line { item, quantity });
    }
    Ok(lines)
}

/// All that is left.
pub(crate) fn all_left<'order>(
    order: &'order Order,
    left: impl Fn(&Item<'order>) -> Amount,
) -> Vec<Line<'order>> {
    order
        .whole_items()
        .map(|item| Line { item, quantity: left(&item) })
        .filter(|line| line.quantity.is_positive())
        .collect()
}

fn find<'order>(order: &'order Order, asked: &AskedItem) -> Result<Item<'order>, Failure> {
    let wrong = |message: String| Failure::argument("items", message);
    match (asked.order_item_id, asked.sku.as_deref()) {
        (Some(id), None) => {
            let item = order.items().find(|item| item.id() == id.get()).ok_or_else(|| {
                wrong(format!("{} has no item with the id {}", order.name(), id.get()))
            })?;
            if item.is_part() {
                let whole = crate::order::id_of(Some(item.value("parent_item_id")));
                return Err(wrong(format!("item {} is a part of item {whole}", id.get()))
                    .remedy(format!("name item {whole}")));
            }
            Ok(item)
        }
        (None, Some(sku)) => {
            let mut found = order.whole_items().filter(|item| item.sku() == sku);
            match (found.next(), found.next()) {
                (Some(item), None) => Ok(item),
                (None, _) => {
                    let known: Vec<_> = order.whole_items().map(|item| item.sku()).collect();
                    Err(wrong(format!("{} has no item `{sku}`", order.name()))
                        .remedy(format!("one of: {}", known.join(", "))))
                }
                (Some(one), Some(other)) => {
                    Err(wrong(format!("two items of {} are `{sku}`", order.name())).remedy(
                        format!("name one by its `order_item_id`: {} or {}", one.id(), other.id()),
                    ))
                }
            }
        }
        _ => Err(wrong("an item is named by `order_item_id` or by `sku`".to_owned())),
    }
}
