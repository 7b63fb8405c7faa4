//! Carrying plans out: who may, once, and on a task of its own that outlives the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use souk_model::plan::{ItemState, PlanId, PlanOrigin, PlanState};
use souk_model::{Code, Failure};
use souk_state::plans::{LeaseClaim, StoredPlan};
use tokio::task::JoinError;

use crate::context::PlansContext;
use crate::draft::PlanDraft;
use crate::execute::PlanRun;
use crate::idempotency;
use crate::outcome::{PlanOutcome, end_state, only_subject, outcome, outcome_after_run};
use crate::refusals::already_started;
use crate::request::{ApplyOptions, CommitRequest, TierGate};

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
                "the plan `{}` was to be committed within {} minutes",
                request.plan, context.config.expiry_min
            ),
        )
        .rule("plan-expiry")
        .remedy("propose it again; what stands in the store may have changed"));
    }
    start(context, stored, &request).await
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
) -> Result<PlanOutcome, Failure> {
    gate(draft.tier())?;
    let (principal, session) = (draft.principal(), draft.session().clone());
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
    };
    start(context, stored, &request).await
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
    start(context, stored, &request).await
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

/// Claims the plan and runs it on a task of its own; answers when it has ended.
async fn start(
    context: &Arc<PlansContext>,
    stored: StoredPlan,
    request: &CommitRequest<'_>,
) -> Result<PlanOutcome, Failure> {
    (request.gate)(context.verify(&stored).await?)?;
    context.check_trail()?;
    let id = &stored.header.id;
    let now = context.now_ms();
    let until = now + lease_ms(context);
    let reason = request.reason.as_deref();
    match context.store.claim(id, &context.owner, reason, now, until).await? {
        LeaseClaim::Granted => {}
        LeaseClaim::Held(_) => {
            return Err(Failure::new(
                Code::IdempotencyConflict,
                format!("the plan `{id}` is being carried out right now"),
            )
            .rule("lease")
            .remedy("`plans_get` shows how far it is"));
        }
        LeaseClaim::NotRunnable(state) => {
            return Err(already_started(&StoredPlan { state, ..stored }));
        }
    }
    let lease_lost = Arc::new(AtomicBool::new(false));
    let run = PlanRun::new(
        context.clone(),
        stored.header.clone(),
        request.session.clone(),
        request.reason.clone(),
        lease_lost.clone(),
    );
    if let Some(started) = request.started {
        // Whoever leaves now has started it all the same.
        started.get_or_init(|| id.clone());
    }
    let (at_work, stored_at_start) = (context.clone(), stored.clone());
    // Detached: the caller only awaits it, and it goes on when the caller leaves.
    let work = tokio::spawn(async move {
        let renewal = renew_lease(at_work.clone(), run.header().id.clone(), lease_lost);
        let renewal = tokio::spawn(renewal);
        let result = run.run().await;
        renewal.abort();
        finish(&at_work, run, stored_at_start, result).await
    });
    Ok(match work.await {
        Ok(outcome) => outcome,
        Err(error) => outcome_of_broken_run(context, stored, &error).await,
    })
}

async fn finish(
    context: &PlansContext,
    run: PlanRun,
    stored_at_start: StoredPlan,
    result: Result<(), Failure>,
) -> PlanOutcome {
    let header = run.header();
    if let Err(failure) = &result {
        tracing::error!("plan {}: {failure}", header.id);
    }
    let progress = run.take_progress();
    let kept = context.own(&header.id).await;
    // A plan that was started has an outcome: what was done is told even if the run ended early, and
    // what was sent even if it has no line on the trail or could not be kept.
    let mut note = result.err();
    let mut stored = match kept {
        Ok(stored) => stored,
        Err(failure) => {
            note.get_or_insert(failure);
            let mut counts = progress.counts;
            counts.pending = header.count.saturating_sub(counts.total());
            StoredPlan { counts, ..stored_at_start }
        }
    };
    let counts = &mut stored.counts;
    for (_, entry) in &progress.unkept {
        counts.moves(ItemState::Sending, entry.state);
    }
    stored.state = end_state(&stored.counts, header.count);
    match context.store.finish(&header.id, &context.owner, stored.state).await {
        Ok(_) => {}
        Err(error) => {
            note.get_or_insert(error.into());
        }
    }
    let subject = match run.take_only_subject() {
        Some(subject) => Some(subject),
        None => only_subject(context, run.session(), header).await.unwrap_or_default(),
    };
    let mut outcome = outcome_after_run(context, stored, subject, progress.unkept).await;
    outcome.has_sent = run.has_sent();
    outcome.note = note;
    outcome
}

/// The outcome of a run that broke inside the host: what is kept of it, of which some may have
/// happened and is not kept.
async fn outcome_of_broken_run(
    context: &PlansContext,
    stored_at_start: StoredPlan,
    error: &JoinError,
) -> PlanOutcome {
    tracing::error!("plan {}: the commit broke off: {error}", stored_at_start.header.id);
    let mut stored = context.own(&stored_at_start.header.id).await.unwrap_or(stored_at_start);
    stored.state = end_state(&stored.counts, stored.header.count);
    let mut outcome = outcome_after_run(context, stored, None, Vec::new()).await;
    outcome.has_sent = true;
    outcome.note = Some(
        Failure::internal("the commit broke inside the host")
            .remedy("`plans_resume` goes on with it once its lease has run out"),
    );
    outcome
}

fn lease_ms(context: &PlansContext) -> i64 {
    i64::from(context.config.lease_s) * 1_000
}

/// Renews a run's lease until it is aborted, or the lease is lost.
async fn renew_lease(context: Arc<PlansContext>, id: PlanId, lost: Arc<AtomicBool>) {
    let lease_ms = lease_ms(&context);
    let each = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(1_000).max(100));
    loop {
        tokio::time::sleep(each).await;
        let until = context.now_ms() + lease_ms;
        match context.store.renew(&id, &context.owner, until).await {
            Ok(true) => {}
            Ok(false) => {
                lost.store(true, Ordering::SeqCst);
                return;
            }
            // The next renewal may get through; the journal checks the lease as well.
            Err(error) => tracing::warn!("cannot renew the lease of plan {id}: {error}"),
        }
    }
}
