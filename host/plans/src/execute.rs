//! Carrying a plan out: item by item, with a journal that survives any instant.
//!
//! Of each chunk the subjects are read again first, and what has drifted is left alone. What will be
//! sent is journalled durably before it is sent. Afterwards the subjects are read once more, and only
//! what that read shows is called done.

mod announce;
mod proof;
mod send;
mod unsettled;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures::FutureExt;
use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{ItemProgress, ItemState, PlanHeader, PlanId, PlanItem};
use souk_state::audit::WriteEntry;
use souk_state::plans::{ItemCounts, JournalEntry, Reservation, StoreError, StoredPlan};
use souk_upstream::{ReadMemo, Session, StoreWriter};

use crate::context::{PlansContext, tampered};
use crate::ledger::{MoneyContext, check_reviewed, over_cap_per_day, reservation};
use crate::mismatch::note_mismatches;
use crate::observed::ObservedState;
use crate::plan_watch;
use crate::progress_meter::ProgressMeter;
use crate::refusals::already_has_values;
use crate::request::CommitRequest;
use crate::run_control::RunControl;
use crate::seal::ItemDigests;
use crate::store_reader::StoreReader;
use crate::subjects::SubjectReader;
use crate::verdict::{drift, entry_for, may_retry_failed, shows_after};

/// One run of a plan by this host, under its lease.
pub(crate) struct PlanRun {
    context: Arc<PlansContext>,
    header: PlanHeader,
    scope: RunScope,
    session: Session,
    /// What the call has read that proposes it and carries it out at once.
    reads: Option<ReadMemo>,
    writer: StoreWriter,
    reason: Option<String>,
    control: Arc<RunControl>,
    meter: ProgressMeter,
    /// Why the trail took no line. Set once, and nothing more is sent then.
    trail_broken: OnceLock<Failure>,
    /// Whether a request may have reached the store in this run.
    has_sent: AtomicBool,
    /// What is known of the items of this run, whatever could be kept of it.
    progress: Mutex<RunProgress>,
    /// How the trail is told of requests that were announced and not sent.
    unsent: Mutex<Vec<WriteEntry>>,
    /// The first money that could not be set aside: said where nothing else was done.
    money_refused: OnceLock<Failure>,
    /// The subject of a plan's only item as it was last read, so that it is not read once more to be
    /// shown.
    only_subject: Mutex<Option<Value>>,
}

/// What a run may carry out: the items that were held to the plan's seal, but for those that persons left
/// out. Whoever writes in the plans' file meanwhile cannot add to it.
pub(crate) struct RunScope {
    pub(crate) items: ItemDigests,
    pub(crate) left_out: BTreeSet<u32>,
}

impl RunScope {
    /// Whether these are items of it.
    ///
    /// # Errors
    /// FORBIDDEN by the rule `plan-seal`.
    fn check(&self, plan: &PlanId, page: &[(PlanItem, ItemProgress)]) -> Result<(), Failure> {
        let strange = |item: &PlanItem| self.left_out.contains(&item.n) || !self.items.knows(item);
        match page.iter().any(|(item, _)| strange(item)) {
            true => Err(tampered(plan)),
            false => Ok(()),
        }
    }
}

/// An item that may be sent, with what is to be set aside for it.
struct ReservedItem {
    item: PlanItem,
    reserve: Option<Reservation>,
    /// What it was.
    from: ItemState,
}

/// How far a run came, for when the store of plans cannot say.
#[derive(Default)]
pub(crate) struct RunProgress {
    /// How items ended.
    pub(crate) counts: ItemCounts,
    /// Ends that could not be kept, each with its item.
    pub(crate) unkept: Vec<(PlanItem, JournalEntry)>,
}

/// What was read of each subject, by its id.
type Observations = HashMap<String, Result<ObservedState, Failure>>;

impl PlanRun {
    /// A run of this plan as somebody asked for it, whose lease this host has.
    pub(crate) fn new(
        context: Arc<PlansContext>,
        stored: &StoredPlan,
        scope: RunScope,
        request: &CommitRequest<'_>,
        reads: Option<ReadMemo>,
        control: Arc<RunControl>,
    ) -> Self {
        let mut run = Self::settling(context, stored, scope, request.session.clone(), control);
        run.reads = reads;
        run.reason = request.reason.clone().or(run.reason);
        run.meter = ProgressMeter::new(request.progress.clone(), &stored.counts);
        run
    }

