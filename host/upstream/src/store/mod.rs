//! One store: what is kept of it between requests, and how requests are sent to it. Knows no
//! session: each request is handed the proof that it carries.

pub(crate) mod base_urls;
mod connection_way;
mod known_secrets;
pub(crate) mod magento;
mod request_watch;
pub(crate) mod shorter_base;
mod transport;
pub(crate) mod used_codes;
pub(crate) mod views;
