//! What the rest of the host asks of plans. Each of it is done by the file it is named after.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};
use souk_model::plan::{
    DecisionMeans, DecisionNeed, DecisionVerdict, Intent, ItemProgress, ItemState, PlanDecision,
    PlanHeader, PlanId, PlanItem, WriteStop,
};
use souk_model::{Failure, Principal, Progress, PurgeTarget, Secret};
use souk_policy::decisions::{DecisionPolicy, DecisionRequirement};
use souk_state::people::{People, Person};
use souk_state::plans::{PlanFilter, PlanPage, PlanPageFilter, StoredPlan};
use souk_upstream::Session;
use tokio::sync::mpsc;

use crate::context::PlansContext;
use crate::decision_log::DecisionLog;
use crate::decisions::{self, DecisionStanding};
use crate::deps::PlansDeps;
use crate::draft::{PlanDraft, Proposal, Proposer};
use crate::idempotency::EarlierApply;
use crate::ledger::{self, DayMoney};
use crate::notices::{NoticeOutlet, PlanNotice};
use crate::outcome::PlanOutcome;
use crate::purge::{PurgeRequest, PurgeResult};
use crate::refusals::already_started;
use crate::request::{ApplyOptions, CommitRequest, DecideRequest, PlanRoles, WriteGate};
use crate::run_control::{ActiveRuns, EndUrgency};
use crate::serial::SerialTurns;
use crate::stop::StopOutcome;
use crate::undo::UndoAsker;
use crate::{commit, idempotency, outcome, purge, stop, undo, write_stop};

/// Proposes, keeps and carries out plans.
pub struct Plans {
    context: Arc<PlansContext>,
}

impl Plans {
    /// Plans made of these.
    #[must_use]
    pub fn new(deps: PlansDeps) -> Arc<Self> {
        let PlansDeps { store, guards, config, key, clock, trail, people, policy } = deps;
        let owner = format!("{}-{:016x}", std::process::id(), fastrand::u64(..));
        let context = PlansContext {
            store,
            guards,
            config,
            key,
            owner,
            clock,
            trail,
            people,
            decision_log: DecisionLog::default(),
            policy: RwLock::new(Arc::new(policy)),
            console: RwLock::new(None),
            serial: SerialTurns::default(),
            notices: NoticeOutlet::default(),
            runs: ActiveRuns::new(),
        };
        Arc::new(Self { context: Arc::new(context) })
    }

    /// Has these rules say who decides from now on.
    pub fn set_policy(&self, policy: DecisionPolicy) {
        *self.context.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Says where the console serves, without a slash at the end:
    /// `http://souk.localhost:8808/console`. It is told to whoever waits for a person.
    pub fn set_console(&self, base: &str) {
        let mut console = self.context.console.write().unwrap_or_else(PoisonError::into_inner);
        *console = Some(base.trim_end_matches('/').to_owned());
    }

    /// Has plans that wait for a person, or failed, be told here. What does not fit is not told.
    pub fn tell(&self, sender: mpsc::Sender<PlanNotice>) {
        self.context.notices.send_to(sender);
    }

    /// Where the console shows a plan, if it serves.
    #[must_use]
    pub fn console_page(&self, plan: &PlanId) -> Option<String> {
        self.context.console_page(plan)
    }

    /// Who can decide of plans.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.context.people
    }

    /// The person of this name, if the passphrase is theirs. A wrong one is on the trail, and slows
    /// down whoever tries on.
    ///
    /// # Errors
    /// FORBIDDEN by the rule `passphrase`, or `people` where who can decide cannot be told.
    pub async fn verify_person(
        &self,
        name: &str,
        passphrase: Secret,
        means: DecisionMeans,
    ) -> Result<Person, Failure> {
        decisions::verify_person(&self.context, name, passphrase, means).await
    }

    /// Sets a person, or another passphrase of theirs, as
    /// [`People::set`](souk_state::people::People::set) has it; it is on the trail.
    ///
    /// # Errors
    /// As [`verify_person`](Self::verify_person).
    pub async fn set_person(
        &self,
        name: &str,
        old: Option<Secret>,
        new: Secret,
        principals: Option<Vec<String>>,
        means: DecisionMeans,
    ) -> Result<Person, Failure> {
        decisions::set_person(&self.context, name, old, new, principals, means).await
    }

    /// Who has to decide of a plan, and which rule says so.
    #[must_use]
    pub fn need(&self, stored: &StoredPlan) -> DecisionRequirement {
        decisions::requirement(&self.context, &stored.header, stored.header.commit_tier())
    }

