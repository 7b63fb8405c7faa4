//! One store: what is kept of it between requests, and how requests are sent to it. Knows no
//! session: each request is handed the proof that it carries.

pub(crate) mod base_urls;
mod known_secrets;
pub(crate) mod magento;
mod transport;
pub(crate) mod views;
