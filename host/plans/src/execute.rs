//! Carrying a plan out: item by item, with a journal that survives any instant.
//!
//! Of each chunk the subjects are read again first, and what has drifted is left alone. What will be
//! sent is journalled durably before it is sent. Afterwards the subjects are read once more, and only
//! what that read shows is called done.

mod announce;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{ItemProgress, ItemState, PlanHeader, PlanItem, Retry, Step};
use souk_state::audit::WriteEntry;
use souk_state::plans::{ItemCounts, JournalEntry, Reservation, StoreError};
use souk_upstream::{SendError, Session, StoreWriter};

use crate::body::render_body;
use crate::context::PlansContext;
use crate::ledger::{MoneyContext, over_cap_per_day, reservation};
use crate::observed::ObservedState;
use crate::refusals::{already_has_values, lease_lost};
use crate::response;
use crate::subjects::SubjectReader;
use crate::trail_lines::{not_sent_entry, write_entry};
use crate::verdict::{
    SendResult, drift, entry_for, may_retry_failed, may_send_again, not_readable, shows_after,
    stays_unknown, unknown_after_read, verdict,
};

/// One run of a plan by this host, under its lease.
pub(crate) struct PlanRun {
    context: Arc<PlansContext>,
    header: PlanHeader,
    session: Session,
    writer: StoreWriter,
    reason: Option<String>,
    /// Set when another host may have taken the plan over: nothing more is sent then.
    lease_lost: Arc<AtomicBool>,
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
    /// A run whose lease this host has. `lease_lost` is set by whoever renews it.
    pub(crate) fn new(
        context: Arc<PlansContext>,
        header: PlanHeader,
        session: Session,
        reason: Option<String>,
        lease_lost: Arc<AtomicBool>,
    ) -> Self {
        let writer = session.writer();
        Self {
            context,
            header,
            session,
            writer,
            reason,
            lease_lost,
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
    /// What keeps the run from going on at all: the journal, the audit trail, a lost lease.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        self.resolve_unsettled().await?;
        // Failed ones are of an earlier run: this one goes past each item once.
        let retried = [ItemState::Pending, ItemState::Failed];
        let mut chunks = self.context.cursor(&self.header.id, &retried);
        while let Some(chunk) = chunks.next().await? {
            self.run_chunk(chunk).await?;
        }
        self.money_refused.get().map_or(Ok(()), |refused| Err(refused.clone()))
    }

    async fn observe<'i>(&self, items: impl IntoIterator<Item = &'i PlanItem>) -> Observations {
        let observed = SubjectReader::of(&self.session, &self.header).read_items(items).await;
        if self.header.count == 1 {
            let only = observed.values().next().and_then(|one| one.as_ref().ok()?.here.clone());
            *lock(&self.only_subject) = only;
        }
        observed
    }

    /// What an earlier run left on its way: a read decides whether it happened, and what certainly
    /// did not, or may be repeated harmlessly, is sent again.
    async fn resolve_unsettled(&self) -> Result<(), Failure> {
        let unsettled = [ItemState::Sending, ItemState::Unknown];
        let mut pages = self.context.cursor(&self.header.id, &unsettled);
        while let Some(page) = pages.next().await? {
            self.wait_for_store(&page).await;
            let observed = self.observe(page.iter().map(|(item, _)| item)).await;
            let mut entries: Vec<JournalEntry> = Vec::new();
            let mut again = Vec::new();
            let items: HashMap<u32, PlanItem> =
                page.iter().map(|(item, _)| (item.n, item.clone())).collect();
            for (item, progress) in page {
                match observed.get(&item.change.subject.id) {
                    // The response was its only witness, and it is lost.
                    _ if item.change.is_unverifiable() => {
                        entries.push(entry_for(
                            &item,
                            ItemState::Unknown,
                            Some(&not_readable(&item)),
                        ));
                    }
                    Some(Ok(observed)) if shows_after(&item, observed) => {
                        entries.push(entry_for(&item, ItemState::Done, None));
                    }
                    Some(Ok(observed))
                        if may_send_again(&item, &progress, observed)
                            && !stays_unknown(&item, progress.state) =>
                    {
                        match self.reserve(item, progress.state, observed).await {
                            Ok(reserved) => again.push(reserved),
                            Err(not_sent) => entries.extend(not_sent),
                        }
                    }
                    Some(Err(failure)) => {
                        entries.push(entry_for(&item, ItemState::Unknown, Some(failure)));
                    }
                    Some(Ok(_)) | None => {
                        let failure = unknown_after_read();
                        entries.push(entry_for(&item, ItemState::Unknown, Some(&failure)));
                    }
                }
            }
            self.record_found(&items, &entries, &again)?;
            self.journal(entries).await?;
            self.send_all(again).await?;
        }
        Ok(())
    }

