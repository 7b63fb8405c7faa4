//! Money that a plan moves, as it was worked out when the plan was proposed.

use serde::{Deserialize, Serialize};

use crate::Decimal;

/// Which way money leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendKind {
    /// It is given back to a customer.
    Refund,
    /// It will not come in, since the order is cancelled.
    Cancel,
}

impl SpendKind {
    /// The kind's name, as kept and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Cancel => "cancel",
        }
    }
}

/// Money of one kind and currency that a plan moves at most, over all of its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMoney {
    /// Which way it leaves.
    pub kind: SpendKind,
    /// The currency's code.
    pub currency: String,
    /// How much at most, in the currency's units.
    pub amount: Decimal,
}
