//! One run of a plugin: a fresh instance, one call, and its response checked.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use souk_model::{Action, ContentBlock, Failure, visible};
use souk_plans::Proposal;
use souk_state::audit::CallResources;
use souk_state::exports::PendingExport;

use super::admission::CallPermit;
use super::circuit_breaker::BreachRule;
use super::response::PluginResponse;
use crate::guest::bindings::exports::souk::plugin::actions::Response;
use crate::guest::call_context::CallContext;
use crate::guest::engine::{TICK, TickingGuard};
use crate::guest::guest_log::{LogSource, may_log};
use crate::guest::limits::Budget;
use crate::guest::run_end::{crossing_too_large, guest_stack, why_ended};
use crate::guest::state::GuestState;
use crate::guest::turns::Turns;
use crate::guest::usage::ExceededBudget;
use crate::load::plugin::Plugin;
use crate::load::sandbox::Sandbox;

/// What a call that went well made.
pub(crate) struct CallResult {
    /// Its answer.
    pub(crate) result: Map<String, Value>,
    /// Documents that are whole and not yet kept.
    pub(crate) closed: Vec<PendingExport>,
    /// What is shown beside the answer.
    pub(crate) content: Vec<ContentBlock>,
    /// The plan that it proposed.
    pub(crate) proposal: Option<Proposal>,
}

impl From<Map<String, Value>> for CallResult {
    fn from(result: Map<String, Value>) -> Self {
        Self { result, closed: Vec::new(), content: Vec::new(), proposal: None }
    }
}

/// How a run ended.
pub(crate) struct RunReport {
    /// What it used.
    pub(crate) resources: CallResources,
    pub(crate) result: Result<CallResult, Failure>,
    /// By which rule it broke off, where that is the plugin's own fault.
    pub(crate) breach: Option<BreachRule>,
}

/// The rules by which runs break off that are their plugin's own fault. `budget-call` is none of them:
/// it counts commits, and how long a store takes for these.
const BREACHES: [BreachRule; 12] = [
    "budget-memory",
    "budget-tables",
    "budget-cpu",
    "budget-wall",
    "budget-answer",
    "budget-checking",
    "budget-requests",
    "budget-fetched",
    "budget-handles",
    "trap",
    "output-schema",
    "content-blocks",
];

/// A call that is ready to run. [`run`](Self::run) eats it: no store is used twice.
pub(crate) struct PluginRun<'p> {
    plugin: &'p Plugin,
    pub(super) action: Arc<Action>,
    pub(super) store: wasmtime::Store<GuestState>,
    _ticking: TickingGuard,
    checks: Arc<Turns>,
    permit: CallPermit,
}

impl<'p> PluginRun<'p> {
    /// Makes a fresh instance's store for one call.
    pub(crate) fn new(
        plugin: &'p Plugin,
        sandbox: &Sandbox,
        budget: Budget,
        context: CallContext,
        permit: CallPermit,
    ) -> Self {
        let action = context.action.clone();
        let state = GuestState::calling(&sandbox.engine, plugin.name.clone(), budget, context);
        let store = state.into_store(&sandbox.engine);
        let ticking = sandbox.engine.ticking();
        Self {
            plugin,
            action,
            store,
            _ticking: ticking,
            checks: sandbox.engine.checks.clone(),
            permit,
        }
    }
}

