//! Instants in words, as callers, operators and programs read them.

use jiff::Timestamp;

/// Milliseconds since 1970 as an RFC 3339 instant in UTC. A number that is none stays a number.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}

/// The same to the second.
#[must_use]
pub fn rfc3339_to_the_second(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}