    /// Who has to decide of a plan, what was decided, and whether that is enough.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn standing(&self, stored: &StoredPlan) -> Result<DecisionStanding, Failure> {
        decisions::standing(&self.context, stored, stored.header.commit_tier()).await
    }

    /// Whether a person's answer that came through the caller's own client is enough for this plan.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn can_be_decided_by_client(&self, stored: &StoredPlan) -> Result<bool, Failure> {
        let standing = self.standing(stored).await?;
        Ok(standing.requirement.need == DecisionNeed::Person
            && self
                .context
                .policy()
                .counts_elicitation(stored.header.commit_tier(), standing.can_reach))
    }

    /// What persons decided of a plan, as far as it counts now; the earliest first.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND; the store cannot be reached.
    pub async fn decisions(&self, id: &PlanId) -> Result<Vec<PlanDecision>, Failure> {
        let stored = self.context.get(None, id).await?;
        Ok(self.standing(&stored).await?.decisions)
    }

    /// Takes down what a person decided of a plan, of anybody's. It is sealed, on the trail, and of the
    /// plan as they saw it. A rejection throws a plan away that nobody has started.
    ///
    /// # Errors
    /// CONFLICT where the plan is another than the one they saw, or waits for nobody; PLAN_EXPIRED;
    /// PLAN_NOT_FOUND; FORBIDDEN where the person is not set up any more.
    pub async fn decide(&self, request: DecideRequest<'_>) -> Result<PlanDecision, Failure> {
        decisions::decide(&self.context, request).await
    }

    /// The same of what came through the client of a principal. It may have answered for its user, and
    /// counts only where the operator's rules say so.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub async fn decide_by_client(
        &self,
        principal: &Principal,
        plan: &PlanId,
        digest: &str,
        verdict: DecisionVerdict,
        reason: Option<&str>,
    ) -> Result<PlanDecision, Failure> {
        let context = &self.context;
        decisions::decide_by_client(context, principal, plan, digest, verdict, reason).await
    }

    /// Takes what was decided as it is, where it is not as hosts wrote it down: nothing of it counts any
    /// more. What was wrong; none: nothing was, and everything counts.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub async fn accept_decisions(&self) -> Result<Option<String>, Failure> {
        decisions::accept_decisions(&self.context).await
    }

    /// Whether what was decided, and who can decide, is as hosts wrote it down.
    ///
    /// # Errors
    /// FORBIDDEN, in which nothing is written; it cannot be read.
    pub async fn check_decisions(&self) -> Result<(), Failure> {
        decisions::check_decisions(&self.context).await
    }

    /// Stops all writes of every host of the state directory: none begins, and what is under way ends
    /// within seconds, as a stop of its plan would end it. Reads go on. Whoever stopped them first is
    /// kept.
    ///
    /// # Errors
    /// It cannot be kept, or the trail takes no line; then they are stopped all the same.
    pub async fn stop_writes(
        &self,
        by: &str,
        means: &str,
        reason: Option<&str>,
    ) -> Result<WriteStop, Failure> {
        write_stop::stop_writes(&self.context, by, means, reason).await
    }

    /// Lets writes go on; whether they were stopped. What was stopped can be resumed.
    ///
    /// # Errors
    /// The trail takes no line, or it cannot be kept.
    pub async fn resume_writes(
        &self,
        by: &str,
        means: &str,
        reason: Option<&str>,
    ) -> Result<bool, Failure> {
        write_stop::resume_writes(&self.context, by, means, reason).await
    }

    /// Who stopped all writes, if somebody did.
    ///
    /// # Errors
    /// It cannot be read: nothing is written then.
    pub async fn write_stop(&self) -> Result<Option<WriteStop>, Failure> {
        write_stop::write_stop(&self.context).await
    }

    /// Takes away what nobody will ask for again: drafts of dead hosts, plans that ended long ago, and
    /// the values of those that ended so many days ago.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn tidy(&self, values_days: u32) -> Result<u64, Failure> {
        let now = self.context.now_ms();
        let hour = 60 * 60 * 1_000;
        let kept = i64::from(self.context.config.keep_days) * 24 * hour;
        let removed = self.context.store.purge(now - hour, now - kept).await?;
        let values_kept = i64::from(values_days) * 24 * hour;
        let forgotten = self.context.store.forget_values(now - values_kept, now).await?;
        if forgotten > 0 {
            tracing::info!(
                "the values of {forgotten} plans are no longer kept (`state.keep_days`)"
            );
        }
        Ok(removed)
    }

    /// Begins a draft for a plugin's action.
    ///
    /// # Errors
    /// FORBIDDEN where the action's effect is neither prepare nor apply.
    pub async fn draft(&self, proposer: Proposer, intent: Intent) -> Result<PlanDraft, Failure> {
        PlanDraft::begin(self.context.clone(), proposer, intent).await
    }

    /// A plan that this principal may see; none: the operator, who may see all.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, also for another principal's plan: that it exists is not said.
    pub async fn get(
        &self,
        principal: Option<&Principal>,
        id: &PlanId,
    ) -> Result<StoredPlan, Failure> {
        self.context.get(principal, id).await
    }

    /// Plans, newest first.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn list(&self, filter: &PlanFilter) -> Result<Vec<StoredPlan>, Failure> {
        Ok(self.context.store.list(filter).await?)
    }

    /// A page of plans, and how many there are of each caller.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn page(&self, filter: &PlanPageFilter) -> Result<PlanPage, Failure> {
        Ok(self.context.store.page(filter).await?)
    }

    /// What left the stores of these plans today, or may have, against what may.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn money_today(&self, plans: &[StoredPlan]) -> Result<Vec<DayMoney>, Failure> {
        ledger::money_today(&self.context, plans).await
    }

    /// A page of a plan's items, in their order. Each that a run left behind says why.
    ///
    /// # Errors
    /// The store cannot be reached, or a row is damaged.
    pub async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(PlanItem, ItemProgress)>, Failure> {
        let items = self.context.store.items(plan, after, limit, states).await?;
        let Some(stored) = self.context.store.plan(plan).await? else { return Ok(items) };
        let explained = |(item, progress)| (item, outcome::explained(progress, stored.state));
        Ok(items.into_iter().map(explained).collect())
    }

    /// Throws a proposed plan away.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, or that it was started already.
    pub async fn discard(&self, principal: Option<&Principal>, id: &PlanId) -> Result<(), Failure> {
        let stored = self.get(principal, id).await?;
        if self.context.store.discard(id).await? {
            return Ok(());
        }
        Err(already_started(&stored))
    }

    /// Carries a proposed plan out. The work goes on if the caller leaves.
    ///
    /// # Errors
    /// Why it was not started. Once it is, the outcome is answered, whatever happened.
    pub async fn commit(&self, request: CommitRequest<'_>) -> Result<PlanOutcome, Failure> {
        commit::commit(&self.context, request).await
    }

    /// Keeps a draft as a plan and carries it out at once. The same asked for again, with the same
    /// key or, without one, within the window and while it still stands, answers the first outcome
    /// and sends nothing. The gate is asked first.
    ///
    /// # Errors
    /// Why it was not started. Once it is, the outcome is answered, whatever happened.
    pub async fn apply(
        &self,
        draft: PlanDraft,
        options: ApplyOptions,
        gate: &WriteGate<'_>,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<PlanOutcome, Failure> {
        commit::apply(&self.context, draft, options, gate, progress).await
    }

    /// Asks the run of a plan to end, in whatever process it is, and waits a few seconds until it has.
    /// Requests under way are answered first; what is left can be resumed.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND; CONFLICT where the plan does not run.
    pub async fn stop(
        &self,
        principal: Option<&Principal>,
        id: &PlanId,
        by: &str,
    ) -> Result<StopOutcome, Failure> {
        stop::stop(&self.context, principal, id, by).await
    }

    /// Ends all runs of this host, and those that begin from now on: the host is about to end. Whether
    /// any is under way.
    pub fn end_runs(&self, urgency: EndUrgency) -> bool {
        self.context.runs.end_all(urgency)
    }

    /// Ready when this host carries nothing out.
    pub async fn runs_ended(&self) {
        self.context.runs.none().await;
    }

    /// Goes on with a plan whose host died or whose items were not all done; where nothing is left
    /// to do, answers how it ended.
    ///
    /// # Errors
    /// Why it cannot be resumed.
    pub async fn resume(&self, request: CommitRequest<'_>) -> Result<PlanOutcome, Failure> {
        commit::resume(&self.context, request).await
    }

    /// How far a plan came, from what is kept of it and, for a plan of one item, a read of its
    /// subject.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn outcome(
        &self,
        session: &Session,
        header: &PlanHeader,
    ) -> Result<PlanOutcome, Failure> {
        outcome::outcome(&self.context, session, header).await
    }

    /// Proposes the plan that takes another back. What somebody else has changed since is left alone
    /// and named in the warnings.
    ///
    /// # Errors
    /// Why nothing of it can be taken back.
    pub async fn undo(
        &self,
        principal: &Principal,
        session: &Session,
        of: &PlanId,
        asker: UndoAsker<'_>,
        roles: Option<Arc<PlanRoles<'static>>>,
    ) -> Result<Proposal, Failure> {
        undo::undo(&self.context, principal, session, of, asker, roles).await
    }

    /// Keeps why a proposed plan is to be carried out, for whoever commits it without saying.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn note_reason(&self, id: &PlanId, reason: &str) -> Result<(), Failure> {
        Ok(self.context.store.note_reason(id, reason).await?)
    }

    /// The same `apply`, if it was carried out before: with the caller's key, or without one within
    /// the window and while the store still shows it.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn earlier_apply(
        &self,
        principal: &Principal,
        session: &Session,
        tool: &str,
        options: &ApplyOptions,
    ) -> Result<Option<EarlierApply>, Failure> {
        idempotency::earlier_apply(&self.context, principal, session, tool, options).await
    }

    /// Keeps what an `apply` was answered, for when it is asked for again. That it cannot be kept
    /// takes nothing from the answer.
    pub async fn record_answer(
        &self,
        principal: &Principal,
        tool: &str,
        options: &ApplyOptions,
        answer: &Map<String, Value>,
    ) {
        idempotency::record_answer(&self.context, principal, tool, options, answer).await;
    }

    /// Purges these, and answers in their order; one failure does not stop the others, unless it is
    /// the audit trail's.
    ///
    /// It goes on when the caller leaves, so that what was sent is on the trail.
    pub async fn purge(
        &self,
        request: PurgeRequest,
        targets: Vec<PurgeTarget>,
    ) -> Vec<Result<PurgeResult, Failure>> {
        purge::purge(&self.context, request, targets).await
    }
}