    /// One that only finds out what became of what was sent.
    pub(crate) fn settling(
        context: Arc<PlansContext>,
        stored: &StoredPlan,
        scope: RunScope,
        session: Session,
        control: Arc<RunControl>,
    ) -> Self {
        let writer = session.writer();
        Self {
            context,
            header: stored.header.clone(),
            scope,
            session,
            reads: None,
            writer,
            reason: stored.reason.clone(),
            control,
            meter: ProgressMeter::new(None, &stored.counts),
            trail_broken: OnceLock::new(),
            has_sent: AtomicBool::new(false),
            progress: Mutex::default(),
            unsent: Mutex::default(),
            money_refused: OnceLock::new(),
            only_subject: Mutex::default(),
        }
    }

    /// The plan.
    pub(crate) const fn header(&self) -> &PlanHeader {
        &self.header
    }

    /// With which session.
    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    /// What ends it.
    pub(crate) const fn control(&self) -> &Arc<RunControl> {
        &self.control
    }

    /// Whether the trail took no line.
    fn has_broken_trail(&self) -> bool {
        self.trail_broken.get().is_some()
    }

    /// Whether a request may have reached the store in this run.
    pub(crate) fn has_sent(&self) -> bool {
        self.has_sent.load(Ordering::SeqCst)
    }

    /// How far it came.
    pub(crate) fn take_progress(&self) -> RunProgress {
        std::mem::take(&mut *lock(&self.progress))
    }

    /// The subject of the plan's only item, if it has but one and the last read showed it.
    pub(crate) fn take_only_subject(&self) -> Option<Value> {
        lock(&self.only_subject).take()
    }

