//! One call from the transport to its answer: may it, with these arguments, run it, write it down.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use futures::FutureExt;
use souk_model::{
    Actions, CallFailure, Callers, Code, CompletionRequest, Document, Failure, Features,
    Orientation, Principal, PromptInfo, PromptMessage, PromptRequest, ResourceChange,
    ResourceContents, ResourceFamily, Suggestions, TokenRefusal, Tool, ToolCall, ToolResult,
};
use souk_plans::EndUrgency;
use souk_policy::Mask;
use souk_state::audit::{CallOutcome, CallResources, Transport};
use tokio::sync::{broadcast, watch};

use super::admission::Admission;
use super::audit_guard::AuditGuard;
use super::audit_resource;
use super::call_admission::{AdmittedCall, CallGate, MonitoredRun};
use super::call_end::{CallEnd, catch_panic};
use super::call_run::CallRun;
use super::call_target::CallTarget;
use super::call_watch::{self, CallWatch};
use super::client_log::ClientLog;
use super::dispatcher_deps::DispatcherDeps;
use super::document_news::DocumentNews;
use super::finder_tools::FinderTool;
use super::loading::Loading;
use super::masks;
use super::missing_scope::missing_scopes;
use super::operator_config::{OperatorConfig, settings_for};
use super::orientation::orientation;
use super::plugin_figures::PluginFigures;
use super::plugin_monitor::PluginMonitor;
use super::prompts::Prompts;
use super::refused_tokens::RefusedTokens;
use super::resource_families::FamilyOfTool;
use super::rules_in_force::RulesInForce;
use super::shortening::{Shortening, allowed_bytes};
use super::shown_plan;
use super::tool::LoadedTool;
use super::tool_lists::{ToolLists, listing, unknown_groups};
use super::tool_table::{CurrentTools, ToolTable};
use crate::load::plugin_set::PluginSet;
use crate::rates::{Rates, is_refusal};

/// Serves calls from loaded plugins, under the operator's rules, onto the audit trail.
pub struct Dispatcher {
    pub(super) deps: DispatcherDeps,
    pub(super) admission: Admission,
    monitor: Arc<PluginMonitor>,
    pub(super) config: Arc<ArcSwap<OperatorConfig>>,
    in_force: RulesInForce,
    pub(super) rates: Arc<Rates>,
    /// Counts up when the rules change or the registry does.
    version: watch::Sender<u64>,
    loading: Loading,
    lists: ToolLists,
    tools: CurrentTools,
    documents: Arc<DocumentNews>,
    refused_tokens: RefusedTokens,
}

impl Dispatcher {
    /// A dispatcher. Runs a task that follows the registry's changes for as long as it lives.
    #[must_use]
    pub fn new(deps: DispatcherDeps, config: OperatorConfig) -> Arc<Self> {
        let (changes, loading) = (deps.registry.changes(), Loading::of(deps.registry.clone()));
        let documents = DocumentNews::of(deps.exports.clone());
        let config = Arc::new(config);
        masks::set_on_trail(&deps.trail, config.rules.clone());
        let pool = &deps.registry.sandbox().limits;
        let config = Arc::new(ArcSwap::new(config));
        let in_force = RulesInForce::new(config.clone(), deps.registry.clone());
        let admission = Admission::new(deps.callers.clone(), pool);
        let monitor = PluginMonitor::new(deps.trail.clone());
        let dispatcher = Arc::new(Self {
            deps,
            admission,
            monitor,
            config,
            in_force,
            rates: Arc::default(),
            version: watch::Sender::new(0),
            loading: loading.clone(),
            documents,
            lists: ToolLists::default(),
            tools: CurrentTools::default(),
            refused_tokens: RefusedTokens::default(),
        });
        tokio::spawn(Self::follow(Arc::downgrade(&dispatcher), changes, loading));
        dispatcher
    }

    /// Takes in what the registry loads, until the dispatcher is gone.
    async fn follow(weak: Weak<Self>, mut changes: watch::Receiver<u64>, loading: Loading) {
        // Lists wait for what was there at the start, so that it is no news when it comes.
        let started = loading.started().await;
        let Some(dispatcher) = weak.upgrade() else { return };
        dispatcher.warn_of_settings();
        dispatcher.warn_of_tool_sets();
        dispatcher.version.send_if_modified(|version| {
            *version += 1;
            false
        });
        drop(dispatcher);
        if started.is_some_and(|version| *changes.borrow() == version) {
            changes.mark_unchanged();
        }
        while changes.changed().await.is_ok() {
            let Some(dispatcher) = weak.upgrade() else { return };
            dispatcher.warn_of_settings();
            dispatcher.bump();
        }
    }

