//! Credentials as headers.

use http::HeaderValue;
use souk_model::{Code, Failure};

/// A header that no log may show.
///
/// # Errors
/// `VALIDATION_ERROR` for characters that HTTP cannot carry.
pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::new(Code::ValidationError, "a credential holds characters that HTTP cannot carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
