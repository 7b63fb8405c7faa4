//! Sending items: announced, side by side or in turns, read back, and judged by what the read shows.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{ItemState, PlanItem, Retry, Step};
use souk_state::plans::JournalEntry;
use souk_upstream::SendError;

use super::{PlanRun, ReservedItem, lock};
use crate::body::render_body;
use crate::context::PlansContext;
use crate::mismatch::note_mismatches;
use crate::refusals::lease_lost;
use crate::response;
use crate::trail_lines::{not_sent_entry, write_entry};
use crate::transient;
use crate::verdict::{SendResult, entry_for, verdict};

/// What became of an item that was marked as being sent. Nothing: the run ended before its first
/// request.
type SentItem = Option<(SendResult, Option<Value>)>;

/// What became of items that were to be sent, by their numbers.
pub(super) type SendAnswers = HashMap<u32, SentItem>;

impl PlanRun {
    /// Sends items side by side, reads them back, and journals what the read shows.
    pub(super) async fn send_all(&self, send: Vec<ReservedItem>) -> Result<(), Failure> {
        if send.is_empty() {
            return Ok(());
        }
        if self.control.has_lost_lease() {
            return Err(lease_lost());
        }
        self.control.may_send()?;
        self.context.check_trail()?;
        // Durable before anything is sent: after a crash these are the ones to look at.
        let mut reserved = self.journal_sending(send).await?;
        for tries in 0.. {
            // What was read before it is no longer so.
            if let Some(reads) = &self.reads {
                reads.end();
            }
            let results = self.send_together(&reserved).await;
            self.record_unsent();
            reserved = self.judge_sent(reserved, results, tries).await?;
            if let Some(failure) = self.trail_broken.get() {
                return Err(failure.clone());
            }
            if reserved.is_empty() {
                break;
            }
            self.wait_to_repeat(&reserved, tries).await?;
        }
        Ok(())
    }

    /// Lets the store come to itself, and marks again what is sent again.
    async fn wait_to_repeat(&self, again: &[ReservedItem], tries: u32) -> Result<(), Failure> {
        let most = 200_u64 << tries.min(4);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..most))) => {}
            () = self.control.until_stopped() => {}
        }
        let sent_ms = Some(self.context.now_ms());
        let mark = |ReservedItem { item, .. }: &ReservedItem| JournalEntry {
            sent_ms,
            ..JournalEntry::new(item.n, ItemState::Sending)
        };
        self.journal(again.iter().map(mark).collect()).await
    }

    /// Sends these items, as many at once as may be, in turns where no two may run side by side.
    async fn send_together(&self, reserved: &[ReservedItem]) -> SendAnswers {
        let announced = self.announce_first(reserved).await;
        let at_once = self.context.config.concurrency.min(self.writer.concurrency()).max(1);
        let sending = reserved.iter().map(|ReservedItem { item, .. }| {
            let announced = announced.clone();
            async move {
                let sent = match announced {
                    Ok(()) => self.send(item).await,
                    Err(failure) => Some((SendResult::Refused(0, failure), None)),
                };
                (item.n, sent)
            }
        });
        let sending: Vec<_> = sending.collect();
        futures::stream::iter(sending).buffer_unordered(at_once).collect().await
    }

    /// Reads back what was sent, and keeps what the read shows. What the run's end kept from being
    /// sent is pending again. Answers what is to be sent again, since the store failed in passing.
    async fn judge_sent(
        &self,
        reserved: Vec<ReservedItem>,
        mut results: SendAnswers,
        tries: u32,
    ) -> Result<Vec<ReservedItem>, Failure> {
        let (sent, unsent): (Vec<_>, Vec<_>) = reserved
            .into_iter()
            .partition(|reserved| matches!(results.get(&reserved.item.n), Some(Some(_))));
        // What an earlier run had sent is judged by a read, as it was before this one.
        let put_back = unsent
            .iter()
            .filter(|reserved| matches!(reserved.from, ItemState::Pending | ItemState::Failed))
            .map(|reserved| entry_for(&reserved.item, ItemState::Pending, None))
            .collect();
        let sent_items: Vec<&PlanItem> = sent.iter().map(|reserved| &reserved.item).collect();
        let observed = self.observe_sent(&sent_items, &results).await;
        let may_repeat = tries < self.context.config.repeats
            && !self.has_broken_trail()
            && self.control.may_send().is_ok();
        let (mut items, mut entries, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for reserved in sent {
            let item = &reserved.item;
            let Some((sent, response)) = results.remove(&item.n).flatten() else { continue };
            let observed = observed.get(&item.change.subject.id);
            let passes = transient::may_repeat(&self.context.guards, item, &sent, observed);
            if passes && may_repeat {
                again.push(reserved);
                continue;
            }
            // What the store took back, as a read shows, it has refused, whatever its status.
            let sent = if passes { sent.into_refusal() } else { sent };
            let mut entry = JournalEntry { response, ..verdict(item, &sent, observed) };
            if let Some(Ok(observed)) = observed {
                note_mismatches(&mut entry, item, observed);
            }
            entries.push(entry);
            items.push(reserved.item);
        }
        // What was sent is journalled whatever became of its line; then the run stops.
        self.journal_ends(items, entries).await?;
        self.journal(put_back).await?;
        if !unsent.is_empty() {
            self.control.may_send()?;
        }
        Ok(again)
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
    /// it is needed later; nothing where the run ended before it could begin.
    async fn send(&self, item: &PlanItem) -> SentItem {
        let sent = self.send_in_turn(item).await;
        if sent.is_some() {
            self.control.count_answer();
            self.meter.advance(1);
        }
        sent
    }

    async fn send_in_turn(&self, item: &PlanItem) -> SentItem {
        let PlansContext { store, guards, serial, .. } = &*self.context;
        let turns = tokio::select! {
            biased;
            () = self.control.until_stopped() => {
                if let Err(ended) = self.control.may_send() {
                    self.note_unsent(item, &ended);
                }
                return None;
            }
            turns = serial.take(&**store, guards, &self.header, item) => turns,
        };
        let _turns = match turns {
            Ok(turns) => turns,
            Err(failure) => {
                self.note_unsent(item, &failure);
                return Some((SendResult::Refused(0, failure), None));
            }
        };
        let mut response = None;
        for (index, step) in item.change.steps.iter().enumerate() {
            match self.send_step(item, index, step, response.as_ref()).await {
                Ok(body) if index == 0 => response = Some(body),
                Ok(_) => {}
                Err((result, answer)) => {
                    // That the store took something is kept, so that it is never sent again.
                    let kept = response.or(answer).filter(|_| response::is_kept(item));
                    return Some((result, kept));
                }
            }
        }
        Some((SendResult::Accepted, response.filter(|_| response::is_kept(item))))
    }

    /// The trail is told that an item's first request was announced and not sent.
    fn note_unsent(&self, item: &PlanItem, why: &Failure) {
        if let Some(step) = item.change.steps.first() {
            lock(&self.unsent).push(not_sent_entry(self.request(item, 0, step), &why.message));
        }
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
            if self.control.has_lost_lease() {
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
                    let failure = response::failure_in(step, &answer.body)
                        .or_else(|| transient::failure_in(&answer.body));
                    return match failure {
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
                        && tries < self.context.config.repeats
                        && self.control.may_send().is_ok() =>
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
}
