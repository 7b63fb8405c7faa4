//! How Magento reads what is sent to it: names of members, addresses, searches, and when two values are the
//! same.

pub(crate) mod order_documents;
pub(crate) mod route_words;
pub(crate) mod sku;
pub(crate) mod values;

pub(crate) use souk_policy::writes::names;
