//! Proposing the plan that takes another back.

use std::sync::Arc;
use std::time::Duration;

use souk_model::plan::{
    ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanOrigin, PlanState,
};
use souk_model::{Code, Failure, Principal};
use souk_state::plans::StoredPlan;
use souk_upstream::{ReadMemo, Session};

use crate::commit::authorized_plan;
use crate::context::PlansContext;
use crate::draft::{PlanDraft, Proposal, new_id};
use crate::outcome::MAX_ITEM_FAILURES;
use crate::refusals::already_started;
use crate::request::{CommitRequest, PlanRoles};
use crate::reverse;
use crate::run::settle;
use crate::store_reader::StoreReader;
use crate::subjects::SubjectReader;
use crate::verdict::{is_gone, shows_after};

/// Who wants a plan taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoAsker<'a> {
    /// The principal, of its own plan.
    Caller,
    /// Whoever sits at the operator's terminal, of anybody's.
    Operator,
    /// This person, at the console, of anybody's.
    Person(&'a str),
}

impl UndoAsker<'_> {
    const fn person(&self) -> Option<&str> {
        match self {
            Self::Person(name) => Some(name),
            Self::Caller | Self::Operator => None,
        }
    }
}

/// Proposes the plan that takes another back. What somebody else has changed since is left alone and
/// named in the warnings.
///
/// # Errors
/// Why nothing of it can be taken back.
pub(crate) async fn undo(
    context: &Arc<PlansContext>,
    principal: &Principal,
    session: &Session,
    of: &PlanId,
    asker: UndoAsker<'_>,
    roles: Option<Arc<PlanRoles<'static>>>,
) -> Result<Proposal, Failure> {
    let request = CommitRequest {
        principal,
        session,
        plan: of,
        tool: None,
        reason: None,
        key: None,
        // Nothing is sent before the plan that comes of it is committed.
        gate: &|_| Ok(()),
        wait: Duration::ZERO,
        operator: asker != UndoAsker::Caller,
        started: None,
        progress: None,
    };
    let mut stored = authorized_plan(context, &request).await?;
    let now = context.now_ms();
    let is_running = stored.state == PlanState::Running;
    if is_running && stored.lease.as_ref().is_some_and(|lease| !lease.is_over(now)) {
        // What it wrote since, or may have written, would be left behind.
        return Err(already_started(&stored));
    }
    let mut waiting = None;
    if is_running || stored.counts.sending + stored.counts.unknown > 0 {
        (stored, waiting) = settle(context, stored, session, principal).await?;
    }
    if stored.counts.done == 0 {
        return Err(nothing_written(&stored, waiting));
    }
    context.verify(&stored).await?;
    let done = stored.header;
    let created_ms = context.now_ms();
    let header = PlanHeader {
        id: new_id()?,
        origin: PlanOrigin::Undo { of: of.clone() },
        principal: principal.to_string(),
        summary: format!("undo: {}", done.summary),
        created_ms,
        expires_ms: context.expiry(created_ms),
        count: 0,
        unverifiable: 0,
        rows: 0,
        money: Vec::new(),
        may_move_money: false,
        warnings: Vec::new(),
        plugin_warnings: Vec::new(),
        undone: match &done.origin {
            PlanOrigin::Undo { .. } => done.undone.clone(),
            origin => Some(origin.clone()),
        },
        need: None,
        person: asker.person().map(str::to_owned),
        ..done.clone()
    };
    let roles = roles.unwrap_or_else(|| Arc::new(|_| Ok(Vec::new())));
    let mut draft =
        PlanDraft::open(context.clone(), session.clone(), header, None, ReadMemo::default(), roles)
            .await?;
    let mut pages = context.cursor(of, &[ItemState::Done]);
    while let Some(page) = pages.next().await? {
        undo_page(&mut draft, &done, page).await?;
    }
    warn_of_unknown(context, &mut draft, of).await?;
    match draft.why_empty() {
        None => draft.propose().await,
        Some(why) => Err(nothing_to_undo(format!("there is nothing left to take back: {why}"))),
    }
}

/// The plan did nothing, as far as is known.
fn nothing_written(stored: &StoredPlan, waiting: Option<Failure>) -> Failure {
    let (id, count, unknown) =
        (&stored.header.id, stored.header.count, stored.counts.unknown + stored.counts.sending);
    let items =
        if count == 1 { "its item".to_owned() } else { format!("any of its {count} items") };
    let why = match stored.state {
        PlanState::Proposed => "it was never committed".to_owned(),
        PlanState::Discarded => "it was discarded before it was committed".to_owned(),
        _ if unknown > 0 => format!(
            "no read shows that {items} was written; of {unknown} it is not known, and those are left alone"
        ),
        _ => format!("it did not write {items}"),
    };
    let failure = nothing_to_undo(format!("the plan `{id}` has nothing to take back: {why}"));
    match waiting {
        Some(Failure { message, remedy, .. }) => {
            Failure { message: format!("{}; {message}", failure.message), remedy, ..failure }
        }
        None => failure,
    }
}

fn nothing_to_undo(message: String) -> Failure {
    Failure::new(Code::Conflict, message)
        .rule("nothing-to-undo")
        .remedy("nothing was changed; `plans_get` shows how each item ended")
}

/// What may have been written is nobody's to take back before it is known.
async fn warn_of_unknown(
    context: &PlansContext,
    draft: &mut PlanDraft,
    of: &PlanId,
) -> Result<(), Failure> {
    let unsettled = [ItemState::Sending, ItemState::Unknown];
    for (item, progress) in context.store.items(of, None, MAX_ITEM_FAILURES, &unsettled).await? {
        let why = progress
            .failure
            .map_or_else(|| "`plans_resume` finds out".to_owned(), |failure| failure.message);
        draft.warn(format!(
            "{} may have been written and is left alone: {why}",
            item.change.subject.id
        ));
    }
    Ok(())
}

async fn undo_page(
    draft: &mut PlanDraft,
    done: &PlanHeader,
    page: Vec<(PlanItem, ItemProgress)>,
) -> Result<(), Failure> {
    let items = page.iter().map(|(item, _)| item);
    let observed =
        SubjectReader::of(StoreReader::within_call(draft.session(), draft.reads()), done)
            .read_items(items)
            .await;
    let mut changes = Vec::new();
    for (item, progress) in &page {
        let id = &item.change.subject.id;
        match observed.get(id) {
            Some(Ok(observed)) if shows_after(item, observed) => {
                match reverse::reverse(item, progress.response.as_ref()) {
                    Ok(change) => {
                        draft.raise_tier(draft.tier_of_undo(&item.change, &change));
                        changes.push(change);
                    }
                    Err(why) => draft.warn(format!("{id} cannot be taken back: {why}")),
                }
            }
            Some(Ok(observed)) if is_gone(item, observed) => {
                draft.warn(format!("{id} is gone and is left alone"));
            }
            Some(Ok(_)) => draft.warn(format!("{id} was changed since and is left alone")),
            Some(Err(failure)) => draft.warn(format!("{id} cannot be read: {failure}")),
            None => {}
        }
    }
    draft.add(changes).await
}
