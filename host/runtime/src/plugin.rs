//! A loaded plugin, and one run of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use souk_model::{Action, Code, ContentBlock, Failure, Group};
use souk_state::audit::CallResources;
use souk_state::exports::PendingExport;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Trap;

use crate::Limits;
use crate::bindings::ActionGroupPre;
use crate::bindings::exports::souk::plugin::actions::Response;
use crate::call::CallContext;
use crate::describe::Description;
use crate::engine::TICK;
use crate::sandbox::Sandbox;
use crate::schema::{Input, Output, SettingsSchema};
use crate::state::State;
use crate::usage::{Exceeded, Usage};

mod answer;
mod content;
mod cost;
use answer::Answer;
pub use cost::Cost;

/// A checked and compiled plugin.
pub struct Plugin {
    /// The file's name, without its directory.
    pub file: String,
    /// Lower-case hex SHA-256 of the file.
    pub digest: String,
    /// The file's size in bytes.
    pub size: usize,
    /// The interfaces it imports, which bound what it can do whatever it declares.
    pub imports: Vec<String>,
    /// What it offers.
    pub group: Group,
    pub(crate) schemas: HashMap<String, Arc<Schemas>>,
    /// What the operator's settings for it may hold, where it says so.
    settings: Option<SettingsSchema>,
    pre: ActionGroupPre<State>,
    /// This plugin's share of the places.
    share: Arc<Semaphore>,
    name: Arc<str>,
}

/// An action's schemas, ready to apply.
pub(crate) struct Schemas {
    pub(crate) input: Arc<Input>,
    pub(crate) output: Output,
}

impl Plugin {
    pub(crate) fn new(
        file: &str,
        digest: String,
        size: usize,
        imports: Vec<String>,
        description: Description,
        pre: ActionGroupPre<State>,
        limits: &Limits,
    ) -> Self {
        let Description { group, actions, settings } = description;
        let schemas = actions
            .into_iter()
            .map(|described| {
                let schemas =
                    Schemas { input: Arc::new(described.input), output: described.output };
                (described.action.name.clone(), Arc::new(schemas))
            })
            .collect();
        let name = group.name.as_str().into();
        Self {
            file: file.to_owned(),
            digest,
            size,
            imports,
            group,
            schemas,
            settings,
            pre,
            share: Arc::new(Semaphore::new(limits.concurrent_calls_per_plugin as usize)),
            name,
        }
    }

    /// Whether these settings of the operator's are what the plugin says that they may be.
    ///
    /// # Errors
    /// Each setting at fault and why, for people; values are not repeated.
    pub fn check_settings(&self, settings: &Map<String, Value>) -> Result<(), String> {
        self.settings.as_ref().map_or(Ok(()), |schema| schema.check(settings))
    }

    /// Waits for a place in the pool, for as long as the operator allows.
    ///
    /// # Errors
    /// RATE_LIMITED where none came free.
    pub(crate) async fn admit(&self, sandbox: &Sandbox) -> Result<Place, Failure> {
        let wait = Duration::from_millis(sandbox.limits.admission_wait_ms);
        let place = async {
            // Its own share first: a plugin that is busy must not hold places while it queues.
            let share = self.share.clone().acquire_owned().await.ok()?;
            let place = sandbox.places.clone().acquire_owned().await.ok()?;
            Some(Place { _share: share, _place: place })
        };
        tokio::time::timeout(wait, place).await.ok().flatten().ok_or_else(|| {
            Failure::new(
                Code::RateLimited,
                format!("the plugin `{}` is busy with other calls", self.group.name),
            )
            .rule("concurrent-calls")
            .remedy("try again in a moment, or raise `limits.concurrent_calls_per_plugin`")
        })
    }

    /// Makes a fresh instance's store for one call.
    pub(crate) fn prepare(
        &self,
        sandbox: &Sandbox,
        context: CallContext,
        place: Place,
    ) -> Prepared<'_> {
        let action = context.action.clone();
        let state = State::calling(self.name.clone(), sandbox.limits.call(), context);
        let store = state.into_store(&sandbox.engine.wasmtime);
        let running = sandbox.engine.running();
        Prepared { plugin: self, action, store, _running: running, place: Arc::new(place) }
    }
}

/// What a call that went well made.
pub(crate) struct Made {
    /// Its answer.
    pub(crate) result: Map<String, Value>,
    /// Documents that are whole and not yet kept.
    pub(crate) closed: Vec<PendingExport>,
    /// What is shown beside the answer.
    pub(crate) content: Vec<ContentBlock>,
}

impl From<Map<String, Value>> for Made {
    fn from(result: Map<String, Value>) -> Self {
        Self { result, closed: Vec::new(), content: Vec::new() }
    }
}

/// A place in the pool and one of the plugin's share, given back when dropped.
pub(crate) struct Place {
    _share: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

/// A call that is ready to run. [`run`](Self::run) eats it: no store is used twice.
pub(crate) struct Prepared<'p> {
    plugin: &'p Plugin,
    action: Arc<Action>,
    store: wasmtime::Store<State>,
    _running: crate::engine::Running,
    place: Arc<Place>,
}

