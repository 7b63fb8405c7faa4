//! What is worth telling persons who do not look: that a plan waits for them, or has failed. No call
//! waits for it, and none fails for it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use souk_model::plan::{PlanHeader, PlanId, PlanState};
use souk_state::plans::StoredPlan;
use souk_telemetry::metrics;
use tokio::sync::mpsc;

/// Plans of which it is remembered that they were told; beyond them all are forgotten at once.
const REMEMBERED: usize = 10_000;

/// What is told of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanEvent {
    /// It waits for a person to decide.
    Waits,
    /// It waited, and can no longer be started.
    Expired,
    /// It was carried out, and not all of it is done.
    Failed,
}

impl PlanEvent {
    /// Its name, as it is told: `plan-waits`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "plan-waits",
            Self::Expired => "plan-expired",
            Self::Failed => "plan-failed",
        }
    }
}

/// Something that is told of a plan. It holds nothing of what the plan is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNotice {
    /// What.
    pub event: PlanEvent,
    /// Of which plan.
    pub plan: PlanId,
    /// Whose it is. Not told: so that one caller's plans do not keep another's from being told.
    pub principal: String,
    /// How many items it has.
    pub items: u32,
    /// How many of them are done.
    pub done: u32,
    /// When it can no longer be started. Milliseconds since 1970, UTC.
    pub expires_ms: i64,
    /// Where the console shows it, if it serves.
    pub url: Option<String>,
}

/// Who is told.
#[derive(Debug, Default)]
pub(crate) struct NoticeOutlet {
    sender: Mutex<Option<mpsc::Sender<PlanNotice>>>,
    told: Mutex<HashSet<PlanId>>,
}

impl NoticeOutlet {
    /// Has this be told from now on.
    pub(crate) fn send_to(&self, sender: mpsc::Sender<PlanNotice>) {
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    }

    /// That a plan waits for a person, once.
    pub(crate) fn waits(&self, stored: &StoredPlan, url: Option<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= REMEMBERED {
            told.clear();
        }
        if told.insert(stored.header.id.clone()) {
            metrics::PLANS.of(&[&stored.header.store, "waits"]).add(1);
            self.send(PlanEvent::Waits, &stored.header, stored.counts.done, url);
        }
    }

    /// That a plan has ended, where not all of it is done and nobody wanted that.
    pub(crate) fn ended(&self, stored: &StoredPlan, url: Option<String>) {
        if matches!(stored.state, PlanState::Failed | PlanState::PartlyDone) {
            self.send(PlanEvent::Failed, &stored.header, stored.counts.done, url);
        }
    }

    fn send(&self, event: PlanEvent, header: &PlanHeader, done: u32, url: Option<String>) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let (plan, principal) = (header.id.clone(), header.principal.clone());
        let (items, expires_ms) = (header.count, header.expires_ms);
        let notice = PlanNotice { event, plan, principal, items, done, expires_ms, url };
        // Where too many wait to be told, the next are not.
        if let Some(sender) = &*sender
            && sender.try_send(notice).is_err()
        {
            tracing::warn!("plan {}: nobody is told (`approvals.notify`)", header.id);
        }
    }
}
