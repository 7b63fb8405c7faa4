//! One item of a plan, all of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_model::plan::{
    BodyPointer, Edit, Expectation, FieldAfter, FieldBefore, FieldMismatch, FieldReview,
    ItemProgress, ItemState, PlanItem, Retry, Undo, WriteSummary,
};
use souk_model::visible;

use super::request_review::RequestsReview;

/// Warnings of a plugin that are shown under one item; further ones are counted.
const PLUGIN_WARNINGS: usize = 20;

/// What one item does, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemReview {
    /// Its number in the plan, counted from 0.
    pub n: u32,
    /// The subject's id.
    pub subject: String,
    /// What kind of thing that is.
    pub kind: String,
    /// What the plugin calls it.
    pub label: Option<String>,
    /// How far it came.
    pub state: ItemState,
    /// Why it did not end done.
    pub failure: Option<FailureReview>,
    /// What the host warns of.
    pub warnings: Vec<String>,
    /// What changes, field by field.
    pub changes: Vec<FieldChange>,
    /// What the host's own catalogue says of each request: what it does, its tier, its rows, and where
    /// prices, money, discounts and the like stand in it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub writes: Vec<WriteSummary>,
    /// The requests that make the change.
    #[serde(flatten)]
    pub requests: RequestsReview,
    /// What may be done when it is not known whether they arrived.
    pub retry: Retry,
    /// How it is taken back.
    pub undo: UndoReview,
    /// What the plugin wants its reviewer to know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plugin_warnings: Vec<String>,
}

/// A field, what it was and what it becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The subject's id.
    pub subject: String,
    /// What the plugin calls the field.
    pub field: String,
    /// Where the host read it, where that is another place than the name promises.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub read_at: Option<String>,
    /// Where the bodies hold it, where that is another place than the name promises.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sent_at: Vec<String>,
    /// What stood there, as the host read it; null where nothing did.
    pub before: Value,
    /// Whether that comes from the global scope.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub inherited: bool,
    /// What it becomes; null where it is taken away.
    pub after: Value,
    /// Of what no body holds: what is expected instead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expectation: Option<ExpectationKind>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// What is expected of the store, and held by no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectationKind {
    /// The store sets the value by itself.
    SetByStore,
    /// The field, or the whole subject, is gone.
    Removed,
    /// No read can show it; the store's answer is its only evidence.
    Unverifiable,
}

/// Why an item did not end done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReview {
    /// The code's text.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// The back end's status, where it answered.
    pub status: Option<u16>,
    /// Fields that a read found otherwise than they were to be, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mismatches: Vec<FieldMismatch>,
}

/// How an item is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndoReview {
    /// In which way.
    pub how: UndoKind,
    /// Why not, where it cannot be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// By which requests, where they are others than those of the change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub steps: Option<RequestsReview>,
}

/// In which way an item is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// By the same requests, with what was before.
    Restore,
    /// By requests of its own.
    Steps,
    /// Not at all.
    None,
}

impl ItemReview {
    /// The review of an item that has come so far.
    #[must_use]
    pub fn of(item: &PlanItem, progress: &ItemProgress) -> Self {
        let failure = progress.failure.as_ref().map(|stored| FailureReview {
            code: stored.code_text(),
            message: visible::line(&stored.message).into_owned(),
            status: stored.status,
            mismatches: stored.mismatches.clone(),
        });
        Self { state: progress.state, failure, ..Self::proposed(item) }
    }

    /// The review of an item that nothing was done about.
    #[must_use]
    pub fn proposed(item: &PlanItem) -> Self {
        let change = &item.change;
        let line = |text: &str| visible::line(text).into_owned();
        Self {
            n: item.n,
            subject: line(&change.subject.id),
            kind: line(&change.subject.kind),
            label: change.subject.label.as_deref().map(line),
            state: ItemState::Pending,
            failure: None,
            warnings: item.warnings.clone(),
            changes: change
                .edits
                .iter()
                .zip(&item.review)
                .map(|(edit, reviewed)| FieldChange::of(&change.subject.id, edit, reviewed))
                .collect(),
            writes: item.writes.clone(),
            requests: RequestsReview::of_change(item),
            retry: change.retry,
            undo: UndoReview::of(item),
            plugin_warnings: counted(&change.warnings, PLUGIN_WARNINGS),
        }
    }
}

