//! How Magento reads what is sent to it: names of members, addresses, and when two values are the
//! same.

pub(crate) mod names;
pub(crate) mod target;
pub(crate) mod values;
