//! What reads after sending show, beyond the subject: whose a refund was.

use souk_model::plan::PlanItem;

use super::{Observations, PlanRun};
use crate::money::{OwnMemo, memos_read};
use crate::store_reader::StoreReader;
use crate::subjects::SubjectReader;

impl PlanRun {
    /// Reads the subjects of items that were sent, and of refunds the memos of their orders. Where those
    /// cannot be read, nothing is known.
    pub(super) async fn observe_sent(&self, items: &[&PlanItem]) -> Observations {
        let mut observed = self.observe(items.iter().copied()).await;
        let reader = SubjectReader::of(StoreReader::now(self.session()), self.header());
        for item in items {
            let change = &item.change;
            let (Some(read), Some(seen)) =
                (memos_read(change), observed.get_mut(&change.subject.id))
            else {
                continue;
            };
            let Ok(state) = seen else { continue };
            match reader.read_granted(&read).await {
                Ok(Some(answer)) => state.own_memo = Some(OwnMemo::among(change, &answer)),
                Ok(None) => {}
                Err(failure) => *seen = Err(failure),
            }
        }
        observed
    }
}
