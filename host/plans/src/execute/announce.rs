//! What a run says on the audit trail: of requests before they are sent, of those that were not sent
//! after all, and of what it found of an earlier run's.

use std::collections::HashMap;

use souk_model::Failure;
use souk_model::plan::{ItemState, PlanItem, Step};
use souk_state::audit::WriteRequest;
use souk_state::plans::JournalEntry;

use super::{PlanRun, ReservedItem, lock};
use crate::trail_lines::{found_entry, request};

impl PlanRun {
    /// Puts on the trail what the read showed, before anything is made of it.
    pub(super) fn record_found(
        &self,
        items: &HashMap<u32, PlanItem>,
        settled: &[JournalEntry],
        again: &[ReservedItem],
    ) -> Result<(), Failure> {
        let settled = settled.iter().filter_map(|entry| {
            let item = items.get(&entry.n)?;
            Some(found_entry(&self.header, item, entry.state, entry.failure.as_ref()))
        });
        let again = again.iter().map(|ReservedItem { item, .. }| {
            found_entry(&self.header, item, ItemState::Sending, None)
        });
        self.context.record_found(settled.chain(again).collect())
    }

    /// Puts the first requests of these items on the trail together. Where they are not there, none
    /// of them is sent.
    pub(super) async fn announce_first(&self, items: &[ReservedItem]) -> Result<(), Failure> {
        let first = items.iter().filter_map(|ReservedItem { item, .. }| {
            Some(self.request(item, 0, item.change.steps.first()?))
        });
        self.announce(first.collect()).await
    }

    pub(super) async fn announce(&self, requests: Vec<WriteRequest>) -> Result<(), Failure> {
        let announced = self.context.announce(requests).await;
        if let Err(failure) = &announced {
            self.trail_broken.get_or_init(|| failure.clone());
        }
        announced
    }

    /// Says of requests that were announced and not sent that they were not.
    pub(super) fn record_unsent(&self) {
        let unsent = std::mem::take(&mut *lock(&self.unsent));
        self.context.record_not_sent(unsent);
    }

    pub(super) fn request(&self, item: &PlanItem, index: usize, step: &Step) -> WriteRequest {
        request(&self.header, item, (index, step), self.reason.as_deref())
    }
}
