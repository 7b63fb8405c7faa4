//! Whether this host should be given work: each thing that it needs, by name.
//!
//! What is not this host's to mend does not make it unready: all hosts before one store would be taken
//! away at once, and with them the answer that says what is wrong. So a store that does not answer is
//! told, and counts only where the operator says so; a stop of all writes, a plugin that is refused and
//! one that waits for an approval are told and count never.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use souk_model::counted;
use souk_plans::Plans;
use souk_runtime::Registry;
use souk_state::audit::AuditTrail;
use souk_state::plans::SqlitePlanStore;
use souk_telemetry::metrics;
use souk_upstream::Magento;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::setup::Setup;
use crate::wiring::RunningHost;

/// For how long what was found is answered again: nobody makes the host look at its disk all the time.
const KEPT: Duration = Duration::from_secs(1);
/// The same of stores, which are asked over a network.
const STORES_KEPT: Duration = Duration::from_secs(10);
/// How long one look may take; what takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReadinessCheck {
    pub(crate) name: &'static str,
    #[serde(rename = "ready")]
    pub(crate) is_ready: bool,
    /// In words.
    pub(crate) says: String,
}

/// Looks whether this host is ready.
pub(crate) struct Readiness {
    registry: Arc<Registry>,
    plans: Arc<Plans>,
    plan_store: Arc<SqlitePlanStore>,
    trail: Arc<AuditTrail>,
    stores: Vec<Magento>,
    needs_stores: bool,
    is_ending: AtomicBool,
    last: Mutex<LastLook>,
}

#[derive(Default)]
struct LastLook {
    own: Option<(Instant, Vec<ReadinessCheck>)>,
    stores: Option<(Instant, ReadinessCheck)>,
}

impl Readiness {
    pub(super) fn new(host: &RunningHost, setup: &Setup) -> Self {
        Self {
            registry: host.registry.clone(),
            plans: host.plans.clone(),
            plan_store: host.plan_store.clone(),
            trail: host.trail.clone(),
            // As configured, without a login: what is looked at is whether anything answers.
            stores: host.stores.iter().filter_map(|one| Magento::new(one.clone()).ok()).collect(),
            needs_stores: setup.readiness_needs_stores(),
            is_ending: AtomicBool::new(false),
            last: Mutex::default(),
        }
    }

    pub(super) fn begin_to_end(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
    }

    /// Everything that was looked at, now or just before.
    pub(super) async fn look(&self) -> Vec<ReadinessCheck> {
        let mut last = self.last.lock().await;
        let mut checks = match &last.own {
            Some((at, checks)) if at.elapsed() < KEPT => checks.clone(),
            _ => {
                let checks = vec![
                    self.plugins(),
                    self.state().await,
                    self.trail().await,
                    self.writes().await,
                ];
                last.own = Some((Instant::now(), checks.clone()));
                checks
            }
        };
        let stores = match &last.stores {
            Some((at, stores)) if at.elapsed() < STORES_KEPT => stores.clone(),
            _ => {
                let stores = self.stores().await;
                last.stores = Some((Instant::now(), stores.clone()));
                stores
            }
        };
        checks.push(stores);
        let is_ending = self.is_ending.load(Ordering::SeqCst);
        checks.push(check("drain", !is_ending, if is_ending { "the host ends" } else { "no" }));
        for one in &checks {
            metrics::READY.of(&[one.name]).set(one.is_ready.into());
        }
        checks
    }

    /// Whether everything that was there at the start has been compiled and looked at.
    fn plugins(&self) -> ReadinessCheck {
        let loaded = self.registry.loaded();
        let mut says = format!("{} loaded", counted(loaded.plugins.len(), "plugin", "plugins"));
        for (count, what) in [(loaded.refused.len(), "refused"), (loaded.waiting.len(), "waiting")]
        {
            if count > 0 {
                says.push_str(&format!(", {count} {what}"));
            }
        }
        if self.registry.settled().borrow().is_some() {
            return check("plugins", true, says);
        }
        check("plugins", false, format!("{says}, others are still being compiled"))
    }

    async fn state(&self) -> ReadinessCheck {
        if !self.plan_store.is_in_place() {
            return check("state", false, "the file of plans is not where it was");
        }
        match timeout(PATIENCE, self.plans.write_stop()).await {
            Ok(Ok(_)) => check("state", true, "plans can be read"),
            Ok(Err(_)) => check("state", false, "plans cannot be read; the log says why"),
            Err(_) => check("state", false, "plans cannot be read in time"),
        }
    }

    async fn trail(&self) -> ReadinessCheck {
        let trail = self.trail.clone();
        let tried = tokio::task::spawn_blocking(move || trail.writable().map_err(drop));
        match timeout(PATIENCE, tried).await {
            Ok(Ok(Ok(()))) => check("trail", true, "takes lines"),
            Ok(_) => check("trail", false, "takes no lines; `souk doctor` says why"),
            Err(_) => check("trail", false, "takes no lines in time"),
        }
    }

    /// Told, and never a reason not to be ready: whatever reads goes on.
    async fn writes(&self) -> ReadinessCheck {
        let stopped = matches!(timeout(PATIENCE, self.plans.write_stop()).await, Ok(Ok(Some(_))));
        check("writes", true, if stopped { "stopped by somebody" } else { "not stopped" })
    }

    async fn stores(&self) -> ReadinessCheck {
        let asked = self.stores.iter().map(|store| async move {
            let answers = timeout(PATIENCE, store.answers()).await;
            (store.name(), matches!(answers, Ok(true)))
        });
        let answers = futures::future::join_all(asked).await;
        let silent: Vec<&str> =
            answers.iter().filter(|(_, answers)| !answers).map(|(name, _)| *name).collect();
        if silent.is_empty() {
            return check("stores", true, counted(answers.len(), "store answers", "stores answer"));
        }
        let says = format!("no answer from {}", silent.join(", "));
        check("stores", !self.needs_stores, says)
    }
}

fn check(name: &'static str, is_ready: bool, says: impl Into<String>) -> ReadinessCheck {
    ReadinessCheck { name, is_ready, says: says.into() }
}
