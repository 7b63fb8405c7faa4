//! Finding orders and what was made from them, and refusing.

use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::{Shop, Table};

/// The 404 of the repositories of sales.
pub(crate) fn no_such_entity() -> Refusal {
    Refusal::missing(
        "The entity that was requested doesn't exist. Verify the entity and try again.",
    )
}

/// An order, to be changed and put back.
///
/// # Errors
/// 404 when there is none.
pub(crate) fn order_of(shop: &Shop, id: u64) -> Result<Doc, Refusal> {
    shop.orders.get(id).cloned().ok_or_else(no_such_entity)
}

/// An item of any order.
pub(crate) fn item_of(shop: &Shop, id: u64) -> Option<&Doc> {
    shop.orders.iter().flat_map(|order| order.docs("items")).find(|item| item.id("item_id") == id)
}

/// The documents of a table that were made from an order.
pub(super) fn documents_of<'a>(table: &'a Table, order: &Doc) -> impl Iterator<Item = &'a Doc> {
    let id = order.id("entity_id");
    table.iter().filter(move |document| document.id("order_id") == id)
}

/// Refuses a document for all the reasons together.
pub(super) fn refuse(document: &str, messages: &[String]) -> Result<(), Refusal> {
    if messages.is_empty() {
        return Ok(());
    }
    Err(Refusal::bad(format!("{document} Document Validation Error(s):\n{}", messages.join("\n"))))
}
