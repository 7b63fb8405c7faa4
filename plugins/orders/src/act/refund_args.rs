//! What `orders_refund` is asked for.

use souk_sdk::prelude::*;

use super::apply::DocumentNote;
use crate::item_quantity::ItemQuantityArgs;
use crate::order_ref::OrderRef;

/// Who gives the money back.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundMethod {
    /// The store only notes it; the customer is paid back outside.
    Offline,
    /// The payment gateway that captured an invoice.
    Online,
}

/// So many of an item, and whether the goods come back.
#[args]
#[derive(Debug, Clone)]
pub(super) struct RefundItemArgs {
    #[serde(flatten)]
    pub(super) item: ItemQuantityArgs,
    /// Whether these go back to stock. Without it, what `return_to_stock` says for all.
    pub(super) return_to_stock: Option<bool>,
}

#[args]
#[derive(Debug)]
pub(crate) struct RefundArgs {
    #[serde(flatten)]
    pub(super) order: OrderRef,
    /// `offline`: the store notes it and the customer is paid back outside; `online`: through the
    /// gateway that captured the invoice.
    pub(super) method: RefundMethod,
    /// The invoice to refund through, by entity id, where the order has several. Online only.
    pub(super) invoice_id: Option<EntityId>,
    /// Refund all that is left: of the order, or online of the invoice; after an adjustment, no more than
    /// is left of what was paid. Instead of `items` and `shipping`.
    #[serde(default)]
    pub(super) everything: bool,
    /// Which items and how many. Without it none.
    #[serde(default)]
    pub(super) items: Vec<RefundItemArgs>,
    /// How much of the shipping, without its tax, in the order's currency. Without it none.
    pub(super) shipping: Option<NonNegative>,
    /// To give back on top, in the order's currency.
    pub(super) adjustment_refund: Option<NonNegative>,
    /// To keep, in the order's currency.
    pub(super) adjustment_fee: Option<NonNegative>,
    /// Whether the goods go back to stock. Those that were never shipped and do not are written off.
    #[serde(default)]
    pub(super) return_to_stock: bool,
    #[serde(flatten)]
    pub(super) note: DocumentNote,
}
