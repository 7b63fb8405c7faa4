//! Sales: what becomes of an order. Invoices, shipments and credit memos are made from it and counted
//! on it, and its state follows from what was counted.
//!
//! Orders and documents are kept as the API shows them. Money is reckoned exactly, twice each time: in
//! the currency of the order and in the base currency of its website.

pub(crate) mod amount;
pub(crate) mod creditmemo;
pub(crate) mod fields;
pub(crate) mod history;
pub(crate) mod invoice;
#[cfg(test)]
mod laws;
pub(crate) mod line;
pub(crate) mod numbers;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod shipment;
pub(crate) mod state;
mod stock;

pub(crate) use numbers::Numbers;
pub(crate) use stock::release;

use fields::Fields;

use crate::refusal::Refusal;
use crate::shop::{Doc, Shop, Table};

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
fn documents_of<'a>(table: &'a Table, order: &Doc) -> impl Iterator<Item = &'a Doc> {
    let id = order.id("entity_id");
    table.iter().filter(move |document| document.id("order_id") == id)
}

/// Refuses a document for all the reasons together.
fn refuse(document: &str, messages: &[String]) -> Result<(), Refusal> {
    if messages.is_empty() {
        return Ok(());
    }
    Err(Refusal::bad(format!("{document} Document Validation Error(s):\n{}", messages.join("\n"))))
}

/// Gives the use of an order's coupon back.
pub(crate) fn give_back_coupon(shop: &mut Shop, order: &Doc) {
    let code = order.text("coupon_code");
    if code.is_empty() {
        return;
    }
    for coupon in shop.coupons.iter_mut().filter(|coupon| coupon.text("code") == code) {
        let used = coupon.id("times_used").saturating_sub(1);
        coupon.put("times_used", used);
    }
}
