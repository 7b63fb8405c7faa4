//! Parts of plans as callers see them.

/// An instant as callers see it.
pub(crate) fn rfc3339(ms: i64) -> String {
    souk_state::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}
