//! What the rest of the host asks of plans.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use souk_model::plan::{
    Header, Intent, Item, ItemState, Kept, Origin, PlanId, PlanState, Progressed, Step, Subject,
};
use souk_model::{Action, Code, Failure, Principal};
use souk_state::audit::{AuditTrail, WriteEntry};
use souk_state::plans::{Claim, Counts, Filter, PlanStore, Remembered, Stored};
use souk_upstream::{Answer, SendError, Session};

use crate::clock::Clock;
use crate::digest::{Running, SealKey, sealed};
use crate::draft::{Draft, Proposal, Proposer};
use crate::execute::{Job, shows_after};
use crate::guards::Guards;
use crate::look::Looker;
use crate::undo;

/// `[plans]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Minutes after which a plan can no longer be started. `MCP_PLAN_EXPIRY_MIN`, 30.
    pub expiry_min: u32,
    /// Items that are read, written and read back together. 200: four reads at once, and enough that
    /// the reads before and after cost little beside the writes; larger ones let more time pass
    /// between the check for drift and the last write.
    pub chunk: u32,
    /// Items of a chunk that are written at once; the store's own limit counts too. 16.
    pub concurrency: usize,
    /// How often a harmless step of unknown outcome is sent again. 3.
    pub repeats: u32,
    /// Seconds after which a host that does not renew its lease is taken for dead. 30.
    pub lease_s: u32,
    /// Minutes in which an identical `apply` without a key answers the first outcome. 10.
    pub repeat_window_min: u32,
    /// Days that ended plans are kept, for looking up and undoing. 90.
    pub keep_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            expiry_min: 30,
            chunk: 200,
            concurrency: 16,
            repeats: 3,
            lease_s: 30,
            repeat_window_min: 10,
            keep_days: 90,
        }
    }
}

/// Proposes, keeps and carries out plans.
pub struct Plans {
    pub(crate) store: Arc<dyn PlanStore>,
    pub(crate) guards: Guards,
    pub(crate) config: Config,
    pub(crate) key: SealKey,
    pub(crate) owner: String,
    clock: Arc<dyn Clock>,
    trail: Arc<AuditTrail>,
}

/// What is proposed, apart from where and by whom.
pub(crate) struct Proposing<'a> {
    pub(crate) origin: Origin,
    pub(crate) group: String,
    pub(crate) action: &'a Action,
    pub(crate) intent: Intent,
}

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
}

/// What the store showed after a plan ran.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The plan.
    pub plan: PlanId,
    /// How far it came.
    pub state: PlanState,
    /// How many items ended how.
    pub counts: Counts,
    /// Items that did not end done, at most [`TROUBLES`].
    pub troubles: Vec<Trouble>,
    /// The subject as read back, for a plan of one item.
    pub subject: Option<Value>,
}

/// Items that an outcome names one by one.
pub const TROUBLES: u32 = 100;

/// An item that did not end done.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What it was about.
    pub subject: Subject,
    /// How it ended.
    pub state: ItemState,
    /// Why.
    pub failure: Option<Kept>,
}

impl Plans {
    /// Plans in this store, under these guards.
    #[must_use]
    pub fn new(
        store: Arc<dyn PlanStore>,
        guards: Guards,
        config: Config,
        key: SealKey,
        clock: Arc<dyn Clock>,
        trail: Arc<AuditTrail>,
    ) -> Arc<Self> {
        let owner = format!("{}-{:016x}", std::process::id(), fastrand::u64(..));
        Arc::new(Self { store, guards, config, key, owner, clock, trail })
    }

