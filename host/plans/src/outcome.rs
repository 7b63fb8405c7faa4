//! How far a plan came, from what is kept of it and what a read shows.

use std::fmt;

use serde_json::Value;
use souk_model::plan::{
    ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanState, StoredFailure, Subject,
};
use souk_model::{Code, Failure, visible};
use souk_state::plans::{ItemCounts, JournalEntry, StoredPlan};
use souk_upstream::Session;

use crate::context::PlansContext;
use crate::store_reader::StoreReader;
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
    /// What the store answered to the first request of the plan's only item, where that is kept: of
    /// what may not be sent twice.
    pub response: Option<Value>,
    /// Whether requests were sent for this answer, which may have changed the store.
    pub has_sent: bool,
    /// Why the run that this is the outcome of ended early, or is not kept as it is told.
    pub note: Option<Failure>,
}

/// How a plan's items ended, in the words that callers are told.
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
    /// Not tried, and will not be.
    pub skipped: u32,
    /// It may have happened.
    pub unknown: u32,
    /// Not tried yet: it is still their turn to come, or a run that has ended left them for a resume.
    pub pending: u32,
    /// All that a run which has ended did not get done.
    pub not_done: u32,
}

/// What a plan's outcome comes to as a whole: what decides between a success and a failure, in every
/// answer, exit status and line on the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanCompletion {
    /// It was only proposed.
    Proposed,
    /// It goes on.
    Running,
    /// Everything was done.
    Full,
    /// Some of it was.
    Partial,
    /// None of it was, or not for certain.
    Nothing,
}

/// Item failures that stand in a text; the others are counted.
const SPELLED_OUT: usize = 3;

impl PlanOutcome {
    /// What it comes to.
    #[must_use]
    pub fn completion(&self) -> PlanCompletion {
        let counts = &self.counts;
        match self.state {
            PlanState::Draft | PlanState::Proposed => PlanCompletion::Proposed,
            PlanState::Running => PlanCompletion::Running,
            _ if counts.done == counts.total() => PlanCompletion::Full,
            _ if counts.done > 0 => PlanCompletion::Partial,
            _ => PlanCompletion::Nothing,
        }
    }

    /// The roll-up of the items. What is only proposed, or still on its way, has failed in nothing.
    #[must_use]
    pub fn totals(&self) -> OutcomeTotals {
        let counts = &self.counts;
        let ended =
            !matches!(self.completion(), PlanCompletion::Proposed | PlanCompletion::Running);
        // Of a run that has ended, what is on its way may have happened.
        let (pending, unknown) = if ended {
            (counts.pending, counts.unknown + counts.sending)
        } else {
            (counts.pending + counts.sending, counts.unknown)
        };
        let not_done = counts.failed + counts.drifted + counts.skipped + unknown;
        OutcomeTotals {
            total: counts.total(),
            done: counts.done,
            failed: counts.failed,
            drifted: counts.drifted,
            skipped: counts.skipped,
            unknown,
            pending,
            not_done: if ended { not_done + pending } else { not_done },
        }
    }

    /// The plan, its state and its counts.
    #[must_use]
    pub fn describe(&self) -> String {
        let OutcomeTotals { total, done, failed, drifted, skipped, unknown, pending, .. } =
            self.totals();
        let mut text = format!("plan `{}` ({}): ", self.plan, self.state.as_str());
        match self.completion() {
            PlanCompletion::Proposed => {
                text.push_str(&format!("{total} would change; nothing was sent"));
            }
            PlanCompletion::Running => {
                text.push_str(&format!("{done} of {total} done so far; it goes on"));
            }
            PlanCompletion::Full => {
                text.push_str(&format!("{done} of {total} done, {}", self.evidence()));
            }
            PlanCompletion::Partial | PlanCompletion::Nothing => {
                text.push_str(&format!("{done} of {total} done"));
                let not_done = [
                    (failed, "failed"),
                    (unknown, "unknown"),
                    (drifted, "drifted"),
                    (skipped, "skipped"),
                    (pending, "pending"),
                ];
                for (count, state) in not_done.into_iter().filter(|(count, _)| *count > 0) {
                    text.push_str(&format!(", {count} {state}"));
                }
            }
        }
        text
    }

    /// The plan, its state and its counts, the first items that did not end done, and why it ended
    /// early. On one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = self.describe();
        let mut sign = ": ";
        for failed in self.failures.iter().take(SPELLED_OUT) {
            text.push_str(&format!("{sign}{failed}"));
            sign = "; ";
        }
        let more = (self.totals().not_done as usize).saturating_sub(SPELLED_OUT);
        if more > 0 && self.failures.len() > SPELLED_OUT {
            text.push_str(&format!("; and {more} more, see `plans_get`"));
        }
        if let Some(note) = &self.note
            && !self.failures.iter().take(SPELLED_OUT).any(|failed| failed.says(note))
        {
            text.push_str(&format!("; it ended early: {}", visible::line(&note.message)));
        }
        text
    }

    /// The failure that it is, where nothing was done, or not for certain.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        if self.completion() != PlanCompletion::Nothing {
            return None;
        }
        let worst = self.failures.iter().min_by_key(|failed| failed.rank());
        let of_item = worst.and_then(|failed| failed.failure.clone()).map(Failure::from);
        let unsure = self.totals().unknown > 0;
        let why = match &self.note {
            Some(note) if !unsure => Some(note.clone()),
            _ => of_item,
        };
        let why = why.unwrap_or_else(|| Failure::new(Code::UpstreamError, String::new()));
        let remedy = if unsure {
            "it may have happened: look in the store before doing it again; `plans_get` with the \
             plan's id shows each item, `plans_resume` reads them again"
                .to_owned()
        } else {
            let why = why.remedy.map(|remedy| format!("{remedy}; ")).unwrap_or_default();
            format!("{why}`plans_get` with the plan's id shows each item")
        };
        Some(Failure { message: self.explain(), remedy: Some(remedy), argument: None, ..why })
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

