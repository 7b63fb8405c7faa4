//! What is made of an item: of the answers to its requests, and of what a read shows.

use serde_json::Value;
use souk_model::plan::{Edit, Item, ItemState, Kept, Progressed, Retry};
use souk_model::{Code, Failure};
use souk_state::plans::Mark;

use crate::money;
use crate::review::Seen;

/// What sending an item came to, as far as the answers tell.
pub(crate) enum Sent {
    /// Every step was accepted.
    Accepted,
    /// This step was refused; steps before it were accepted.
    Refused(usize, Failure),
    /// A step may or may not have happened.
    Unsure(Failure),
}

/// What a read after sending makes of an item.
pub(crate) fn verdict(item: &Item, sent: &Sent, seen: Option<&Result<Seen, Failure>>) -> Mark {
    if item.change.is_unverifiable() {
        return reported(item, sent, seen);
    }
    let seen = match seen {
        Some(Ok(seen)) => seen,
        Some(Err(failure)) => return mark(item, ItemState::Unknown, Some(failure)),
        None => return mark(item, ItemState::Unknown, Some(&half_way())),
    };
    if shows_after(item, seen) {
        return mark(item, ItemState::Done, None);
    }
    let untouched = drift(item, seen).is_none();
    match sent {
        Sent::Refused(_, failure) if untouched => mark(item, ItemState::Failed, Some(failure)),
        Sent::Unsure(failure) => mark(item, ItemState::Unknown, Some(failure)),
        Sent::Accepted if untouched => {
            let failure = Failure::new(
                Code::UpstreamError,
                "the store answered success, and a read does not show the change",
            )
            .remedy("look at what it did in the store: only what the review names was read");
            mark(item, ItemState::Unknown, Some(&failure))
        }
        Sent::Refused(_, failure) => {
            let mut halfway = differs(item, seen);
            halfway.message = format!("{}; then: {}", halfway.message, failure.message);
            halfway.remedy.clone_from(&failure.remedy);
            mark(item, ItemState::Unknown, Some(&halfway))
        }
        Sent::Accepted => mark(item, ItemState::Unknown, Some(&differs(item, seen))),
    }
}

/// What becomes of an item that no read, or not a read alone, can judge: the answers decide of what
/// cannot be read, and a read of the rest.
fn reported(item: &Item, sent: &Sent, seen: Option<&Result<Seen, Failure>>) -> Mark {
    let readable = item.change.edits.iter().any(Edit::is_readable);
    let unknown = |failure: &Failure| mark(item, ItemState::Unknown, Some(failure));
    match (sent, seen) {
        (Sent::Unsure(failure), _) => unknown(failure),
        (Sent::Accepted, _) if !readable => mark(item, ItemState::Done, None),
        // Nothing was accepted before it, so there is nothing to look for.
        (Sent::Refused(0, failure), _) if !readable => mark(item, ItemState::Failed, Some(failure)),
        (Sent::Accepted, Some(Ok(seen))) if shows_after(item, seen) => {
            mark(item, ItemState::Done, None)
        }
        (Sent::Refused(0, failure), Some(Ok(seen))) if drift(item, seen).is_none() => {
            mark(item, ItemState::Failed, Some(failure))
        }
        (Sent::Accepted, Some(Ok(seen))) => unknown(&differs(item, seen)),
        (_, Some(Err(failure))) | (Sent::Refused(_, failure), _) => unknown(failure),
        (Sent::Accepted, None) => unknown(&half_way()),
    }
}

pub(crate) fn mark(item: &Item, state: ItemState, failure: Option<&Failure>) -> Mark {
    Mark { failure: failure.map(Kept::from), ..Mark::new(item.n, state) }
}

/// Whether every field that a read can show is as the plan wants it.
pub(crate) fn shows_after(item: &Item, seen: &Seen) -> bool {
    item.change
        .edits
        .iter()
        .zip(&item.review)
        .filter(|(edit, _)| edit.is_readable())
        .all(|(edit, reviewed)| seen.satisfies(edit, &reviewed.after))
}

/// The first field that is not as it was when the plan was reviewed.
pub(crate) fn drift(item: &Item, seen: &Seen) -> Option<Failure> {
    let (edit, reviewed) = item
        .change
        .edits
        .iter()
        .zip(&item.review)
        .find(|(edit, reviewed)| !seen.unchanged(edit, &reviewed.before))?;
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
    Some(
        Failure::new(
            Code::ValidationError,
            format!(
                "`{}` was {} when this was reviewed, and is {} now",
                reviewed.field,
                shown(reviewed.before.value()),
                shown(seen.field(edit).value())
            ),
        )
        .remedy("propose the change again and review it"),
    )
}

/// Whether an item that ended unknown stays so unless a read shows that it happened. A refund that
/// the store has not answered may still be on its way through the store, after any read.
pub(crate) fn stays_unknown(item: &Item, state: ItemState) -> bool {
    state == ItemState::Unknown
        && !matches!(money::mover(&item.change), Ok(None | Some((_, money::Mover::Cancel))))
}

/// A step that is harmless to repeat may always be; another only when a read proves that it did not
/// happen, and the store has not said that it did: a lookup may lag behind what it is asked about.
pub(crate) fn may_send_again(item: &Item, progressed: &Progressed, seen: &Seen) -> bool {
    let untouched = drift(item, seen).is_none();
    match item.change.retry {
        Retry::Idempotent => untouched || started(item, seen),
        Retry::IfAbsent => untouched && progressed.answered.is_none(),
    }
}

/// Whether what stands there is a mixture of before and after: the work of this plan and nobody's
/// else.
fn started(item: &Item, seen: &Seen) -> bool {
    item.change.edits.iter().zip(&item.review).all(|(edit, reviewed)| {
        seen.unchanged(edit, &reviewed.before) || seen.satisfies(edit, &reviewed.after)
    })
}

pub(crate) fn differs(item: &Item, seen: &Seen) -> Failure {
    let field = item
        .change
        .edits
        .iter()
        .zip(&item.review)
        .find(|(edit, reviewed)| edit.is_readable() && !seen.satisfies(edit, &reviewed.after))
        .map(|(edit, reviewed)| {
            let is = seen.field(edit).value().map_or_else(|| "nothing".to_owned(), short);
            format!("`{}` is {is}", reviewed.field)
        })
        .unwrap_or_default();
    Failure::new(Code::UpstreamError, format!("it was written in part: {field}"))
}

pub(crate) fn half_way() -> Failure {
    Failure::new(Code::UpstreamError, "it may have been written, and a read does not tell")
        .remedy("look at it in the store")
}

/// The request may have arrived, and what it did cannot be read.
pub(crate) fn not_readable(item: &Item) -> Failure {
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
pub(crate) fn short(value: &Value) -> String {
    const CHARS: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= CHARS {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(CHARS).collect::<String>())
}
