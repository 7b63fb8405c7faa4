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
use souk_model::plan::{
    BodySource, FieldBefore, Header, Item, ItemState, Pointer, Progressed, Retry, Step,
};
use souk_model::{BindingSource, Code, Failure};
use souk_state::plans::Mark;
use souk_upstream::{SendError, Session, StoreWriter};

use crate::ledger::Ready;
use crate::look::Looker;
use crate::pages::Pages;
use crate::review::Seen;
use crate::service::Plans;
use crate::verdict::{
    Sent, drift, half_way, mark, may_send_again, not_readable, short, shows_after, stays_unknown,
    verdict,
};

/// One run of a plan by this host, under its lease.
pub(crate) struct Job {
    pub(crate) plans: Arc<Plans>,
    pub(crate) header: Header,
    pub(crate) session: Session,
    pub(crate) writer: StoreWriter,
    pub(crate) reason: Option<String>,
    /// Set when another host may have taken the plan over: nothing more is sent then.
    pub(crate) lost: Arc<AtomicBool>,
    /// Why the trail took no line after a request. Set once, and nothing more is sent then.
    pub(crate) trail_broken: OnceLock<Failure>,
    /// The first money that could not be set aside: told where nothing else was done.
    pub(crate) refused: OnceLock<Failure>,
    /// The subject of a plan's only item as it was seen last, so that it is not read once more to
    /// be shown.
    pub(crate) only: Mutex<Option<Value>>,
}

