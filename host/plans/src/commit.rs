//! Carrying plans out: who may, once, and on a task of its own that outlives the call.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use souk_model::plan::{Origin, PlanId, PlanState};
use souk_model::{Code, Failure, Principal};
use souk_state::plans::{Claim, Remembered, Stored};
use souk_upstream::Session;

use crate::draft::Draft;
use crate::execute::Job;
use crate::outcome::Outcome;
use crate::repeat::KEY_MS;
use crate::service::Plans;

/// Who commits a plan, and how.
pub struct Commit<'a> {
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
    /// Whether the caller is the operator, who may carry out anyone's plan.
    pub operator: bool,
}

/// On which terms an `apply` is carried out, from the host's own arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// Only propose it.
    pub preview: bool,
    /// What was asked, by [`asked_for`](crate::asked_for): two calls that ask for the same share it.
    /// `None` where there is nothing to repeat: a preview, a purge.
    pub asked: Option<String>,
}

impl Plans {
    /// Carries a proposed plan out. The work goes on if the caller leaves.
    ///
    /// # Errors
    /// Why it was not started. Once it is, the outcome is answered, whatever happened.
    pub async fn commit(self: &Arc<Self>, commit: Commit<'_>) -> Result<Outcome, Failure> {
        let stored = self.of(&commit).await?;
        if let Some(key) = commit.key {
            self.remember(&stored, commit.principal, key).await?;
            // The same key for the same plan: the first outcome, whenever it is asked again.
            if stored.state != PlanState::Proposed {
                return self.outcome(commit.session, &stored.header).await;
            }
        }
        if stored.state != PlanState::Proposed {
            return Err(already(&stored));
        }
        if self.clock.now_ms() > stored.header.expires_ms {
            return Err(Failure::new(
                Code::PlanExpired,
                format!(
                    "the plan `{}` was to be committed within {} minutes",
                    commit.plan, self.config.expiry_min
                ),
            )
            .rule("plan-expiry")
            .remedy("propose it again; what stands in the store may have changed"));
        }
        self.start(stored, &commit).await
    }

    /// Keeps a draft as a plan and carries it out at once. The same asked for again, with the same
    /// key or, without one, within the window and while it still stands, answers the first outcome
    /// and sends nothing.
    ///
    /// # Errors
    /// Why it was not started. Once it is, the outcome is answered, whatever happened.
    pub async fn apply(self: &Arc<Self>, draft: Draft, terms: Terms) -> Result<Outcome, Failure> {
        let (principal, session) = (draft.principal(), draft.session().clone());
        let tool = draft.tool().to_owned();
        let proposal = draft.propose().await?;
        let id = proposal.header.id.clone();
        if terms.preview {
            return self.outcome(&session, &proposal.header).await;
        }
        if let Some(first) = self.first_of(&principal, &session, &tool, &terms, &id).await? {
            self.store.discard(&id).await?;
            return self.outcome(&session, &first).await;
        }
        let stored = self.get(Some(&principal), &id).await?;
        let commit = Commit {
            principal: &principal,
            session: &session,
            plan: &id,
            tool: None,
            reason: terms.reason,
            key: None,
            operator: false,
        };
        self.start(stored, &commit).await
    }

    /// Goes on with a plan whose host died or whose items were not all done; where nothing is left
    /// to do, answers how it ended.
    ///
    /// # Errors
    /// Why it cannot be resumed.
    pub async fn resume(self: &Arc<Self>, commit: Commit<'_>) -> Result<Outcome, Failure> {
        let stored = self.of(&commit).await?;
        if matches!(stored.state, PlanState::Proposed | PlanState::Draft | PlanState::Discarded) {
            return Err(Failure::new(
                Code::ValidationError,
                format!(
                    "the plan `{}` is {} and was never started",
                    commit.plan,
                    stored.state.as_str()
                ),
            )
            .remedy("commit it with `plans_commit`"));
        }
        if stored.state != PlanState::Running && !stored.counts.has_work() {
            return self.outcome(commit.session, &stored.header).await;
        }
        self.start(stored, &commit).await
    }

    /// The plan, and that this caller may carry it out with this session.
    pub(crate) async fn of(&self, commit: &Commit<'_>) -> Result<Stored, Failure> {
        let principal = (!commit.operator).then_some(commit.principal);
        let stored = self.get(principal, commit.plan).await?;
        let header = &stored.header;
        let info = commit.session.info();
        if (&info.store, &info.base_url) != (&header.store, &header.base_url) {
            return Err(Failure::new(
                Code::Forbidden,
                format!(
                    "the plan `{}` is for the store `{}`, and the session is with `{}`",
                    header.id, header.store, info.store
                ),
            )
            .rule("plan-store")
            .remedy("log in to that store, or propose the change for this one"));
        }
        match (&header.origin, commit.tool) {
            (_, None) => {}
            (Origin::Prepared { commit_tool, .. }, Some(tool)) if commit_tool == tool => {}
            (origin, Some(_)) => {
                let right = match origin {
                    Origin::Prepared { commit_tool, .. } => commit_tool.as_str(),
                    Origin::Applied | Origin::Undo { .. } => "plans_commit",
                };
                return Err(Failure::new(
                    Code::Forbidden,
                    format!("the plan `{}` was proposed by `{}`", header.id, header.tool),
                )
                .rule("plan-action")
                .remedy(format!("commit it with `{right}`")));
            }
        }
        Ok(stored)
    }