    /// Takes away what nobody will ask for again: drafts of dead hosts, plans that ended long ago.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn tidy(&self) -> Result<u64, Failure> {
        let now = self.clock.now_ms();
        let hour = 60 * 60 * 1_000;
        let kept = i64::from(self.config.keep_days) * 24 * hour;
        Ok(self.store.purge(now - hour, now - kept).await?)
    }

    /// Begins a draft for a plugin's action.
    ///
    /// # Errors
    /// FORBIDDEN where the action's effect is neither prepare nor apply.
    pub async fn draft(
        self: &Arc<Self>,
        proposer: Proposer,
        intent: Intent,
    ) -> Result<Draft, Failure> {
        Draft::begin(self.clone(), proposer, intent).await
    }

    pub(crate) fn header(
        &self,
        principal: &Principal,
        session: &Session,
        proposing: Proposing<'_>,
    ) -> Result<Header, Failure> {
        let Proposing { origin, group, action, intent } = proposing;
        let info = session.info();
        let created_ms = self.clock.now_ms();
        Ok(Header {
            id: new_id()?,
            origin,
            group,
            tool: action.tool.clone(),
            tier: action.tier,
            grants: action.grants.clone(),
            principal: principal.to_string(),
            store: info.store,
            environment: info.environment,
            base_url: info.base_url,
            summary: intent.summary,
            at: intent.at,
            lookup: intent.lookup,
            created_ms,
            expires_ms: self.expiry(created_ms),
            count: 0,
            warnings: Vec::new(),
        })
    }

    fn expiry(&self, from_ms: i64) -> i64 {
        from_ms + i64::from(self.config.expiry_min) * 60_000
    }

    /// A plan that this principal may see.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, also for another principal's plan: its existence is not told.
    pub async fn get(&self, principal: Option<&Principal>, id: &PlanId) -> Result<Stored, Failure> {
        let stored = self.store.plan(id).await?;
        stored
            .filter(|stored| {
                principal.is_none_or(|principal| principal.as_str() == stored.header.principal)
            })
            .ok_or_else(|| {
                Failure::new(Code::PlanNotFound, format!("there is no plan `{id}` of yours"))
                    .remedy("`plans_list` shows the plans there are")
            })
    }

    /// Plans, newest first.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Stored>, Failure> {
        Ok(self.store.list(filter).await?)
    }

    /// A page of a plan's items, in their order.
    ///
    /// # Errors
    /// The store cannot be reached, or a row is damaged.
    pub async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(Item, Progressed)>, Failure> {
        Ok(self.store.items(plan, after, limit, states).await?)
    }

    /// Throws a proposed plan away.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, or that it was started already.
    pub async fn discard(&self, principal: Option<&Principal>, id: &PlanId) -> Result<(), Failure> {
        let stored = self.get(principal, id).await?;
        if self.store.discard(id).await? {
            return Ok(());
        }
        Err(already(&stored))
    }

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

    /// Keeps a draft as a plan and carries it out at once. The same change asked for again, with the
    /// same key or, without one, within the window, answers the first outcome and sends nothing.
    ///
    /// # Errors
    /// Why it was not started. Once it is, the outcome is answered, whatever happened.
    pub async fn apply(self: &Arc<Self>, draft: Draft, terms: Terms) -> Result<Outcome, Failure> {
        let (principal, session) = (draft.principal(), draft.session().clone());
        let tool = draft.tool().to_owned();
        let content = draft.content();
        let now = self.clock.now_ms();
        let proposal = draft.propose().await?;
        let id = proposal.header.id.clone();
        if terms.preview {
            return self.outcome(&session, &proposal.header).await;
        }
        let (key, minutes) = match &terms.key {
            Some(key) => (key.clone(), 24 * 60),
            // The content itself is the key then: it holds what was before, too.
            None => (format!("same: {tool} {content}"), i64::from(self.config.repeat_window_min)),
        };
        let until = now + minutes * 60_000;
        let remembered =
            self.store.remember(principal.as_str(), &key, &tool, &content, &id, now, until).await?;
        match remembered {
            Remembered::New => {}
            Remembered::Same(first) => {
                self.store.discard(&id).await?;
                let first = self.get(Some(&principal), &first).await?;
                return self.outcome(&session, &first.header).await;
            }
            Remembered::Conflict => {
                self.store.discard(&id).await?;
                return Err(key_conflict());
            }
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

    /// Goes on with a plan whose host died or whose items did not all come to an end.
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
        self.start(stored, &commit).await
    }

    /// The plan, and that this caller may carry it out with this session.
    async fn of(&self, commit: &Commit<'_>) -> Result<Stored, Failure> {
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
        let until = now + 24 * 60 * 60 * 1_000;
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
        };
        let plans = self.clone();
        let header = stored.header;
        let session = commit.session.clone();
        // Detached: the caller only awaits it, and it goes on when the caller leaves.
        let work = tokio::spawn(async move {
            let heart = tokio::spawn(beat(plans.clone(), header.id.clone(), lost));
            let ran = job.run().await;
            heart.abort();
            plans.finish(&session, &header, ran).await
        });
        work.await.map_err(|error| {
            Failure::internal(format!("the commit broke off: {error}"))
                .remedy("`plans_resume` goes on with it once its lease has run out")
        })?
    }

    async fn finish(
        &self,
        session: &Session,
        header: &Header,
        ran: Result<(), Failure>,
    ) -> Result<Outcome, Failure> {
        if let Err(failure) = &ran {
            tracing::error!("plan {}: {failure}", header.id);
        }
        let counts = match self.store.plan(&header.id).await? {
            Some(stored) => stored.counts,
            None => return Err(Failure::internal(format!("the plan `{}` is gone", header.id))),
        };
        let state = if counts.done == header.count {
            PlanState::Done
        } else if counts.done > 0 {
            PlanState::PartlyDone
        } else {
            PlanState::Failed
        };
        self.store.finish(&header.id, &self.owner, state).await?;
        // What was done is told even if the run ended early; if nothing was, why is told.
        match ran {
            Err(failure) if counts.done == 0 => Err(failure),
            _ => self.outcome(session, header).await,
        }
    }

    /// How far a plan came, from what is kept of it.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn outcome(&self, session: &Session, header: &Header) -> Result<Outcome, Failure> {
        let stored = self
            .store
            .plan(&header.id)
            .await?
            .ok_or_else(|| Failure::internal(format!("the plan `{}` is gone", header.id)))?;
        const NOT_DONE: [ItemState; 6] = [
            ItemState::Pending,
            ItemState::Sending,
            ItemState::Failed,
            ItemState::Drifted,
            ItemState::Skipped,
            ItemState::Unknown,
        ];
        // What is only proposed has no trouble yet.
        let troubles = match stored.state {
            PlanState::Proposed => Vec::new(),
            _ => self.store.items(&header.id, None, TROUBLES, &NOT_DONE).await?,
        };
        let troubles = troubles
            .into_iter()
            .map(|(item, progressed)| Trouble {
                subject: item.change.subject,
                state: progressed.state,
                failure: progressed.failure,
            })
            .collect();
        let subject = if header.count == 1 {
            match self.store.items(&header.id, None, 1, &[]).await?.pop() {
                Some((item, _)) => self.look(session, header, &item).await,
                None => None,
            }
        } else {
            None
        };
        Ok(Outcome {
            plan: header.id.clone(),
            state: stored.state,
            counts: stored.counts,
            troubles,
            subject,
        })
    }

    /// The subject as it stands; nothing where it cannot be read, since the outcome counts more.
    async fn look(&self, session: &Session, header: &Header, item: &Item) -> Option<Value> {
        let looker = Looker { session, grants: &header.grants, lookup: &header.lookup };
        looker.see_one(&item.change.subject.id).await.ok()?.here
    }

    /// Proposes the plan that takes another back. What somebody else has changed since is left
    /// alone and named in the warnings.
    ///
    /// # Errors
    /// Why nothing of it can be taken back.
    pub async fn undo(
        self: &Arc<Self>,
        principal: &Principal,
        session: &Session,
        of: &PlanId,
        operator: bool,
    ) -> Result<Proposal, Failure> {
        let commit =
            Commit { principal, session, plan: of, tool: None, reason: None, key: None, operator };
        let stored = self.of(&commit).await?;
        self.verify(&stored).await?;
        let done = stored.header;
        let created_ms = self.clock.now_ms();
        let header = Header {
            id: new_id()?,
            origin: Origin::Undo { of: of.clone() },
            principal: principal.to_string(),
            summary: format!("undo: {}", done.summary),
            created_ms,
            expires_ms: self.expiry(created_ms),
            count: 0,
            warnings: Vec::new(),
            ..done.clone()
        };
        let mut draft = Draft::open(self.clone(), session.clone(), header, None).await?;
        let mut after = None;
        loop {
            let page = self.store.items(of, after, self.config.chunk, &[ItemState::Done]).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.n);
            self.undo_page(&mut draft, &done, session, page).await?;
        }
        draft.propose().await
    }

    async fn undo_page(
        &self,
        draft: &mut Draft,
        done: &Header,
        session: &Session,
        page: Vec<(Item, Progressed)>,
    ) -> Result<(), Failure> {
        let looker = Looker { session, grants: &done.grants, lookup: &done.lookup };
        let ids: Vec<&str> = page.iter().map(|(item, _)| item.change.subject.id.as_str()).collect();
        let seen = looker.see(&ids).await;
        let mut changes = Vec::new();
        for (item, progressed) in &page {
            let id = &item.change.subject.id;
            match seen.get(id) {
                Some(Ok(seen)) if shows_after(item, seen) => {
                    match undo::reverse(item, progressed.answered.as_ref()) {
                        Ok(change) => changes.push(change),
                        Err(why) => draft.warn(format!("{id} cannot be taken back: {why}")),
                    }
                }
                Some(Ok(_)) => draft.warn(format!("{id} was changed since and is left alone")),
                Some(Err(failure)) => draft.warn(format!("{id} cannot be read: {failure}")),
                None => {}
            }
        }
        draft.add(changes).await
    }

    /// Reads the whole plan again and holds it to its digest and seal.
    async fn verify(&self, stored: &Stored) -> Result<(), Failure> {
        let mut running = Running::default();
        let mut after = None;
        let tampered = || {
            Failure::new(
                Code::Forbidden,
                format!(
                    "the plan `{}` is not as it was reviewed: it was tampered with",
                    stored.header.id
                ),
            )
            .rule("plan-seal")
            .remedy("propose it again, and find out who can write the state directory")
        };
        loop {
            let page = self.store.items(&stored.header.id, after, self.config.chunk, &[]).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.n);
            for (item, _) in &page {
                running.add(item).map_err(|_| tampered())?;
            }
        }
        let digest = running.close(&stored.header).map_err(|_| tampered())?;
        if digest == stored.digest && sealed(&self.key, &digest, &stored.seal) {
            return Ok(());
        }
        Err(tampered())
    }

    fn lease_ms(&self) -> i64 {
        i64::from(self.config.lease_s) * 1_000
    }

    /// Refuses writes that could not be put on the audit trail.
    pub(crate) fn trail_writable(&self) -> Result<(), Failure> {
        self.trail.writable().map_err(|error| {
            tracing::error!("cannot write the audit trail: {error}");
            Failure::internal("the audit trail cannot be written, so nothing is sent")
                .rule("audit-trail")
                .remedy(
                    "the operator must make the trail writable again; the log says what is wrong",
                )
        })
    }

    /// Puts one request and what came of it on the trail.
    pub(crate) fn record_write(
        &self,
        header: &Header,
        item: &Item,
        index: usize,
        step: &Step,
        reason: Option<&str>,
        result: &Result<Answer, SendError>,
    ) {
        let entry = WriteEntry {
            at: souk_state::Timestamp::now(),
            principal: header.principal.clone(),
            plan: header.id.to_string(),
            item: item.n,
            subject: format!("{} {}", item.change.subject.kind, item.change.subject.id),
            step: u32::try_from(index).unwrap_or(u32::MAX),
            method: souk_model::Method::Write(step.method).as_str().to_owned(),
            route: step.route.clone(),
            reason: reason.map(str::to_owned),
            status: match result {
                Ok(answer) => Some(answer.status),
                Err(error) => error.failure().status,
            },
            outcome: match result {
                Ok(_) => "accepted".to_owned(),
                Err(SendError::NotSent(failure)) => format!("not sent: {failure}"),
                Err(SendError::Refused(failure)) => format!("refused: {failure}"),
                Err(SendError::Unknown(failure)) => format!("unknown: {failure}"),
            },
        };
        if let Err(error) = self.trail.append_write(entry) {
            tracing::error!("a write of plan {} is not on the audit trail: {error}", header.id);
        }
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

fn new_id() -> Result<PlanId, Failure> {
    let mut bytes = [0; 22];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(PlanId::from_random(bytes))
}

fn key_conflict() -> Failure {
    Failure::new(Code::IdempotencyConflict, "the idempotency key was used for something else")
        .rule("idempotency-key")
        .remedy("use a fresh key for each change")
}

/// The plan was started, or thrown away, before.
fn already(stored: &Stored) -> Failure {
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
