//! Plans in one SQLite file, which every host of this user opens.
//!
//! All writing of a host goes through one connection on a thread of its own ([`writer`]), and
//! between hosts SQLite's lock lets one write at a time; reading goes on beside it ([`reader_pool`]).
//! rusqlite rather than an asynchronous library: those put each connection on a thread, too, but
//! hide it, where this needs it, for only who sees all that waits can commit it together.

mod decision_log;
mod drafts;
mod error;
mod file;
mod idempotency;
mod identity;
mod journal;
mod pages;
mod reader_pool;
mod retention;
mod rows;
mod schema;
mod spend_book;
mod spends;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::Decimal;
use souk_model::plan::{
    ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanState, StoredFailure,
};

use self::drafts::{HeaderRow, ItemRow};
use self::error::SqliteTaskError;
use self::file::PlanFile;
use self::idempotency::IdempotencyRow;
pub use self::identity::{PlansIdentity, read_identity};
use self::journal::JournalRow;
use self::reader_pool::ReaderPool;
use self::rows::to_json;
use self::spend_book::SpendKey;
pub use self::spend_book::read_altered_spends;
pub use self::writer::CommitCounts;
use self::writer::{CommitDurability, PlanWriter};
use crate::audit::CurrentPlans;
use crate::dir::StateDir;
use crate::plans::error::StoreError;
use crate::plans::plan_page::{PlanPage, PlanPageFilter};
use crate::plans::spend::SpendAccount;
use crate::plans::store::PlanStore;
use crate::plans::types::{
    DecisionEffect, DecisionEntry, DecisionWrite, ForgottenPlans, IdempotencyHit, IdempotencyKey,
    IdempotencyRecord, JournalEntry, Lease, LeaseClaim, LeaseRenewal, PlanFilter, PlanLimits,
    RunStart, StoredPlan,
};
use crate::process::ProcessIdentity;
use crate::turns::{ProcessTurn, TurnFiles};

/// Plans in `plans.db` of the state directory.
///
/// Dropping it lets what was asked for end by itself. Its methods need a Tokio runtime.
#[derive(Debug)]
pub struct SqlitePlanStore {
    file: PlanFile,
    writer: PlanWriter,
    reader_pool: Arc<ReaderPool>,
    current: Arc<CurrentPlans>,
    limits: PlanLimits,
    process: Option<ProcessIdentity>,
    turns: TurnFiles,
    spend_key: SpendKey,
}

impl SqlitePlanStore {
    /// Opens the file, makes it (0600) if it is not there, and brings it to this version.
    ///
    /// It blocks for milliseconds, or seconds while another host migrates the file.
    ///
    /// # Errors
    /// When it cannot be made or opened, holds something else, or was written by a newer souk.
    pub fn open(directory: &StateDir) -> Result<Self, StoreError> {
        let file = PlanFile::prepare(directory.path().join("plans.db"))?;
        let seal_key = directory.seal_key().map_err(|error| StoreError::Key(error.to_string()))?;
        let spend_key = SpendKey::of(&seal_key);
        let open = || -> Result<_, SqliteTaskError> {
            let connection = file.open_to_write()?;
            schema::migrate(&connection, &spend_key)?;
            let identity = identity::read(&connection)?;
            Ok((connection, identity))
        };
        let (connection, identity) =
            open().map_err(|error| error.into_store_error("open", &file.path))?;
        let file = file.with_log();
        let writer = PlanWriter::start(file.clone(), connection)?;
        let reader_pool = ReaderPool::new(file.clone());
        let (current, limits) = (CurrentPlans::new(identity.mark), PlanLimits::default());
        let (process, turns) =
            (ProcessIdentity::current(), TurnFiles::in_directory(directory.path()));
        Ok(Self { file, writer, reader_pool, current, limits, process, turns, spend_key })
    }

