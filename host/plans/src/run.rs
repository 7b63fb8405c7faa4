//! A run from its lease to its end: on a task of its own that outlives the call, under a lease that is
//! renewed as long as it lives.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use souk_model::plan::{ItemState, PlanId, PlanState, StoredFailure};
use souk_model::{Code, Failure, Principal};
use souk_state::plans::{Lease, LeaseClaim, LeaseRenewal, RunStart, StopRequest, StoredPlan};
use souk_state::rfc3339_to_the_second;
use souk_upstream::{ReadMemo, Session};
use tokio::task::{JoinError, JoinSet};

use crate::context::{PlansContext, VerifiedPlan};
use crate::decisions::{Permission, check_or_wait};
use crate::execute::{PlanRun, RunScope};
use crate::outcome::{PlanOutcome, end_state, only_subject, outcome_after_run};
use crate::plan_watch::RunWatch;
use crate::refusals::already_started;
use crate::request::{CommitRequest, WriteFacts};
use crate::run_control::{EarlyEnd, EndUrgency, RunControl};
use crate::write_stop::{check_writes, write_stop};

/// How often a run keeps how far it is and looks whether somebody wants it to end, at the least.
const LOOK: Duration = Duration::from_millis(500);
/// How often in a row it may not be read whether somebody stopped all writes, before a run ends for that.
const UNREAD: u32 = 4;

/// Claims the plan and runs it on a task of its own; answers when it has ended. `reads` are those of
/// the call that proposed it, if it is one and the same.
pub(crate) async fn start(
    context: &Arc<PlansContext>,
    stored: StoredPlan,
    request: &CommitRequest<'_>,
    reads: Option<ReadMemo>,
) -> Result<PlanOutcome, Failure> {
    let (slot, control, run) = loop {
        // What is read later is held to what was there now, however long it waits meanwhile.
        let VerifiedPlan { tier, items } = context.verify(&stored).await?;
        check_writes(context).await?;
        let permission =
            check_or_wait(context, &stored, tier, request.wait, request.progress.as_ref()).await?;
        let plan = Some(&stored.header);
        (request.gate)(&WriteFacts { tier, need: Some(permission.need), plan })?;
        context.check_trail()?;
        let control =
            Arc::new(RunControl::new(stored.header.id.clone(), context.config.commit_max()));
        let slot = context.runs.enter(control.clone());
        control.may_send()?;
        let by = if request.operator { "the operator" } else { request.principal.as_str() };
        let reason = request.reason.as_deref();
        let Permission { need: _, left_out, decisions } = permission;
        let begin = RunStart { by: Some(by), reason, decisions, only_settles: false };
        if !claim(context, &stored, begin).await? {
            // Somebody has decided something meanwhile: all of it is asked again.
            continue;
        }
        let run = PlanRun::new(
            context.clone(),
            &stored,
            RunScope { items, left_out },
            request,
            reads,
            control.clone(),
        );
        break (slot, control, run);
    };
    if let Some(started) = request.started {
        // Whoever leaves now has started it all the same.
        started.get_or_init(|| stored.header.id.clone());
    }
    let cancel = context.config.cancel_stops.then(|| StopOnDrop(control));
    let (at_work, stored_at_start) = (context.clone(), stored.clone());
    // Detached: the caller only awaits it, and it goes on when the caller leaves.
    let work = tokio::spawn(souk_telemetry::carried(async move {
        let _slot = slot;
        let watch = RunWatch::begin(&stored_at_start);
        let renewal = renewing(&at_work, run.control(), &run.header().id);
        let result = run.run().await;
        drop(renewal);
        let outcome = finish(&at_work, run, stored_at_start, result).await;
        watch.end(&outcome);
        outcome
    }));
    let ended = work.await;
    if let Some(cancel) = cancel {
        cancel.disarm();
    }
    Ok(match ended {
        Ok(outcome) => outcome,
        Err(error) => outcome_of_broken_run(context, stored, &error).await,
    })
}

/// Finds out what became of what a plan's last run left on its way, and keeps it; nothing is sent.
/// Answers the plan as it is then, and what cannot be told yet.
///
/// # Errors
/// Somebody carries the plan out, or it cannot be read or written.
pub(crate) async fn settle(
    context: &Arc<PlansContext>,
    stored: StoredPlan,
    session: &Session,
    principal: &Principal,
) -> Result<(StoredPlan, Option<Failure>), Failure> {
    let VerifiedPlan { items, .. } = context.verify(&stored).await?;
    context.check_trail()?;
    let id = stored.header.id.clone();
    let control = Arc::new(RunControl::new(id.clone(), context.config.commit_max()));
    let _slot = context.runs.enter(control.clone());
    claim(
        context,
        &stored,
        RunStart { by: Some(principal.as_str()), only_settles: true, ..RunStart::default() },
    )
    .await?;
    let scope = RunScope { items, left_out: BTreeSet::new() };
    let run = PlanRun::settling(context.clone(), &stored, scope, session.clone(), control.clone());
    let renewal = renewing(context, &control, &id);
    let result = run.settle().await;
    drop(renewal);
    let counts = context.own(&id).await?.counts;
    let state = if counts.pending > 0 {
        PlanState::Stopped
    } else {
        end_state(&counts, stored.header.count)
    };
    context.store.finish(&id, &context.owner, state, None).await?;
    Ok((context.own(&id).await?, result?))
}

