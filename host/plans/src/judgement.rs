//! What a later read makes of an item that an earlier run left on its way, or as unknown.

use souk_model::plan::{
    FieldAfter, FieldReview, ItemProgress, ItemState, PlanItem, Retry, StoreSet,
};
use souk_model::{Code, Failure};
use souk_state::plans::JournalEntry;

use crate::observed::ObservedState;
use crate::verdict::{
    abbreviated, drift, entry_for, is_gone, is_half_done, is_untouched, may_send_again,
    not_readable, shown, shows_after, stays_unknown, unknown_after_read, unsatisfied,
};

/// After which a refund of which no read shows anything certainly did not happen, in milliseconds: no
/// store and no payment provider is at work on one request for an hour.
const CERTAIN_MS: i64 = 60 * 60 * 1_000;

/// How long ago an item was last sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendAge {
    /// The store may still be at work on it.
    MayBeAtWork,
    /// It has answered or given up, and so has its own side of the wire.
    Quiet,
    /// So long ago that nothing on the way to it can still be at work.
    LongAgo,
}

impl SendAge {
    /// Of an item on which the store is no longer at work.
    pub(crate) const fn of_quiet(age_ms: i64) -> Self {
        if age_ms >= CERTAIN_MS { Self::LongAgo } else { Self::Quiet }
    }

    /// Whether sending an item while the store is still at work on it does no harm.
    pub(crate) fn is_harmless(item: &PlanItem) -> bool {
        item.change.retry == Retry::Idempotent
    }
}

/// What is done with an item that may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenNotHappened {
    /// It is.
    SendAgain,
    /// What the read showed of it is kept, and nothing is sent.
    Mark,
}

/// What is to become of the item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    /// It is known how it ended, or that it stays unknown, and why.
    Ended(JournalEntry),
    /// The store may still be at work on it: nothing can be said yet.
    StoreAtWork,
    /// It certainly did not happen, or doing the rest of it does no harm: it may be sent again; and
    /// what it is where it is not.
    SendAgain(JournalEntry),
}

/// Judges an item by what a read shows of its subject.
pub(crate) fn judge(
    item: &PlanItem,
    progress: &ItemProgress,
    observed: Option<&Result<ObservedState, Failure>>,
    (age, then): (SendAge, WhenNotHappened),
) -> Judgement {
    let ended = |state, why: &Failure| Judgement::Ended(entry_for(item, state, Some(why)));
    // The response was its only witness, and it is lost.
    if item.change.is_unverifiable() {
        return ended(ItemState::Unknown, &not_readable(item));
    }
    let observed = match observed {
        Some(Ok(observed)) => observed,
        Some(Err(failure)) => return ended(ItemState::Unknown, failure),
        None => return ended(ItemState::Unknown, &unknown_after_read()),
    };
    if shows_after(item, observed) {
        return Judgement::Ended(entry_for(item, ItemState::Done, None));
    }
    // Only what is sent again harmlessly need not wait: what a read does not show may still come.
    let is_harmless = SendAge::is_harmless(item) && then == WhenNotHappened::SendAgain;
    if age == SendAge::MayBeAtWork && !is_harmless {
        return Judgement::StoreAtWork;
    }
    let long_ago = age == SendAge::LongAgo;
    if may_send_again(item, progress, observed) {
        return if !is_untouched(item, observed) {
            let why = something_else(item, observed);
            Judgement::SendAgain(entry_for(item, ItemState::Unknown, Some(&why)))
        } else if !stays_unknown(item, progress.state) {
            Judgement::SendAgain(entry_for(item, ItemState::Failed, Some(&did_not_happen())))
        } else if long_ago {
            // Told first, and sent again only if its caller asks for that, knowing it.
            ended(ItemState::Failed, &did_not_happen())
        } else {
            ended(ItemState::Unknown, &still_on_its_way())
        };
    }
    let Some(drifted) = drift(item, observed) else {
        return match (item.change.retry, progress.response.is_some()) {
            (Retry::Never, _) => ended(ItemState::Unknown, &unknown_after_read()),
            (_, true) => ended(ItemState::Unknown, &accepted_and_not_shown()),
            (_, false) if long_ago => ended(ItemState::Failed, &did_not_happen()),
            (_, false) => ended(ItemState::Unknown, &changed_elsewhere()),
        };
    };
    if is_gone(item, observed) {
        return ended(ItemState::Drifted, &drifted);
    }
    let why = something_else(item, observed);
    // Money that moved can have moved twice, and a part of it can be somebody else's.
    let may_be_ours = item.change.retry == Retry::Never
        || is_half_done(item, observed)
        || stays_unknown(item, ItemState::Unknown);
    ended(if may_be_ours { ItemState::Unknown } else { ItemState::Drifted }, &why)
}

/// The fields that stand neither as they were to be nor as they were: which, expected, found.
fn something_else(item: &PlanItem, observed: &ObservedState) -> Failure {
    const FIELDS: usize = 3;
    let different: Vec<String> = unsatisfied(item, observed)
        .map(|(edit, reviewed)| {
            format!(
                "`{}` was to become {}, was {} before, and is {}",
                reviewed.field,
                expected(reviewed),
                shown(reviewed.before.value()),
                shown(observed.field(edit).value())
            )
        })
        .collect();
    let more = different.len().saturating_sub(FIELDS);
    let mut message = different.iter().take(FIELDS).cloned().collect::<Vec<_>>().join("; ");
    if more > 0 {
        message.push_str(&format!("; and {more} more fields"));
    }
    Failure::new(Code::Drifted, message)
        .remedy("look at it in the store; propose the change again if it is still wanted")
}

fn expected(reviewed: &FieldReview) -> String {
    match &reviewed.after {
        FieldAfter::AsSent(value)
        | FieldAfter::SetByStore(StoreSet { value, .. })
        | FieldAfter::Unverifiable(value) => abbreviated(value),
        FieldAfter::Removed => "nothing".to_owned(),
    }
}

fn did_not_happen() -> Failure {
    Failure::new(
        Code::UpstreamError,
        "its request was lost, and a read shows that it did not happen",
    )
    .remedy("`plans_resume` sends it again")
}

fn still_on_its_way() -> Failure {
    Failure::new(
        Code::UpstreamError,
        "a read does not show it, and money may still be on its way through the payment provider",
    )
    .remedy("an hour after it was sent, `plans_resume` takes what no read shows as not happened")
}

fn accepted_and_not_shown() -> Failure {
    Failure::new(Code::UpstreamError, "the store answered success, and no read has shown it since")
        .remedy("look at it in the store; it is never sent again by itself")
}

fn changed_elsewhere() -> Failure {
    Failure::new(
        Code::UpstreamError,
        "what it sets stands as before, and something else of it was changed since",
    )
    .remedy("an hour after it was sent, `plans_resume` takes what no read shows as not happened")
}
