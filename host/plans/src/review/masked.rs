//! A review for somebody who must not see personal data.
//!
//! A mask by value finds a customer's name wherever it stands, and somebody may be called like a word of
//! a review's own: `Done`, `Risk`. Those words are nobody's, and stay.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use souk_model::Failure;
use souk_policy::Mask;

/// Members of a review whose values are words of its own.
const OWN_WORDS: &[&str] =
    &["state", "retry", "how", "expectation", "tier", "code", "verdict", "means", "who"];
/// Members that hold what stores and plugins say, with whatever members those have.
const FOREIGN: &[&str] = &["before", "after", "now", "value", "equals"];

/// A review of a plan or its items, or an object that holds some, without personal data. It keeps its
/// shape.
#[must_use]
pub fn mask_review(mask: &Mask, review: Map<String, Value>) -> Map<String, Value> {
    if !mask.is_on() {
        return review;
    }
    let mut masked = mask.object(review.clone());
    keep_own_words(&review, &mut masked);
    masked
}

/// The same of a review that is not JSON yet.
///
/// # Errors
/// It has lost its shape.
pub fn masked<R: Serialize + DeserializeOwned>(review: &R, mask: &Mask) -> Result<R, Failure> {
    serde_json::to_value(review)
        .and_then(serde_json::from_value)
        .map(|review| Value::Object(mask_review(mask, review)))
        .and_then(serde_json::from_value)
        .map_err(|error| Failure::internal(format!("the review cannot be shown: {error}")))
}

fn keep_own_words(review: &Map<String, Value>, masked: &mut Map<String, Value>) {
    for (name, value) in review {
        let Some(masked) = masked.get_mut(name) else { continue };
        if OWN_WORDS.contains(&name.as_str()) {
            masked.clone_from(value);
        } else if !FOREIGN.contains(&name.as_str()) {
            keep_within(value, masked);
        }
    }
}

fn keep_within(value: &Value, masked: &mut Value) {
    match (value, masked) {
        (Value::Object(value), Value::Object(masked)) => keep_own_words(value, masked),
        (Value::Array(values), Value::Array(masked)) => {
            values.iter().zip(masked).for_each(|(value, masked)| keep_within(value, masked));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use souk_policy::RuleOrigin;

    use super::*;

    #[test]
    fn a_person_called_like_a_word_of_a_review_takes_nothing_from_it() {
        let mask = Mask::set_by(RuleOrigin::Flag("--mask-pii"));
        let Value::Object(review) = json!({
            "state": "pending",
            "changes": [{
                "field": "firstname",
                "before": {"firstname": "Pending", "state": "Risk"},
                "after": "Idempotent",
                "note": "for Pending",
            }],
            "retry": "idempotent",
            "writes": [{"does": "change a customer", "tier": "risk"}],
            "undo": {"how": "restore"},
        }) else {
            unreachable!("it is an object")
        };
        mask.learn(&json!({"customer": {"lastname": "Risk"}}));
        mask.learn(&json!({"customer": {"firstname": "Restore"}}));
        let masked = Value::Object(mask_review(&mask, review));
        for (at, word) in [
            ("/state", "pending"),
            ("/retry", "idempotent"),
            ("/writes/0/tier", "risk"),
            ("/undo/how", "restore"),
        ] {
            assert_eq!(masked.pointer(at), Some(&json!(word)), "{masked}");
        }
        assert_eq!(masked["changes"][0]["before"]["state"], "[masked:name]", "{masked}");
        assert_eq!(masked["changes"][0]["note"], "for [masked:name]", "{masked}");
    }
}
