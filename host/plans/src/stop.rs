//! Stopping a run, in whatever process it is.

use std::time::Duration;

use souk_model::plan::{PlanId, PlanState};
use souk_model::{Code, Failure, Principal};
use souk_state::plans::{DecisionEffect, DecisionWrite, StoredPlan};

use crate::context::PlansContext;
use crate::decision_log::LoggedDecision;

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
    /// No process carried the plan out any more. It is not taken up again without a new word.
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
                "the process that carried it out is gone, so nothing is being sent: {done} of {total} \
                 done. What was approved of it is taken back; `plans_resume` goes on with the rest where \
                 nobody has to decide, or somebody has anew"
            ),
        }
    }
}

/// Asks the run of a plan to end, and waits a little until it has. What persons approved before is taken
/// back, whoever carries it out: also of a plan whose host is gone, or whose last run left something.
///
/// # Errors
/// PLAN_NOT_FOUND; CONFLICT where there is nothing to stop.
pub(crate) async fn stop(
    context: &PlansContext,
    principal: Option<&Principal>,
    id: &PlanId,
    by: &str,
) -> Result<StopOutcome, Failure> {
    let before = context.get(principal, id).await?;
    let (by, at_ms) = (by.to_owned(), context.now_ms());
    let line = LoggedDecision::PlanStop { by: by.clone(), at_ms };
    let effect = DecisionEffect::Stop { by: by.clone(), at_ms };
    if context.log_decision(Some(id), &line, &effect).await? != DecisionWrite::Recorded {
        return Err(not_running(&context.get(principal, id).await?));
    }
    // Where it is one of this host's it need not wait to be seen.
    context.runs.stop(id, &by);
    let begun = tokio::time::Instant::now();
    loop {
        let stored = context.get(principal, id).await?;
        match stored.state {
            PlanState::Running if begun.elapsed() >= PATIENCE => {
                return Ok(StopOutcome::Ending(stored));
            }
            PlanState::Running => tokio::time::sleep(LOOK).await,
            _ if begun.elapsed() < LOOK && before.state == PlanState::Running => {
                return Ok(StopOutcome::Orphaned(stored));
            }
            _ => return Ok(StopOutcome::Ended(stored)),
        }
    }
}

fn not_running(stored: &StoredPlan) -> Failure {
    let remedy = match stored.state {
        PlanState::Proposed => "`plans_discard` throws a proposed plan away",
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
