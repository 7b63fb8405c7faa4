//! The states of an order, and which follows from what was invoiced, shipped and refunded.

use super::order;
use crate::amount::Amount;
use crate::document::Doc;
use crate::document::Fields;

/// The state of an order. Its status is a label within the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Placed, nothing done.
    New,
    /// Waiting for a payment made elsewhere.
    PendingPayment,
    /// Something was invoiced or shipped.
    Processing,
    /// Everything was invoiced and shipped.
    Complete,
    /// Everything was refunded.
    Closed,
    /// Called off.
    Canceled,
    /// Put aside by an admin.
    Holded,
    /// The payment is being looked at.
    PaymentReview,
    /// Something else, which `POST /orders` accepts.
    Unknown,
}

impl State {
    /// The state of an order.
    pub(crate) fn of(order: &Doc) -> Self {
        match order.text("state").as_str() {
            "new" => Self::New,
            "pending_payment" => Self::PendingPayment,
            "processing" => Self::Processing,
            "complete" => Self::Complete,
            "closed" => Self::Closed,
            "canceled" => Self::Canceled,
            "holded" => Self::Holded,
            "payment_review" => Self::PaymentReview,
            _ => Self::Unknown,
        }
    }

    /// Its code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PendingPayment => "pending_payment",
            Self::Processing => "processing",
            Self::Complete => "complete",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
            Self::Holded => "holded",
            Self::PaymentReview => "payment_review",
            Self::Unknown => "",
        }
    }

    /// The statuses in it, the usual one first.
    pub(crate) const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::New => &["pending"],
            Self::PendingPayment => &["pending_payment"],
            Self::Processing => &["processing", "fraud"],
            Self::Complete => &["complete"],
            Self::Closed => &["closed"],
            Self::Canceled => &["canceled"],
            Self::Holded => &["holded"],
            Self::PaymentReview => &["payment_review", "fraud"],
            Self::Unknown => &[],
        }
    }

    /// Puts an order into the state, with its usual status.
    pub(crate) fn enter(self, order: &mut Doc) {
        order.put("state", self.code());
        if let Some(status) = self.statuses().first() {
            order.put("status", *status);
        }
    }
}

/// What moved an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// An invoice or a shipment.
    Progress,
    /// A refund: a status beside the usual one is kept.
    Refund,
}

/// Puts the order into the state that follows from its quantities and totals. Two rules apply one
/// after the other: the one of the step, then the one of every save.
pub(crate) fn settle(order: &mut Doc, step: Step) {
    let next = after(order, step);
    let keeps_status =
        step == Step::Refund && next.statuses().contains(&order.text("status").as_str());
    match next {
        // What nobody knows stays what it is.
        State::Unknown => {}
        next if keeps_status => order.put("state", next.code()),
        next => next.enter(order),
    }
    save(order);
    order::set_due(order);
}

fn after(order: &Doc, step: Step) -> State {
    let now = State::of(order);
    if now == State::New && step == Step::Progress {
        return State::Processing;
    }
    let at_rest = !matches!(now, State::Canceled | State::Holded)
        && !order::can_invoice(order)
        && !order::can_ship(order);
    if !at_rest {
        now
    } else if order.amount("base_grand_total") == Amount::ZERO || order::can_refund(order) {
        State::Complete
    } else if order.amount("total_refunded") != Amount::ZERO {
        State::Closed
    } else {
        now
    }
}

/// The rule of every save.
fn save(order: &mut Doc) {
    let now = State::of(order);
    if matches!(now, State::Canceled | State::Holded) || order::can_invoice(order) {
        return;
    }
    let can_ship = order::can_ship(order);
    if matches!(now, State::Processing | State::Complete)
        && !order::can_refund(order)
        && !can_ship
        && !order::is_virtual(order)
    {
        State::Closed.enter(order);
    } else if now == State::Processing && (!can_ship || rest_is_shipped(order)) {
        State::Complete.enter(order);
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
