//! Carrying plans out: who may, and once.

use std::sync::Arc;

use souk_model::plan::{PlanOrigin, PlanState};
use souk_model::{Code, Failure, Progress, counted};
use souk_state::plans::StoredPlan;

use crate::context::PlansContext;
use crate::draft::PlanDraft;
use crate::idempotency;
use crate::outcome::{PlanOutcome, outcome};
use crate::refusals::already_started;
use crate::request::{ApplyOptions, CommitRequest, TierGate};
use crate::run::start;

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
        return Err(already_started(&stored));
    }
    if context.now_ms() > stored.header.expires_ms {
        return Err(Failure::new(
            Code::PlanExpired,
            format!(
                "the plan `{}` was to be committed within {}",
                request.plan,
                counted(context.config.expiry_min, "minute", "minutes")
            ),
        )
        .rule("plan-expiry")
        .remedy("propose it again; what stands in the store may have changed"));
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
    gate: &TierGate<'_>,
    progress: Option<Arc<dyn Progress>>,
) -> Result<PlanOutcome, Failure> {
    gate(draft.tier())?;
    let (principal, session) = (draft.principal(), draft.session().clone());
    let reads = draft.reads().clone();
    let proposed = draft.propose().await?.header;
    if options.preview {
        return outcome(context, &session, &proposed).await;
    }
    let first = idempotency::first_plan(context, &principal, &session, &options, &proposed).await?;
    if let Some(first) = first {
        context.store.discard(&proposed.id).await?;
        return outcome(context, &session, &first).await;
    }
    let stored = context.get(Some(&principal), &proposed.id).await?;
    let request = CommitRequest {
        principal: &principal,
        session: &session,
        plan: &proposed.id,
        tool: None,
        reason: options.reason.clone(),
        key: None,
        gate,
        operator: false,
        started: Some(&options.started),
        progress,
    };
    start(context, stored, &request, Some(reads)).await
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
