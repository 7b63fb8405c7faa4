//! What became of the quantity of an order item.

use crate::amount::Amount;
use crate::document::{Doc, Fields};

/// What became of the quantity of one order item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantities {
    ordered: Amount,
    invoiced: Amount,
    shipped: Amount,
    refunded: Amount,
    canceled: Amount,
}

impl Quantities {
    /// Those of an order item.
    pub(crate) fn of(item: &Doc) -> Self {
        Self {
            ordered: item.amount("qty_ordered"),
            invoiced: item.amount("qty_invoiced"),
            shipped: item.amount("qty_shipped"),
            refunded: item.amount("qty_refunded"),
            canceled: item.amount("qty_canceled"),
        }
    }

    /// What can still be invoiced.
    pub(crate) fn to_invoice(self) -> Amount {
        (self.ordered - self.invoiced - self.canceled).max(Amount::ZERO)
    }

    /// What can still be shipped: neither shipped nor refunded before.
    pub(crate) fn to_ship(self) -> Amount {
        (self.ordered - self.shipped.max(self.refunded) - self.canceled).max(Amount::ZERO)
    }

    /// What can still be refunded.
    pub(crate) fn to_refund(self) -> Amount {
        (self.invoiced - self.refunded).max(Amount::ZERO)
    }
}
