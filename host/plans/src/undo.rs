//! Proposing the plan that takes another back.

use std::sync::Arc;

use souk_model::plan::{
    ItemProgress, ItemState, PlanHeader, PlanId, PlanItem, PlanOrigin, PlanState,
};
use souk_model::{Failure, Principal};
use souk_upstream::Session;

use crate::commit::authorized_plan;
use crate::context::PlansContext;
use crate::draft::{PlanDraft, Proposal, new_id};
use crate::outcome::MAX_ITEM_FAILURES;
use crate::refusals::already_started;
use crate::request::CommitRequest;
use crate::reverse;
use crate::subjects::SubjectReader;
use crate::verdict::{is_gone, shows_after};

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
    operator: bool,
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
        operator,
        started: None,
    };
    let stored = authorized_plan(context, &request).await?;
    if stored.state == PlanState::Running {
        // What it wrote since, or may have written, would be left behind.
        return Err(already_started(&stored));
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
        warnings: Vec::new(),
        plugin_warnings: Vec::new(),
        ..done.clone()
    };
    let mut draft = PlanDraft::open(context.clone(), session.clone(), header, None).await?;
    let mut pages = context.cursor(of, &[ItemState::Done]);
    while let Some(page) = pages.next().await? {
        undo_page(&mut draft, &done, session, page).await?;
    }
    warn_of_unknown(context, &mut draft, of).await?;
    draft.propose().await
}

/// What may have been written is nobody's to take back before it is known.
async fn warn_of_unknown(
    context: &PlansContext,
    draft: &mut PlanDraft,
    of: &PlanId,
) -> Result<(), Failure> {
    let unsettled = [ItemState::Sending, ItemState::Unknown];
    for (item, _) in context.store.items(of, None, MAX_ITEM_FAILURES, &unsettled).await? {
        draft.warn(format!(
            "{} may have been written and is left alone: `plans_resume` finds out",
            item.change.subject.id
        ));
    }
    Ok(())
}

async fn undo_page(
    draft: &mut PlanDraft,
    done: &PlanHeader,
    session: &Session,
    page: Vec<(PlanItem, ItemProgress)>,
) -> Result<(), Failure> {
    let items = page.iter().map(|(item, _)| item);
    let observed = SubjectReader::of(session, done).read_items(items).await;
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
