//! Days of a sale or a rule, as Magento writes them: they can be compared as text.

use serde_json::Value;

/// Whether an end moves back, or is taken away.
pub(super) fn ends_later(after: Option<&Value>, before: Option<&Value>) -> bool {
    let after = day(after);
    after.is_none() || day(before).is_some_and(|before| after > Some(before))
}

/// Whether a beginning moves forward, or is taken away.
pub(super) fn begins_earlier(after: Option<&Value>, before: Option<&Value>) -> bool {
    let after = day(after);
    after.is_none() || after < day(before)
}

fn day(value: Option<&Value>) -> Option<&str> {
    value?.as_str()?.get(..10)
}
