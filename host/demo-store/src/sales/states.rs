//! The states of an order: what Magento's `Order::can…` methods answer in each, and which state comes
//! after a document was made from it.
//!
//! Both are tables, and the tables are held to what a real store answered (`order_operations.jsonl`):
//! `recorded.rs` asks them about every order in it and compares the answers.

use super::composition::{Role, Roles};
use super::order;
use super::quantities::Quantities;
use crate::amount::Amount;
use crate::document::{Doc, Fields};

/// What a caller may want to do with an order, by the method of Magento's that allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Can {
    /// `canHold`.
    Hold,
    /// `canUnhold`.
    Unhold,
    /// `canCancel`.
    Cancel,
    /// `canInvoice`.
    Invoice,
    /// `canShip`.
    Ship,
    /// `canCreditmemo`.
    Creditmemo,
}

/// A line of the table: a state, its statuses, and what it does not stand in the way of. The first
/// status is the one that an order gets with the state.
struct StateRow {
    state: &'static str,
    statuses: &'static [&'static str],
    open_to: &'static [Can],
}

use Can::{Cancel, Creditmemo, Hold, Invoice, Ship, Unhold};

/// Everything but taking an order off hold.
const EVERYTHING: &[Can] = &[Hold, Cancel, Invoice, Ship, Creditmemo];

#[rustfmt::skip]
const STATES: &[StateRow] = &[
    StateRow { state: "new",             statuses: &["pending"],                 open_to: EVERYTHING },
    StateRow { state: "pending_payment", statuses: &["pending_payment"],         open_to: EVERYTHING },
    StateRow { state: "processing",      statuses: &["processing", "fraud"],     open_to: EVERYTHING },
    StateRow { state: "complete",        statuses: &["complete"],                open_to: &[Ship, Creditmemo] },
    StateRow { state: "closed",          statuses: &["closed"],                  open_to: &[Ship] },
    StateRow { state: "canceled",        statuses: &["canceled"],                open_to: &[] },
    StateRow { state: "holded",          statuses: &["holded"],                  open_to: &[Unhold] },
    StateRow { state: "payment_review",  statuses: &["payment_review", "fraud"], open_to: &[] },
];

/// A state that some module made, or that `POST /V1/orders` was given: nothing is known against it.
const OTHER: StateRow = StateRow { state: "", statuses: &[], open_to: EVERYTHING };

fn row(state: &str) -> &'static StateRow {
    STATES.iter().find(|row| row.state == state).unwrap_or(&OTHER)
}

/// Whether the order's state stands in the way, whatever its items say.
pub(crate) fn is_open_to(order: &Doc, what: Can) -> bool {
    let is_open = row(&order.text("state")).open_to.contains(&what);
    is_open && !(what == Ship && order::is_virtual(order))
}

/// Whether the order's state and quantities allow it.
pub(crate) fn can(order: &Doc, what: Can) -> bool {
    is_open_to(order, what)
        && match what {
            Hold | Unhold => true,
            Cancel | Invoice => any_item(order, |role, item| role.to_invoice(item) > Amount::ZERO),
            Ship => can_ship(order),
            Creditmemo => has_to_refund(order),
        }
}

fn any_item(order: &Doc, holds: impl Fn(Role, &Doc) -> bool) -> bool {
    let roles = Roles::of(order);
    let mut items = order.docs("items").into_iter().enumerate();
    items.any(|(place, item)| holds(roles.at(place), item))
}

/// Whether an item is left to ship, whatever the order's state.
pub(crate) fn has_to_ship(order: &Doc) -> bool {
    any_item(order, |role, item| !order::is_virtual_item(item) && role.to_ship(item) > Amount::ZERO)
}

/// Whether goods are left to ship. Parts of a bundle count by themselves here, also where it is the bundle
/// that is shipped, and what was refunded whole does not.
fn can_ship(order: &Doc) -> bool {
    any_item(order, |role, item| {
        let left = if role.whole.is_some() && role.is_in_bundle {
            Quantities::of(item).to_ship()
        } else {
            role.to_ship(item)
        };
        left > Amount::ZERO
            && !order::is_virtual_item(item)
            && item.amount("qty_refunded") != item.amount("qty_ordered")
    })
}

