//! What the console asks of the host that serves it, where plans and state do not tell by themselves.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use serde::Deserialize;
use souk_model::Failure;
use souk_model::plan::{PlanHeader, PlanId, PlanState};
use souk_plans::PlanOutcome;
use souk_policy::Mask;

/// A host as its console knows it.
#[async_trait]
pub trait ConsoleHost: Send + Sync + 'static {
    /// What is masked of what a group's plans hold, for a person at the console.
    fn mask(&self, group: &str) -> Mask;

    /// Why a plan cannot be carried out now, though it is not over: its plugin waits for an approval.
    fn why_frozen(&self, header: &PlanHeader, state: PlanState) -> Option<String>;

    /// Carries a plan out, or goes on with it, with the operator's configured login, as
    /// `souk plans commit` and `souk plans resume` do. `started` is set as soon as it is under way; then
    /// it goes on whatever becomes of this call.
    ///
    /// # Errors
    /// Why it was not started.
    async fn carry_out(
        &self,
        plan: &PlanId,
        reason: Option<String>,
        started: Arc<OnceLock<PlanId>>,
    ) -> Result<PlanOutcome, Failure>;

    /// Proposes the plan that takes another back, and keeps why.
    ///
    /// # Errors
    /// Why there is nothing to take back.
    async fn propose_undo(
        &self,
        plan: &PlanId,
        person: &str,
        reason: &str,
    ) -> Result<PlanId, Failure>;

    /// The plugins that serve, and what waits for an approval.
    fn plugins(&self) -> PluginsView;

    /// Approves or rejects the version of a group with this digest: what it may do from now on, for
    /// people.
    ///
    /// # Errors
    /// There is no such version any more; it cannot be kept.
    async fn decide_plugin(&self, choice: PluginChoice) -> Result<String, Failure>;

    /// How the stores are: reached, logged in to, asked what they can do. Some seconds.
    async fn check_stores(&self) -> Vec<HealthSection>;
}

/// What a person decides of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginChoice {
    /// The plugin, by its group's name.
    pub group: String,
    /// Of which version: the digest of its file.
    pub digest: String,
    /// Whether it may serve.
    pub is_approval: bool,
}

/// The plugins of a host.
#[derive(Debug, Clone, Default)]
pub struct PluginsView {
    /// Those that serve.
    pub serving: Vec<ServingPlugin>,
    /// Those of which something waits, or that were rejected.
    pub waiting: Vec<WaitingPlugin>,
    /// What else there is to say: files that were refused, approvals that cannot be read.
    pub problems: Vec<String>,
}

/// A plugin that serves.
#[derive(Debug, Clone)]
pub struct ServingPlugin {
    /// Its group's name.
    pub group: String,
    /// The version that it gives itself.
    pub version: String,
    /// How many actions it has.
    pub actions: usize,
    /// What its imports let it do, in words.
    pub may: String,
    /// By what it serves, in words.
    pub trust: String,
    /// Calls that have ended since the host began.
    pub calls: u64,
    /// Of those, the calls that failed.
    pub errors: u64,
    /// Of those, the calls that broke off by its own fault.
    pub breaches: u64,
    /// Processor time of the call that took most, in milliseconds, and what a call may take.
    pub cpu_ms: (u64, u64),
    /// Memory of the call that had most, in megabytes, and what a call may have.
    pub memory_mb: (u64, u64),
    /// For whom it is parked.
    pub parked: Vec<String>,
}

/// A version of which something waits.
#[derive(Debug, Clone)]
pub struct WaitingPlugin {
    /// Its group's name.
    pub group: String,
    /// The version that it gives itself.
    pub version: String,
    /// The digest of its file.
    pub digest: String,
    /// What waits and why.
    pub why: String,
    /// What serves in its place.
    pub serving: Option<String>,
    /// In what it differs from what is approved; whether each is more than before.
    pub changes: Vec<(bool, String)>,
    /// Whether it was rejected.
    pub is_rejected: bool,
}

/// What was found of one thing that was looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct HealthSection {
    /// What.
    pub title: String,
    /// What was looked at.
    pub checks: Vec<HealthLine>,
}

/// One check.
#[derive(Debug, Clone, Deserialize)]
pub struct HealthLine {
    /// What was looked at.
    pub about: String,
    /// `fine`, `note`, `lacking`, `warning`, `broken`.
    pub verdict: String,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(default)]
    pub remedy: Option<String>,
}