impl Prepared<'_> {
    /// Instantiates, calls, and checks the answer.
    pub(crate) async fn run(
        mut self,
        arguments: &String,
    ) -> (CallResources, Result<Made, Failure>) {
        self.store.data_mut().usage.resume();
        let wall = self.store.data().usage.budget.wall;
        let clock = self.store.data().wall.clone();
        let outcome = clock.within(wall, self.invoke(arguments)).await;
        let usage = &mut self.store.data_mut().usage;
        let result = match outcome {
            Some(Ok(answer)) => {
                // What ran since the last interruption counts too; the answer is there already.
                let _ = usage.pause();
                answer
            }
            Some(Err(trap)) => Err(self.ended(&trap)),
            None => Err(usage.exceed(Exceeded::Wall(wall)).failure(&self.plugin.group.name)),
        };
        let result = match result {
            Ok(response) => {
                self.answer(response)
                    .check(&self.store.data().usage.budget, self.place.clone())
                    .await
            }
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result {
            self.tell(failure);
        }
        let state = self.store.data_mut();
        let (mut spent, closed) = state
            .call
            .as_deref_mut()
            .map(|call| {
                (std::mem::take(&mut call.resources), std::mem::take(&mut call.closed_exports))
            })
            .unwrap_or_default();
        spent.cpu_ticks = ticks(state.usage.cpu());
        spent.peak_memory_bytes = state.usage.memory() as u64;
        spent.host_calls = state.usage.host_calls;
        // Of a call that failed nothing is kept: what it closed is dropped here.
        (spent, result.map(|(result, content)| Made { result, closed, content }))
    }

    async fn invoke(&mut self, arguments: &String) -> wasmtime::Result<Result<Response, Failure>> {
        let instance = self.plugin.pre.instantiate_async(&mut self.store).await?;
        let answer = instance
            .souk_plugin_actions()
            .call_invoke(&mut self.store, &self.action.name, arguments)
            .await?;
        Ok(answer.map_err(Failure::from))
    }

    fn answer(&self, response: Response) -> Answer {
        let closed = self.store.data().call.as_deref().map(|call| &call.closed_exports);
        let uris = closed.into_iter().flatten().map(|closed| closed.kept().document().uri);
        Answer {
            response,
            documents: uris.collect(),
            plugin: self.plugin.name.clone(),
            action: self.action.clone(),
            schemas: self.plugin.schemas.get(&self.action.name).cloned(),
        }
    }

    /// Tells the operator of a fault of the plugin. Only faults have a rule here: what a plugin
    /// refuses of itself has none.
    fn tell(&self, failure: &Failure) {
        if failure.rule.is_some() {
            let plugin = &*self.plugin.name;
            let mask = self.store.data().call.as_deref().map(|call| call.mask.clone());
            let message = mask.unwrap_or_default().text(failure.message.clone());
            tracing::warn!(target: "souk::plugin", plugin, "{message}");
        }
    }

    fn ended(&self, trap: &wasmtime::Error) -> Failure {
        let name = &self.plugin.group.name;
        let usage = &self.store.data().usage;
        if let Some(exceeded) = usage.exceeded {
            return exceeded.failure(name);
        }
        if crossing_too_large(trap) {
            return Exceeded::Crossing(usage.budget.answer_bytes).failure(name);
        }
        Failure::internal(format!("the plugin `{name}` failed: {}", why_ended(usage, trap)))
            .rule("trap")
            .remedy("other plugins and later calls are unharmed; its log may say more")
    }
}

/// Processor time in ticks of the clock, begun ones counted.
fn ticks(cpu: Duration) -> u64 {
    u64::try_from(cpu.as_micros().div_ceil(TICK.as_micros())).unwrap_or(u64::MAX)
}

/// wasmtime's own error for too much data between guest and host has no public type.
fn crossing_too_large(trap: &wasmtime::Error) -> bool {
    trap.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls"))
}

/// Why a run ended early, in a phrase.
pub(crate) fn why_ended(usage: &Usage, trap: &wasmtime::Error) -> String {
    if let Some(exceeded) = usage.exceeded {
        return exceeded.to_string();
    }
    if crossing_too_large(trap) {
        return Exceeded::Crossing(usage.budget.answer_bytes).to_string();
    }
    match trap.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            "its calls nest deeper than its stack allows (`limits.stack_bytes`)".to_owned()
        }
        Some(Trap::UnreachableCodeReached) => {
            "it gave up (a panic, or an `unreachable` instruction)".to_owned()
        }
        Some(trap) => crate::convert::printable(&trap.to_string(), 300),
        // The root cause; the chain above it is a backtrace of the guest.
        None => crate::convert::printable(&trap.root_cause().to_string(), 300),
    }
}
