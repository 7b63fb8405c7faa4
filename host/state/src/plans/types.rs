//! What is asked of the store, and what it answers.

use serde_json::{Map, Value};
use souk_model::plan::{ItemState, PlanDecision, PlanHeader, PlanId, PlanState, StoredFailure};

use super::spend::Reservation;
use crate::process::ProcessIdentity;

/// A plan as it is kept, but for its items.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// What was fixed when it was proposed.
    pub header: PlanHeader,
    /// How far it came.
    pub state: PlanState,
    /// The digest of its items, as it was sealed with.
    pub digest: String,
    /// What proves that a host sealed it.
    pub seal: String,
    /// Why it was committed, as the committer said.
    pub reason: Option<String>,
    /// Who carries it out, or did when its host died.
    pub lease: Option<Lease>,
    /// Its last run, if it had one.
    pub run: Option<RunRecord>,
    /// How many items are in which state.
    pub counts: ItemCounts,
    /// Its values are no longer kept: it has no items to be read, and cannot be resumed or undone.
    pub is_forgotten: bool,
}

/// Plans that no longer hold values of a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForgottenPlans {
    /// How many.
    pub plans: u64,
    /// How many are being carried out, and still hold them.
    pub running: u64,
}

/// What plans may take. A plan's bytes are those of its items as they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanLimits {
    /// Bytes of one item. `state.item_bytes`.
    pub item_bytes: u64,
    /// Bytes of a draft and of the plan made of it. `state.draft_bytes`.
    pub draft_bytes: u64,
    /// Bytes of all drafts and plans of a principal. `state.principal_bytes`.
    pub principal_bytes: u64,
    /// Drafts and plans of a principal. `state.principal_plans`.
    pub principal_plans: u64,
}

impl Default for PlanLimits {
    fn default() -> Self {
        Self {
            item_bytes: 4 << 20,
            draft_bytes: 64 << 20,
            principal_bytes: 256 << 20,
            principal_plans: 10_000,
        }
    }
}

/// The right to carry a plan out, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it: unique to a commit, not only to a host.
    pub owner: String,
    /// Until when, if it is not renewed. Milliseconds since 1970, UTC.
    pub until_ms: i64,
    /// Which process that is, where its system tells.
    pub process: Option<ProcessIdentity>,
}

impl Lease {
    /// Whether nobody holds it any more: its time is over, or its process has certainly ended.
    #[must_use]
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms <= now_ms || self.process.as_ref().is_some_and(ProcessIdentity::has_ended)
    }
}

/// What is kept of a run when it begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunStart<'a> {
    /// Who begins it.
    pub by: Option<&'a str>,
    /// Why, in their words. It replaces the reason that is kept; none leaves that.
    pub reason: Option<&'a str>,
    /// Whether it only finds out what became of earlier requests, and sends none.
    pub only_settles: bool,
    /// The number of the last line of the [log of decisions](DecisionEntry) that whoever asks has read;
    /// 0: there was none. One that only settles need not have read any.
    pub decisions: u64,
}

/// A run of a plan: the one under way, or the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// When it began. Milliseconds since 1970, UTC.
    pub started_ms: i64,
    /// Who began it.
    pub by: Option<String>,
    /// How many items the store has answered in it, as far as was kept.
    pub answered: u32,
    /// Who wants it to end before everything is tried.
    pub stop: Option<StopRequest>,
    /// Why it ended early, if it did.
    pub ended: Option<StoredFailure>,
}

/// Somebody wants a run to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopRequest {
    /// Who.
    pub by: String,
    /// Since when. Milliseconds since 1970, UTC.
    pub at_ms: i64,
}

/// What became of a lease that was to be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseRenewal {
    /// It is prolonged; and whether somebody wants the run to end.
    Renewed(Option<StopRequest>),
    /// It is no longer this owner's.
    Lost,
}

/// How many items of a plan are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemCounts {
    /// Not tried yet.
    pub pending: u32,
    /// Perhaps on their way.
    pub sending: u32,
    /// Written.
    pub done: u32,
    /// Refused.
    pub failed: u32,
    /// Changed by somebody else since the review.
    pub drifted: u32,
    /// Never to be tried.
    pub skipped: u32,
    /// Perhaps written.
    pub unknown: u32,
}

impl ItemCounts {
    /// How many are in this state.
    #[must_use]
    pub const fn of(&self, state: ItemState) -> u32 {
        match state {
            ItemState::Pending => self.pending,
            ItemState::Sending => self.sending,
            ItemState::Done => self.done,
            ItemState::Failed => self.failed,
            ItemState::Drifted => self.drifted,
            ItemState::Skipped => self.skipped,
            ItemState::Unknown => self.unknown,
        }
    }

    /// Whether a run could bring an item further.
    #[must_use]
    pub const fn has_work(&self) -> bool {
        self.pending + self.sending + self.unknown + self.failed > 0
    }

