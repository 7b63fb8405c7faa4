//! How far a plan came, from what is kept of it and what a read shows.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{
    ItemState, PlanHeader, PlanId, PlanItem, PlanState, StoredFailure, Subject,
};
use souk_state::plans::{ItemCounts, JournalEntry, StoredPlan};
use souk_upstream::Session;

use crate::context::PlansContext;
use crate::subjects::SubjectReader;

/// What the store showed after a plan ran.
#[derive(Debug, Clone)]
pub struct PlanOutcome {
    /// The plan.
    pub plan: PlanId,
    /// How far it came.
    pub state: PlanState,
    /// How many items ended how.
    pub counts: ItemCounts,
    /// How many of the plan's items hold something that no read can show.
    pub unverifiable: u32,
    /// Items that did not end done, at most [`MAX_ITEM_FAILURES`].
    pub failures: Vec<ItemFailure>,
    /// The subject as read back, for a plan of one item.
    pub subject: Option<Value>,
    /// Whether requests were sent for this answer, which may have changed the store.
    pub has_sent: bool,
    /// Why the run that this is the outcome of ended early, or is not kept as it is told.
    pub note: Option<Failure>,
}

/// How a plan's items ended, in the words that callers are told: what is still on its way may have
/// happened, and what was not tried was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeTotals {
    /// All items.
    pub total: u32,
    /// Written.
    pub done: u32,
    /// Refused, and a read shows that it did not happen.
    pub failed: u32,
    /// Not written, since somebody changed it after the review.
    pub drifted: u32,
    /// Not tried.
    pub skipped: u32,
    /// It may have happened.
    pub unknown: u32,
}

impl OutcomeTotals {
    /// All that did not end done.
    #[must_use]
    pub const fn not_done(&self) -> u32 {
        self.failed + self.drifted + self.skipped + self.unknown
    }
}

impl PlanOutcome {
    /// The roll-up of the items. What is only proposed has failed in nothing: it was not its turn.
    #[must_use]
    pub fn totals(&self) -> OutcomeTotals {
        let counts = &self.counts;
        let not_tried = if self.state == PlanState::Proposed { 0 } else { counts.pending };
        OutcomeTotals {
            total: counts.total(),
            done: counts.done,
            failed: counts.failed,
            drifted: counts.drifted,
            skipped: counts.skipped + not_tried,
            unknown: counts.unknown + counts.sending,
        }
    }

    /// The outcome in a few words, for where there is room for no more.
    #[must_use]
    pub fn describe(&self) -> String {
        let OutcomeTotals { total, done, unknown, .. } = self.totals();
        let unknown = if unknown > 0 { format!(", {unknown} unknown") } else { String::new() };
        format!("requests were sent: {done} of {total} done{unknown}, see plan `{}`", self.plan)
    }

    /// Who says that what is called done was done.
    #[must_use]
    pub const fn evidence(&self) -> &'static str {
        if self.unverifiable == 0 {
            "verified by reading back"
        } else {
            "verified by reading back, but for what is reported by the store and not readable"
        }
    }
}

/// The state of a plan whose run has ended with these items.
pub(crate) const fn end_state(counts: &ItemCounts, total: u32) -> PlanState {
    if counts.done == total {
        PlanState::Done
    } else if counts.done > 0 {
        PlanState::PartlyDone
    } else {
        PlanState::Failed
    }
}

/// Items that an outcome names one by one.
pub const MAX_ITEM_FAILURES: u32 = 100;

/// An item that did not end done.
#[derive(Debug, Clone)]
pub struct ItemFailure {
    /// What it was about.
    pub subject: Subject,
    /// How it ended.
    pub state: ItemState,
    /// Why.
    pub failure: Option<StoredFailure>,
}

/// How far a plan came, from what is kept of it and, for a plan of one item, a read of its subject.
///
/// # Errors
/// The store of plans cannot be reached.
pub(crate) async fn outcome(
    context: &PlansContext,
    session: &Session,
    header: &PlanHeader,
) -> Result<PlanOutcome, Failure> {
    let stored = context.own(&header.id).await?;
    let subject = only_subject(context, session, header).await?;
    outcome_of(context, stored, subject).await
}

/// States of items that an outcome names.
const NOT_DONE: [ItemState; 6] = [
    ItemState::Pending,
    ItemState::Sending,
    ItemState::Failed,
    ItemState::Drifted,
    ItemState::Skipped,
    ItemState::Unknown,
];

/// How far a plan came, with the subject of its only item where that is known.
///
/// # Errors
/// The store of plans cannot be reached.
async fn outcome_of(
    context: &PlansContext,
    stored: StoredPlan,
    subject: Option<Value>,
) -> Result<PlanOutcome, Failure> {
    // What is only proposed has failed in nothing yet.
    let items = match stored.state {
        PlanState::Proposed => Vec::new(),
        _ => context.store.items(&stored.header.id, None, MAX_ITEM_FAILURES, &NOT_DONE).await?,
    };
    let failures = items.into_iter().map(|(item, progress)| ItemFailure {
        subject: item.change.subject,
        state: progress.state,
        failure: progress.failure,
    });
    Ok(new_outcome(stored, failures.collect(), subject))
}

/// How far a run came, with ends of items that could not be kept. It is answered whatever cannot be
/// read any more.
pub(crate) async fn outcome_after_run(
    context: &PlansContext,
    stored: StoredPlan,
    subject: Option<Value>,
    unkept: Vec<(PlanItem, JournalEntry)>,
) -> PlanOutcome {
    let kept = context.store.items(&stored.header.id, None, MAX_ITEM_FAILURES, &NOT_DONE).await;
    let kept = kept.unwrap_or_else(|error| {
        tracing::error!("cannot read how items of plan {} ended: {error}", stored.header.id);
        Vec::new()
    });
    let is_kept = |n: u32| unkept.iter().all(|(item, _)| item.n != n);
    let mut failures: Vec<ItemFailure> = kept
        .into_iter()
        .filter(|(item, _)| is_kept(item.n))
        .map(|(item, progress)| ItemFailure {
            subject: item.change.subject,
            state: progress.state,
            failure: progress.failure,
        })
        .collect();
    failures.extend(unkept.into_iter().filter(|(_, entry)| entry.state != ItemState::Done).map(
        |(item, entry)| ItemFailure {
            subject: item.change.subject,
            state: entry.state,
            failure: entry.failure,
        },
    ));
    failures.truncate(MAX_ITEM_FAILURES as usize);
    new_outcome(stored, failures, subject)
}

fn new_outcome(
    stored: StoredPlan,
    failures: Vec<ItemFailure>,
    subject: Option<Value>,
) -> PlanOutcome {
    let StoredPlan { header, state, counts, .. } = stored;
    PlanOutcome {
        plan: header.id,
        state,
        counts,
        unverifiable: header.unverifiable,
        failures,
        subject,
        has_sent: false,
        note: None,
    }
}

/// The subject of a plan's only item as it stands; nothing where it cannot be read, since the outcome
/// counts more.
///
/// # Errors
/// The store of plans cannot be reached.
pub(crate) async fn only_subject(
    context: &PlansContext,
    session: &Session,
    header: &PlanHeader,
) -> Result<Option<Value>, Failure> {
    if header.count != 1 {
        return Ok(None);
    }
    let only = context.store.items(&header.id, None, 1, &[]).await?.pop();
    let Some((item, _)) = only else { return Ok(None) };
    let observed = SubjectReader::of(session, header).read_one(&item.change.subject.id).await;
    Ok(observed.ok().and_then(|observed| observed.here))
}