impl ItemFailure {
    /// An item of a plan in this state that did not end done, whatever is known of why.
    fn of(item: PlanItem, progress: ItemProgress, plan: PlanState) -> Self {
        let ItemProgress { state, failure, .. } = explained(progress, plan);
        Self { subject: item.change.subject, state, failure }
    }

    /// What is to be heard of first: what may have happened, then what was refused.
    const fn rank(&self) -> u8 {
        match self.state {
            ItemState::Unknown | ItemState::Sending => 0,
            ItemState::Failed => 1,
            ItemState::Drifted => 2,
            ItemState::Skipped => 3,
            ItemState::Pending => 4,
            ItemState::Done => 5,
        }
    }

    /// Whether it says this already.
    fn says(&self, why: &Failure) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.message.contains(&why.message))
    }
}

impl fmt::Display for ItemFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.state.as_str())?;
        if let Some(failure) = &self.failure {
            write!(f, ", {}: {}", failure.code_text(), visible::line(&failure.message))?;
        }
        Ok(())
    }
}

/// How far an item came, with a reason for each that a run which has ended left behind: it was not
/// its turn, or its end could not be kept.
pub(crate) fn explained(mut progress: ItemProgress, plan: PlanState) -> ItemProgress {
    let has_ended = matches!(
        plan,
        PlanState::Done | PlanState::PartlyDone | PlanState::Failed | PlanState::Stopped
    );
    if has_ended && progress.failure.is_none() {
        let failure = match progress.state {
            ItemState::Pending => Some(
                Failure::new(Code::Stopped, "it was not tried: the run ended before its turn")
                    .remedy("`plans_resume` goes on with it"),
            ),
            ItemState::Sending => Some(
                Failure::new(Code::UpstreamError, "it may have been written: its end was not kept")
                    .remedy("`plans_resume` reads it in the store"),
            ),
            _ => None,
        };
        progress.failure = failure.as_ref().map(StoredFailure::from);
    }
    progress
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

/// Those of them that a run which goes on has settled.
const SETTLED: [ItemState; 4] =
    [ItemState::Failed, ItemState::Drifted, ItemState::Skipped, ItemState::Unknown];

/// How far a plan came, with the subject of its only item where that is known.
///
/// # Errors
/// The store of plans cannot be reached.
pub(crate) async fn outcome_of(
    context: &PlansContext,
    stored: StoredPlan,
    subject: Option<Value>,
) -> Result<PlanOutcome, Failure> {
    // What is only proposed has failed in nothing yet, and what is on its way has not, either.
    let (items, response) = match stored.state {
        PlanState::Proposed => (Vec::new(), None),
        PlanState::Running => items_in(context, &stored.header, &SETTLED).await?,
        _ => items_in(context, &stored.header, &NOT_DONE).await?,
    };
    let failures =
        items.into_iter().map(|(item, progress)| ItemFailure::of(item, progress, stored.state));
    let failures = failures.collect();
    Ok(PlanOutcome { response, ..new_outcome(stored, failures, subject) })
}

/// How far a run came, with ends of items that could not be kept. It is answered whatever cannot be
/// read any more.
pub(crate) async fn outcome_after_run(
    context: &PlansContext,
    stored: StoredPlan,
    subject: Option<Value>,
    unkept: Vec<(PlanItem, JournalEntry)>,
) -> PlanOutcome {
    let kept = items_in(context, &stored.header, &NOT_DONE).await;
    let (kept, response) = kept.unwrap_or_else(|error| {
        tracing::error!("cannot read how items of plan {} ended: {error}", stored.header.id);
        (Vec::new(), None)
    });
    let is_kept = |n: u32| unkept.iter().all(|(item, _)| item.n != n);
    let mut failures: Vec<ItemFailure> = kept
        .into_iter()
        .filter(|(item, _)| is_kept(item.n))
        .map(|(item, progress)| ItemFailure::of(item, progress, stored.state))
        .collect();
    failures.extend(unkept.into_iter().filter(|(_, entry)| entry.state != ItemState::Done).map(
        |(item, entry)| ItemFailure {
            subject: item.change.subject,
            state: entry.state,
            failure: entry.failure,
        },
    ));
    failures.truncate(MAX_ITEM_FAILURES as usize);
    PlanOutcome { response, ..new_outcome(stored, failures, subject) }
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
        response: None,
        has_sent: false,
        note: None,
    }
}

/// Items in these states, and what is kept of the store's answer to the first request of a plan's only
/// item, in whatever state that is.
async fn items_in(
    context: &PlansContext,
    header: &PlanHeader,
    states: &[ItemState],
) -> Result<(Vec<(PlanItem, ItemProgress)>, Option<Value>), Failure> {
    let is_only = header.count == 1;
    let asked = if is_only { &[] } else { states };
    let mut items = context.store.items(&header.id, None, MAX_ITEM_FAILURES, asked).await?;
    let only = items.first_mut().filter(|_| is_only);
    let response = only.and_then(|(_, progress)| progress.response.take());
    items.retain(|(_, progress)| states.contains(&progress.state));
    Ok((items, response))
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
    let observed = SubjectReader::of(StoreReader::now(session), header)
        .read_one(&item.change.subject.id)
        .await;
    Ok(observed.ok().and_then(|observed| observed.here))
}
