//! A plan's last run: whether it is under way, who began it, how far it is.

use serde::{Deserialize, Serialize};
use souk_model::plan::PlanState;
use souk_model::visible;
use souk_state::plans::{Lease, StoredPlan};
use souk_state::{Timestamp, rfc3339};

/// A run as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReview {
    /// Whether a process is at work on it. A plan that is `running` without one was left by a process
    /// that is gone, and can be resumed.
    pub is_under_way: bool,
    /// When it began.
    pub started_at: String,
    /// Who began it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_by: Option<String>,
    /// Where it runs: `process 4711 of this machine`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
    /// How many items the store has answered in this run; those of a chunk count as done when they
    /// are read back together.
    pub answered: u32,
    /// How many items are done, in all runs.
    pub done: u32,
    /// How many have not ended yet.
    pub left: u32,
    /// Who wants it to stop.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stop_asked_by: Option<String>,
    /// Why it ended before everything was tried.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_early: Option<String>,
}

impl RunReview {
    /// The last run of a plan.
    pub(super) fn of(stored: &StoredPlan) -> Option<Self> {
        let run = stored.run.as_ref()?;
        let line = |text: &String| visible::line(text).into_owned();
        let now = Timestamp::now().as_millisecond();
        let holds = |lease: &&Lease| stored.state == PlanState::Running && !lease.is_over(now);
        let lease = stored.lease.as_ref().filter(holds);
        let counts = &stored.counts;
        Some(Self {
            is_under_way: lease.is_some(),
            started_at: rfc3339(run.started_ms),
            started_by: run.by.as_ref().map(line),
            at: lease.map(place),
            answered: run.answered,
            done: counts.done,
            left: counts.pending + counts.sending,
            stop_asked_by: run.stop.as_ref().map(|stop| line(&stop.by)),
            ended_early: run.ended.as_ref().map(|why| line(&why.message)),
        })
    }
}

fn place(lease: &Lease) -> String {
    match &lease.process {
        Some(process) if process.is_within_reach() => {
            format!("process {} of this machine", process.pid())
        }
        _ => "another machine".to_owned(),
    }
}
