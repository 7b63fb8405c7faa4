//! The states of an order, in Magento's words.

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

/// Each state that Magento ships, and its name.
const STATES: [(OrderState, &str); 8] = [
    (OrderState::New, "new"),
    (OrderState::PendingPayment, "pending_payment"),
    (OrderState::Processing, "processing"),
    (OrderState::Complete, "complete"),
    (OrderState::Closed, "closed"),
    (OrderState::Canceled, "canceled"),
    (OrderState::Holded, "holded"),
    (OrderState::PaymentReview, "payment_review"),
];

impl OrderState {
    /// The state of this name.
    pub(crate) fn named(name: &str) -> Self {
        STATES.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(state, _)| *state)
    }

    /// Magento's word for it.
    pub(crate) fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("other", |(_, name)| name)
    }
}
