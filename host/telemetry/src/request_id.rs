//! What everything is called by that is done for one request.

use std::fmt;
use std::sync::Arc;

/// The longest id that is taken from a client, in characters.
const LONGEST: usize = 64;

/// The id of a request: in the log, on the audit trail, and in what is sent to the store for it.
///
/// One that a client brings is taken if it is made of letters, digits, `-`, `_` and `.`; it cannot
/// pass for anything else in a log or a header then.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id that a client brought, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then(|| Self(text.into()))
    }

    /// One that nobody else has: 32 hexadecimal digits, so that it can be a trace's id too.
    pub(crate) fn of_trace(trace_id: u128) -> Self {
        Self(format!("{trace_id:032x}").into())
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plain_is_taken() {
        for id in ["a", "0af7651916cd43dd8448eb211c80319c", "web-1.req_7", &"x".repeat(64)] {
            assert_eq!(RequestId::parse(id).unwrap().as_str(), id);
        }
        for wrong in ["", "a b", "a@b.example", "a\r\nb", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(RequestId::parse(wrong), None, "{wrong}");
        }
    }
}
