//! How Magento reads what is sent to it: names of members, addresses, and when two values are the
//! same.

pub(crate) use souk_policy::writes::names;
pub(crate) mod target;
pub(crate) mod values;
