//! What is made of an item: of the answers to its requests, and of what a read shows.

use serde_json::Value;
use souk_model::plan::{
    Edit, FieldAfter, FieldReview, ItemProgress, ItemState, PlanItem, Retry, StoredFailure,
};
use souk_model::{Code, Failure, WriteMethod};
use souk_state::plans::JournalEntry;

use crate::guards::lost_characters;
use crate::magento::values::equivalent;
use crate::money::{MoneyRequest, money_request};
use crate::observed::ObservedState;

/// What sending an item came to, as far as the answers tell.
pub(crate) enum SendResult {
    /// Every step was accepted.
    Accepted,
    /// This step was refused; steps before it were accepted.
    Refused(usize, Failure),
    /// A step may or may not have happened.
    Unsure(Failure),
    /// The store answered success, and the plugin takes that answer for a failure.
    Contradicted(Failure),
}

impl SendResult {
    /// The same, once a read has shown that nothing came of it.
    pub(crate) fn into_refusal(self) -> Self {
        match self {
            Self::Unsure(failure) | Self::Contradicted(failure) => Self::Refused(0, failure),
            other => other,
        }
    }
}

/// What the answers, and a read after sending, make of an item.
pub(crate) fn verdict(
    item: &PlanItem,
    sent: &SendResult,
    observed: Option<&Result<ObservedState, Failure>>,
) -> JournalEntry {
    if item.change.is_unverifiable() {
        return verdict_by_response(item, sent, observed);
    }
    let observed = match observed {
        Some(Ok(observed)) => observed,
        Some(Err(failure)) => return entry_for(item, ItemState::Unknown, Some(failure)),
        None => return entry_for(item, ItemState::Unknown, Some(&unknown_after_read())),
    };
    if shows_after(item, observed) {
        return entry_for(item, ItemState::Done, None);
    }
    if let (SendResult::Accepted, Some(failure)) = (sent, not_kept(item, observed)) {
        return entry_for(item, ItemState::Unknown, Some(&failure));
    }
    let untouched = is_untouched(item, observed);
    if let (SendResult::Accepted, Some(failure)) = (sent, written_globally(item, observed)) {
        let state = if untouched { ItemState::Failed } else { ItemState::Unknown };
        return entry_for(item, state, Some(&failure));
    }
    match sent {
        // A read disproves a success that was taken for a failure, and nothing less does.
        SendResult::Refused(_, failure) | SendResult::Contradicted(failure) if untouched => {
            entry_for(item, ItemState::Failed, Some(failure))
        }
        // Somebody deleted it just before, so that there was nothing to write.
        SendResult::Refused(0, failure) if is_gone(item, observed) => {
            entry_for(item, ItemState::Failed, Some(failure))
        }
        SendResult::Unsure(failure) | SendResult::Contradicted(failure) => {
            entry_for(item, ItemState::Unknown, Some(failure))
        }
        SendResult::Accepted if untouched => {
            let failure = Failure::new(
                Code::UpstreamError,
                "the store answered success, and a read does not show the change",
            )
            .remedy("look at what it did in the store: only what the review names was read");
            entry_for(item, ItemState::Unknown, Some(&failure))
        }
        SendResult::Refused(_, failure) => {
            let mut halfway = partly_written(item, observed);
            halfway.message = format!("{}; then: {}", halfway.message, failure.message);
            halfway.remedy.clone_from(&failure.remedy);
            entry_for(item, ItemState::Unknown, Some(&halfway))
        }
        SendResult::Accepted => {
            entry_for(item, ItemState::Unknown, Some(&partly_written(item, observed)))
        }
    }
}

/// What becomes of an item that no read, or not a read alone, can judge: the answers decide of what
/// cannot be read, and a read of the rest.
fn verdict_by_response(
    item: &PlanItem,
    sent: &SendResult,
    observed: Option<&Result<ObservedState, Failure>>,
) -> JournalEntry {
    let readable = item.change.edits.iter().any(Edit::is_readable);
    let unknown = |failure: &Failure| entry_for(item, ItemState::Unknown, Some(failure));
    match (sent, observed) {
        (SendResult::Unsure(failure) | SendResult::Contradicted(failure), _) => unknown(failure),
        (SendResult::Accepted, _) if !readable => entry_for(item, ItemState::Done, None),
        // Nothing was accepted before it, so there is nothing to look for.
        (SendResult::Refused(0, failure), _) if !readable => {
            entry_for(item, ItemState::Failed, Some(failure))
        }
        (SendResult::Accepted, Some(Ok(observed))) if shows_after(item, observed) => {
            entry_for(item, ItemState::Done, None)
        }
        (SendResult::Refused(0, failure), Some(Ok(observed)))
            if drift(item, observed).is_none() =>
        {
            entry_for(item, ItemState::Failed, Some(failure))
        }
        (SendResult::Accepted, Some(Ok(observed))) => unknown(&partly_written(item, observed)),
        (_, Some(Err(failure))) | (SendResult::Refused(_, failure), _) => unknown(failure),
        (SendResult::Accepted, None) => unknown(&unknown_after_read()),
    }
}

