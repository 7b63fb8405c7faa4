//! Which items a credit memo gives back, and how many of each.

use serde_json::json;

use super::composition::{Role, Roles};
use super::line::{Line, RequestedQuantities};
use super::{lookup, order};
use crate::amount::Amount;
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::Shop;

/// How many of each order item an invoice has, and how many of them its credit memos left.
pub(super) struct InvoiceLimits(Vec<(u64, Amount, Amount)>);

impl InvoiceLimits {
    /// Those of an invoice of the order.
    pub(super) fn of(shop: &Shop, order: &Doc, invoice: &Doc) -> Self {
        let memos: Vec<&Doc> = lookup::documents_of(&shop.creditmemos, order)
            .filter(|memo| memo.id("invoice_id") == invoice.id("entity_id"))
            .collect();
        let quantity = |document: &Doc, item: u64| {
            let own = document.docs("items").into_iter();
            own.filter(|line| line.id("order_item_id") == item)
                .map(|line| line.amount("qty"))
                .sum::<Amount>()
        };
        let lines = invoice.docs("items").into_iter().map(|line| {
            let item = line.id("order_item_id");
            let invoiced = quantity(invoice, item);
            let refunded: Amount = memos.iter().map(|memo| quantity(memo, item)).sum();
            (item, invoiced, invoiced - refunded)
        });
        Self(lines.collect())
    }

    /// How many of an item the invoice has, and how many are left of them.
    fn at(&self, item: &Doc) -> Option<(Amount, Amount)> {
        let own = self.0.iter().find(|(id, ..)| *id == item.id("item_id"));
        own.map(|(_, invoiced, left)| (*invoiced, *left))
    }
}

/// A line for every item that has something left, also of those not asked for, with 0; and for what is
/// only carried along with one that is asked for. An invoice limits them to what is left of its own items.
///
/// # Errors
/// When more of an item is asked for than is left.
pub(super) fn lines(
    order: &Doc,
    asked: &RequestedQuantities,
    limits: Option<&InvoiceLimits>,
) -> Result<Vec<Line>, Refusal> {
    let items = order.docs("items");
    let roles = Roles::of(order);
    let asks_for_nothing = asked.iter().all(|(_, quantity)| quantity == Amount::ZERO);
    let has_left = |place: usize| {
        let limit = limits.and_then(|limits| limits.at(items[place]));
        roles.at(place).to_refund(items[place]) > Amount::ZERO
            && limit.is_none_or(|(_, left)| left > Amount::ZERO)
    };
    let is_asked =
        |place: usize| asked.of(items[place]).is_some_and(|quantity| quantity > Amount::ZERO);
    let mut lines: Vec<Line> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let role = roles.at(place);
        let is_in = match role.whole {
            _ if role.is_billed => has_left(place),
            Some(whole) if asked.is_everything() => has_left(whole),
            Some(whole) => is_asked(whole),
            None if asks_for_nothing => roles.parts(place).any(&has_left),
            None => roles.parts(place).any(&is_asked),
        };
        let limit = limits.map(|limits| limits.at(item));
        if !is_in || limit == Some(None) {
            continue;
        }
        let whole = role.whole.map(|whole| (roles.at(whole), items[whole]));
        let mut wanted = wanted(item, role, whole, asked);
        if let Some((invoiced, left)) = limit.flatten() {
            wanted = wanted.min(invoiced);
            if role.is_billed {
                wanted = wanted.min(left);
            }
        }
        let quantity = order::counted(item, wanted).max(Amount::ZERO);
        let left = role.to_refund(item);
        if role.is_billed && (quantity > left || is_beyond(item, quantity, asked)) {
            return Err(Refusal::bad("We found an invalid quantity to refund item \"%1\".")
                .with(json!([item.value("name")])));
        }
        let is_last = role.is_billed && quantity == left;
        lines.push(Line { place, quantity, is_last, is_billed: role.is_billed, ..Line::default() });
    }
    Ok(lines)
}

/// Whether the quantity asked for is more than what is left in the arithmetic of floats: of 2.75 less 2.333 a
/// bit less than 0.417 is left.
fn is_beyond(item: &Doc, quantity: Amount, asked: &RequestedQuantities) -> bool {
    let left = item.amount("qty_invoiced").float() - item.amount("qty_refunded").float();
    asked.of(item).is_some() && quantity.float() > left
}

/// How many of an item are asked for. Of one that is only carried along: as many as its whole has parts of,
/// and of a bundle whose parts are refunded, all that was invoiced.
fn wanted(
    item: &Doc,
    role: Role,
    whole: Option<(Role, &Doc)>,
    asked: &RequestedQuantities,
) -> Amount {
    if role.is_billed {
        return match asked.of(item) {
            Some(quantity) => quantity,
            None if asked.is_everything() => role.to_refund(item),
            None => Amount::ZERO,
        };
    }
    let Some((whole_role, whole)) = whole else { return item.amount("qty_invoiced") };
    let wholes = asked.of(whole).unwrap_or_else(|| whole_role.to_refund(whole));
    role.in_bundles(wholes).unwrap_or(wholes)
}
