//! Why a request has no reply that can be used.

use std::time::Duration;

use souk_model::Failure;

use super::text::sanitize;
use super::upstream::upstream_error;

/// The longest cause that a failure repeats, in characters.
const MAX_CAUSE_CHARS: usize = 200;

/// Why there is no reply, by what is known of the request.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// It cannot be sent, and could not the next time.
    Unsendable(Failure),
    /// There was no connection to send it on.
    NoConnection(Failure),
    /// It may have been sent, and nothing came back.
    NoReply(Failure),
    /// There was a reply, which cannot be used: it broke off, or is too long.
    BrokenReply(Failure),
}

impl TransportError {
    /// What an error of the HTTP client's means for a request to this address.
    pub(crate) fn from_client(
        error: reqwest::Error,
        base_url: &str,
        connect_timeout: Duration,
    ) -> Self {
        if !error.is_connect() {
            let message = format!("`{base_url}` gave no answer: {}", innermost_cause(error));
            return Self::NoReply(
                upstream_error(message).remedy("check that the store is up; its log may say more"),
            );
        }
        let message = if error.is_timeout() {
            let limit = connect_timeout.as_secs_f32();
            format!("`{base_url}` took no connection within {limit} s")
        } else {
            format!("`{base_url}` cannot be reached: {}", innermost_cause(error))
        };
        Self::NoConnection(
            upstream_error(message)
                .remedy("check that the store is up and that its `base_url` is right"),
        )
    }

    /// Whether nothing of the request left this machine.
    pub(crate) const fn never_left(&self) -> bool {
        matches!(self, Self::Unsendable(_) | Self::NoConnection(_))
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Unsendable(failure)
            | TransportError::NoConnection(failure)
            | TransportError::NoReply(failure)
            | TransportError::BrokenReply(failure) => failure,
        }
    }
}

/// The innermost cause of a client's error, which is the one that says something. The address is
/// left out: it may hold a customer's data.
pub(crate) fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    sanitize(&innermost.to_string(), MAX_CAUSE_CHARS)
}