    /// With these limits of what plans may take.
    #[must_use]
    pub fn with_limits(mut self, limits: PlanLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Removes the values of every plan that holds this text, an e-mail address for instance, in
    /// whatever case; digests and how items ended stay. Plans that are being carried out are counted.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_text(&self, text: &str, now_ms: i64) -> Result<ForgottenPlans, StoreError> {
        let lower = text.to_ascii_lowercase();
        let encoded = lower.replace('@', "%40").replace('+', "%2b");
        let texts = vec![lower, encoded];
        let forgotten = self
            .writer
            .write(CommitDurability::Flushed, move |to| {
                let mut forgotten = ForgottenPlans::default();
                for plan in retention::mentioning(to, &texts)? {
                    retention::forget_person(to, plan, now_ms, &mut forgotten)?;
                }
                retention::forget_answers(to, &texts)?;
                Ok(forgotten)
            })
            .await?;
        self.shrink().await?;
        // What was overwritten still stands in the log until that is cut back.
        self.file.cut_log().map_err(|error| error.into_store_error("write", &self.file.path))?;
        Ok(forgotten)
    }

    /// Gives room that is free back to the file system.
    async fn shrink(&self) -> Result<(), StoreError> {
        while self.writer.write(CommitDurability::Written, retention::shrink).await? {}
        Ok(())
    }

    /// Which file of plans this is and how far it has come, for the audit trail to vouch for.
    #[must_use]
    pub fn current(&self) -> Arc<CurrentPlans> {
        Arc::clone(&self.current)
    }

    /// Whether the file and its log are where they were when they were opened.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.file.check_not_moved().is_ok()
    }

    /// Closes connections that nobody has used for a while. They are opened again when they are
    /// needed.
    pub fn close_idle(&self) {
        self.reader_pool.close_idle();
    }

    /// What the file says of itself.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn identity(&self) -> Result<PlansIdentity, StoreError> {
        self.reader_pool.read(identity::read).await
    }

    /// Keeps that the audit trail vouches for this file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note_known(&self) -> Result<(), StoreError> {
        self.writer.write(CommitDurability::Flushed, identity::note_known).await
    }

    /// Keeps what was lost before this file, until it is accepted, until after which day no money moves,
    /// and whether decisions may be among it: nothing is written then.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note_loss(
        &self,
        what: &str,
        shut_day: Option<i64>,
        with_decisions: bool,
    ) -> Result<(), StoreError> {
        let what = what.to_owned();
        self.writer
            .write(CommitDurability::Flushed, move |to| {
                identity::note_loss(to, &what, shut_day, with_decisions)
            })
            .await
    }

    /// Takes things as they are: money moves again. What had been lost.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn accept_loss(&self) -> Result<Option<String>, StoreError> {
        let key = self.spend_key.clone();
        self.writer
            .write(CommitDurability::Flushed, move |to| {
                spend_book::reseal(to, &key)?;
                identity::accept(to)
            })
            .await
    }

    /// What is wrong with the account of money, if rows of it were taken away or edited. Then none moves
    /// before that is [accepted](Self::accept_loss).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn altered_spends(&self) -> Result<Option<String>, StoreError> {
        let key = self.spend_key.clone();
        self.reader_pool.read(move |from| spend_book::altered(from, &key)).await
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// How many transactions were committed through this, to see how many writes share one.
    #[must_use]
    pub fn commits(&self) -> CommitCounts {
        self.writer.commits()
    }
}

#[async_trait]
impl PlanStore for SqlitePlanStore {
    async fn begin(&self, header: &PlanHeader) -> Result<(), StoreError> {
        let (header, limits) = (HeaderRow::of(header)?, self.limits);
        self.writer
            .write(CommitDurability::Written, move |to| drafts::begin(to, header, &limits))
            .await
    }

    async fn add(&self, plan: &PlanId, items: &[PlanItem]) -> Result<(), StoreError> {
        let items = items.iter().map(ItemRow::of).collect::<Result<_, _>>()?;
        let (plan, limits) = (plan.clone(), self.limits);
        self.writer
            .write(CommitDurability::Written, move |to| drafts::add(to, &plan, items, &limits))
            .await
    }

    async fn seal(&self, header: &PlanHeader, digest: &str, seal: &str) -> Result<(), StoreError> {
        let header = HeaderRow::of(header)?;
        let (digest, seal) = (digest.to_owned(), seal.to_owned());
        self.writer
            .write(CommitDurability::Written, move |to| drafts::seal(to, &header, &digest, &seal))
            .await
    }

