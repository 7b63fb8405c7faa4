//! What the operator sets for a store. Plain data: read by the binary, checked by `Magento::new`.

pub(crate) mod base_url;
pub(crate) mod cdn;
pub(crate) mod credentials;
pub(crate) mod error;
pub(crate) mod limits;
pub(crate) mod store;
mod url;
