//! Sales: what becomes of an order. Invoices, shipments and credit memos are made from it and counted
//! on it, and its state follows from what was counted.
//!
//! Orders and documents are kept as the API shows them. Money is computed exactly, twice each time: in
//! the currency of the order and in the base currency of its website.

pub(crate) mod composition;
pub(crate) mod coupon;
pub(crate) mod creditmemo;
mod creditmemo_totals;
pub(crate) mod history;
pub(crate) mod invoice;
pub(crate) mod line;
pub(crate) mod lookup;
pub(crate) mod order;
pub(crate) mod order_actions;
pub(crate) mod order_view;
pub(crate) mod payment;
mod quantities;
#[cfg(test)]
mod recorded;
mod refund_lines;
pub(crate) mod shipment;
#[cfg(test)]
mod split_properties;
pub(crate) mod states;
pub(crate) mod stock;
pub(crate) mod unchecked_save;
