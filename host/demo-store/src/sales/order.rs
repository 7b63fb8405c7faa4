//! An order: its items and what they are.

use serde_json::Value;

use crate::amount::Amount;
use crate::document::Doc;
use crate::document::Fields;

/// Whether the item is a part of another: the variant of its configurable product, a part of its bundle.
pub(crate) fn is_part(item: &Doc) -> bool {
    item.id("parent_item_id") != 0
}

/// Whether nothing of the order needs a parcel.
pub(crate) fn is_virtual(order: &Doc) -> bool {
    order.id("is_virtual") == 1
}

/// Whether the item needs no parcel.
pub(crate) fn is_virtual_item(item: &Doc) -> bool {
    item.id("is_virtual") == 1
}

/// An item's quantity as it is counted: whole numbers unless the product is sold in fractions.
pub(crate) fn counted(item: &Doc, quantity: Amount) -> Amount {
    if item.id("is_qty_decimal") == 1 { quantity } else { quantity.truncated() }
}

/// The order's items that stand for themselves.
pub(crate) fn whole_items(order: &Doc) -> impl Iterator<Item = &Doc> {
    order.docs("items").into_iter().filter(|item| !is_part(item))
}

/// Changes every item.
pub(crate) fn each_item(order: &mut Doc, mut change: impl FnMut(&mut Doc)) {
    let items = order.get_mut("items").and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&mut change);
}

/// The address that it is shipped to; none when nothing is.
pub(crate) fn shipping_address(order: &Doc) -> Option<&Doc> {
    order.value("extension_attributes")["shipping_assignments"][0]["shipping"]["address"]
        .as_object()
}

/// Works out what was not paid, which is never negative.
pub(crate) fn set_due(order: &mut Doc) {
    let due = order.money("grand_total") - order.money("total_paid");
    order.set_money("total_due", due.map(|due| due.cents().max(Amount::ZERO)));
}
