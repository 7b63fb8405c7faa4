//! Carrying a plan out: item by item, with a journal that survives any instant.
//!
//! Of each chunk the subjects are read again first, and what has drifted is left alone. What will be
//! sent is journalled durably before it is sent. Afterwards the subjects are read once more, and only
//! what that read shows is called done.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{ItemProgress, ItemState, PlanHeader, PlanItem, Retry, Step};
use souk_state::plans::{JournalEntry, Reservation, StoreError};
use souk_upstream::{SendError, Session, StoreWriter};

use crate::body::render_body;
use crate::context::{PlansContext, write_entry};
use crate::ledger::{MoneyContext, over_cap_per_day, reservation};
use crate::observed::ObservedState;
use crate::refusals::{already_has_values, lease_lost};
use crate::response;
use crate::subjects::SubjectReader;
use crate::verdict::{
    SendResult, drift, entry_for, may_send_again, not_readable, shows_after, stays_unknown,
    unknown_after_read, verdict,
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
    /// Why the trail took no line after a request. Set once, and nothing more is sent then.
    trail_broken: OnceLock<Failure>,
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

    /// Whether a request was sent whose line is not on the trail.
    pub(crate) fn has_broken_trail(&self) -> bool {
        self.trail_broken.get().is_some()
    }

    /// The subject of the plan's only item, if it has but one and the last read showed it.
    pub(crate) fn take_only_subject(&self) -> Option<Value> {
        self.only_subject.lock().unwrap_or_else(PoisonError::into_inner).take()
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
            *self.only_subject.lock().unwrap_or_else(PoisonError::into_inner) = only;
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
            let mut entries = Vec::new();
            let mut again = Vec::new();
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
            .filter(|(item, _)| item.change.retry == Retry::IfAbsent)
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
        for (item, ItemProgress { state, .. }) in chunk {
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
                // It stays as it is, so that a resume tries it again.
                Some(Err(failure)) => {
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
        let at_once = self.context.config.concurrency.min(self.writer.concurrency()).max(1);
        let sending: Vec<_> =
            items.iter().map(|item| async move { (item.n, self.send(item).await) }).collect();
        let mut results: HashMap<u32, (SendResult, Option<Value>)> =
            futures::stream::iter(sending).buffer_unordered(at_once).collect().await;
        let observed = self.observe(&items).await;
        let entries = items
            .iter()
            .filter_map(|item| {
                let (sent, response) = results.remove(&item.n)?;
                let observed = observed.get(&item.change.subject.id);
                Some(JournalEntry { response, ..verdict(item, &sent, observed) })
            })
            .collect();
        // What was sent is journalled whatever became of its line; then the run stops.
        self.journal(entries).await?;
        self.trail_broken.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Sends an item's steps in order. Answers what came of it, and the first step's response where
    /// it is needed later.
    async fn send(&self, item: &PlanItem) -> (SendResult, Option<Value>) {
        let mut response = None;
        for (index, step) in item.change.steps.iter().enumerate() {
            match self.send_step(item, index, step, response.as_ref()).await {
                Ok(body) if index == 0 => response = Some(body),
                Ok(_) => {}
                Err(result) => return (result, response.filter(|_| response::is_kept(item))),
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
    ) -> Result<Value, SendResult> {
        let refused = |failure| SendResult::Refused(index, failure);
        let subject = &item.change.subject.id;
        let permitted = souk_policy::permit_step(&self.header.grants, step, subject, response)
            .map_err(|refusal| refused(refusal.into()))?;
        let body = render_body(item, step, response).map_err(refused)?;
        let mut tries = 0;
        loop {
            if let Some(failure) = self.trail_broken.get().cloned() {
                // What an earlier try did is not known.
                return Err(if tries == 0 {
                    refused(failure)
                } else {
                    SendResult::Unsure(failure)
                });
            }
            if self.lease_lost.load(Ordering::SeqCst) {
                return Err(SendResult::Unsure(lease_lost()));
            }
            let result = self.writer.send(&permitted, body.as_ref()).await;
            let reason = self.reason.as_deref();
            let line = write_entry(&self.header, item, (index, step), reason, &result);
            if let Err(failure) = self.context.record(line) {
                self.trail_broken.get_or_init(|| failure);
            }
            match result {
                Ok(answer) => {
                    return response::failure_in(step, &answer.body)
                        .map_or(Ok(answer.body), |failure| Err(refused(failure)));
                }
                Err(SendError::Unknown(_))
                    if item.change.retry == Retry::Idempotent
                        && !self.has_broken_trail()
                        && tries < self.context.config.repeats =>
                {
                    tries += 1;
                    let most = 100 << tries.min(6);
                    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..most))).await;
                }
                Err(SendError::Unknown(failure)) => return Err(SendResult::Unsure(failure)),
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
