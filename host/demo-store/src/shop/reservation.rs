//! What orders hold back.

use serde::{Deserialize, Serialize};

/// A quantity that an order holds back (negative) or that was given back (positive).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reservation {
    /// The SKU.
    pub(crate) sku: String,
    /// The stock.
    pub(crate) stock: u64,
    /// How much; added to what the sources have.
    pub(crate) quantity: f64,
}