    /// Carries out everything that is not settled yet.
    ///
    /// # Errors
    /// What keeps the run from going on: the journal, the audit trail, a lost lease; or why it ended
    /// before everything was tried.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let unsettled = self.resolve_unsettled().await?;
        // Failed ones are of an earlier run: this one goes past each item once.
        let retried = [ItemState::Pending, ItemState::Failed];
        let mut chunks = self.context.cursor(&self.header.id, &retried);
        while let Some(mut chunk) = chunks.next().await? {
            self.control.may_go_on()?;
            self.scope.check(&self.header.id, &chunk)?;
            chunk.retain(|(item, _)| !unsettled.judged.contains(&item.n));
            let items = chunk.len();
            let work = self.run_chunk(chunk).boxed();
            plan_watch::chunk(&self.header, items, work).await?;
        }
        if let Some(refused) = self.money_refused.get() {
            return Err(refused.clone());
        }
        unsettled.at_work.failure().map_or(Ok(()), Err)
    }

    /// Reads subjects now: what tells how a write ended is never of an earlier read.
    async fn observe<'i>(&self, items: impl IntoIterator<Item = &'i PlanItem>) -> Observations {
        self.observe_with(self.reader_after_a_write(), items).await
    }

    /// With what tells how writes ended.
    fn reader_after_a_write(&self) -> StoreReader<'_> {
        StoreReader::after_a_write(&self.session, self.reads.as_ref())
    }

    /// With what is read for what is written next.
    fn reader_before_a_write(&self) -> StoreReader<'_> {
        StoreReader::before_a_write(&self.session, self.reads.as_ref())
    }

    async fn observe_with<'i>(
        &self,
        reader: StoreReader<'_>,
        items: impl IntoIterator<Item = &'i PlanItem>,
    ) -> Observations {
        let observed = SubjectReader::of(reader, &self.header).read_items(items).await;
        if self.header.count == 1 {
            let only = observed.values().next().and_then(|one| one.as_ref().ok()?.here.clone());
            *lock(&self.only_subject) = only;
        }
        observed
    }

    /// Checks a chunk for drift and sends the rest of it. What was refused in an earlier run, and
    /// cannot be sent now, stays as that run left it.
    async fn run_chunk(&self, chunk: Vec<(PlanItem, ItemProgress)>) -> Result<(), Failure> {
        let reader = self.reader_before_a_write();
        let observed = self.observe_with(reader, chunk.iter().map(|(item, _)| item)).await;
        let mut entries = Vec::new();
        let mut send = Vec::new();
        for (item, progress) in chunk {
            let state = progress.state;
            if state == ItemState::Failed && !may_retry_failed(&item, &progress) {
                continue;
            }
            let not_tried = |next, failure: &Failure| {
                (state == ItemState::Pending).then(|| entry_for(&item, next, Some(failure)))
            };
            match observed.get(&item.change.subject.id) {
                Some(Ok(seen)) if !item.change.is_unverifiable() && shows_after(&item, seen) => {
                    entries.extend(not_tried(ItemState::Skipped, &already_has_values()));
                }
                Some(Ok(seen)) => match drift(&item, seen) {
                    Some(failure) => {
                        let mut drifted = not_tried(ItemState::Drifted, &failure);
                        drifted.iter_mut().for_each(|entry| note_mismatches(entry, &item, seen));
                        entries.extend(drifted);
                    }
                    None => match self.reserve(&item, seen).await {
                        Ok(reserve) => send.push(ReservedItem { item, reserve, from: state }),
                        Err(failure) => entries.extend(self.not_sent(&item, state, failure)),
                    },
                },
                // It stays as it is, so that a resume tries it again, and says why it was not tried.
                Some(Err(failure)) => {
                    entries.extend(not_tried(ItemState::Pending, failure));
                    tracing::warn!(
                        "plan {}: cannot read {} before writing it: {failure}",
                        self.header.id,
                        item.change.subject.id
                    );
                }
                None => {}
            }
        }
        let settled = entries.iter().filter(|entry| entry.state != ItemState::Pending);
        self.meter.advance(settled.count());
        self.journal(entries).await?;
        self.send_all(send).await
    }

    /// Works out what is to be set aside for an item, as its order stands now; else why it cannot be.
    async fn reserve(
        &self,
        item: &PlanItem,
        observed: &ObservedState,
    ) -> Result<Option<Reservation>, Failure> {
        let money = MoneyContext::of(self.reader_before_a_write(), &self.header);
        let reserve = reservation(&self.context, money, &item.change, observed).await?;
        if let Some(reserve) = &reserve {
            check_reviewed(&self.header, &item.change, reserve)?;
        }
        Ok(reserve)
    }

    /// An item whose money may not move: it is not tried, and stays what it was if it was tried
    /// before.
    fn not_sent(&self, item: &PlanItem, from: ItemState, failure: Failure) -> Option<JournalEntry> {
        let entry = match from {
            ItemState::Sending | ItemState::Unknown => {
                Some(entry_for(item, ItemState::Unknown, Some(&failure)))
            }
            ItemState::Pending => Some(entry_for(item, ItemState::Skipped, Some(&failure))),
            _ => None,
        };
        self.money_refused.get_or_init(|| failure);
        entry
    }

    /// Marks items as being sent, durably, and sets their money aside with that. Those whose money
    /// would go past a day's cap are left, and the rest is answered.
    async fn journal_sending(
        &self,
        mut send: Vec<ReservedItem>,
    ) -> Result<Vec<ReservedItem>, Failure> {
        let mut left = Vec::new();
        while !send.is_empty() {
            let sent_ms = Some(self.context.now_ms());
            let sending = |reserved: &ReservedItem| JournalEntry {
                reserve: reserved.reserve.clone(),
                sent_ms,
                ..JournalEntry::new(reserved.item.n, ItemState::Sending)
            };
            let entries = send.iter().map(sending).collect();
            let PlansContext { store, owner, .. } = &*self.context;
            match store.journal(&self.header.id, owner, entries).await {
                Ok(()) => {
                    let reserves = send.iter().filter_map(|one| one.reserve.as_ref());
                    reserves.for_each(plan_watch::set_aside);
                    break;
                }
                Err(StoreError::OverCap { n, account, spent, cap }) => {
                    let Some(at) = send.iter().position(|reserved| reserved.item.n == n) else {
                        return Err(Failure::internal("an item that was not sent is over a cap"));
                    };
                    let ReservedItem { item, from, .. } = send.remove(at);
                    let failure = over_cap_per_day(&account, spent, cap);
                    left.extend(self.not_sent(&item, from, failure));
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.journal(left).await?;
        Ok(send)
    }

    async fn journal(&self, entries: Vec<JournalEntry>) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        let PlansContext { store, owner, .. } = &*self.context;
        Ok(store.journal(&self.header.id, owner, entries).await?)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