    /// How many there are in all.
    #[must_use]
    pub fn total(&self) -> u32 {
        ItemState::ALL.iter().map(|state| self.of(*state)).sum()
    }

    /// Counts one more in this state.
    pub const fn add(&mut self, state: ItemState) {
        *self.of_mut(state) += 1;
    }

    /// Counts one in another state than before.
    pub const fn moves(&mut self, from: ItemState, to: ItemState) {
        let before = self.of_mut(from);
        if *before > 0 {
            *before -= 1;
            self.add(to);
        }
    }

    pub(super) const fn set(&mut self, state: ItemState, count: u32) {
        *self.of_mut(state) = count;
    }

    const fn of_mut(&mut self, state: ItemState) -> &mut u32 {
        match state {
            ItemState::Pending => &mut self.pending,
            ItemState::Sending => &mut self.sending,
            ItemState::Done => &mut self.done,
            ItemState::Failed => &mut self.failed,
            ItemState::Drifted => &mut self.drifted,
            ItemState::Skipped => &mut self.skipped,
            ItemState::Unknown => &mut self.unknown,
        }
    }
}

/// A step of one item, for the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// The item's number in its plan.
    pub n: u32,
    /// What it becomes.
    pub state: ItemState,
    /// Why it did not end done. It replaces what was kept, also when it is none.
    pub failure: Option<StoredFailure>,
    /// The answer to its first step. None leaves what was kept: the undo needs it.
    pub response: Option<Value>,
    /// When it is sent, for `sending`. Milliseconds since 1970, UTC. None leaves what was kept.
    pub sent_ms: Option<i64>,
    /// What is to be set aside before it is sent. Only with [`ItemState::Sending`].
    pub reserve: Option<Reservation>,
}

impl JournalEntry {
    /// A step that has nothing to tell.
    #[must_use]
    pub const fn new(n: u32, state: ItemState) -> Self {
        Self { n, state, failure: None, response: None, sent_ms: None, reserve: None }
    }
}

/// Whether a plan may now be carried out by whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseClaim {
    /// Yes: it runs, and the lease is theirs.
    Granted,
    /// No: somebody carries it out.
    Held(Lease),
    /// No: a plan in this state cannot be, or has nothing left to do.
    NotRunnable(PlanState),
    /// No: persons decided something that whoever asked has not read.
    Behind,
}

/// One line of the log of what persons decide: of a plan, of all writes, of who they are. Lines have no
/// gap between their numbers, and none is ever changed, so that what is missing shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionEntry {
    /// Its number; the first is 1.
    pub no: u64,
    /// The plan that it is about, if it is about one.
    pub plan: Option<PlanId>,
    /// Lower-case hex SHA-256 of the content.
    pub digest: String,
    /// What was decided; none where it went with the values of its plan.
    pub content: Option<String>,
    /// What proves that a host wrote it down: over the number, the plan and the digest.
    pub seal: String,
}

/// What is done with a line of the log, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionEffect {
    /// Nothing.
    None,
    /// A person decided of the line's plan. Items that an approval leaves out become skipped; a rejection
    /// of a plan that nobody has started discards it.
    Decide(Box<PlanDecision>),
    /// Somebody wants that the line's plan is not carried out any more. A run is asked to end.
    Stop {
        /// Who.
        by: String,
        /// When. Milliseconds since 1970, UTC.
        at_ms: i64,
    },
    /// What was decided before does not count any more, and the log begins with this line.
    Begin,
}

/// Whether a decision was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionWrite {
    /// Yes.
    Recorded,
    /// No: the line's number is another's by now.
    Behind,
    /// No: a plan in this state waits for nobody.
    Closed(PlanState),
    /// No: the plan is another than the one that was seen.
    OtherDigest,
}

/// Whether a key has been used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyHit {
    /// No; it stands for the plan now.
    New,
    /// Yes, for the same request, which made this plan.
    Same(PlanId),
    /// Yes, for another request.
    Conflict,
}

/// A request, as it is asked for again.
#[derive(Debug, Clone, Copy)]
pub struct IdempotencyKey<'a> {
    /// Whose.
    pub principal: &'a str,
    /// The key it gave; without one the newest of any key counts.
    pub key: Option<&'a str>,
    /// Which tool.
    pub action: &'a str,
    /// What was asked, a digest for instance.
    pub content: &'a str,
}

/// What is remembered of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct IdempotencyRecord {
    /// The plan it made.
    pub plan: PlanId,
    /// What it was answered; nothing if its host died first.
    pub answer: Option<Map<String, Value>>,
}

/// Which plans to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Only this principal's; none: everybody's.
    pub principal: Option<String>,
    /// Only in one of these states; empty: in any.
    pub states: Vec<PlanState>,
    /// Only those created before this instant: the oldest of the last page, for the next one.
    /// Milliseconds since 1970, UTC.
    pub before_ms: Option<i64>,
    /// How many. A page has more only where plans were created in the same millisecond as its
    /// last one, which a next page would miss.
    pub limit: u32,
}