impl PluginRun<'_> {
    /// Instantiates, calls, and checks the answer.
    pub(crate) async fn run(mut self, arguments: &String) -> RunReport {
        let budget = &self.store.data().usage.budget;
        let (wall, whole) = (budget.wall, budget.whole);
        let clock = self.store.data().clock.clone();
        let meter = self.store.data().usage.meter.clone();
        let outcome = clock.within(wall, whole, meter.measure(self.invoke(arguments))).await;
        let result = match outcome {
            // What ran since the last interruption counts too; the answer is there already.
            Ok(Ok(answer)) => answer,
            Ok(Err(trap)) => {
                self.log_stack(&trap);
                Err(self.trap_failure(&trap))
            }
            Err(exceeded) => {
                let usage = &mut self.store.data_mut().usage;
                Err(usage.out_of_time(exceeded, &self.plugin.group.name))
            }
        };
        let result = match result {
            Ok(response) => {
                self.response(response)
                    .check(
                        &self.store.data().usage.budget,
                        self.checks.clone(),
                        self.permit.clone(),
                    )
                    .await
            }
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result {
            self.log(failure);
        }
        let state = self.store.data_mut();
        let (mut resources, closed, proposal) = state
            .call
            .as_deref_mut()
            .map(|call| {
                let resources = std::mem::take(&mut call.resources);
                let closed = std::mem::take(&mut call.closed_exports);
                (resources, closed, call.proposal.take())
            })
            .unwrap_or_default();
        let cpu = state.usage.cpu();
        resources.cpu_ticks = ticks(cpu);
        resources.cpu_us = u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX);
        resources.fetched_bytes = state.usage.fetched as u64;
        resources.peak_memory_bytes = state.usage.memory() as u64;
        resources.host_calls = state.usage.host_calls;
        let rule = result.as_ref().err().and_then(|failure: &Failure| failure.rule.as_deref());
        let breach = BREACHES.into_iter().find(|known| rule == Some(*known));
        // Of a call that failed nothing is kept: what it closed is dropped here.
        let made = |(result, content)| CallResult { result, closed, content, proposal };
        RunReport { resources, result: result.map(made), breach }
    }

    async fn invoke(&mut self, arguments: &String) -> wasmtime::Result<Result<Response, Failure>> {
        let instance = self.plugin.pre.instantiate_async(&mut self.store).await?;
        let answer = instance
            .souk_plugin_actions()
            .call_invoke(&mut self.store, &self.action.name, arguments)
            .await?;
        Ok(answer.map_err(Failure::from))
    }

    fn response(&self, response: Response) -> PluginResponse {
        let closed = self.store.data().call.as_deref().map(|call| &call.closed_exports);
        let uris = closed.into_iter().flatten().map(|closed| closed.kept().document().uri);
        PluginResponse {
            response,
            documents: uris.collect(),
            plugin: self.plugin.name.clone(),
            caller: self.store.data().call.as_deref().map(|call| call.principal.as_str().into()),
            action: self.action.clone(),
            schemas: self.plugin.schemas.get(&self.action.name).cloned(),
        }
    }

    /// Logs a fault of the plugin. Only faults have a rule here: what a plugin
    /// refuses of itself has none.
    fn log(&self, failure: &Failure) {
        if failure.rule.is_some() && may_log(&self.plugin.name, LogSource::Host) {
            let plugin = &*self.plugin.name;
            let mask = self.store.data().call.as_deref().map(|call| call.mask.clone());
            let message = mask.unwrap_or_default().text(failure.message.clone());
            let message = visible::line(&message);
            tracing::warn!(target: "souk::plugin", plugin, "{message}");
        }
    }

    /// Logs where the plugin was, for its author.
    fn log_stack(&self, trap: &wasmtime::Error) {
        if !tracing::enabled!(target: "souk::plugin", tracing::Level::DEBUG) {
            return;
        }
        let stack = guest_stack(trap);
        if !stack.is_empty() && may_log(&self.plugin.name, LogSource::Host) {
            let plugin = &*self.plugin.name;
            let stack = stack.join(", called by ");
            tracing::debug!(target: "souk::plugin", plugin, "it was in {stack}");
        }
    }

    fn trap_failure(&self, trap: &wasmtime::Error) -> Failure {
        let name = &self.plugin.group.name;
        let usage = &self.store.data().usage;
        if let Some(exceeded) = usage.exceeded {
            return exceeded.failure(name);
        }
        if crossing_too_large(trap) {
            return ExceededBudget::Crossing(usage.budget.answer_bytes).failure(name);
        }
        let log = match self.shown_log() {
            None => "its log may say more".to_owned(),
            Some(lines) => format!("its log ends with: {lines}"),
        };
        Failure::internal(format!("the plugin `{name}` failed: {}", why_ended(usage, trap)))
            .rule("trap")
            .remedy(format!("other plugins and later calls are unharmed; {log}"))
    }

    /// What the plugin wrote last, for whoever may read the host's log anyway.
    fn shown_log(&self) -> Option<String> {
        let state = self.store.data();
        let is_shown = state.call.as_deref().is_some_and(|call| call.principal.is_local_user());
        let lines = if is_shown { state.log.tail() } else { Vec::new() };
        (!lines.is_empty()).then(|| lines.join(" | "))
    }
}

/// Processor time in ticks of the clock, begun ones counted.
fn ticks(cpu: Duration) -> u64 {
    u64::try_from(cpu.as_micros().div_ceil(TICK.as_micros())).unwrap_or(u64::MAX)
}