impl FieldChange {
    fn of(subject: &str, edit: &Edit, reviewed: &FieldReview) -> Self {
        let (before, inherited) = match &reviewed.before {
            FieldBefore::Value(value) => (value.clone(), false),
            FieldBefore::Inherited(value) => (value.clone(), true),
            FieldBefore::Nothing => (Value::Null, false),
        };
        let (after, expectation, note) = match &reviewed.after {
            FieldAfter::AsSent(value) => (value.clone(), None, None),
            FieldAfter::SetByStore(set) => {
                let within = set.tolerance.as_ref().map(|within| format!(", to within {within}"));
                let note = format!(
                    "expected: the store sets it by itself{}, no request holds it",
                    within.unwrap_or_default()
                );
                (set.value.clone(), Some(ExpectationKind::SetByStore), Some(note))
            }
            FieldAfter::Removed => {
                let note = "expected: it is no longer there".to_owned();
                (Value::Null, Some(ExpectationKind::Removed), Some(note))
            }
            FieldAfter::Unverifiable(value) => {
                let note = "expected: reported by the store, not readable".to_owned();
                (value.clone(), Some(ExpectationKind::Unverifiable), Some(note))
            }
        };
        Self {
            subject: visible::line(subject).into_owned(),
            field: visible::line(&edit.field).into_owned(),
            read_at: read_elsewhere(edit),
            sent_at: sent_elsewhere(edit),
            before,
            inherited,
            after,
            expectation,
            note,
        }
    }
}

/// Where a field is read, unless its name says just that.
fn read_elsewhere(edit: &Edit) -> Option<String> {
    let at = edit.at.as_str();
    let plain = at.strip_prefix('/').is_some_and(|rest| is_field(rest, &edit.field));
    (edit.is_readable() && !plain).then(|| visible::line(at).into_owned())
}

/// Where a field is sent, unless its name says just that: in the one member of a body, or in the
/// entity that a body holds.
fn sent_elsewhere(edit: &Edit) -> Vec<String> {
    let Expectation::AsSent(pointers) = &edit.after else { return Vec::new() };
    let plain = |at: &str| {
        let Some(rest) = at.strip_prefix('/') else { return false };
        let within = rest.split_once('/').map(|(_, within)| within);
        is_field(rest, &edit.field) || within.is_some_and(|within| is_field(within, &edit.field))
    };
    if pointers.iter().all(|pointer| plain(pointer.at.as_str())) {
        return Vec::new();
    }
    let shown = |pointer: &BodyPointer| {
        format!("{} of request {}", visible::line(pointer.at.as_str()), pointer.step)
    };
    pointers.iter().map(shown).collect()
}

/// Whether a place within an entity is the field of this name, or the attribute of this code.
fn is_field(place: &str, field: &str) -> bool {
    let attribute = place
        .strip_prefix("custom_attributes/[attribute_code=")
        .and_then(|rest| rest.strip_suffix("]/value"));
    attribute.unwrap_or(place) == field
}

impl UndoReview {
    fn of(item: &PlanItem) -> Self {
        match &item.change.undo {
            Undo::Restore => Self { how: UndoKind::Restore, why: None, steps: None },
            Undo::Steps(steps) => Self {
                how: UndoKind::Steps,
                why: None,
                steps: Some(RequestsReview::of_undo(item, steps)),
            },
            Undo::None(why) => Self {
                how: UndoKind::None,
                why: Some(visible::line(why).into_owned()),
                steps: None,
            },
        }
    }
}

/// The first of these texts, made visible, and how many more there are.
pub(super) fn counted(texts: &[String], most: usize) -> Vec<String> {
    let mut shown: Vec<String> =
        texts.iter().take(most).map(|text| visible::line(text).into_owned()).collect();
    if texts.len() > most {
        shown.push(format!("and {} more", texts.len() - most));
    }
    shown
}