    /// Puts another configuration in force, at once and as a whole: for every call that starts from
    /// now on. Who is no longer known by it is logged out.
    pub fn reconfigure(&self, config: OperatorConfig) {
        let config = Arc::new(config);
        let _ = self.deps.trail.append_notice("config-reloaded", "a changed file is in force");
        masks::set_on_trail(&self.deps.trail, config.rules.clone());
        let before = self.config.swap(config.clone()).rules.callers();
        let now = config.rules.callers();
        for name in before.names().filter(|name| now.names().all(|known| known != *name)) {
            self.deps.sessions.destroy_all(&Principal::named(name));
        }
        if !now.takes_vouched_for() {
            self.deps.sessions.destroy_vouched_for();
        }
        self.deps.plans.set_policy(config.decisions.clone());
        self.monitor.begin_anew();
        self.warn_of_settings();
        self.warn_of_tool_sets();
        self.bump();
    }

    /// What is masked for a principal in what a group answers, by the rules in force.
    #[must_use]
    pub fn mask_for(&self, principal: &Principal, group: &str) -> Mask {
        self.config.load().rules.mask_for(principal, group)
    }

    /// What the calls of each plugin have used, and which plugins are parked.
    #[must_use]
    pub fn plugin_figures(&self) -> Vec<PluginFigures> {
        self.monitor.figures(&self.deps.registry.approvals())
    }

    /// Writes down how many access tokens were refused since that was written last, where it is time or
    /// the host ends.
    pub fn write_refused_tokens(&self, is_end: bool) {
        self.refused_tokens.write_counts(&self.deps.trail, is_end);
    }

    /// Writes down that a configuration was refused, and that what is in force stays so.
    pub fn refuse_config(&self, why: &str) {
        // What cannot be written is in the log already; nothing hangs on it.
        let _ = self.deps.trail.append_notice("config-refused", why);
    }

    /// Tells the operator of settings that a loaded plugin does not take; its calls are refused.
    fn warn_of_settings(&self) {
        let (loaded, config) = (self.loaded(), self.config.load());
        for plugin in loaded.plugins.values() {
            if let Err(failure) = settings_for(plugin, &config.settings) {
                tracing::warn!("{failure}");
            }
        }
    }

    /// Tells the operator of sets of tools that have none; nobody is refused anything for it.
    fn warn_of_tool_sets(&self) {
        for warning in unknown_groups(&self.config.load().tools, &self.loaded()) {
            tracing::warn!("{warning}");
        }
    }

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// What is loaded.
    #[must_use]
    pub fn loaded(&self) -> Arc<PluginSet> {
        self.deps.registry.loaded()
    }

    /// The tools of what is loaded now.
    pub(super) fn tools(&self) -> Arc<ToolTable> {
        self.tools.of(self.loaded())
    }

    /// Whether a call is of a tool that is there and wants a session.
    #[must_use]
    pub fn needs_session(&self, call: &ToolCall) -> bool {
        let (tools, config) = (self.tools(), self.config.load());
        let target = CallTarget::of(&tools, &config.rules, &mut call.clone());
        target.callable.is_ok_and(LoadedTool::needs_session)
    }

    /// Waits until a call's tool is there, or nothing more is coming; a call that finds others, for all
    /// that a list waits for.
    async fn await_tool_of(&self, call: &ToolCall) {
        if FinderTool::is_name(&call.tool) {
            self.ready().await;
        }
        let is_missing = || {
            let (tools, config) = (self.tools(), self.config.load());
            let target = CallTarget::of(&tools, &config.rules, &mut call.clone());
            target.callable.is_err_and(|failure| failure.code == Code::ActionNotFound)
        };
        self.loading.wait_while(is_missing).await;
    }

