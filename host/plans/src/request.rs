//! What a caller says beside the plan itself: for whom, on which terms.

use std::sync::{Arc, OnceLock};

use souk_model::plan::PlanId;
use souk_model::{Failure, Principal, Progress, Tier};
use souk_upstream::Session;

/// Asked with the tier of what a plan really writes, before the first request is sent: whether its
/// caller may.
pub type TierGate<'a> = dyn Fn(Tier) -> Result<(), Failure> + Send + Sync + 'a;

/// Who commits a plan, and how.
pub struct CommitRequest<'a> {
    /// For whom.
    pub principal: &'a Principal,
    /// With which session; it must be of the plan's store.
    pub session: &'a Session,
    /// Which plan.
    pub plan: &'a PlanId,
    /// The commit tool that was called; `None` for `plans_commit`, which commits any.
    pub tool: Option<&'a str>,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<&'a str>,
    /// Whether it may be what it is.
    pub gate: &'a TierGate<'a>,
    /// Whether the caller is the operator, who may carry out anyone's plan.
    pub operator: bool,
    /// Where it is noted that the plan was started, for whoever has to tell of it after the caller has
    /// left.
    pub started: Option<&'a OnceLock<PlanId>>,
    /// Where it is told how far it is.
    pub progress: Option<Arc<dyn Progress>>,
}

/// On which terms an `apply` is carried out, from the host's own arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// Only propose it.
    pub preview: bool,
    /// What was asked, by [`request_digest`](crate::request_digest): two calls that ask for the same
    /// share it. `None` where there is nothing to repeat: a preview, a purge.
    pub request_digest: Option<String>,
    /// Where the plan is noted once it is started, for whoever has to tell of it after the caller has
    /// left.
    pub started: Arc<OnceLock<PlanId>>,
}
