//! What happens to plans, for an operator's own tools: counts, and a span for each chunk of a run. It
//! holds nothing of what a plan is about, nor of whose it is.

use std::time::Instant;

use souk_model::Failure;
use souk_model::plan::{DecisionVerdict, ItemState, PlanHeader};
use souk_state::plans::{ItemCounts, Reservation, StoredPlan};
use souk_telemetry::{Occupancy, SpanKind, metrics};

use crate::outcome::PlanOutcome;

/// The states in which a run leaves items.
const ENDS: [ItemState; 5] = [
    ItemState::Done,
    ItemState::Failed,
    ItemState::Drifted,
    ItemState::Skipped,
    ItemState::Unknown,
];

/// That a plan was proposed.
pub(crate) fn proposed(header: &PlanHeader) {
    count(&header.store, "proposed");
}

/// That a person decided of a plan.
pub(crate) fn decided(stored: &StoredPlan, verdict: DecisionVerdict) {
    let event = match verdict {
        DecisionVerdict::Approved => "approved",
        DecisionVerdict::Rejected => "rejected",
    };
    count(&stored.header.store, event);
}

/// That money was set aside, in the transaction that marked its item as being sent.
pub(crate) fn set_aside(reservation: &Reservation) {
    let account = &reservation.account;
    let labels = [account.store.as_str(), account.kind.as_str(), &account.currency];
    let amount = reservation.amount.to_ten_thousandths().unwrap_or_default();
    metrics::MONEY_SET_ASIDE.of(&labels).add(u64::try_from(amount).unwrap_or_default());
}

fn count(store: &str, event: &str) {
    metrics::PLANS.of(&[store, event]).add(1);
}

/// A chunk of a run, as a span of the request that began it.
pub(crate) async fn chunk<F>(header: &PlanHeader, items: usize, work: F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let name = || "plan chunk".to_owned();
    souk_telemetry::span(SpanKind::Internal, name, async |mut span| {
        span.text("souk.store", header.store.as_str());
        span.text("souk.plan", header.id.as_str());
        span.whole("souk.items", items as u64);
        let result = work.await;
        if let Err(failure) = &result {
            span.fail(failure.code_text());
        }
        result
    })
    .await
}

/// A run from its lease to its end.
pub(crate) struct RunWatch {
    store: String,
    counts: ItemCounts,
    begun: Instant,
    _running: Occupancy,
}

impl RunWatch {
    /// Of a plan as it stands before the run.
    pub(crate) fn begin(stored: &StoredPlan) -> Self {
        count(&stored.header.store, "started");
        Self {
            store: stored.header.store.clone(),
            counts: stored.counts,
            begun: Instant::now(),
            _running: metrics::PLANS_RUNNING.of(&[]).enter(),
        }
    }

    /// It has ended so.
    pub(crate) fn end(self, outcome: &PlanOutcome) {
        count(&self.store, outcome.state.as_str());
        metrics::PLAN_SECONDS.of(&[&self.store]).observe(self.begun.elapsed());
        for state in ENDS {
            let left = outcome.counts.of(state).saturating_sub(self.counts.of(state));
            if left > 0 {
                metrics::PLAN_ITEMS.of(&[&self.store, state.as_str()]).add(left.into());
            }
        }
    }
}
