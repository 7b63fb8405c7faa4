//! What the host asks of a place that keeps plans.

use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::Decimal;
use souk_model::plan::{
    ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanState, StoredFailure,
};

use super::error::StoreError;
use super::plan_page::{PlanPage, PlanPageFilter};
use super::spend::SpendAccount;
use super::types::{
    DecisionEffect, DecisionEntry, DecisionWrite, IdempotencyHit, IdempotencyKey,
    IdempotencyRecord, JournalEntry, LeaseClaim, LeaseRenewal, PlanFilter, RunStart, StoredPlan,
};
use crate::turns::ProcessTurn;

/// Where plans are kept. Several hosts use one at once.
///
/// Each method happens wholly or not at all, and what it answered outlives the process. A future
/// that is dropped after its first poll may still have happened. Instants are milliseconds since
/// 1970, UTC, of the caller's clock: the store has none.
#[async_trait]
pub trait PlanStore: Send + Sync + 'static {
    /// Begins a draft, which nobody can see before it is sealed.
    ///
    /// # Errors
    /// [`StoreError::Exists`] for an id that is there.
    async fn begin(&self, header: &PlanHeader) -> Result<(), StoreError>;

    /// Adds these items to a draft, all or none. They are pending.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] for a subject that the draft has, [`StoreError::Numbered`] for a
    /// number it has, [`StoreError::NotADraft`], [`StoreError::NoPlan`].
    async fn add(&self, plan: &PlanId, items: &[PlanItem]) -> Result<(), StoreError>;

    /// Makes a draft a proposed plan, with its header as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotADraft`], [`StoreError::NoPlan`].
    async fn seal(&self, header: &PlanHeader, digest: &str, seal: &str) -> Result<(), StoreError>;

    /// Removes a draft, its items, and the keys that stand for it. What is gone, or is no draft,
    /// stays so.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn abandon(&self, plan: &PlanId) -> Result<(), StoreError>;

    /// A plan, unless it is a draft.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when what is kept cannot be read.
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, StoreError>;

    /// Plans, the newest first, never a draft.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when what is kept of one cannot be read.
    async fn list(&self, filter: &PlanFilter) -> Result<Vec<StoredPlan>, StoreError>;

    /// A page of plans, and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when what is kept of one on it cannot be read.
    async fn page(&self, filter: &PlanPageFilter) -> Result<PlanPage, StoreError>;

    /// At most `limit` items of a plan or a draft in one of these states (none: in any), in the
    /// order of their numbers, from after `after` on.
    ///
    /// # Errors
    /// [`StoreError::NoPlan`]; [`StoreError::Damaged`] when what is kept of one cannot be read.
    async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(PlanItem, ItemProgress)>, StoreError>;

    /// Takes a plan to carry it out, until `until_ms`: one that is proposed, one that runs and
    /// whose lease [is over](super::Lease::is_over) by `now_ms`, or one that ended but has items
    /// that are pending, sending, failed or unknown. It then runs, in the name of this process.
    /// A run that sends is granted only to who has read the whole [log](Self::decision_log).
    /// A reason replaces the one kept; none leaves it.
    ///
    /// Whether the plan has expired, and whose it is, is not looked at.
    ///
    /// # Errors
    /// [`StoreError::NoPlan`], also for a draft.
    async fn claim(
        &self,
        plan: &PlanId,
        owner: &str,
        start: RunStart<'_>,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<LeaseClaim, StoreError>;

    /// Prolongs a lease, keeps how many items the store has answered in this run, and says whether
    /// somebody wants the run to end.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn renew(
        &self,
        plan: &PlanId,
        owner: &str,
        until_ms: i64,
        answered: u32,
    ) -> Result<LeaseRenewal, StoreError>;

    /// The [log of decisions](DecisionEntry) from this number on, in order. Seals are not looked at.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when what is kept cannot be read.
    async fn decision_log(&self, from: u64) -> Result<Vec<DecisionEntry>, StoreError>;

    /// The number of the log's last line; 0 where there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn last_decision(&self) -> Result<u64, StoreError>;

    /// Whether decisions may have been lost before this, which the operator has not accepted: nothing may be
    /// written then.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn lacks_decisions(&self) -> Result<bool, StoreError>;

    /// Appends a line to the log, and does what it means to the line's plan, both or neither. Its number
    /// is the next after the last.
    ///
    /// A plan can be decided of as long as it waits: it is proposed, or its last run left items and is
    /// over; and as long as its digest is the decision's. It can be stopped while it runs, or its last
    /// run left items; where nobody carries it out, it has then stopped. On the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::NoPlan`], [`StoreError::Forgotten`]; of an item that is left out
    /// [`StoreError::NoItem`], and [`StoreError::Transition`] where it is not pending.
    async fn append_decision(
        &self,
        entry: &DecisionEntry,
        effect: &DecisionEffect,
        now_ms: i64,
    ) -> Result<DecisionWrite, StoreError>;

    /// Keeps why a plan that is proposed is to be carried out, for whoever commits it without saying.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn note_reason(&self, plan: &PlanId, reason: &str) -> Result<(), StoreError>;

    /// Waits for the turn of this name: no two have it at once, over all processes that share this
    /// place. It ends when the answer is dropped, or its process ends.
    ///
    /// # Errors
    /// When the place cannot be written.
    async fn take_turn(&self, name: &str) -> Result<ProcessTurn, StoreError>;

    /// Writes down how far items came, all marks or none, in their order.
    ///
    /// When a mark says [`ItemState::Sending`], all that was written before and with it is on the
    /// disk when this returns, and outlives a power cut; other marks outlive the process, and are
    /// on the disk at the latest with the next one that says so. Calls at the same time share one
    /// flush.
    ///
    /// Where a mark sets money aside, the account is compared with its cap and the amount written
    /// in the same transaction; an amount that the item had set aside before is replaced. It is
    /// given back by the mark that says that nothing happened: failed, drifted, skipped.
    ///
    /// # Errors
    /// [`StoreError::OverCap`] when an account would go past its cap;
    /// [`StoreError::LeaseLost`] when the lease is not this owner's, [`StoreError::Transition`]
    /// for a way that [`ItemState::may_become`] does not name, [`StoreError::NoItem`],
    /// [`StoreError::NoPlan`].
    async fn journal(
        &self,
        plan: &PlanId,
        owner: &str,
        entries: Vec<JournalEntry>,
    ) -> Result<(), StoreError>;

    /// What has been set aside in an account so far, or is gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn spent(&self, account: &SpendAccount) -> Result<Decimal, StoreError>;

    /// Ends a run and its lease: the plan is now done, partly done, failed or stopped; and why it
    /// ended early, if it did. False: the lease is no longer this owner's.
    ///
    /// # Errors
    /// [`StoreError::NotAnEnd`] for any other state.
    async fn finish(
        &self,
        plan: &PlanId,
        owner: &str,
        state: PlanState,
        early: Option<&StoredFailure>,
    ) -> Result<bool, StoreError>;

    /// Throws a proposed plan away. False: there is none, or it is not, or no longer, proposed.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn discard(&self, plan: &PlanId) -> Result<bool, StoreError>;

    /// Lets a principal's key stand for a plan, unless it stands for another until after
    /// `now_ms`. The request is told by its action and content, a digest for instance.
    ///
    /// Two at once are told apart: exactly one is [`IdempotencyHit::New`].
    ///
    /// # Errors
    /// When the store cannot be written.
    #[expect(clippy::too_many_arguments, reason = "a row of the memory, named by its columns")]
    async fn remember(
        &self,
        principal: &str,
        key: &str,
        action: &str,
        content: &str,
        plan: &PlanId,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<IdempotencyHit, StoreError>;

    /// The newest request like this one that is remembered: its plan, and its answer if that was
    /// kept.
    ///
    /// # Errors
    /// When the store cannot be read, or the row is damaged.
    async fn recall(
        &self,
        asked: &IdempotencyKey<'_>,
        now_ms: i64,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Keeps what the newest request like this one was answered. Without effect where none is
    /// remembered.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn answer(
        &self,
        asked: &IdempotencyKey<'_>,
        answer: &Map<String, Value>,
    ) -> Result<(), StoreError>;

    /// Removes what nobody will ask for again, and says how many plans that were: drafts begun
    /// before the one instant, and plans that had ended (thrown away, expired before anybody
    /// committed them, or carried out) before the other; with them the keys that stood for a
    /// draft, and those that ended before that.
    ///
    /// The account of a day stays for two days more, whatever becomes of its plans.
    ///
    /// A plan that runs stays, and so does one with items that are sending or unknown, which a
    /// person has to decide.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn purge(&self, drafts_before_ms: i64, ended_before_ms: i64) -> Result<u64, StoreError>;

    /// Removes the values of plans that had ended before this instant, and says of how many: what
    /// their items would change, what stood there, what the store answered. Digests, and how items
    /// ended, stay.
    ///
    /// A plan that runs keeps its values, and so does one with items that are sending or unknown.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn forget_values(&self, ended_before_ms: i64, now_ms: i64) -> Result<u64, StoreError>;
}
