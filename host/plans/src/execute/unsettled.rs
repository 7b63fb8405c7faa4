//! What an earlier run left on its way: a read decides what became of it.

use std::collections::HashSet;
use std::time::Duration;

use souk_model::plan::{ItemProgress, ItemState, PlanItem};
use souk_model::{Code, Failure};
use souk_state::plans::JournalEntry;
use souk_state::rfc3339_to_the_second;

use super::{PlanRun, ReservedItem};
use crate::judgement::{Judgement, SendAge, WhenNotHappened, judge};
use crate::mismatch::note_mismatches;

/// How long a resume waits for a store that may still be at work. What takes longer is left, and its
/// caller is told until when.
const PATIENCE: Duration = Duration::from_secs(5);

/// Items of which a read cannot tell yet.
#[derive(Debug, Default)]
pub(super) struct AtWork {
    count: u32,
    /// By when the store has certainly ended all of it.
    until_ms: i64,
}

impl AtWork {
    fn add(&mut self, until_ms: i64) {
        self.count += 1;
        self.until_ms = self.until_ms.max(until_ms);
    }

    /// What the caller is told.
    pub(super) fn failure(&self) -> Option<Failure> {
        if self.count == 0 {
            return None;
        }
        let until = rfc3339_to_the_second(self.until_ms);
        Some(
            Failure::new(
                Code::Stopped,
                format!(
                    "the store may still be at work on what it was last sent of {} until {until}, \
                     and before that no read tells what became of it",
                    if self.count == 1 {
                        "one item".to_owned()
                    } else {
                        format!("{} items", self.count)
                    }
                ),
            )
            .rule("store-at-work")
            .remedy("`plans_resume` after that instant finds out"),
        )
    }
}

/// What a run made of the items that an earlier one left on their way.
#[derive(Debug, Default)]
pub(super) struct UnsettledItems {
    /// Those of which nothing can be told yet.
    pub(super) at_work: AtWork,
    /// The numbers of those that were judged, or sent again.
    pub(super) judged: HashSet<u32>,
}

impl PlanRun {
    /// Finds out what became of what an earlier run left on its way, and sends again what certainly
    /// did not happen, or may be repeated harmlessly.
    pub(super) async fn resolve_unsettled(&self) -> Result<UnsettledItems, Failure> {
        self.go_through_unsettled(WhenNotHappened::SendAgain).await
    }

    /// The same without sending anything. Answers why some of it must wait, if it must.
    ///
    /// # Errors
    /// The journal or the trail cannot be written.
    pub(crate) async fn settle(&self) -> Result<Option<Failure>, Failure> {
        Ok(self.go_through_unsettled(WhenNotHappened::Mark).await?.at_work.failure())
    }

    async fn go_through_unsettled(&self, then: WhenNotHappened) -> Result<UnsettledItems, Failure> {
        let unsettled = [ItemState::Sending, ItemState::Unknown];
        let mut pages = self.context.cursor(&self.header.id, &unsettled);
        let mut found = UnsettledItems::default();
        let mut patience = if then == WhenNotHappened::Mark { Duration::ZERO } else { PATIENCE };
        while let Some(page) = pages.next().await? {
            self.control.may_go_on()?;
            self.scope.check(&self.header.id, &page)?;
            patience -= self.wait_for_store(&page, patience).await;
            let left: Vec<&PlanItem> = page.iter().map(|(item, _)| item).collect();
            let observed = self.observe_unsettled(&left).await;
            let mut entries: Vec<JournalEntry> = Vec::new();
            let mut again = Vec::new();
            let mut lines = Vec::new();
            for (item, progress) in page {
                let observed = observed.get(&item.change.subject.id);
                let age = self.send_age(&progress);
                let mut entry = match (judge(&item, &progress, observed, (age, then)), observed) {
                    (Judgement::Ended(entry), _) => entry,
                    (Judgement::StoreAtWork, _) => {
                        found.at_work.add(self.quiet_at(&progress));
                        continue;
                    }
                    (Judgement::SendAgain(_), Some(Ok(observed)))
                        if then == WhenNotHappened::SendAgain =>
                    {
                        match self.reserve(&item, observed).await {
                            Ok(reserve) => {
                                lines.push(self.found(&item, ItemState::Sending, None));
                                found.judged.insert(item.n);
                                again.push(ReservedItem { item, reserve, from: progress.state });
                                continue;
                            }
                            Err(failure) => match self.not_sent(&item, progress.state, failure) {
                                Some(entry) => entry,
                                None => continue,
                            },
                        }
                    }
                    (Judgement::SendAgain(otherwise), _) => otherwise,
                };
                if let Some(Ok(observed)) = observed {
                    note_mismatches(&mut entry, &item, observed);
                }
                lines.push(self.found(&item, entry.state, entry.failure.as_ref()));
                found.judged.insert(item.n);
                entries.push(entry);
            }
            self.context.record_found(lines)?;
            self.meter.advance(entries.len());
            self.journal(entries).await?;
            self.send_all(again).await?;
        }
        Ok(found)
    }

    /// Waits, within this patience, until the store has certainly ended what it was last sent of
    /// items that must not be sent twice: a request whose sender died or gave up may still be at
    /// work there, and a read would not show it yet. Answers how long it waited.
    async fn wait_for_store(
        &self,
        page: &[(PlanItem, ItemProgress)],
        patience: Duration,
    ) -> Duration {
        let now = self.context.now_ms();
        let last = page
            .iter()
            .filter(|(item, _)| !SendAge::is_harmless(item))
            .map(|(_, progress)| self.quiet_at(progress).saturating_sub(now))
            .max();
        let rest = last.and_then(|rest| u64::try_from(rest).ok()).map(Duration::from_millis);
        // Where that takes longer in any case, waiting for a part of it is of no use.
        let Some(rest) = rest.filter(|rest| !rest.is_zero() && *rest <= patience) else {
            return Duration::ZERO;
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = self.control.until_stopped() => {}
        }
        rest
    }

    /// By when the store has certainly ended what it was sent of an item.
    fn quiet_at(&self, progress: &ItemProgress) -> i64 {
        progress.sent_ms.map_or(i64::MIN, |sent| sent + self.context.config.quiet_ms())
    }

    fn send_age(&self, progress: &ItemProgress) -> SendAge {
        let now = self.context.now_ms();
        if self.quiet_at(progress) > now {
            SendAge::MayBeAtWork
        } else {
            SendAge::of_quiet(progress.sent_ms.map_or(i64::MAX, |sent| now.saturating_sub(sent)))
        }
    }
}