pub(crate) fn entry_for(
    item: &PlanItem,
    state: ItemState,
    failure: Option<&Failure>,
) -> JournalEntry {
    JournalEntry { failure: failure.map(StoredFailure::from), ..JournalEntry::new(item.n, state) }
}

/// Whether the subject was there when the plan was reviewed, and is not any more. A write to it could
/// make a new one, which nobody has reviewed; what is to be deleted may be gone.
pub(crate) fn is_gone(item: &PlanItem, observed: &ObservedState) -> bool {
    let deletes = || item.change.steps.iter().any(|step| step.method == WriteMethod::Delete);
    let was_there = item.subject_digest.as_ref().is_some_and(|was| *was != observed.digest());
    observed.here.is_none() && was_there && !deletes()
}

/// Whether every field that a read can show is as the plan wants it.
pub(crate) fn shows_after(item: &PlanItem, observed: &ObservedState) -> bool {
    // Of what is gone every field is as empty as one that was cleared.
    if is_gone(item, observed) {
        return false;
    }
    // The order's totals do not tell whose refund it was.
    if let Some(own) = &observed.own_memo {
        return own.proves(item);
    }
    item.change
        .edits
        .iter()
        .zip(&item.review)
        .filter(|(edit, _)| edit.is_readable())
        .all(|(edit, reviewed)| observed.satisfies(edit, reviewed))
}

/// The first field that is not as it was when the plan was reviewed.
pub(crate) fn drift(item: &PlanItem, observed: &ObservedState) -> Option<Failure> {
    if is_gone(item, observed) {
        let message =
            format!("{} was there when this was reviewed, and is gone now", item.change.subject);
        return Some(
            Failure::new(Code::Drifted, message).remedy("it is left alone, and not made anew"),
        );
    }
    let (edit, reviewed) = item
        .change
        .edits
        .iter()
        .zip(&item.review)
        .find(|(edit, reviewed)| !observed.unchanged(edit, &reviewed.before))?;
    Some(
        Failure::new(
            Code::Drifted,
            format!(
                "`{}` was {} when this was reviewed, and is {} now",
                reviewed.field,
                shown(reviewed.before.value()),
                shown(observed.field(edit).value())
            ),
        )
        .remedy("propose the change again and review it"),
    )
}

/// Whether an item that ended unknown stays so unless a read shows that it happened. A refund that
/// the store has not answered may still be on its way through the store, after any read.
pub(crate) fn stays_unknown(item: &PlanItem, state: ItemState) -> bool {
    state == ItemState::Unknown
        && !matches!(money_request(&item.change), Ok(None | Some((_, MoneyRequest::Cancel))))
}

/// A step that is harmless to repeat may always be; another only when a read proves that it did not
/// happen, and the store has not said that it did: a lookup may lag behind what it is asked about.
pub(crate) fn may_send_again(
    item: &PlanItem,
    progress: &ItemProgress,
    observed: &ObservedState,
) -> bool {
    match item.change.retry {
        Retry::Idempotent => is_untouched(item, observed) || is_half_done(item, observed),
        Retry::IfAbsent => is_untouched(item, observed) && progress.response.is_none(),
        Retry::Never => false,
    }
}

/// Whether an item that failed may be tried again: what the store has accepted, or answered with
/// success, may not, unless it is harmless to repeat.
pub(crate) const fn may_retry_failed(item: &PlanItem, progress: &ItemProgress) -> bool {
    matches!(item.change.retry, Retry::Idempotent) || progress.response.is_none()
}