impl Job {
    /// Carries out everything that is not settled yet.
    ///
    /// # Errors
    /// What keeps the run from going on at all: the journal, the audit trail, a lost lease.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        self.settle().await?;
        // Failed ones are of an earlier run: this one goes past each item once.
        let mut chunks = self.pages(&[ItemState::Pending, ItemState::Failed]);
        while let Some(chunk) = chunks.next().await? {
            self.chunk(chunk).await?;
        }
        self.refused.get().map_or(Ok(()), |refused| Err(refused.clone()))
    }

    fn pages<'a>(&'a self, states: &'a [ItemState]) -> Pages<'a> {
        self.plans.pages(&self.header.id, states)
    }

    async fn see<'i>(
        &self,
        items: impl IntoIterator<Item = &'i Item>,
    ) -> HashMap<String, Result<Seen, Failure>> {
        let seen = Looker::of(&self.session, &self.header).see_items(items).await;
        if self.header.count == 1 {
            let only = seen.values().next().and_then(|seen| seen.as_ref().ok()?.here.clone());
            *self.only.lock().unwrap_or_else(PoisonError::into_inner) = only;
        }
        seen
    }

    /// The subject of the plan's only item, if it has but one and the last read showed it.
    pub(crate) fn last_seen(&self) -> Option<Value> {
        self.only.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What an earlier run left on its way: a read decides whether it happened, and what certainly
    /// did not, or may be repeated harmlessly, is sent again.
    async fn settle(&self) -> Result<(), Failure> {
        let mut pages = self.pages(&[ItemState::Sending, ItemState::Unknown]);
        while let Some(found) = pages.next().await? {
            self.let_the_store_end(&found).await;
            let (items, progress): (Vec<Item>, Vec<Progressed>) = found.into_iter().unzip();
            let seen = self.see(&items).await;
            let mut marks = Vec::new();
            let mut again = Vec::new();
            for (item, progressed) in items.into_iter().zip(progress) {
                match seen.get(&item.change.subject.id) {
                    // The answer was its only witness, and it is lost.
                    _ if item.change.is_unverifiable() => {
                        marks.push(mark(&item, ItemState::Unknown, Some(&not_readable(&item))));
                    }
                    Some(Ok(seen)) if shows_after(&item, seen) => {
                        marks.push(mark(&item, ItemState::Done, None));
                    }
                    Some(Ok(seen))
                        if may_send_again(&item, &progressed, seen)
                            && !stays_unknown(&item, progressed.state) =>
                    {
                        match self.ready(item, progressed.state, seen).await {
                            Ok(ready) => again.push(ready),
                            Err(refused) => marks.extend(refused),
                        }
                    }
                    Some(Err(failure)) => {
                        marks.push(mark(&item, ItemState::Unknown, Some(failure)));
                    }
                    Some(Ok(_)) | None => {
                        marks.push(mark(&item, ItemState::Unknown, Some(&half_way())));
                    }
                }
            }
            self.journal(marks).await?;
            self.send_all(again).await?;
        }
        Ok(())
    }

    /// Waits until the store has certainly ended what it was last sent of items that must not be
    /// sent twice: a request whose sender died or gave up may still be at work there, and a read
    /// would not show it yet.
    async fn let_the_store_end(&self, found: &[(Item, Progressed)]) {
        let last = found
            .iter()
            .filter(|(item, _)| item.change.retry == Retry::IfAbsent)
            .filter_map(|(_, progressed)| progressed.sent_ms)
            .max();
        let Some(last) = last else { return };
        let rest = last + self.plans.config.quiet_ms() - self.plans.clock.now_ms();
        if let Ok(rest @ 1..) = u64::try_from(rest) {
            tokio::time::sleep(Duration::from_millis(rest)).await;
        }
    }

    /// Checks a chunk for drift and sends the rest of it. What was refused in an earlier run, and
    /// cannot be sent now, stays as that run left it.
    async fn chunk(&self, chunk: Vec<(Item, Progressed)>) -> Result<(), Failure> {
        let seen = self.see(chunk.iter().map(|(item, _)| item)).await;
        let mut marks = Vec::new();
        let mut send = Vec::new();
        for (item, Progressed { state, .. }) in chunk {
            let not_tried = |next, failure: &Failure| {
                (state == ItemState::Pending).then(|| mark(&item, next, Some(failure)))
            };
            match seen.get(&item.change.subject.id) {
                Some(Ok(seen)) if !item.change.is_unverifiable() && shows_after(&item, seen) => {
                    let already = Failure::new(Code::ValidationError, "it already is as wished");
                    marks.extend(not_tried(ItemState::Skipped, &already));
                }
                Some(Ok(seen)) => match drift(&item, seen) {
                    Some(failure) => marks.extend(not_tried(ItemState::Drifted, &failure)),
                    None => match self.ready(item, state, seen).await {
                        Ok(ready) => send.push(ready),
                        Err(refused) => marks.extend(refused),
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
        self.journal(marks).await?;
        self.send_all(send).await
    }

    /// Sends items side by side, reads them back, and journals what the read shows.
    async fn send_all(&self, ready: Vec<Ready>) -> Result<(), Failure> {
        if ready.is_empty() {
            return Ok(());
        }
        if self.lost.load(Ordering::SeqCst) {
            return Err(lease_lost());
        }
        self.plans.trail_writable()?;
        // Durable before anything is sent: after a crash these are the ones to look at.
        let items = self.begin(ready).await?;
        let at_once = self.plans.config.concurrency.min(self.writer.concurrency()).max(1);
        let sending: Vec<_> =
            items.iter().map(|item| async move { (item.n, self.send(item).await) }).collect();
        let mut outcomes: HashMap<u32, (Sent, Option<Value>)> =
            futures::stream::iter(sending).buffer_unordered(at_once).collect().await;
        let seen = self.see(&items).await;
        let marks = items
            .iter()
            .filter_map(|item| {
                let (sent, answered) = outcomes.remove(&item.n)?;
                let seen = seen.get(&item.change.subject.id);
                Some(Mark { answered, ..verdict(item, &sent, seen) })
            })
            .collect();
        // What was sent is journalled whatever became of its line; then the run stops.
        self.journal(marks).await?;
        self.trail_broken.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Sends an item's steps in order. Answers what came of it, and the first step's answer where
    /// the undo needs it.
    async fn send(&self, item: &Item) -> (Sent, Option<Value>) {
        let mut answered = None;
        for (index, step) in item.change.steps.iter().enumerate() {
            match self.send_step(item, index, step, answered.as_ref()).await {
                Ok(body) if index == 0 => answered = Some(body),
                Ok(_) => {}
                Err(sent) => return (sent, answered.filter(|_| keeps_answer(item))),
            }
        }
        (Sent::Accepted, answered.filter(|_| keeps_answer(item)))
    }

    async fn send_step(
        &self,
        item: &Item,
        index: usize,
        step: &Step,
        answered: Option<&Value>,
    ) -> Result<Value, Sent> {
        let subject = &item.change.subject.id;
        let permitted = souk_policy::permit_step(&self.header.grants, step, subject, answered)
            .map_err(|refusal| Sent::Refused(index, refusal.into()))?;
        let body = render(item, step, answered).map_err(|failure| Sent::Refused(index, failure))?;
        let mut tries = 0;
        loop {
            if let Some(failure) = self.trail_broken.get().cloned() {
                // What an earlier try did is not known.
                let is_untried = tries == 0;
                return Err(if is_untried {
                    Sent::Refused(index, failure)
                } else {
                    Sent::Unsure(failure)
                });
            }
            if self.lost.load(Ordering::SeqCst) {
                return Err(Sent::Unsure(lease_lost()));
            }
            let result = self.writer.send(&permitted, body.as_ref()).await;
            let reason = self.reason.as_deref();
            let recorded =
                self.plans.record_write(&self.header, item, index, step, reason, &result);
            let is_recorded = recorded.is_ok();
            if let Err(failure) = recorded {
                self.trail_broken.get_or_init(|| failure);
            }
            match result {
                Ok(answer) => {
                    return refused_in(step, &answer.body)
                        .map_or(Ok(answer.body), |failure| Err(Sent::Refused(index, failure)));
                }
                Err(SendError::Unknown(_))
                    if item.change.retry == Retry::Idempotent
                        && is_recorded
                        && tries < self.plans.config.repeats =>
                {
                    tries += 1;
                    let most = 100 << tries.min(6);
                    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..most))).await;
                }
                Err(SendError::Unknown(failure)) => return Err(Sent::Unsure(failure)),
                Err(SendError::NotSent(failure) | SendError::Refused(failure)) => {
                    return Err(Sent::Refused(index, failure));
                }
            }
        }
    }

    pub(crate) async fn journal(&self, marks: Vec<Mark>) -> Result<(), Failure> {
        if marks.is_empty() {
            return Ok(());
        }
        Ok(self.plans.store.journal(&self.header.id, &self.plans.owner, marks).await?)
    }
}

fn lease_lost() -> Failure {
    Failure::new(Code::IdempotencyConflict, "another host has taken this plan over").rule("lease")
}

/// Whether a 2xx answer means that the step was refused.
fn refused_in(step: &Step, answer: &Value) -> Option<Failure> {
    let refused = step.failure_responses.iter().find(|refused| {
        let found = refused.at.find(answer);
        match &refused.equals {
            Some(equals) => found == Some(equals),
            None => found.is_some_and(|found| !found.is_null()),
        }
    })?;
    let said = said(&refused.at, answer);
    Some(
        Failure::new(Code::UpstreamError, format!("the store did not do it: it answered {said}"))
            .from_upstream(&step.upstream, Some(200)),
    )
}

/// What an answer says at a place; a message of Magento's with the parameters beside it.
fn said(at: &Pointer, answer: &Value) -> String {
    let beside = at.as_str().strip_suffix("/message").and_then(|row| row.parse::<Pointer>().ok());
    let row = beside.and_then(|row| row.find(answer));
    match (at.find(answer), row.and_then(|row| row.get("parameters"))) {
        (Some(Value::String(message)), Some(parameters)) => {
            souk_upstream::interpolate(message, parameters)
        }
        (found, _) => found.map(short).unwrap_or_default(),
    }
}

/// The body as it is sent.
pub(crate) fn render(
    item: &Item,
    step: &Step,
    answered: Option<&Value>,
) -> Result<Option<Value>, Failure> {
    let Some(mut body) = step.body.clone() else { return Ok(None) };
    for binding in &step.body_bindings {
        let value = match &binding.value {
            BodySource::Before(field) => before(item, field),
            BodySource::Subject => Value::from(item.change.subject.id.clone()),
            BodySource::FromResponse(pointer) => {
                answered.and_then(|answered| pointer.find(answered)).cloned().ok_or_else(|| {
                    Failure::internal(format!(
                        "the first step's response has nothing at `{pointer}`"
                    ))
                })?
            }
        };
        binding
            .at
            .put(&mut body, value)
            .map_err(|error| Failure::internal(error.to_string()).rule("proposal"))?;
    }
    Ok(Some(body))
}

/// What a field was before; null where it was inherited or not there.
pub(crate) fn before(item: &Item, field: &str) -> Value {
    let reviewed = item.review.iter().find(|reviewed| reviewed.field == field);
    match reviewed.map(|reviewed| &reviewed.before) {
        Some(FieldBefore::Value(value)) => value.clone(),
        Some(FieldBefore::Inherited(_) | FieldBefore::Nothing) | None => Value::Null,
    }
}

/// Whether what the first step answered is needed later: by the undo, or as proof that something
/// that may not be repeated was accepted.
fn keeps_answer(item: &Item) -> bool {
    if item.change.retry == Retry::IfAbsent {
        return true;
    }
    let souk_model::plan::Undo::Steps(steps) = &item.change.undo else { return false };
    steps.iter().any(|step| {
        step.path
            .iter()
            .chain(&step.query)
            .any(|binding| matches!(binding.value, BindingSource::FromResponse(_)))
            || step
                .body_bindings
                .iter()
                .any(|binding| matches!(binding.value, BodySource::FromResponse(_)))
    })
}
