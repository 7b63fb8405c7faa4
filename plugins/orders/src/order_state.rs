//! The states of an order, and the statuses within each, in Magento's words.

use schemars::JsonSchema;
use serde::Deserialize;

/// The state of an order. A status is a label within it.
// The words about each are no doc comments: callers who name a state would get them all in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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

impl OrderState {
    /// Those that Magento ships.
    pub(crate) const ALL: [Self; 8] = [
        Self::New,
        Self::PendingPayment,
        Self::Processing,
        Self::Complete,
        Self::Closed,
        Self::Canceled,
        Self::Holded,
        Self::PaymentReview,
    ];

    /// The state of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == name).unwrap_or(Self::Other)
    }

    /// Magento's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PendingPayment => "pending_payment",
            Self::Processing => "processing",
            Self::Complete => "complete",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
            Self::Holded => "holded",
            Self::PaymentReview => "payment_review",
            Self::Other => "other",
        }
    }

    /// Its statuses in a store as Magento ships it. A store may have more of its own.
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
            Self::Other => &[],
        }
    }
}