    async fn abandon(&self, plan: &PlanId) -> Result<(), StoreError> {
        let plan = plan.clone();
        self.writer.write(CommitDurability::Written, move |to| drafts::abandon(to, &plan)).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, StoreError> {
        let id = id.clone();
        self.reader_pool.read(move |from| pages::plan(from, &id)).await
    }

    async fn list(&self, filter: &PlanFilter) -> Result<Vec<StoredPlan>, StoreError> {
        let filter = filter.clone();
        self.reader_pool.read(move |from| pages::list(from, &filter)).await
    }

    async fn page(&self, filter: &PlanPageFilter) -> Result<PlanPage, StoreError> {
        let filter = filter.clone();
        self.reader_pool.read(move |from| pages::page(from, &filter)).await
    }

    async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(PlanItem, ItemProgress)>, StoreError> {
        let (plan, states) = (plan.clone(), states.to_vec());
        self.reader_pool.read(move |from| pages::items(from, &plan, after, limit, &states)).await
    }

    async fn claim(
        &self,
        plan: &PlanId,
        owner: &str,
        start: RunStart<'_>,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<LeaseClaim, StoreError> {
        let lease = Lease { owner: owner.to_owned(), until_ms, process: self.process.clone() };
        let [by, reason] = [start.by, start.reason].map(|text| text.map(str::to_owned));
        let (plan, only_settles, decisions) = (plan.clone(), start.only_settles, start.decisions);
        self.writer
            .write(CommitDurability::Written, move |to| {
                let (by, reason) = (by.as_deref(), reason.as_deref());
                let start = RunStart { by, reason, only_settles, decisions };
                journal::claim(to, &plan, &lease, start, now_ms)
            })
            .await
    }

    async fn renew(
        &self,
        plan: &PlanId,
        owner: &str,
        until_ms: i64,
        answered: u32,
    ) -> Result<LeaseRenewal, StoreError> {
        let (plan, owner) = (plan.clone(), owner.to_owned());
        self.writer
            .write(CommitDurability::Written, move |to| {
                journal::renew(to, &plan, &owner, until_ms, answered)
            })
            .await
    }

    async fn decision_log(&self, from: u64) -> Result<Vec<DecisionEntry>, StoreError> {
        let entries = self.reader_pool.read(move |file| decision_log::read(file, from)).await?;
        if let Some(last) = entries.last() {
            self.current.decide(last.no);
        }
        Ok(entries)
    }

    async fn last_decision(&self) -> Result<u64, StoreError> {
        self.reader_pool.read(decision_log::last).await
    }

    async fn lacks_decisions(&self) -> Result<bool, StoreError> {
        self.reader_pool.read(|file| Ok(identity::read(file)?.lacks_decisions)).await
    }

    async fn append_decision(
        &self,
        entry: &DecisionEntry,
        effect: &DecisionEffect,
        now_ms: i64,
    ) -> Result<DecisionWrite, StoreError> {
        let (no, entry, effect) = (entry.no, entry.clone(), effect.clone());
        let written = self
            .writer
            .write(CommitDurability::Flushed, move |to| {
                decision_log::append(to, &entry, &effect, now_ms)
            })
            .await?;
        if written == DecisionWrite::Recorded {
            self.current.decide(no);
        }
        Ok(written)
    }

    async fn note_reason(&self, plan: &PlanId, reason: &str) -> Result<(), StoreError> {
        let (plan, reason) = (plan.clone(), reason.to_owned());
        self.writer
            .write(CommitDurability::Written, move |to| journal::note_reason(to, &plan, &reason))
            .await
    }

    async fn take_turn(&self, name: &str) -> Result<ProcessTurn, StoreError> {
        self.turns.take(name).await.map_err(|source| StoreError::Io {
            doing: "take a turn beside",
            path: self.file.path.clone(),
            source,
        })
    }

    async fn journal(
        &self,
        plan: &PlanId,
        owner: &str,
        entries: Vec<JournalEntry>,
    ) -> Result<(), StoreError> {
        let sends = entries.iter().any(|entry| entry.state == ItemState::Sending);
        let durability = if sends { CommitDurability::Flushed } else { CommitDurability::Written };
        let entries = entries.iter().map(JournalRow::of).collect::<Result<Vec<_>, _>>()?;
        let (plan, owner) = (plan.clone(), owner.to_owned());
        let key = self.spend_key.clone();
        let generation = self
            .writer
            .write(durability, move |to| journal::journal(to, &plan, &owner, &entries, &key))
            .await?;
        if let Some(generation) = generation {
            self.current.reach(generation);
        }
        Ok(())
    }

    async fn spent(&self, account: &SpendAccount) -> Result<Decimal, StoreError> {
        let account = account.clone();
        self.reader_pool.read(move |from| spends::sum(from, &account)).await
    }

    async fn finish(
        &self,
        plan: &PlanId,
        owner: &str,
        state: PlanState,
        early: Option<&StoredFailure>,
    ) -> Result<bool, StoreError> {
        use PlanState::{Done, Failed, PartlyDone, Stopped};
        if !matches!(state, Done | PartlyDone | Failed | Stopped) {
            return Err(StoreError::NotAnEnd(state));
        }
        let (plan, owner, early) = (plan.clone(), owner.to_owned(), early.cloned());
        self.writer
            .write(CommitDurability::Written, move |to| {
                journal::finish(to, &plan, &owner, state, early.as_ref())
            })
            .await
    }

    async fn discard(&self, plan: &PlanId) -> Result<bool, StoreError> {
        let plan = plan.clone();
        self.writer.write(CommitDurability::Written, move |to| journal::discard(to, &plan)).await
    }

    async fn remember(
        &self,
        principal: &str,
        key: &str,
        action: &str,
        content: &str,
        plan: &PlanId,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<IdempotencyHit, StoreError> {
        let request = IdempotencyRow {
            principal: principal.to_owned(),
            key: key.to_owned(),
            action: action.to_owned(),
            content: content.to_owned(),
            plan: plan.clone(),
            made_ms: now_ms,
            until_ms,
        };
        self.writer
            .write(CommitDurability::Written, move |to| idempotency::remember(to, &request))
            .await
    }

    async fn recall(
        &self,
        asked: &IdempotencyKey<'_>,
        now_ms: i64,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let asked = idempotency::OwnedIdempotencyKey::of(asked);
        self.reader_pool.read(move |from| idempotency::recall(from, &asked, now_ms)).await
    }

    async fn answer(
        &self,
        asked: &IdempotencyKey<'_>,
        answer: &Map<String, Value>,
    ) -> Result<(), StoreError> {
        let asked = idempotency::OwnedIdempotencyKey::of(asked);
        let answer = to_json("a request's answer", answer)?;
        self.writer
            .write(CommitDurability::Written, move |to| idempotency::answer(to, &asked, &answer))
            .await
    }

    async fn purge(&self, drafts_before_ms: i64, ended_before_ms: i64) -> Result<u64, StoreError> {
        let old = self
            .reader_pool
            .read(move |from| retention::removable(from, drafts_before_ms, ended_before_ms));
        let mut removed = 0;
        for plan in old.await? {
            let is_gone = self
                .writer
                .write(CommitDurability::Written, move |to| {
                    retention::remove(to, plan, drafts_before_ms, ended_before_ms)
                })
                .await?;
            removed += u64::from(is_gone);
        }
        let key = self.spend_key.clone();
        self.writer
            .write(CommitDurability::Written, move |to| {
                spends::forget(to, &key, ended_before_ms.min(drafts_before_ms))?;
                retention::forget(to, ended_before_ms)
            })
            .await?;
        self.shrink().await?;
        Ok(removed)
    }

    async fn forget_values(&self, ended_before_ms: i64, now_ms: i64) -> Result<u64, StoreError> {
        let old =
            self.reader_pool.read(move |from| retention::with_old_values(from, ended_before_ms));
        let mut forgotten = 0;
        for plan in old.await? {
            let is_forgotten = self
                .writer
                .write(CommitDurability::Written, move |to| {
                    retention::forget_values(to, plan, now_ms)
                })
                .await?;
            forgotten += u64::from(is_forgotten);
        }
        self.shrink().await?;
        Ok(forgotten)
    }
}
