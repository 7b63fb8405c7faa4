//! What a caller says beside the plan itself: for whom, on which terms.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use souk_model::plan::{DecisionMeans, DecisionNeed, DecisionVerdict, PlanHeader, PlanId};
use souk_model::{Failure, Principal, Progress, Tier};
use souk_state::people::Person;
use souk_upstream::Session;

/// What is about to be written.
#[derive(Debug, Clone, Copy)]
pub struct WriteFacts<'a> {
    /// The tier of what it really is.
    pub tier: Tier,
    /// Who had to decide of it, once that was asked.
    pub need: Option<DecisionNeed>,
    /// The plan, as far as it is known by then; none for what makes no plan.
    pub plan: Option<&'a PlanHeader>,
}

/// Asked before the first request is sent: whether the caller may write that.
pub type WriteGate<'a> = dyn Fn(&WriteFacts<'_>) -> Result<(), Failure> + Send + Sync + 'a;

/// Asked with a plan that is about to be proposed: under which roles of the caller's it may be, or why
/// it may not.
pub type PlanRoles<'a> = dyn Fn(&PlanHeader) -> Result<Vec<String>, Failure> + Send + Sync + 'a;

/// What a person decides of a plan. That the person is who they say was proved before, by
/// [`People::verify`](souk_state::people::People::verify).
#[derive(Debug, Clone, Copy)]
pub struct DecideRequest<'a> {
    /// Which plan.
    pub plan: &'a PlanId,
    /// The digest of the plan that the person saw.
    pub digest: &'a str,
    /// Who.
    pub person: &'a Person,
    /// How it came to the host.
    pub means: DecisionMeans,
    /// Whether it may be carried out.
    pub verdict: DecisionVerdict,
    /// Why, in their words.
    pub reason: Option<&'a str>,
    /// Items that are not to be carried out, by their numbers.
    pub leave_out: &'a [u32],
}

/// Who commits a plan, and how.
#[derive(Clone)]
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
    pub gate: &'a WriteGate<'a>,
    /// How long to wait for persons who have to decide; zero: not at all.
    pub wait: Duration,
    /// Whether the caller is the operator, who may carry out anyone's plan.
    pub operator: bool,
    /// Where it is noted that the plan was started, for whoever has to tell of it after the caller has
    /// left.
    pub started: Option<&'a OnceLock<PlanId>>,
    /// Where it is told how far it is.
    pub progress: Option<Arc<dyn Progress>>,
}

impl<'a> CommitRequest<'a> {
    /// By the operator, who may carry out anyone's plan: the ceiling is for everybody else. Who has to
    /// decide of it is asked all the same.
    #[must_use]
    pub fn of_operator(
        principal: &'a Principal,
        session: &'a Session,
        plan: &'a PlanId,
        reason: Option<String>,
    ) -> Self {
        Self {
            principal,
            session,
            plan,
            tool: None,
            reason,
            key: None,
            gate: &|_| Ok(()),
            wait: Duration::ZERO,
            operator: true,
            started: None,
            progress: None,
        }
    }
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
    /// How long to wait for persons who have to decide; zero: not at all.
    pub wait: Duration,
    /// Where the plan is noted once it is started, for whoever has to tell of it after the caller has
    /// left.
    pub started: Arc<OnceLock<PlanId>>,
}