/// Whether the plan is this host's to carry out; not so where somebody has decided something that it has
/// not read.
async fn claim(
    context: &PlansContext,
    stored: &StoredPlan,
    start: RunStart<'_>,
) -> Result<bool, Failure> {
    let (id, now) = (&stored.header.id, context.now_ms());
    let until = now + lease_ms(context);
    match context.store.claim(id, &context.owner, start, now, until).await? {
        LeaseClaim::Granted => Ok(true),
        LeaseClaim::Held(lease) => Err(held(stored, &lease)),
        LeaseClaim::NotRunnable(state) => {
            Err(already_started(&StoredPlan { state, ..stored.clone() }))
        }
        LeaseClaim::Behind => Ok(false),
    }
}

/// Somebody carries the plan out: who, and until when that is taken for true.
fn held(stored: &StoredPlan, lease: &Lease) -> Failure {
    let id = &stored.header.id;
    let (whose, remedy) = match &lease.process {
        Some(process) if process.is_within_reach() => (
            format!("by process {} of this machine", process.pid()),
            "`plans_get` shows how far it is, `plans_stop` stops it".to_owned(),
        ),
        _ => {
            let until = rfc3339_to_the_second(lease.until_ms);
            (
                "by a host on another machine".to_owned(),
                format!(
                    "`plans_get` shows how far it is, `plans_stop` stops it; if that host is gone, \
                     its lease ends at {until}, and `plans_resume` works from then on"
                ),
            )
        }
    };
    Failure::new(
        Code::IdempotencyConflict,
        format!("the plan `{id}` is being carried out right now, {whose}"),
    )
    .rule("lease")
    .remedy(remedy)
}

async fn finish(
    context: &PlansContext,
    run: PlanRun,
    stored_at_start: StoredPlan,
    result: Result<(), Failure>,
) -> PlanOutcome {
    let header = run.header();
    match &result {
        Err(failure) if is_stop(failure) => {
            tracing::info!("plan {}: {failure}", header.id);
        }
        Err(failure) => tracing::error!("plan {}: {failure}", header.id),
        Ok(()) => {}
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
    let is_stopped = note.as_ref().is_some_and(is_stop);
    stored.state = if is_stopped && stored.counts.has_work() {
        PlanState::Stopped
    } else {
        end_state(&stored.counts, header.count)
    };
    let early = note.as_ref().map(StoredFailure::from);
    match context.store.finish(&header.id, &context.owner, stored.state, early.as_ref()).await {
        Ok(_) => {}
        Err(error) => {
            note.get_or_insert(error.into());
        }
    }
    context.notices.ended(&stored, context.console_page(&header.id));
    let subject = match run.take_only_subject() {
        Some(subject) => Some(subject),
        None => only_subject(context, run.session(), header).await.unwrap_or_default(),
    };
    let mut outcome = outcome_after_run(context, stored, subject, progress.unkept).await;
    outcome.has_sent = run.has_sent();
    outcome.note = note;
    outcome
}

/// Whether a run ended because somebody wanted it to.
fn is_stop(failure: &Failure) -> bool {
    matches!(failure.code, Code::Stopped | Code::WritesStopped)
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

/// Renews a run's lease as long as the answer is not dropped, also by a panic.
fn renewing(context: &Arc<PlansContext>, control: &Arc<RunControl>, id: &PlanId) -> JoinSet<()> {
    let mut renewal = JoinSet::new();
    renewal.spawn(renew_lease(context.clone(), control.clone(), id.clone()));
    renewal
}

/// Renews a run's lease until it is aborted or the lease is lost, keeps how far the run is, and ends
/// it where somebody asked for that, in whatever process.
async fn renew_lease(context: Arc<PlansContext>, control: Arc<RunControl>, id: PlanId) {
    let lease_ms = lease_ms(&context);
    let third = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(1_000).max(100));
    let (mut is_failing, mut unread) = (false, 0_u32);
    loop {
        tokio::time::sleep(third.min(LOOK)).await;
        let until = context.now_ms() + lease_ms;
        let renewed = context.store.renew(&id, &context.owner, until, control.answered()).await;
        match &renewed {
            Ok(LeaseRenewal::Renewed(None)) => {}
            Ok(LeaseRenewal::Renewed(Some(StopRequest { by, .. }))) => {
                control.end(EndUrgency::AfterRequests, EarlyEnd::Person(by.clone()));
            }
            Ok(LeaseRenewal::Lost) => {
                control.lose_lease();
                return;
            }
            // The next renewal may get through; the journal checks the lease as well.
            Err(error) if !is_failing => {
                tracing::warn!("cannot renew the lease of plan {id}: {error}");
            }
            Err(_) => {}
        }
        is_failing = renewed.is_err();
        match write_stop(&context).await {
            Ok(None) => unread = 0,
            Ok(Some(stop)) => control.end(EndUrgency::AfterRequests, EarlyEnd::WritesStopped(stop)),
            // A file that is busy for a moment ends no run. One that was changed does, for it may be the
            // stop that is gone.
            Err(failure) => {
                unread += 1;
                if failure.code == Code::Forbidden || unread > UNREAD {
                    control.end(EndUrgency::AfterRequests, EarlyEnd::Unread(failure.message));
                }
            }
        }
    }
}

/// Stops a run when the call that waits for it is dropped.
struct StopOnDrop(Arc<RunControl>);

impl StopOnDrop {
    /// The run has ended by itself.
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.end(EndUrgency::AfterRequests, EarlyEnd::Cancel);
    }
}
