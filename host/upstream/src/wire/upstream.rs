//! The back end's name, and what every failure of it begins as.

use souk_model::{Code, Failure};

/// The name by which grants and failures call the Magento back end.
pub const UPSTREAM: &str = "magento";

/// An `UPSTREAM_ERROR` of the store's, without a status.
pub(crate) fn upstream_error(message: impl Into<String>) -> Failure {
    Failure::new(Code::UpstreamError, message).from_upstream(UPSTREAM, None)
}

/// Whether a request is for this back end at all.
///
/// # Errors
/// `UNAVAILABLE` for another one.
pub(crate) fn check_upstream(name: &str) -> Result<(), Failure> {
    if name == UPSTREAM {
        return Ok(());
    }
    Err(Failure::new(Code::Unavailable, format!("`{name}` is not a store"))
        .remedy("no back end of this name is configured"))
}
