//! Plans in one SQLite file, which every host of this user opens.
//!
//! All writing of a host goes through one connection on a thread of its own ([`writer`]), and
//! between hosts SQLite's lock lets one write at a time; reading goes on beside it ([`readers`]).
//! rusqlite rather than an asynchronous library: those put each connection on a thread, too, but
//! hide it, where this needs it, for only who sees all that waits can commit it together.

mod drafts;
mod fault;
mod file;
mod pages;
mod readers;
mod requests;
mod rows;
mod runs;
mod schema;
mod spends;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::plan::{Header, Item, ItemState, PlanId, PlanState, Progressed};

use self::drafts::{NewHeader, NewItem};
use self::fault::Fault;
use self::file::PlanFile;
use self::readers::Readers;
use self::requests::Request;
use self::rows::to_json;
use self::runs::NewMark;
pub use self::writer::Commits;
use self::writer::{Durability, Writer};
use super::{
    Account, Amount, Asked, Claim, Filter, Lease, Mark, PlanStore, Recalled, Remembered,
    StoreError, Stored,
};
use crate::StateDir;

/// Plans in `plans.db` of the state directory.
///
/// Dropping it lets what was asked for end by itself. Its methods need a Tokio runtime.
#[derive(Debug)]
pub struct SqlitePlanStore {
    file: PlanFile,
    writer: Writer,
    readers: Arc<Readers>,
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
        let open = || -> Result<_, Fault> {
            let connection = file.open_to_write()?;
            schema::migrate(&connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|fault| fault.told("open", &file.path))?;
        let writer = Writer::start(file.clone(), connection)?;
        let readers = Readers::new(file.clone());
        Ok(Self { file, writer, readers })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// How many transactions were committed through this, to see how many writes share one.
    #[must_use]
    pub fn commits(&self) -> Commits {
        self.writer.commits()
    }
}

#[async_trait]
impl PlanStore for SqlitePlanStore {
    async fn begin(&self, header: &Header) -> Result<(), StoreError> {
        let header = NewHeader::of(header)?;
        self.writer.write(Durability::Written, move |to| drafts::begin(to, header)).await
    }

    async fn add(&self, plan: &PlanId, items: &[Item]) -> Result<(), StoreError> {
        let items = items.iter().map(NewItem::of).collect::<Result<_, _>>()?;
        let plan = plan.clone();
        self.writer.write(Durability::Written, move |to| drafts::add(to, &plan, items)).await
    }

    async fn seal(&self, header: &Header, digest: &str, seal: &str) -> Result<(), StoreError> {
        let header = NewHeader::of(header)?;
        let (digest, seal) = (digest.to_owned(), seal.to_owned());
        self.writer
            .write(Durability::Written, move |to| drafts::seal(to, &header, &digest, &seal))
            .await
    }

    async fn abandon(&self, plan: &PlanId) -> Result<(), StoreError> {
        let plan = plan.clone();
        self.writer.write(Durability::Written, move |to| drafts::abandon(to, &plan)).await
    }

    async fn plan(&self, id: &PlanId) -> Result<Option<Stored>, StoreError> {
        let id = id.clone();
        self.readers.read(move |from| pages::plan(from, &id)).await
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Stored>, StoreError> {
        let filter = filter.clone();
        self.readers.read(move |from| pages::list(from, &filter)).await
    }

    async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(Item, Progressed)>, StoreError> {
        let (plan, states) = (plan.clone(), states.to_vec());
        self.readers.read(move |from| pages::items(from, &plan, after, limit, &states)).await
    }

    async fn claim(
        &self,
        plan: &PlanId,
        owner: &str,
        reason: Option<&str>,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Claim, StoreError> {
        let lease = Lease { owner: owner.to_owned(), until_ms };
        let (plan, reason) = (plan.clone(), reason.map(str::to_owned));
        self.writer
            .write(Durability::Written, move |to| {
                runs::claim(to, &plan, &lease, reason.as_deref(), now_ms)
            })
            .await
    }

    async fn renew(&self, plan: &PlanId, owner: &str, until_ms: i64) -> Result<bool, StoreError> {
        let (plan, owner) = (plan.clone(), owner.to_owned());
        self.writer
            .write(Durability::Written, move |to| runs::renew(to, &plan, &owner, until_ms))
            .await
    }

    async fn journal(
        &self,
        plan: &PlanId,
        owner: &str,
        marks: Vec<Mark>,
    ) -> Result<(), StoreError> {
        let sends = marks.iter().any(|mark| mark.state == ItemState::Sending);
        let durability = if sends { Durability::Flushed } else { Durability::Written };
        let marks = marks.iter().map(NewMark::of).collect::<Result<Vec<_>, _>>()?;
        let (plan, owner) = (plan.clone(), owner.to_owned());
        self.writer.write(durability, move |to| runs::journal(to, &plan, &owner, &marks)).await
    }

    async fn spent(&self, account: &Account) -> Result<Amount, StoreError> {
        let account = account.clone();
        self.readers.read(move |from| spends::sum(from, &account)).await
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
            .write(Durability::Written, move |to| runs::finish(to, &plan, &owner, state))
            .await
    }

    async fn discard(&self, plan: &PlanId) -> Result<bool, StoreError> {
        let plan = plan.clone();
        self.writer.write(Durability::Written, move |to| runs::discard(to, &plan)).await
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
    ) -> Result<Remembered, StoreError> {
        let request = Request {
            principal: principal.to_owned(),
            key: key.to_owned(),
            action: action.to_owned(),
            content: content.to_owned(),
            plan: plan.clone(),
            made_ms: now_ms,
            until_ms,
        };
        self.writer.write(Durability::Written, move |to| requests::remember(to, &request)).await
    }

    async fn recall(&self, asked: &Asked<'_>, now_ms: i64) -> Result<Option<Recalled>, StoreError> {
        let asked = requests::Asked::of(asked);
        self.readers.read(move |from| requests::recall(from, &asked, now_ms)).await
    }

    async fn answer(
        &self,
        asked: &Asked<'_>,
        answer: &Map<String, Value>,
    ) -> Result<(), StoreError> {
        let asked = requests::Asked::of(asked);
        let answer = to_json("a request's answer", answer)?;
        self.writer
            .write(Durability::Written, move |to| requests::answer(to, &asked, &answer))
            .await
    }

    async fn purge(&self, drafts_before_ms: i64, ended_before_ms: i64) -> Result<u64, StoreError> {
        let old =
            self.readers.read(move |from| requests::old(from, drafts_before_ms, ended_before_ms));
        let mut removed = 0;
        for plan in old.await? {
            let is_gone = self
                .writer
                .write(Durability::Written, move |to| {
                    requests::remove(to, plan, drafts_before_ms, ended_before_ms)
                })
                .await?;
            removed += u64::from(is_gone);
        }
        self.writer
            .write(Durability::Written, move |to| {
                spends::forget(to, ended_before_ms.min(drafts_before_ms))?;
                requests::forget(to, ended_before_ms)
            })
            .await?;
        Ok(removed)
    }
}
