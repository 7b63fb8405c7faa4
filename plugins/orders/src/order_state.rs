//! The states of an order, and the statuses within each, in Magento's words.

use souk_sdk::prelude::*;

/// The state of an order. A status is a label within it.
// The words about each are no doc comments: callers who name a state would get them all in the schema.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderState {
    // Placed, nothing done.
    New,
    // Waiting for a payment made elsewhere.
    PendingPayment,
    // Something was invoiced or shipped.
    Processing,
    // Everything was invoiced and shipped.
    Complete,
    // Everything was refunded.
    Closed,
    // Canceled before anything was paid.
    Canceled,
    // On hold.
    Holded,
    // The payment is under review.
    PaymentReview,
    // One that an extension made. Nobody can ask for it.
    #[serde(skip)]
    Other,
}

/// Each state that Magento ships, its name, and its statuses. A store may have more of its own.
const STATES: [(OrderState, &str, &[&str]); 8] = [
    (OrderState::New, "new", &["pending"]),
    (OrderState::PendingPayment, "pending_payment", &["pending_payment"]),
    (OrderState::Processing, "processing", &["processing", "fraud"]),
    (OrderState::Complete, "complete", &["complete"]),
    (OrderState::Closed, "closed", &["closed"]),
    (OrderState::Canceled, "canceled", &["canceled"]),
    (OrderState::Holded, "holded", &["holded"]),
    (OrderState::PaymentReview, "payment_review", &["payment_review", "fraud"]),
];

impl OrderState {
    /// The state of this name.
    pub(crate) fn named(name: &str) -> Self {
        STATES.iter().find(|(_, known, _)| *known == name).map_or(Self::Other, |(state, ..)| *state)
    }

    /// Magento's word for it.
    pub(crate) fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, ..)| *state == self).map_or("other", |(_, name, _)| name)
    }

    /// Its statuses in a store as Magento ships it.
    pub(crate) fn statuses(self) -> &'static [&'static str] {
        STATES.iter().find(|(state, ..)| *state == self).map_or(&[], |(.., statuses)| statuses)
    }

    /// Whether Magento ships this status, in whatever state.
    pub(crate) fn ships_status(status: &str) -> bool {
        STATES.iter().any(|(.., statuses)| statuses.contains(&status))
    }
}