/// Whether a read shows that nothing of it happened: of what is harmless to repeat by the fields that
/// it sets, and of anything else by all that the lookup shows of its subject.
pub(crate) fn is_untouched(item: &PlanItem, observed: &ObservedState) -> bool {
    if drift(item, observed).is_some() {
        return false;
    }
    match (item.change.retry, &item.subject_digest) {
        (Retry::Idempotent, _) | (_, None) => true,
        (Retry::IfAbsent | Retry::Never, Some(digest)) => observed.digest() == *digest,
    }
}

/// Whether what stands there is a mixture of before and after: the work of this plan and nobody's
/// else.
pub(crate) fn is_half_done(item: &PlanItem, observed: &ObservedState) -> bool {
    !is_gone(item, observed)
        && item.change.edits.iter().zip(&item.review).all(|(edit, reviewed)| {
            observed.unchanged(edit, &reviewed.before) || observed.satisfies(edit, reviewed)
        })
}

/// The fields that do not stand as they were to be, of those that a read can show.
pub(crate) fn unsatisfied<'i>(
    item: &'i PlanItem,
    observed: &'i ObservedState,
) -> impl Iterator<Item = (&'i Edit, &'i FieldReview)> {
    let fields = item.change.edits.iter().zip(&item.review);
    fields.filter(|(edit, reviewed)| edit.is_readable() && !observed.satisfies(edit, reviewed))
}

/// What stands in a field, in a sentence.
pub(crate) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), abbreviated)
}

pub(crate) fn partly_written(item: &PlanItem, observed: &ObservedState) -> Failure {
    let field = unsatisfied(item, observed)
        .next()
        .map(|(edit, reviewed)| {
            format!("`{}` is {}", reviewed.field, shown(observed.field(edit).value()))
        })
        .unwrap_or_default();
    Failure::new(Code::UpstreamError, format!("it was written in part: {field}"))
}

/// That the store has written a field for all store views, and not for the plan's, which goes on showing
/// the value of its own: what was the view's own attribute has been made global since.
fn written_globally(item: &PlanItem, observed: &ObservedState) -> Option<Failure> {
    let global = observed.global.as_ref().filter(|_| observed.inherits)?;
    let (edit, reviewed) = unsatisfied(item, observed).find(|(edit, reviewed)| {
        let FieldAfter::AsSent(sent) = &reviewed.after else { return false };
        !sent.is_null()
            && observed.unchanged(edit, &reviewed.before)
            && edit.at.find(global).is_some_and(|is| equivalent(is, sent))
    })?;
    let message = format!(
        "the store answered success, and `{}` is {} for all store views and still {} in this one: its \
         attribute is a global one now",
        reviewed.field,
        shown(edit.at.find(global)),
        shown(observed.field(edit).value())
    );
    Some(Failure::new(Code::UpstreamError, message).remedy(
        "look at the value without a store view: what stands there now counts for the others",
    ))
}

/// That the store has question marks in the place of characters that it was said to keep.
fn not_kept(item: &PlanItem, observed: &ObservedState) -> Option<Failure> {
    item.change.edits.iter().zip(&item.review).find_map(|(edit, reviewed)| {
        let FieldAfter::AsSent(sent) = &reviewed.after else { return None };
        let is = observed.field(edit);
        let lost = lost_characters(sent, is.value()?)?;
        let message = format!(
            "it was written, and the store did not keep {lost} of `{}`: it is {} now",
            reviewed.field,
            abbreviated(is.value()?)
        );
        let failure = Failure::new(Code::UpstreamError, message);
        Some(failure.remedy("an operator sets `four_byte = false` for the store"))
    })
}

pub(crate) fn unknown_after_read() -> Failure {
    Failure::new(Code::UpstreamError, "it may have been written, and a read does not tell")
        .remedy("look at it in the store")
}

/// The request may have arrived, and what it did cannot be read.
pub(crate) fn not_readable(item: &PlanItem) -> Failure {
    let fields = item.change.edits.iter().filter(|edit| !edit.is_readable());
    let fields: Vec<_> = fields.map(|edit| format!("`{}`", edit.field)).collect();
    Failure::new(
        Code::UpstreamError,
        format!(
            "the store's answer never came, and no read can show whether {} happened",
            fields.join(", ")
        ),
    )
    .remedy("it is never sent again by itself; find out in the store, or from whom it concerns")
}

/// A value in a message: short, and on one line.
pub(crate) fn abbreviated(value: &Value) -> String {
    const CHARS: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= CHARS {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(CHARS).collect::<String>())
}

#[cfg(test)]
mod tests;
