//! What the console asks of this host, and where its pages are served.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use souk_console::{
    Console, ConsoleAddresses, ConsoleDeps, ConsoleHost, HealthSection, PluginChoice, PluginsView,
};
use souk_model::plan::{PlanHeader, PlanId, PlanState};
use souk_model::{Code, Failure, Principal};
use souk_plans::{CommitRequest, PlanOutcome, Plans, UndoAsker, WriteFacts};
use souk_policy::Mask;
use souk_runtime::{Dispatcher, Limits, Registry, SessionHost, why_frozen};
use souk_state::StateDir;
use souk_state::approvals::ApprovalStore;
use souk_state::audit::AuditTrail;
use souk_upstream::StoreConfig;

use crate::commands::{doctor, plugins};
use crate::setup::Setup;
use crate::wiring::RunningHost;

/// This host, as its console knows it.
struct ServingHost {
    dispatcher: Arc<Dispatcher>,
    registry: Arc<Registry>,
    sessions: Arc<SessionHost>,
    plans: Arc<Plans>,
    trail: Arc<AuditTrail>,
    approvals: Option<ApprovalStore>,
    limits: Limits,
    stores: Vec<StoreConfig>,
    state: PathBuf,
}

/// The console of this host, where its name on this machine means the host at this port, or where a
/// proxy stands in front; none where neither is.
///
/// # Errors
/// The state directory cannot be used.
pub(crate) fn console(
    host: &RunningHost,
    setup: &Setup,
    port: Option<u16>,
) -> anyhow::Result<Option<(Arc<Console>, ConsoleAddresses)>> {
    let (public, proxies) = (setup.http.public_url.as_deref(), setup.http.proxies.clone());
    let Some(addresses) = ConsoleAddresses::new(port, public, proxies) else { return Ok(None) };
    let serving = ServingHost {
        dispatcher: host.dispatcher.clone(),
        registry: host.registry.clone(),
        trail: host.trail.clone(),
        approvals: setup.plugin_trust()?.store,
        limits: setup.limits.clone(),
        stores: host.stores.clone(),
        state: setup.state_dir()?,
        sessions: host.sessions.clone(),
        plans: host.plans.clone(),
    };
    let console = Console::new(ConsoleDeps {
        plans: host.plans.clone(),
        trail: host.trail.clone(),
        state: StateDir::open(setup.state_dir()?)?,
        addresses: addresses.clone(),
        host: Arc::new(serving),
    })?;
    host.plans.set_console(&addresses.url());
    Ok(Some((console, addresses)))
}

#[async_trait]
impl ConsoleHost for ServingHost {
    fn mask(&self, group: &str) -> Mask {
        self.dispatcher.mask_for(&Principal::local(), group)
    }

    fn why_frozen(&self, header: &PlanHeader, state: PlanState) -> Option<String> {
        why_frozen(&self.dispatcher.loaded(), header, state)
    }

    async fn carry_out(
        &self,
        plan: &PlanId,
        reason: Option<String>,
        started: Arc<OnceLock<PlanId>>,
    ) -> Result<PlanOutcome, Failure> {
        let principal = Principal::local();
        let stored = self.plans.get(None, plan).await?;
        self.dispatcher.check_operators_run(&stored.header).await?;
        let session = self.sessions.log_in_operator(&stored.header.store).await?;
        let gate = |write: &WriteFacts<'_>| {
            self.dispatcher.check_operators_tier(&stored.header, write.tier)
        };
        // Whoever proves to be a person here is the operator, below the ceiling that is in force here.
        let commit = CommitRequest::of_operator(&principal, &session, plan, reason);
        let commit = CommitRequest { started: Some(&started), gate: &gate, ..commit };
        match stored.state {
            PlanState::Proposed => self.plans.commit(commit).await,
            _ => self.plans.resume(commit).await,
        }
    }

    async fn propose_undo(
        &self,
        plan: &PlanId,
        person: &str,
        reason: &str,
    ) -> Result<PlanId, Failure> {
        let principal = Principal::local();
        let store = self.plans.get(None, plan).await?.header.store;
        let session = self.sessions.log_in_operator(&store).await?;
        let asker = UndoAsker::Person(person);
        let proposal = self.plans.undo(&principal, &session, plan, asker, None).await?;
        let id = proposal.header.id;
        self.plans.note_reason(&id, reason).await?;
        Ok(id)
    }

    fn plugins(&self) -> PluginsView {
        let figures = self.dispatcher.plugin_figures();
        plugins::console_view(&self.dispatcher.loaded(), &figures, &self.limits)
    }

    async fn decide_plugin(&self, choice: PluginChoice) -> Result<String, Failure> {
        let (registry, trail) = (&self.registry, &self.trail);
        let decided =
            plugins::decide_offer(registry, trail, self.approvals.as_ref(), &choice).await;
        decided.map_err(|error| Failure::new(Code::Conflict, format!("{error:#}")))
    }

    async fn check_stores(&self) -> Vec<HealthSection> {
        doctor::console_view(&self.stores, &self.state).await
    }
}
