//! Parts of plans as callers see them.

use serde_json::{Value, json};
use souk_model::plan::{FieldAfter, FieldReview, StoreSet, Subject};

/// The first changes, as `[{subject, field, before, after}]`.
pub(crate) fn sample(items: &[(Subject, Vec<FieldReview>)]) -> Value {
    items.iter().flat_map(|(subject, reviewed)| diffs(subject, reviewed)).collect()
}

/// What a review says of what no read can show.
const NOT_READABLE: &str = "reported by the store, not readable";

/// One item's fields, each with what it was and what it becomes.
pub(crate) fn diffs(subject: &Subject, reviewed: &[FieldReview]) -> Vec<Value> {
    reviewed
        .iter()
        .map(|line| {
            let after = match &line.after {
                FieldAfter::AsSent(value) | FieldAfter::Unverifiable(value) => value.clone(),
                FieldAfter::SetByStore(set) => set.value.clone(),
                FieldAfter::Removed => Value::Null,
            };
            let mut diff = json!({
                "subject": subject.id,
                "field": line.field,
                "before": line.before.value(),
                "after": after,
            });
            match &line.after {
                FieldAfter::Unverifiable(_) => diff["note"] = NOT_READABLE.into(),
                FieldAfter::SetByStore(StoreSet { tolerance: Some(tolerance), .. }) => {
                    diff["note"] = format!("set by the store, to within {tolerance}").into();
                }
                _ => {}
            }
            diff
        })
        .collect()
}

/// An instant as callers see it.
pub(crate) fn rfc3339(ms: i64) -> String {
    souk_state::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| at.to_string())
}
