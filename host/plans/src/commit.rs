//! Carrying plans out: who may, and once.

use std::sync::Arc;

use souk_model::plan::{PlanOrigin, PlanState};
use souk_model::{Code, Failure, Progress};
use souk_state::plans::StoredPlan;

use crate::context::PlansContext;
use crate::decisions;
use crate::draft::PlanDraft;
use crate::idempotency;
use crate::outcome::{PlanOutcome, outcome};
use crate::refusals::{already_started, plan_expired};
use crate::request::{ApplyOptions, CommitRequest, WriteFacts, WriteGate};
use crate::run::start;
use crate::write_stop::check_writes;

/// Carries a proposed plan out. The work goes on if the caller leaves.
///
/// # Errors
/// Why it was not started. Once it is, the outcome is answered, whatever happened.
pub(crate) async fn commit(
    context: &Arc<PlansContext>,
    request: CommitRequest<'_>,
) -> Result<PlanOutcome, Failure> {
    let stored = authorized_plan(context, &request).await?;
    if let Some(key) = request.key {
        idempotency::bind_key(context, request.principal, key, &stored).await?;
        // The same key for the same plan: the first outcome, whenever it is asked again.
        if stored.state != PlanState::Proposed {
            return outcome(context, request.session, &stored.header).await;
        }
    }
    if stored.state != PlanState::Proposed {
        return Err(not_committed(context, &stored).await);
    }
    if context.now_ms() > stored.header.expires_ms {
        return Err(plan_expired(request.plan, context.config.expiry_min));
    }
    start(context, stored, &request, None).await
}

/// Keeps a draft as a plan and carries it out at once. The same asked for again, with the same key
/// or, without one, within the window and while it still stands, answers the first outcome and sends
/// nothing.
///
/// # Errors
/// Why it was not started. Once it is, the outcome is answered, whatever happened.
pub(crate) async fn apply(
    context: &Arc<PlansContext>,
    draft: PlanDraft,
    options: ApplyOptions,
    gate: &WriteGate<'_>,
    progress: Option<Arc<dyn Progress>>,
) -> Result<PlanOutcome, Failure> {
    gate(&WriteFacts { tier: draft.tier(), need: None, plan: Some(draft.header()) })?;
    if !options.preview {
        check_writes(context).await?;
    }
    let (principal, session) = (draft.principal(), draft.session().clone());
    let reads = draft.reads().clone();
    let proposed = draft.propose().await?.header;
    if options.preview {
        return outcome(context, &session, &proposed).await;
    }
    let first = idempotency::first_plan(context, &principal, &session, &options, &proposed).await?;
    let mut own = proposed.id;
    let is_first = first.is_none();
    if let Some(first) = first {
        context.store.discard(&own).await?;
        // The same was asked for before and waits for a person still, or was approved by now.
        if !decisions::waits_for_person(context, &first) {
            return outcome(context, &session, &first.header).await;
        }
        own = first.header.id;
    }
    let stored = context.get(Some(&principal), &own).await?;
    let request = CommitRequest {
        principal: &principal,
        session: &session,
        plan: &own,
        tool: None,
        reason: options.reason.clone(),
        key: None,
        gate,
        wait: options.wait,
        operator: false,
        started: Some(&options.started),
        progress,
    };
    let started = start(context, stored, &request, Some(reads)).await;
    // What waits for a person is found again by the same call; anything else begins anew with it.
    if let Err(failure) = &started
        && failure.waiting.is_none()
        && is_first
    {
        context.store.discard(&own).await?;
    }
    started
}

/// Why a plan cannot be committed that was started, thrown away, or rejected.
async fn not_committed(context: &PlansContext, stored: &StoredPlan) -> Failure {
    let tier = stored.header.commit_tier();
    match decisions::standing(context, stored, tier).await {
        Ok(standing) if stored.state == PlanState::Discarded => match standing.rejection() {
            Some(rejection) => decisions::rejected(stored, rejection),
            None => already_started(stored),
        },
        _ => already_started(stored),
    }
}

/// Goes on with a plan whose host died or whose items were not all done; where nothing is left to do,
/// answers how it ended.
///
/// # Errors
/// Why it cannot be resumed.
pub(crate) async fn resume(
    context: &Arc<PlansContext>,
    request: CommitRequest<'_>,
) -> Result<PlanOutcome, Failure> {
    let stored = authorized_plan(context, &request).await?;
    if matches!(stored.state, PlanState::Proposed | PlanState::Draft | PlanState::Discarded) {
        return Err(Failure::new(
            Code::Conflict,
            format!(
                "the plan `{}` is {} and was never started",
                request.plan,
                stored.state.as_str()
            ),
        )
        .rule("plan-state")
        .remedy("commit it with `plans_commit`"));
    }
    if stored.state != PlanState::Running && !stored.counts.has_work() {
        return outcome(context, request.session, &stored.header).await;
    }
    start(context, stored, &request, None).await
}

/// The plan, and that this caller may carry it out with this session.
///
/// # Errors
/// PLAN_NOT_FOUND, or FORBIDDEN where it is for another store or tool.
pub(crate) async fn authorized_plan(
    context: &PlansContext,
    request: &CommitRequest<'_>,
) -> Result<StoredPlan, Failure> {
    let principal = (!request.operator).then_some(request.principal);
    let stored = context.get(principal, request.plan).await?;
    let header = &stored.header;
    let info = request.session.info();
    if (&info.store, &info.base_url) != (&header.store, &header.base_url) {
        return Err(Failure::new(
            Code::Forbidden,
            format!(
                "the plan `{}` is for the store `{}`, and the session is with `{}`",
                header.id, header.store, info.store
            ),
        )
        .rule("plan-store")
        .remedy("log in to that store, or propose the change for this one"));
    }
    match (&header.origin, request.tool) {
        (_, None) => {}
        (PlanOrigin::Prepared { commit_tool, .. }, Some(tool)) if commit_tool == tool => {}
        (origin, Some(_)) => {
            let right = match origin {
                PlanOrigin::Prepared { commit_tool, .. } => commit_tool.as_str(),
                PlanOrigin::Applied | PlanOrigin::Undo { .. } => "plans_commit",
            };
            return Err(Failure::new(
                Code::Forbidden,
                format!("the plan `{}` was proposed by `{}`", header.id, header.tool),
            )
            .rule("plan-action")
            .remedy(format!("commit it with `{right}`")));
        }
    }
    Ok(stored)
}