    /// Waits for the call's places.
    async fn admit<'t>(
        &self,
        callable: Result<&'t LoadedTool, Failure>,
        principal: &Principal,
    ) -> Result<AdmittedCall<'t>, Failure> {
        let gate = CallGate {
            registry: &self.deps.registry,
            admission: &self.admission,
            monitor: &self.monitor,
            config: &self.config.load_full(),
        };
        gate.admit(callable?, principal).await
    }

    /// Whether a principal may call a tool, by its name.
    pub(super) fn may_call(&self, principal: &Principal) -> impl Fn(&str) -> bool {
        let (tools, config) = (self.tools(), self.config.load_full());
        move |name| {
            let tool = tools.tool(name);
            tool.is_some_and(|tool| tool.is_allowed(&config.rules, principal))
        }
    }

    /// The prompts that are of use to a principal.
    pub(super) fn prompts_of<'s>(
        &self,
        principal: &Principal,
        loaded: &'s PluginSet,
    ) -> Prompts<'s> {
        Prompts::new(loaded, self.may_call(principal))
    }

    fn refuse_for_rate(
        &self,
        call: &ToolCall,
        guard: AuditGuard<'_>,
        failure: Failure,
    ) -> Result<ToolResult, CallFailure> {
        let mask = self.config.load().rules.mask_for_any_group(&call.principal);
        let result = Err(mask.failure(failure));
        guard.end(CallResources::default(), CallOutcome::of(&result))?;
        let answer = result.map_err(CallFailure::from);
        ClientLog::new(call, &mask).ended(&answer);
        answer
    }

    /// A call from its arrival to its answer.
    async fn answer(
        &self,
        mut call: ToolCall,
        watch: &mut CallWatch,
    ) -> Result<ToolResult, CallFailure> {
        let DispatcherDeps { trail, transport, exports, sessions, .. } = &self.deps;
        // First of all: what is refused for its rate costs nothing else.
        let rates = self.config.load().rates_of(&call.principal);
        if let Err(failure) = self.rates.call(&call.principal, &rates) {
            let guard = AuditGuard::of_unseen_call(trail, *transport, &call);
            return self.refuse_for_rate(&call, guard, failure);
        }
        self.await_tool_of(&call).await;
        let tools = self.tools();
        let target = CallTarget::of(&tools, &self.config.load().rules, &mut call);
        let CallTarget { tool, arguments, callable } = target;
        if let Some(tool) = tool {
            watch.is_of(tool);
        }
        let guard = AuditGuard::of_call(trail, *transport, &call, tool, &arguments);
        let mut admitted = call_watch::waiting(self.admit(callable, &call.principal)).await;
        // What is in force when the places are had judges the call, to its end.
        let config = self.config.load_full();
        let (mask, text_mask) = masks::of_call(&config.rules, &call.principal, tool);
        let principal = call.principal.clone();
        let log = ClientLog::new(&call, &text_mask);
        let bytes = admitted.as_ref().map_or(config.result_bytes, |admitted| {
            allowed_bytes(admitted.tool, &arguments, &principal, &config)
        });
        // The permit is kept until the line is written: what is done until then is bounded too.
        let (resources, result) = match &mut admitted {
            Ok(AdmittedCall { tool, permit, monitored }) => {
                let run = CallRun {
                    deps: &self.deps,
                    rates: &self.rates,
                    monitor: &self.monitor,
                    tools: &tools,
                    config: &config,
                    in_force: &self.in_force,
                    tool,
                    mask: &mask,
                    effects: guard.effects(),
                    log: &log,
                };
                let monitored = std::mem::replace(monitored, MonitoredRun::NoPlugin);
                catch_panic(run.run(call, arguments, permit, monitored)).await
            }
            Err(failure) => (CallResources::default(), Err(failure.clone())),
        };
        if result.as_ref().is_err_and(is_refusal) {
            self.rates.refused(&principal, &rates);
        }
        let tool = admitted.as_ref().ok().map(|admitted| admitted.tool);
        let shortening = tool
            .filter(|_| *transport != Transport::Terminal)
            .map(|tool| Shortening { exports, tool, sessions, principal: &principal, bytes });
        let end = CallEnd { guard, exports, tool, mask, text_mask, shortening, resources, result };
        let mut answer = end.answer().await;
        if let Ok(answer) = &mut answer {
            answer.plan = tool.and_then(|tool| shown_plan::shown(tool, answer, &self.deps.plans));
        }
        log.ended(&answer);
        if let Ok(ToolResult { documents, .. }) = &answer {
            self.documents.kept(principal, documents).await;
        }
        answer
    }
}

