//! A change with its bodies as they will be sent, and what stands in the store: what the guards of
//! values look at.

use souk_model::plan::{Change, Step};
use souk_policy::writes::JudgedWrite;

use super::scope::PlanScope;
use crate::observed::ObservedState;

/// A change, whole.
#[derive(Clone, Copy)]
pub(super) struct ChangeBodies<'a> {
    /// What of its plan decides.
    pub(super) scope: &'a PlanScope<'a>,
    /// The change.
    pub(super) change: &'a Change,
    /// What its lookup showed.
    pub(super) observed: &'a ObservedState,
    /// Its requests, with everything in their bodies that is known before.
    pub(super) steps: &'a [Step],
    /// The same, judged.
    pub(super) judged: &'a [JudgedWrite<'a, 'a>],
}
