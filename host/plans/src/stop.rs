//! Stopping a run, in whatever process it is.

use std::time::Duration;

use souk_model::plan::{PlanId, PlanState};
use souk_model::{Code, Failure, Principal};
use souk_state::plans::StoredPlan;

use crate::context::PlansContext;

/// How long a stop waits for the run to end: requests under way are answered first.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// What came of a stop.
#[derive(Debug, Clone, PartialEq)]
pub enum StopOutcome {
    /// The run has ended, and left the plan like this.
    Ended(StoredPlan),
    /// It ends as soon as the store has answered what is under way.
    Ending(StoredPlan),
    /// No process carries the plan out any more, so there was nothing to stop.
    Orphaned(StoredPlan),
}

impl StopOutcome {
    /// The plan as it is now.
    #[must_use]
    pub const fn plan(&self) -> &StoredPlan {
        match self {
            Self::Ended(stored) | Self::Ending(stored) | Self::Orphaned(stored) => stored,
        }
    }

    /// The outcome in a sentence, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        let stored = self.plan();
        let (done, total) = (stored.counts.done, stored.header.count);
        match self {
            Self::Ended(_) if done == total => format!("all {total} were done before it stopped"),
            Self::Ended(_) => format!(
                "it has stopped: {done} of {total} done. `plans_resume` goes on with the rest, \
                 `plans_undo` takes back what was written"
            ),
            Self::Ending(_) => format!(
                "it stops as soon as the store has answered what is under way; {done} of {total} \
                 done so far. `plans_get` shows when it has ended"
            ),
            Self::Orphaned(_) => format!(
                "the process that carried it out is gone, so nothing is being sent: {done} of \
                 {total} done. `plans_resume` goes on with the rest"
            ),
        }
    }
}

/// Asks the run of a plan to end, and waits a little until it has.
///
/// # Errors
/// PLAN_NOT_FOUND; CONFLICT where the plan does not run.
pub(crate) async fn stop(
    context: &PlansContext,
    principal: Option<&Principal>,
    id: &PlanId,
    by: &str,
) -> Result<StopOutcome, Failure> {
    let stored = context.get(principal, id).await?;
    let now = context.now_ms();
    if stored.state == PlanState::Running
        && stored.lease.as_ref().is_none_or(|lease| lease.is_over(now))
    {
        return Ok(StopOutcome::Orphaned(stored));
    }
    if !context.store.request_stop(id, by, now).await? {
        return Err(not_running(&context.get(principal, id).await?));
    }
    // Where it is one of this host's it need not wait to be seen.
    context.runs.stop(id, by);
    let begun = tokio::time::Instant::now();
    loop {
        let stored = context.get(principal, id).await?;
        if stored.state != PlanState::Running {
            return Ok(StopOutcome::Ended(stored));
        }
        if begun.elapsed() >= PATIENCE {
            return Ok(StopOutcome::Ending(stored));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn not_running(stored: &StoredPlan) -> Failure {
    let remedy = match stored.state {
        PlanState::Proposed => "`plans_discard` throws a proposed plan away",
        PlanState::Stopped => "`plans_resume` goes on with it",
        _ => "`plans_get` shows how it ended",
    };
    Failure::new(
        Code::Conflict,
        format!(
            "the plan `{}` is not being carried out, so there is nothing to stop: it is {}",
            stored.header.id,
            stored.state.as_str()
        ),
    )
    .rule("plan-state")
    .remedy(remedy)
}
