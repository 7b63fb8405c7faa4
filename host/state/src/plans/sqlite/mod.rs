//! Plans in one SQLite file, which every host of this user opens.
//!
//! All writing of a host goes through one connection on a thread of its own ([`writer`]), and
//! between hosts SQLite's lock lets one write at a time; reading goes on beside it ([`reader_pool`]).
//! rusqlite rather than an asynchronous library: those put each connection on a thread, too, but
//! hide it, where this needs it, for only who sees all that waits can commit it together.

mod drafts;
mod error;
mod file;
mod idempotency;
mod journal;
mod pages;
mod reader_pool;
mod retention;
mod rows;
mod schema;
mod spends;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::Decimal;
use souk_model::plan::{ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanState};

use self::drafts::{HeaderRow, ItemRow};
use self::error::SqliteTaskError;
use self::file::PlanFile;
use self::idempotency::IdempotencyRow;
use self::journal::JournalRow;
use self::reader_pool::ReaderPool;
use self::rows::to_json;
pub use self::writer::CommitCounts;
use self::writer::{CommitDurability, PlanWriter};
use crate::dir::StateDir;
use crate::plans::error::StoreError;
use crate::plans::spend::SpendAccount;
use crate::plans::store::PlanStore;
use crate::plans::types::{
    IdempotencyHit, IdempotencyKey, IdempotencyRecord, JournalEntry, Lease, LeaseClaim, PlanFilter,
    StoredPlan,
};

/// Plans in `plans.db` of the state directory.
///
/// Dropping it lets what was asked for end by itself. Its methods need a Tokio runtime.
#[derive(Debug)]
pub struct SqlitePlanStore {
    file: PlanFile,
    writer: PlanWriter,
    reader_pool: Arc<ReaderPool>,
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
        let open = || -> Result<_, SqliteTaskError> {
            let connection = file.open_to_write()?;
            schema::migrate(&connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| error.into_store_error("open", &file.path))?;
        let writer = PlanWriter::start(file.clone(), connection)?;
        let reader_pool = ReaderPool::new(file.clone());
        Ok(Self { file, writer, reader_pool })
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
        let header = HeaderRow::of(header)?;
        self.writer.write(CommitDurability::Written, move |to| drafts::begin(to, header)).await
    }

    async fn add(&self, plan: &PlanId, items: &[PlanItem]) -> Result<(), StoreError> {
        let items = items.iter().map(ItemRow::of).collect::<Result<_, _>>()?;
        let plan = plan.clone();
        self.writer.write(CommitDurability::Written, move |to| drafts::add(to, &plan, items)).await
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
        reason: Option<&str>,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<LeaseClaim, StoreError> {
        let lease = Lease { owner: owner.to_owned(), until_ms };
        let (plan, reason) = (plan.clone(), reason.map(str::to_owned));
        self.writer
            .write(CommitDurability::Written, move |to| {
                journal::claim(to, &plan, &lease, reason.as_deref(), now_ms)
            })
            .await
    }

    async fn renew(&self, plan: &PlanId, owner: &str, until_ms: i64) -> Result<bool, StoreError> {
        let (plan, owner) = (plan.clone(), owner.to_owned());
        self.writer
            .write(CommitDurability::Written, move |to| journal::renew(to, &plan, &owner, until_ms))
            .await
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
        self.writer.write(durability, move |to| journal::journal(to, &plan, &owner, &entries)).await
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
    ) -> Result<bool, StoreError> {
        if !matches!(state, PlanState::Done | PlanState::PartlyDone | PlanState::Failed) {
            return Err(StoreError::NotAnEnd(state));
        }
        let (plan, owner) = (plan.clone(), owner.to_owned());
        self.writer
            .write(CommitDurability::Written, move |to| journal::finish(to, &plan, &owner, state))
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
        self.writer
            .write(CommitDurability::Written, move |to| {
                spends::forget(to, ended_before_ms.min(drafts_before_ms))?;
                retention::forget(to, ended_before_ms)
            })
            .await?;
        Ok(removed)
    }
}
