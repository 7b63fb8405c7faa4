//! How far this machine's clock is from the store's.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::wire::reply::StoreReply;

/// By how many seconds our clock is ahead. The answer's date was set while it was under way: taken
/// for the middle of that time, it is wrong by half of it and the second that the header leaves out.
pub(super) fn clock_ahead(reply: &StoreReply, before: Timestamp, took: Duration) -> Option<i64> {
    let date = reply.date.as_ref()?.to_str().ok()?;
    let theirs = DateTimeParser::new().parse_timestamp(date).ok()?;
    let ours = before.checked_add(took / 2).ok()?;
    Some(ours.as_second().saturating_sub(theirs.as_second()))
}
