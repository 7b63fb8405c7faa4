//! Doing something with one order.
//!
//! Each act asks [`state`](crate::state) first, describes one change with what the order will show
//! afterwards, and answers with what it then showed.

mod apply;
pub(crate) mod cancel;
pub(crate) mod comment;
mod document_items;
pub(crate) mod email;
pub(crate) mod hold;
pub(crate) mod invoice;
pub(crate) mod refund;
mod refund_args;
mod refund_change;
mod refund_invoice;
pub(crate) mod ship;
pub(crate) mod track;

pub(crate) use apply::{DocumentNote, order_lookup};
pub(crate) use refund_invoice::{RefundInvoice, refunds_of};
