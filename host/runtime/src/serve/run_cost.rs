//! What a run costs by itself. For benches: no call is served through here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use souk_model::{Code, Failure, Principal};
use souk_state::audit::CallResources;
use souk_upstream::ReadMemo;

use super::admission::{Admission, AdmissionLimits, PluginShare};
use super::plugin_run::PluginRun;
use crate::guest::call_context::CallContext;
use crate::guest::call_effects::EffectsRecord;
use crate::guest::decision_prompt::DecisionPrompt;
use crate::guest::sessions::{OwnCredentials, SessionHost};
use crate::load::plugin::Plugin;
use crate::load::sandbox::Sandbox;

/// How long the three parts of one run took.
#[derive(Debug, Clone, Copy)]
pub struct RunCost {
    /// From nothing to an instance, its store and its WASI included.
    pub instantiate: Duration,
    /// The plugin's `invoke`.
    pub call: Duration,
    /// Giving all of it back.
    pub drop: Duration,
}

impl Plugin {
    /// Runs an action as a call without a session does and drops its answer unread: what is left
    /// is what the sandbox takes, without policy, schemas, store or trail.
    ///
    /// # Errors
    /// ACTION_NOT_FOUND where the plugin has no such action; INTERNAL_ERROR where the run fails. A
    /// refusal by the plugin is an answer like any other.
    pub async fn cost(
        &self,
        sandbox: &Sandbox,
        action: &str,
        arguments: &str,
    ) -> Result<RunCost, Failure> {
        let action = self.group.actions.iter().find(|known| known.name == action);
        let context = CallContext {
            principal: Principal::local(),
            group: self.group.name.clone(),
            action: action
                .ok_or_else(|| Failure::new(Code::ActionNotFound, "there is no such action"))?
                .clone(),
            session: None,
            reads: ReadMemo::default(),
            sessions: Arc::new(SessionHost::new(Vec::new())),
            sealed: Vec::new(),
            own_credentials: OwnCredentials::default(),
            settings: Arc::default(),
            progress: None,
            mask: souk_policy::Mask::OFF,
            resources: CallResources::default(),
            plans: None,
            options: souk_plans::ApplyOptions::default(),
            gate: Arc::new(|_| Ok(())),
            roles: Arc::new(|_| Ok(Vec::new())),
            reach: Arc::new(|_, _| Ok(Vec::new())),
            prompt: DecisionPrompt {
                client: None,
                principal: Principal::local(),
                mask: souk_policy::Mask::OFF,
                decides: true,
            },
            effects: EffectsRecord::default(),
            closed: false,
            proposal: None,
            purges: 0,
            exports: None,
            closed_exports: Vec::new(),
        };
        let arguments = arguments.to_owned();
        // Nobody else is served from here, so that the queue is this run's own.
        let admission = Admission::new(AdmissionLimits::default(), &sandbox.limits);
        let share = PluginShare::of(&self.name, &sandbox.limits, None);
        let permit = admission.admit(&context.principal, Some(share)).await?;
        let failed = |trap: wasmtime::Error| Failure::internal(format!("the run failed: {trap:#}"));

        let begun = Instant::now();
        let budget = sandbox.limits.call();
        let mut run = PluginRun::new(self, sandbox, budget, context, permit);
        let instance = self.pre.instantiate_async(&mut run.store).await.map_err(failed)?;
        let instantiated = Instant::now();
        let answer = instance
            .souk_plugin_actions()
            .call_invoke(&mut run.store, &run.action.name, &arguments)
            .await
            .map_err(failed)?;
        let called = Instant::now();
        drop((run, answer));
        Ok(RunCost {
            instantiate: instantiated - begun,
            call: called - instantiated,
            drop: called.elapsed(),
        })
    }
}
