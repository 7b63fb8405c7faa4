//! What a plugin proposes: changes, each with the requests that make it.
//!
//! A step carries its body as it will be sent. An edit only points into it, so what is reviewed
//! cannot differ from what is sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::store_set::StoreSet;
use crate::{Binding, Pointer, Read, StoreView, WriteMethod, visible};

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `product`, `cms-page`, `order`, …
    pub kind: String,
    /// The id that lookups and routes use.
    pub id: String,
    /// What a person calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
}

/// As errors name it: the kind, and the id as it is but for what would not be seen.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", visible::line(&self.kind), visible::line(&self.id))
    }
}

/// A place in the body of one of a change's steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyPointer {
    /// The step, counted from 0.
    pub step: usize,
    /// The place in its body. It holds a value.
    pub at: Pointer,
}

/// What a field is expected to be after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// What stands at these places of the bodies, at least one, all of the same value.
    AsSent(Vec<BodyPointer>),
    /// What the store itself sets it to; no body holds it.
    SetByStore(StoreSet),
    /// The field, or the whole subject, no longer exists.
    Removed,
    /// Something that no read can show, said for the review: the store's response is its only
    /// evidence.
    Unverifiable(Value),
}

/// One field and what it is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The field's name in the review, unique in its change.
    pub field: String,
    /// Where the field stands in what the lookup answers.
    pub at: Pointer,
    /// What it is to be.
    pub after: Expectation,
}

impl Edit {
    /// Whether a read of the store can show it.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        !matches!(self.after, Expectation::Unverifiable(_))
    }
}

/// What the host itself puts into a body before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySource {
    /// What stood in the edit of this field before; null where nothing did, or it was inherited.
    Before(String),
    /// The subject's id.
    Subject,
    /// What stands here in the response to the change's first step.
    FromResponse(Pointer),
}

/// A place in a step's body and what the host puts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyBinding {
    /// The place; its parent exists in the body.
    pub at: Pointer,
    /// The value.
    pub value: BodySource,
}

/// A response that means failure although its status is 2xx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureResponse {
    /// The place in the response.
    pub at: Pointer,
    /// `None`: whatever stands there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub equals: Option<Value>,
}

/// One request of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The back end's name in the operator's configuration.
    pub upstream: String,
    /// How it is sent.
    pub method: WriteMethod,
    /// The route, exactly as a grant of the action spells it.
    pub route: String,
    /// One binding for each `{name}` of the route.
    pub path: Vec<Binding>,
    /// The query, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub query: Vec<Binding>,
    /// Never [`StoreView::SessionDefault`].
    pub view: StoreView,
    /// The body as it will be sent, but for its bindings.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Value>,
    /// What the host puts into the body.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub body_bindings: Vec<BodyBinding>,
    /// Which 2xx responses mean that it was refused.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failure_responses: Vec<FailureResponse>,
}

/// What may be done when it is not known whether a step arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Sending it again leaves the same state.
    Idempotent,
    /// It may be sent again only if the lookup shows that it did not happen.
    IfAbsent,
    /// Nothing shows whether it happened, so it is sent once. No plugin says so: the host finds it
    /// out of what the request is, and of what its lookup can show.
    Never,
}

/// How a change is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// The same steps, with what was before in the places of each edit.
    Restore,
    /// These steps, in order.
    Steps(Vec<Step>),
    /// It cannot be taken back; the reason is shown in the review.
    None(String),
}

/// One item of a plan: what changes, and the requests that do it, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// What changes, at least one.
    pub edits: Vec<Edit>,
    /// The requests, at least one, at most [`Change::STEPS`].
    pub steps: Vec<Step>,
    /// What may be done when it is not known whether they arrived.
    pub retry: Retry,
    /// How they are taken back.
    pub undo: Undo,
    /// What the reviewer should know of this item.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

impl Change {
    /// The most requests one change may take.
    pub const STEPS: usize = 8;

    /// Whether it holds something that no read can show, so that nothing but the store's answer tells
    /// whether it happened.
    #[must_use]
    pub fn is_unverifiable(&self) -> bool {
        !self.edits.iter().all(Edit::is_readable)
    }
}

/// A read of many subjects by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The read, but for the ids.
    pub read: Read,
    /// The query parameter that takes the ids, joined with commas.
    pub ids: String,
    /// Where the answer has its items.
    pub items: Pointer,
    /// Where an item has its id.
    pub id: Pointer,
}

/// How the host looks at subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// Reads one subject. On the same route as `many` it answers a list as that does, and the subject
    /// is the one in it with the id.
    pub one: Read,
    /// Reads many at once, where the API can.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub many: Option<Batch>,
    /// The back end answers effective values: a field that equals the global one is inherited.
    pub inherits: bool,
}

impl Lookup {
    /// How the answer of `one` is a list, where it is.
    #[must_use]
    pub fn one_of_a_list(&self) -> Option<&Batch> {
        let same = |batch: &&Batch| {
            (&batch.read.upstream, &batch.read.route) == (&self.one.upstream, &self.one.route)
        };
        self.many.as_ref().filter(same)
    }
}

/// What a draft as a whole is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// One line for the review and the audit trail.
    pub summary: String,
    /// Where the writes go.
    pub view: StoreView,
    /// How its subjects are read.
    pub lookup: Lookup,
}
