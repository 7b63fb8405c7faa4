//! What a run says on the audit trail: of requests before they are sent, of those that were not sent
//! after all, and of what it found of an earlier run's.

use souk_model::Failure;
use souk_model::plan::{ItemState, PlanItem, Step, StoredFailure};
use souk_state::audit::{FoundEntry, WriteRequest};

use super::{PlanRun, ReservedItem, lock};
use crate::trail_lines::{found_entry, request};

impl PlanRun {
    /// What the trail is told, before anything is made of it, of what a read showed of an item.
    pub(super) fn found(
        &self,
        item: &PlanItem,
        state: ItemState,
        failure: Option<&StoredFailure>,
    ) -> FoundEntry {
        found_entry(&self.header, item, state, failure)
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
