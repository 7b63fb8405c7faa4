//! Reading orders.

pub(crate) mod get;
pub(crate) mod items;
pub(crate) mod search;
pub(crate) mod stuck;
mod timeline;
pub(crate) mod totals;
pub(crate) mod tracking;
pub(crate) mod why;