    /// Waits until the store has certainly ended what it was last sent of items that must not be
    /// sent twice: a request whose sender died or gave up may still be at work there, and a read
    /// would not show it yet.
    async fn wait_for_store(&self, page: &[(PlanItem, ItemProgress)]) {
        let last = page
            .iter()
            .filter(|(item, _)| item.change.retry != Retry::Idempotent)
            .filter_map(|(_, progress)| progress.sent_ms)
            .max();
        let Some(last) = last else { return };
        let rest = last + self.context.config.quiet_ms() - self.context.now_ms();
        if let Ok(rest @ 1..) = u64::try_from(rest) {
            tokio::time::sleep(Duration::from_millis(rest)).await;
        }
    }

    /// Checks a chunk for drift and sends the rest of it. What was refused in an earlier run, and
    /// cannot be sent now, stays as that run left it.
    async fn run_chunk(&self, chunk: Vec<(PlanItem, ItemProgress)>) -> Result<(), Failure> {
        let observed = self.observe(chunk.iter().map(|(item, _)| item)).await;
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
                    Some(failure) => entries.extend(not_tried(ItemState::Drifted, &failure)),
                    None => match self.reserve(item, state, seen).await {
                        Ok(reserved) => send.push(reserved),
                        Err(not_sent) => entries.extend(not_sent),
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
        self.journal(entries).await?;
        self.send_all(send).await
    }

    /// Works out what is to be set aside for an item, as its order stands now; else how it ends.
    async fn reserve(
        &self,
        item: PlanItem,
        from: ItemState,
        observed: &ObservedState,
    ) -> Result<ReservedItem, Option<JournalEntry>> {
        let money = MoneyContext::of(&self.session, &self.header);
        match reservation(&self.context, money, &item.change, observed).await {
            Ok(reserve) => Ok(ReservedItem { item, reserve, from }),
            Err(failure) => Err(self.not_sent(&item, from, failure)),
        }
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
    async fn journal_sending(&self, mut send: Vec<ReservedItem>) -> Result<Vec<PlanItem>, Failure> {
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
                Ok(()) => break,
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
        Ok(send.into_iter().map(|reserved| reserved.item).collect())
    }

    /// Sends items side by side, reads them back, and journals what the read shows.
    async fn send_all(&self, send: Vec<ReservedItem>) -> Result<(), Failure> {
        if send.is_empty() {
            return Ok(());
        }
        if self.lease_lost.load(Ordering::SeqCst) {
            return Err(lease_lost());
        }
        self.context.check_trail()?;
        // Durable before anything is sent: after a crash these are the ones to look at.
        let items = self.journal_sending(send).await?;
        let announced = self.announce_first(&items).await;
        let at_once = self.context.config.concurrency.min(self.writer.concurrency()).max(1);
        let sending = items.iter().map(|item| {
            let announced = announced.clone();
            async move {
                let sent = match announced {
                    Ok(()) => self.send(item).await,
                    Err(failure) => (SendResult::Refused(0, failure), None),
                };
                (item.n, sent)
            }
        });
        let sending: Vec<_> = sending.collect();
        let mut results: HashMap<u32, (SendResult, Option<Value>)> =
            futures::stream::iter(sending).buffer_unordered(at_once).collect().await;
        self.record_unsent();
        let observed = self.observe(&items).await;
        let entries: Vec<JournalEntry> = items
            .iter()
            .filter_map(|item| {
                let (sent, response) = results.remove(&item.n)?;
                let observed = observed.get(&item.change.subject.id);
                Some(JournalEntry { response, ..verdict(item, &sent, observed) })
            })
            .collect();
        // What was sent is journalled whatever became of its line; then the run stops.
        self.journal_ends(items, entries).await?;
        self.trail_broken.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Keeps how items ended; what cannot be kept is remembered, so that it can be told.
    async fn journal_ends(
        &self,
        items: Vec<PlanItem>,
        entries: Vec<JournalEntry>,
    ) -> Result<(), Failure> {
        let kept = self.journal(entries.clone()).await;
        let mut progress = lock(&self.progress);
        for entry in &entries {
            progress.counts.add(entry.state);
        }
        if kept.is_err() {
            let mut entries: HashMap<u32, JournalEntry> =
                entries.into_iter().map(|entry| (entry.n, entry)).collect();
            let ended = |item: PlanItem| entries.remove(&item.n).map(|entry| (item, entry));
            progress.unkept.extend(items.into_iter().filter_map(ended));
        }
        kept
    }

    /// Sends an item's steps in order. Answers what came of it, and the first step's response where
    /// it is needed later.
    async fn send(&self, item: &PlanItem) -> (SendResult, Option<Value>) {
        let _turns =
            self.context.serial.turns(&self.header.store, &self.context.guards, item).await;
        let mut response = None;
        for (index, step) in item.change.steps.iter().enumerate() {
            match self.send_step(item, index, step, response.as_ref()).await {
                Ok(body) if index == 0 => response = Some(body),
                Ok(_) => {}
                Err((result, answer)) => {
                    // That the store took something is kept, so that it is never sent again.
                    let kept = response.or(answer).filter(|_| response::is_kept(item));
                    return (result, kept);
                }
            }
        }
        (SendResult::Accepted, response.filter(|_| response::is_kept(item)))
    }

    async fn send_step(
        &self,
        item: &PlanItem,
        index: usize,
        step: &Step,
        response: Option<&Value>,
    ) -> Result<Value, (SendResult, Option<Value>)> {
        let refused = |failure| (SendResult::Refused(index, failure), None);
        let unsure = |failure| (SendResult::Unsure(failure), None);
        // The first request of an item is on the trail with those of its chunk.
        let mut is_announced = index == 0;
        let not_sent = |is_announced: bool, failure: &Failure| {
            if is_announced {
                let line = not_sent_entry(self.request(item, index, step), &failure.message);
                lock(&self.unsent).push(line);
            }
        };
        let subject = &item.change.subject.id;
        let permitted = souk_policy::permit_step(&self.header.grants, step, subject, response)
            .map_err(Failure::from)
            .and_then(|permitted| Ok((permitted, render_body(item, step, response)?)));
        let (permitted, body) = permitted.map_err(|failure| {
            not_sent(is_announced, &failure);
            refused(failure)
        })?;
        let mut tries = 0;
        loop {
            if !is_announced && !self.has_broken_trail() {
                let request = vec![self.request(item, index, step)];
                is_announced = self.announce(request).await.is_ok();
            }
            if let Some(failure) = self.trail_broken.get().cloned() {
                not_sent(is_announced, &failure);
                // What an earlier try did is not known.
                return Err(if tries == 0 { refused(failure) } else { unsure(failure) });
            }
            if self.lease_lost.load(Ordering::SeqCst) {
                not_sent(is_announced, &lease_lost());
                return Err(unsure(lease_lost()));
            }
            self.has_sent.store(true, Ordering::SeqCst);
            let result = self.writer.send(&permitted, body.as_ref()).await;
            let line = write_entry(self.request(item, index, step), &result);
            if let Err(failure) = self.context.record(line) {
                self.trail_broken.get_or_init(|| failure);
            }
            match result {
                Ok(answer) => {
                    return match response::failure_in(step, &answer.body) {
                        None => Ok(answer.body),
                        Some(failure) if item.change.retry == Retry::Idempotent => {
                            Err(refused(failure))
                        }
                        // A plugin's word is not enough to do it again.
                        Some(failure) => {
                            let answer = Some(response::evidence(answer.body));
                            Err((SendResult::Contradicted(failure), answer))
                        }
                    };
                }
                Err(SendError::Unknown(_))
                    if item.change.retry == Retry::Idempotent
                        && !self.has_broken_trail()
                        && tries < self.context.config.repeats =>
                {
                    tries += 1;
                    is_announced = false;
                    let most = 100 << tries.min(6);
                    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..most))).await;
                }
                Err(SendError::Unknown(failure)) => return Err(unsure(failure)),
                Err(SendError::NotSent(failure) | SendError::Refused(failure)) => {
                    return Err(refused(failure));
                }
            }
        }
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