/// Whether money is left to give back. What was kept as a fee is not.
fn has_to_refund(order: &Doc) -> bool {
    let paid = order.amount("total_paid");
    let left = paid.cents() - order.amount("total_refunded");
    let fee_is_left = left == order.amount("adjustment_negative");
    if order.amount("grand_total") != Amount::ZERO {
        return left != Amount::ZERO && !fee_is_left;
    }
    // Nothing was to be paid: what was invoiced may be given back all the same.
    if any_item(order, |role, item| role.to_refund(item) > Amount::ZERO) {
        return true;
    }
    let was_refunded = order.get("total_refunded").is_some() && left == Amount::ZERO;
    let is_due = can(order, Invoice) && paid <= Amount::ZERO;
    let only_fee_is_left = paid > Amount::ZERO && fee_is_left;
    !(was_refunded || is_due || only_fee_is_left)
}

/// What was made from an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// An invoice or a shipment.
    Delivery,
    /// A credit memo.
    Creditmemo,
}

/// What the rules of the next state look at.
struct Facts {
    state: String,
    can_invoice: bool,
    can_ship: bool,
    can_creditmemo: bool,
    is_free: bool,
    is_refunded: bool,
    is_virtual: bool,
    rest_is_shipped: bool,
}

impl Facts {
    fn of(order: &Doc) -> Self {
        Self {
            state: order.text("state"),
            can_invoice: can(order, Invoice),
            can_ship: can(order, Ship),
            can_creditmemo: can(order, Creditmemo),
            is_free: order.amount("base_grand_total") == Amount::ZERO,
            is_refunded: order.amount("total_refunded") != Amount::ZERO,
            is_virtual: order::is_virtual(order),
            rest_is_shipped: rest_is_shipped(order),
        }
    }

    fn is(&self, states: &[&str]) -> bool {
        states.contains(&self.state.as_str())
    }

    /// Whether nothing more will be invoiced or shipped, and the order goes on all the same.
    fn is_delivered(&self) -> bool {
        !self.is(&["canceled", "holded"]) && !self.can_invoice && !self.can_ship
    }

    /// Whether nothing more will be invoiced, and the order goes on all the same.
    fn is_invoiced(&self) -> bool {
        !self.is(&["canceled", "holded"]) && !self.can_invoice
    }
}

/// A rule: when it applies, and the state that it leads to.
type Rule = (fn(&Facts) -> bool, &'static str);

/// After a document was made; the first that applies, or else the state stays.
const RESOLVE: &[Rule] = &[
    (|facts| facts.is_delivered() && (facts.is_free || facts.can_creditmemo), "complete"),
    (|facts| facts.is_delivered() && facts.is_refunded, "closed"),
];

/// At every save; the first that applies, or else the state stays.
const SAVE: &[Rule] = &[
    (
        |facts| {
            facts.is(&["processing", "complete"])
                && facts.is_invoiced()
                && !facts.can_ship
                && !facts.can_creditmemo
                && !facts.is_virtual
        },
        "closed",
    ),
    (
        |facts| {
            facts.is(&["processing"])
                && facts.is_invoiced()
                && (!facts.can_ship || facts.rest_is_shipped)
        },
        "complete",
    ),
];

fn next(rules: &[Rule], order: &Doc) -> Option<&'static str> {
    let facts = Facts::of(order);
    rules.iter().find(|(applies, _)| applies(&facts)).map(|(_, state)| *state)
}

/// Puts an order into a state, with the status that goes with it.
pub(crate) fn enter(order: &mut Doc, state: &str) {
    order.put("state", state);
    if let Some(status) = row(state).statuses.first() {
        order.put("status", *status);
    }
}

/// Puts the order into the state that follows, and works out what is due.
pub(crate) fn settle(order: &mut Doc, after: After) {
    let state = if after == After::Delivery && order.text("state") == "new" {
        "processing".to_owned()
    } else {
        next(RESOLVE, order).map_or_else(|| order.text("state"), str::to_owned)
    };
    // A credit memo leaves a status that fits, such as `fraud`, alone.
    let status = order.text("status");
    if after == After::Creditmemo && row(&state).statuses.contains(&status.as_str()) {
        order.put("state", state);
    } else {
        enter(order, &state);
    }
    save(order);
    order::set_due(order);
}

/// What becomes of the state whenever an order is saved.
pub(crate) fn save(order: &mut Doc) {
    if let Some(state) = next(SAVE, order) {
        enter(order, state);
    }
}

/// Whether everything that was not refunded was shipped.
fn rest_is_shipped(order: &Doc) -> bool {
    let items = order.docs("items");
    let shipped: Amount = items.iter().map(|item| item.amount("qty_shipped")).sum();
    let refunded: Amount = items
        .iter()
        .filter(|item| item.text("product_type") == "simple")
        .map(|item| item.amount("qty_refunded"))
        .sum();
    shipped > Amount::ZERO && order.amount("total_qty_ordered") <= shipped + refunded
}