    async fn remember(
        &self,
        stored: &Stored,
        principal: &Principal,
        key: &str,
    ) -> Result<(), Failure> {
        let now = self.clock.now_ms();
        let until = now + KEY_MS;
        let id = &stored.header.id;
        match self
            .store
            .remember(principal.as_str(), key, &stored.header.tool, &stored.digest, id, now, until)
            .await?
        {
            Remembered::New => Ok(()),
            Remembered::Same(plan) if plan == *id => Ok(()),
            Remembered::Same(_) | Remembered::Conflict => Err(key_conflict()),
        }
    }

    /// Claims the plan and runs it on a task of its own; answers when it has ended.
    async fn start(
        self: &Arc<Self>,
        stored: Stored,
        commit: &Commit<'_>,
    ) -> Result<Outcome, Failure> {
        self.verify(&stored).await?;
        self.trail_writable()?;
        let id = &stored.header.id;
        let now = self.clock.now_ms();
        let until = now + self.lease_ms();
        let reason = commit.reason.as_deref();
        match self.store.claim(id, &self.owner, reason, now, until).await? {
            Claim::Taken => {}
            Claim::Held(_) => {
                return Err(Failure::new(
                    Code::IdempotencyConflict,
                    format!("the plan `{id}` is being carried out right now"),
                )
                .rule("lease")
                .remedy("`plans_get` shows how far it is"));
            }
            Claim::NotNow(state) => {
                return Err(already(&Stored { state, ..stored }));
            }
        }
        let lost = Arc::new(AtomicBool::new(false));
        let job = Job {
            plans: self.clone(),
            header: stored.header.clone(),
            session: commit.session.clone(),
            writer: commit.session.writer(),
            reason: commit.reason.clone(),
            lost: lost.clone(),
            trail_broken: OnceLock::new(),
            refused: OnceLock::new(),
            only: Mutex::default(),
        };
        let plans = self.clone();
        // Detached: the caller only awaits it, and it goes on when the caller leaves.
        let work = tokio::spawn(async move {
            let heart = tokio::spawn(beat(plans.clone(), job.header.id.clone(), lost));
            let ran = job.run().await;
            heart.abort();
            plans.finish(job, ran).await
        });
        work.await.map_err(|error| {
            Failure::internal(format!("the commit broke off: {error}"))
                .remedy("`plans_resume` goes on with it once its lease has run out")
        })?
    }

    async fn finish(&self, job: Job, ran: Result<(), Failure>) -> Result<Outcome, Failure> {
        let header = &job.header;
        if let Err(failure) = &ran {
            tracing::error!("plan {}: {failure}", header.id);
        }
        let mut stored = self.kept(&header.id).await?;
        let done = stored.counts.done;
        stored.state = if done == header.count {
            PlanState::Done
        } else if done > 0 {
            PlanState::PartlyDone
        } else {
            PlanState::Failed
        };
        self.store.finish(&header.id, &self.owner, stored.state).await?;
        // What was done is told even if the run ended early, and what was sent even if it has no
        // line on the trail; if nothing was, why is told.
        if let (Err(failure), 0, None) = (ran, done, job.trail_broken.get()) {
            return Err(failure);
        }
        let subject = match job.last_seen() {
            Some(subject) => Some(subject),
            None => self.only_subject(&job.session, header).await?,
        };
        self.told(stored, subject).await
    }

    fn lease_ms(&self) -> i64 {
        i64::from(self.config.lease_s) * 1_000
    }
}

/// Renews a run's lease until it is aborted, or the lease is lost.
async fn beat(plans: Arc<Plans>, id: PlanId, lost: Arc<AtomicBool>) {
    let each = Duration::from_millis(u64::try_from(plans.lease_ms() / 3).unwrap_or(1_000).max(100));
    loop {
        tokio::time::sleep(each).await;
        let until = plans.clock.now_ms() + plans.lease_ms();
        match plans.store.renew(&id, &plans.owner, until).await {
            Ok(true) => {}
            Ok(false) => {
                lost.store(true, Ordering::SeqCst);
                return;
            }
            // The next beat may get through; the journal checks the lease as well.
            Err(error) => tracing::warn!("cannot renew the lease of plan {id}: {error}"),
        }
    }
}

pub(crate) fn key_conflict() -> Failure {
    Failure::new(Code::IdempotencyConflict, "the idempotency key was used for something else")
        .rule("idempotency-key")
        .remedy("use a fresh key for each change")
}

/// The plan was started, or thrown away, before.
pub(crate) fn already(stored: &Stored) -> Failure {
    let id = &stored.header.id;
    let (what, remedy) = match stored.state {
        PlanState::Discarded => ("was discarded", "propose it again"),
        PlanState::Running => (
            "is being carried out, or its host died",
            "`plans_resume` goes on with it if its host is gone",
        ),
        PlanState::PartlyDone | PlanState::Failed => (
            "was carried out before",
            "`plans_get` shows how each item ended, `plans_resume` tries the rest",
        ),
        _ => ("was carried out before", "`plans_get` shows how each item ended"),
    };
    Failure::new(Code::IdempotencyConflict, format!("the plan `{id}` {what}"))
        .rule("plan-state")
        .remedy(remedy)
}
