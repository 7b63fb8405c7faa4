//! What a read found otherwise than it was to be, field by field: beside the sentence that says so, for
//! machines, and so that whoever masks personal data knows which of its words are whose.

use serde_json::Value;
use souk_model::plan::{FieldAfter, FieldMismatch, ItemState, PlanItem, StoreSet};
use souk_state::plans::JournalEntry;

use crate::observed::ObservedState;

/// Fields that are kept with a failure.
const MOST: usize = 8;
/// Characters of a text that are kept.
const CHARS: usize = 500;

/// Keeps with the failure of an entry, if it has one, what a read found.
pub(crate) fn note_mismatches(entry: &mut JournalEntry, item: &PlanItem, observed: &ObservedState) {
    let Some(failure) = &mut entry.failure else { return };
    let has_drifted = entry.state == ItemState::Drifted;
    let fields = item.change.edits.iter().zip(&item.review).filter(|(edit, reviewed)| {
        edit.is_readable()
            && (!observed.satisfies(edit, reviewed)
                || has_drifted && !observed.unchanged(edit, &reviewed.before))
    });
    let found = fields.map(|(edit, reviewed)| FieldMismatch {
        field: reviewed.field.clone(),
        read_at: edit.at.as_str().to_owned(),
        before: shortened(reviewed.before.value()),
        after: shortened(after(&reviewed.after)),
        now: shortened(observed.field(edit).value()),
    });
    failure.mismatches = found.take(MOST).collect();
}

const fn after(after: &FieldAfter) -> Option<&Value> {
    match after {
        FieldAfter::AsSent(value)
        | FieldAfter::SetByStore(StoreSet { value, .. })
        | FieldAfter::Unverifiable(value) => Some(value),
        FieldAfter::Removed => None,
    }
}

/// A value, its own texts cut.
fn shortened(value: Option<&Value>) -> Value {
    match value {
        None => Value::Null,
        Some(Value::String(text)) if text.chars().nth(CHARS).is_some() => {
            Value::from(text.chars().take(CHARS).chain(['…']).collect::<String>())
        }
        Some(value) if value.is_object() || value.is_array() => {
            let text = value.to_string();
            if text.len() > CHARS { shortened(Some(&Value::from(text))) } else { value.clone() }
        }
        Some(value) => value.clone(),
    }
}
