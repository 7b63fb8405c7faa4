//! An item of a plan: its change as it was reviewed, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::change::Change;
use super::item_state::ItemState;
use super::store_set::StoreSet;
use crate::{Code, Failure, Tier};

/// What stood in a field before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldBefore {
    /// This value, of its own.
    Value(Value),
    /// This value, which comes from the global scope.
    Inherited(Value),
    /// Nothing: no such field, or no such subject.
    Nothing,
}

impl FieldBefore {
    /// The value that was seen, if there was one.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) | Self::Inherited(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

/// What a field becomes, as the review shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldAfter {
    /// This value, which a body holds.
    AsSent(Value),
    /// This value, which the store is expected to set.
    SetByStore(StoreSet),
    /// Nothing.
    Removed,
    /// This happens, and no read will show it: the store's response is its only evidence.
    Unverifiable(Value),
}

/// One line of a review: a field, what it was, what it becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldReview {
    /// The field's name.
    pub field: String,
    /// As the host read it when the plan was made.
    pub before: FieldBefore,
    /// As it will be.
    pub after: FieldAfter,
}

/// A value of a body that no edit names, shown beside the edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The step, counted from 0.
    pub step: usize,
    /// The place in its body.
    pub at: String,
    /// The value.
    pub value: Value,
}

/// What the host's own catalogue says of one request, whatever its plugin calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteSummary {
    /// What it does: `change a product`.
    pub does: String,
    /// How much harm it can do.
    pub tier: Tier,
    /// How many rows it writes.
    pub rows: u64,
    /// Prices, money, discounts, quantities and statuses in it, by kind: where each stands.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub values: BTreeMap<String, Vec<String>>,
}

/// An item of a plan as it was reviewed. Fixed when the plan is proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanItem {
    /// Its number in the plan, counted from 0.
    pub n: u32,
    /// The change.
    pub change: Change,
    /// What changes, field by field.
    pub review: Vec<FieldReview>,
    /// What else its bodies hold.
    pub constants: Vec<Constant>,
    /// What the host warns of; what the plugin does is in the change.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// The digest of all that the lookup showed of the subject when the plan was made: lower-case hex
    /// SHA-256. Where it still shows the very same, nothing has happened.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject_digest: Option<String>,
    /// What the host's catalogue says of its requests, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub writes: Vec<WriteSummary>,
}

/// How far an item came, and why no further.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemProgress {
    /// How far.
    pub state: ItemState,
    /// Why it did not end done.
    pub failure: Option<StoredFailure>,
    /// The response to its first step, where it is needed later: for the undo, or as proof that the
    /// store accepted it.
    pub response: Option<Value>,
    /// When it was last marked as sending. Milliseconds since 1970, UTC.
    pub sent_ms: Option<i64>,
}

/// A failure as it is kept with an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFailure {
    /// The code's text.
    pub code: Code,
    /// What went wrong.
    pub message: String,
    /// The back end's status, where it answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// The back end that is at fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upstream: Option<String>,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remedy: Option<String>,
    /// Fields that a read found otherwise than they were to be, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mismatches: Vec<FieldMismatch>,
}

/// A field that a read found otherwise than it was to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMismatch {
    /// What the plugin calls the field.
    pub field: String,
    /// Where the host read it.
    pub read_at: String,
    /// What stood there when the plan was reviewed; null where nothing did.
    pub before: Value,
    /// What it was to become; null where it was to be taken away.
    pub after: Value,
    /// What stands there now; null where nothing does.
    pub now: Value,
}

impl StoredFailure {
    /// The code as callers see it: [`Failure::code_text`].
    #[must_use]
    pub fn code_text(&self) -> String {
        Failure::from(self.clone()).code_text()
    }
}

impl From<&Failure> for StoredFailure {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code,
            message: failure.message.clone(),
            status: failure.status,
            upstream: failure.upstream.clone(),
            remedy: failure.remedy.clone(),
            mismatches: Vec::new(),
        }
    }
}

impl From<StoredFailure> for Failure {
    fn from(stored: StoredFailure) -> Self {
        let StoredFailure { code, message, status, upstream, remedy, mismatches: _ } = stored;
        Self { status, upstream, remedy, ..Self::new(code, message) }
    }
}