#[async_trait]
impl Actions for Dispatcher {
    fn list(&self, principal: &Principal) -> Arc<[Arc<Tool>]> {
        let (version, config) = (*self.version.borrow(), self.config.load());
        // Kept by name, so not for somebody who came under that name once.
        if config.rules.check_caller(principal).is_err() {
            return Arc::new([]);
        }
        let roles = config.rules.roles_of(principal).unwrap_or_default();
        self.lists.of(principal, &roles, version, || {
            let tools = self.tools();
            let listing = listing(&tools, &config, principal);
            listing.listed().map(|tool| tool.tool.clone()).collect()
        })
    }

    fn orientation(&self, principal: &Principal) -> Orientation {
        let (tools, config) = (self.tools(), self.config.load());
        let login = self.deps.sessions.login_way(config.accept_credentials);
        let loading = self.loading.is_going_on();
        orientation(&listing(&tools, &config, principal), login, loading)
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools().tool(name).map(|tool| tool.tool.clone())
    }

    fn answers(&self, name: &str) -> bool {
        let tools = self.tools();
        tools.tool(name).is_some() || tools.is_held(name)
    }

    async fn ready(&self) {
        if self.loading.is_going_on() {
            self.loading.started().await;
        }
    }

    async fn await_tool(&self, name: &str) {
        self.loading.wait_while(|| !self.answers(name)).await;
    }

    async fn call(&self, call: ToolCall) -> Result<ToolResult, CallFailure> {
        call_watch::watched(async |mut watch| {
            // Boxed: so much lies below it that it is not made a part of everything above.
            let answer = self.answer(call, &mut watch).boxed().await;
            (watch, answer)
        })
        .await
    }

    async fn documents(&self, principal: &Principal) -> Result<Vec<Document>, Failure> {
        let _permit = self.admit_reading(principal).await?;
        self.documents_under(&self.config.load_full().rules).list(principal).await
    }

    async fn document(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        self.read_document(principal, uri).await
    }

    fn client_left(&self) {
        let _ = self.deps.plans.end_runs(EndUrgency::AfterChunk);
    }

    fn features(&self) -> Features {
        Features {
            prompts: true,
            completions: true,
            logging: true,
            resource_changes: true,
            views: true,
        }
    }

    fn resource_changes(&self) -> Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>> {
        Some(self.documents.subscribe())
    }

    fn resource_families(&self, principal: &Principal) -> Vec<ResourceFamily> {
        let families = self.families_of(principal).into_iter().map(FamilyOfTool::listed);
        families.chain(self.is_operator(principal).then(audit_resource::family)).collect()
    }

    async fn resource(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<ResourceContents, Failure> {
        self.read_resource(principal, uri).await
    }

    fn prompts(&self, principal: &Principal) -> Vec<PromptInfo> {
        let loaded = self.loaded();
        self.prompts_of(principal, &loaded).list()
    }

    async fn prompt(&self, request: PromptRequest) -> Result<Vec<PromptMessage>, Failure> {
        let loaded = self.loaded();
        self.prompts_of(&request.principal, &loaded).get(&request.name, &request.arguments)
    }

    async fn complete(
        &self,
        principal: &Principal,
        request: CompletionRequest,
    ) -> Result<Suggestions, Failure> {
        self.suggest(principal, request).await
    }

    fn session_ended(&self, principal: &Principal, lost: bool) {
        self.deps.sessions.client_session_ended(principal, lost);
    }

    fn callers(&self) -> Arc<Callers> {
        self.config.load().rules.callers()
    }

    fn is_operator(&self, principal: &Principal) -> bool {
        self.config.load().rules.check_operator(principal).is_ok()
    }

    fn scopes(&self) -> Vec<String> {
        self.config.load().rules.scopes().map(str::to_owned).collect()
    }

    async fn missing_scopes(&self, call: &ToolCall) -> Result<Option<Vec<String>>, Failure> {
        self.await_tool_of(call).await;
        let DispatcherDeps { trail, transport, .. } = &self.deps;
        let config = self.config.load();
        missing_scopes(&self.tools(), &config, (trail, *transport), &self.rates, call)
    }

    fn token_refused(&self, refusal: &TokenRefusal) {
        self.refused_tokens.refused(&self.deps.trail, refusal);
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
