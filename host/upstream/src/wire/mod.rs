//! What goes over the wire and what comes back: addresses, signatures, requests, replies, and the
//! failures that they become. Knows what the operator set; knows no store's state, no credentials of
//! a session and no connection that is kept.

pub(crate) mod address;
pub(crate) mod echo;
pub(crate) mod error_body;
pub(crate) mod hmac_key;
pub(crate) mod http_client;
pub(crate) mod json_soundness;
pub(crate) mod php_trace;
pub(crate) mod reply;
pub(crate) mod reply_failure;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod secret_header;
pub(crate) mod signing;
mod strnatcmp;
pub(crate) mod text;
pub(crate) mod transport_error;
pub(crate) mod upstream;
