//! What reads after sending show, beyond the subject: whose a refund was.

use futures::StreamExt;
use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::PlanItem;

use super::send::SendAnswers;
use super::{Observations, PlanRun};
use crate::money::{OwnMemo, answered_memo, memos_read};
use crate::observed::ObservedState;
use crate::subjects::{AT_ONCE, SubjectReader};
use crate::verdict::{SendResult, shows_after};

impl PlanRun {
    /// Reads the subjects of items of which it is not known what became of them, and of refunds the
    /// memos of their orders. Where those cannot be read, nothing is known.
    pub(super) async fn observe_unsettled(&self, items: &[&PlanItem]) -> Observations {
        let observed = self.observe(items.iter().copied()).await;
        self.with_memos(items.iter().copied(), observed).await
    }

    /// The same of items that were just sent. A refund whose order shows what was to come of it, and
    /// for which the store has answered the id of its memo, needs no more: what a gateway gave back
    /// does, since Magento answers the same where it only noted the refund.
    pub(super) async fn observe_sent(
        &self,
        items: &[&PlanItem],
        answers: &SendAnswers,
    ) -> Observations {
        let observed = self.observe(items.iter().copied()).await;
        let is_proven = |item: &PlanItem| {
            let Some(Some((SendResult::Accepted, Some(answer)))) = answers.get(&item.n) else {
                return false;
            };
            let shown = observed.get(&item.change.subject.id);
            answered_memo(&item.change, answer)
                && shown.is_some_and(|shown| shown.as_ref().is_ok_and(|at| shows_after(item, at)))
        };
        let open: Vec<&PlanItem> = items.iter().copied().filter(|item| !is_proven(item)).collect();
        self.with_memos(open, observed).await
    }

    /// Reads the memos of these refunds, side by side.
    async fn with_memos<'i>(
        &self,
        items: impl IntoIterator<Item = &'i PlanItem>,
        mut observed: Observations,
    ) -> Observations {
        let reader = SubjectReader::of(self.reader_after_a_write(), self.header());
        let reading = items.into_iter().filter_map(|item| {
            let id = &item.change.subject.id;
            let read = memos_read(&item.change)?;
            observed.get(id)?.as_ref().ok()?;
            let reader = &reader;
            Some(async move { (item, reader.read_granted(&read).await) })
        });
        let reading: Vec<_> = reading.collect();
        let answers: Vec<_> =
            futures::stream::iter(reading).buffer_unordered(AT_ONCE).collect().await;
        for (item, answer) in answers {
            let Some(seen) = observed.get_mut(&item.change.subject.id) else { continue };
            put_memo(item, answer, seen);
        }
        observed
    }
}

fn put_memo(
    item: &PlanItem,
    answer: Result<Option<Value>, Failure>,
    seen: &mut Result<ObservedState, Failure>,
) {
    match (answer, &mut *seen) {
        (Ok(Some(answer)), Ok(state)) => {
            state.own_memo = Some(OwnMemo::among(&item.change, &answer));
        }
        (Err(failure), _) => *seen = Err(failure),
        (Ok(None), _) | (Ok(_), Err(_)) => {}
    }
}
