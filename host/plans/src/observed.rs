//! What a lookup showed of a subject, compared with what a change sets.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use souk_model::plan::{Edit, FieldAfter, FieldBefore, FieldReview, StoreSet};

use crate::magento::values::equivalent;
use crate::money::OwnMemo;

/// What the lookup showed of a subject.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObservedState {
    /// As the plan's view shows it; `None` where it does not exist.
    pub(crate) here: Option<Value>,
    /// As the global scope shows it, where the back end answers effective values.
    pub(crate) global: Option<Value>,
    /// Whether the global scope was asked.
    pub(crate) inherits: bool,
    /// What the order's credit memos show of a refund that was sent; none where they were not read.
    pub(crate) own_memo: Option<OwnMemo>,
}

impl ObservedState {
    /// What stands in the field of an edit.
    pub(crate) fn field(&self, edit: &Edit) -> FieldBefore {
        if !edit.is_readable() {
            return FieldBefore::Nothing;
        }
        let global = self.global.as_ref().and_then(|global| edit.at.find(global));
        let Some(value) = self.here.as_ref().and_then(|here| edit.at.find(here)) else {
            return self.nothing_or_empty(global);
        };
        if self.inherits && global.is_some_and(|global| global == value) {
            FieldBefore::Inherited(value.clone())
        } else {
            FieldBefore::Value(value.clone())
        }
    }

    /// What stands in a field that the plan's view does not show: where a text is there globally, the
    /// view has an empty one of its own, and it is another thing to have none.
    fn nothing_or_empty(&self, global: Option<&Value>) -> FieldBefore {
        let is_text = global.is_some_and(Value::is_string);
        if self.inherits && self.here.is_some() && is_text {
            FieldBefore::Value(Value::from(""))
        } else {
            FieldBefore::Nothing
        }
    }

    /// The digest of all that was shown, as the plan's view shows it: lower-case hex SHA-256.
    pub(crate) fn digest(&self) -> String {
        let mut shown = self.here.clone().unwrap_or_default();
        shown.sort_all_objects();
        hex::encode(Sha256::digest(shown.to_string()))
    }

    /// Whether the field is as it shall be. What no read can show never is.
    pub(crate) fn satisfies(&self, edit: &Edit, review: &FieldReview) -> bool {
        let becomes = &review.after;
        let is = self.here.as_ref().and_then(|here| edit.at.find(here));
        match becomes {
            // Null takes a value away: from a store view, so that the global one shows through.
            FieldAfter::AsSent(Value::Null)
            | FieldAfter::SetByStore(StoreSet { value: Value::Null, .. })
            | FieldAfter::Removed => {
                match (is, becomes) {
                    (None | Some(Value::Null), _) => true,
                    // Magento shows a field that was cleared in any of these ways.
                    (Some(is), FieldAfter::Removed) => is == "" || *is == Value::Array(Vec::new()),
                    (Some(is), _) => {
                        self.inherits
                            && self.global.as_ref().and_then(|global| edit.at.find(global))
                                == Some(is)
                    }
                }
            }
            // Magento shows an empty text as none.
            FieldAfter::AsSent(Value::String(text))
            | FieldAfter::SetByStore(StoreSet { value: Value::String(text), .. })
                if text.is_empty() =>
            {
                matches!(is, None | Some(Value::Null)) || is.is_some_and(|is| is == "")
            }
            FieldAfter::AsSent(wanted) => is.is_some_and(|is| equivalent(is, wanted)),
            // What stood there before may be near too, and then shows no change.
            FieldAfter::SetByStore(set) => is.is_some_and(|is| {
                equivalent(is, &set.value)
                    || (set.is_near(is) && !self.unchanged(edit, &review.before))
            }),
            FieldAfter::Unverifiable(_) => false,
        }
    }

    /// Whether the field still is as the review shows it before the change.
    pub(crate) fn unchanged(&self, edit: &Edit, before: &FieldBefore) -> bool {
        match (self.field(edit).value(), before.value()) {
            (None, None) => true,
            (Some(now), Some(before)) => equivalent(now, before),
            (None, Some(other)) | (Some(other), None) => other.is_null() || other == "",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use souk_model::plan::Expectation;

    use super::*;

    #[test]
    fn a_value_within_the_tolerance_shows_the_change_unless_it_stood_there_before() {
        let set = StoreSet { value: json!(13.17), tolerance: Some("0.01".parse().unwrap()) };
        let edit = Edit {
            field: "total".into(),
            at: "/total".parse().unwrap(),
            after: Expectation::SetByStore(set.clone()),
        };
        let line = |before| FieldReview {
            field: "total".into(),
            before: FieldBefore::Value(before),
            after: FieldAfter::SetByStore(set.clone()),
        };
        let satisfies = |is: Value, before: Value| {
            let observed = ObservedState { here: Some(json!({"total": is})), ..Default::default() };
            observed.satisfies(&edit, &line(before))
        };
        assert!(satisfies(json!("13.1600"), json!(0)));
        assert!(satisfies(json!(13.17), json!(0)));
        assert!(!satisfies(json!(13.15), json!(0)));
        assert!(!satisfies(json!(13.16), json!("13.16")), "nothing has changed");
    }
}
