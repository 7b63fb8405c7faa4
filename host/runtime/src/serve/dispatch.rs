//! One call from the transport to its answer: may it, with these arguments, run it, write it down.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::{
    Action, Actions, CallFailure, Callers, CompletionRequest, Document, Failure, Features,
    Orientation, Principal, Progress, PromptInfo, PromptMessage, PromptRequest, ResourceChange,
    ResourceContents, ResourceFamily, Suggestions, Tool, ToolCall, ToolResult,
};
use souk_plans::{
    ApplyOptions, CommitRequest, EarlierApply, EndUrgency, PlanOutcome, Plans, request_digest,
};
use souk_policy::{Mask, Rules};
use souk_state::audit::{AuditTrail, CallOutcome, CallResources, Transport};
use souk_state::exports::Exports;
use souk_upstream::{ReadMemo, Session};
use tokio::sync::{broadcast, watch};

use super::admission::{Admission, AdmissionLimits, CallPermit};
use super::arguments::seal;
use super::audit_guard::AuditGuard;
use super::call_end::{CallEnd, catch_panic};
use super::call_target::CallTarget;
use super::documents::DocumentReader;
use super::finder_tools::FinderCall;
use super::host_arg_values::HostArgValues;
use super::masked_progress;
use super::masks;
use super::operator_config::{OperatorConfig, settings_for};
use super::orientation::orientation;
use super::plan_policy::{PlanUse, decide_plan};
use super::plans_tools::{PlansCall, outcome_json, plan_id};
use super::plugin_run::{CallResult, PluginRun};
use super::prompts::Prompts;
use super::resource_families::{self, FamilyOfTool};
use super::shortening::Shortening;
use super::tool::{LoadedTool, ToolKind};
use super::tool_lists::{ToolLists, listing, unknown_groups};
use super::tool_table::{CurrentTools, ToolTable};
use super::write_authority::WriteAuthority;
use crate::guest::call_context::{CallContext, not_logged_in};
use crate::guest::call_effects::EffectsRecord;
use crate::guest::sessions::{OwnCredentials, SessionHost};
use crate::load::plugin::Plugin;
use crate::load::plugin_set::PluginSet;
use crate::load::registry::Registry;
use crate::rates::{Rates, is_refusal};
use crate::tool_sets::ToolSet;

/// Serves calls from loaded plugins, under the operator's rules, onto the audit trail.
pub struct Dispatcher {
    deps: DispatcherDeps,
    admission: Admission,
    config: ArcSwap<OperatorConfig>,
    rates: Arc<Rates>,
    /// Counts up when the rules change or the registry does.
    version: watch::Sender<u64>,
    lists: ToolLists,
    tools: CurrentTools,
    /// Tells whose documents have changed.
    resource_changes: broadcast::Sender<(Option<Principal>, ResourceChange)>,
}

/// Changes of resources that a slow listener may have outstanding; after more it looks at all again.
const RESOURCE_CHANGES: usize = 64;

/// What a dispatcher is made of, apart from what the operator may change while it runs.
pub struct DispatcherDeps {
    /// The plugins.
    pub registry: Arc<Registry>,
    /// Who is logged in where.
    pub sessions: Arc<SessionHost>,
    /// Where changes are proposed and carried out.
    pub plans: Arc<Plans>,
    /// Where documents are kept.
    pub exports: Arc<Exports>,
    /// Where every call is written down.
    pub trail: Arc<AuditTrail>,
    /// How much callers may have going at once.
    pub callers: AdmissionLimits,
    /// How calls come in.
    pub transport: Transport,
}

/// What a call that nothing refuses any more goes on with.
struct CallInputs {
    session: Option<Session>,
    host_args: HostArgValues,
    arguments: Value,
    permit: CallPermit,
}

/// What a call is judged by, from its admission to its end, and where it is noted what it does.
#[derive(Clone, Copy)]
struct CallTerms<'c> {
    config: &'c Arc<OperatorConfig>,
    tool: &'c LoadedTool,
    mask: &'c Mask,
    effects: &'c EffectsRecord,
}

impl Dispatcher {
    /// A dispatcher. Runs a task that follows the registry's changes for as long as it lives.
    #[must_use]
    pub fn new(deps: DispatcherDeps, config: OperatorConfig) -> Arc<Self> {
        let mut changes = deps.registry.changes();
        let config = Arc::new(config);
        masks::set_on_trail(&deps.trail, config.rules.clone());
        let pool = &deps.registry.sandbox().limits;
        let admission = Admission::new(deps.callers.clone(), pool);
        let dispatcher = Arc::new(Self {
            deps,
            admission,
            config: ArcSwap::new(config),
            rates: Arc::default(),
            version: watch::Sender::new(0),
            resource_changes: broadcast::Sender::new(RESOURCE_CHANGES),
            lists: ToolLists::default(),
            tools: CurrentTools::default(),
        });
        // For what was loaded before there was anybody to follow the changes.
        dispatcher.warn_of_settings();
        dispatcher.warn_of_tool_sets();
        let weak = Arc::downgrade(&dispatcher);
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let Some(dispatcher) = weak.upgrade() else { return };
                dispatcher.warn_of_settings();
                dispatcher.bump();
            }
        });
        dispatcher
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
        self.warn_of_settings();
        self.warn_of_tool_sets();
        self.bump();
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
    fn tools(&self) -> Arc<ToolTable> {
        self.tools.of(self.loaded())
    }

    /// Whether a call is of a tool that is there and wants a session.
    #[must_use]
    pub fn needs_session(&self, call: &ToolCall) -> bool {
        let (tools, config) = (self.tools(), self.config.load());
        let target = CallTarget::of(&tools, &config.rules, &mut call.clone());
        target.callable.is_ok_and(LoadedTool::needs_session)
    }

    fn documents_under<'d>(&'d self, rules: &'d Rules) -> DocumentReader<'d> {
        DocumentReader { exports: &self.deps.exports, rules, sessions: &self.deps.sessions }
    }

    /// Waits for the call's places. What cannot be called, or the rules refuse, waits for nothing.
    async fn admit<'t>(
        &self,
        callable: Result<&'t LoadedTool, Failure>,
        principal: &Principal,
    ) -> Result<(&'t LoadedTool, CallPermit), Failure> {
        let config = self.config.load_full();
        self.rates.call(principal, &config.rates)?;
        let tool = callable?;
        config.rules.decide(principal, &tool.profile())?;
        let plugin = match &tool.kind {
            ToolKind::Action { plugin, .. } => Some(&plugin.name),
            ToolKind::Commit { .. } | ToolKind::Plans(_) | ToolKind::Finder(_) => None,
        };
        Ok((tool, self.admission.admit(principal, plugin).await?))
    }

    /// Whether a principal may call a tool, by its name.
    fn may_call(&self, principal: &Principal) -> impl Fn(&str) -> bool {
        let (tools, config) = (self.tools(), self.config.load_full());
        move |name| {
            let tool = tools.tool(name);
            tool.is_some_and(|tool| tool.is_allowed(&config.rules, principal))
        }
    }

    /// The prompts that are of use to a principal.
    fn prompts_of<'s>(&self, principal: &Principal, loaded: &'s PluginSet) -> Prompts<'s> {
        Prompts::new(loaded, self.may_call(principal))
    }

    /// The families of resources that a principal may read.
    fn families_of(&self, principal: &Principal) -> Vec<FamilyOfTool> {
        FamilyOfTool::all(&self.loaded(), self.may_call(principal))
    }

    /// As [`admit`](Self::admit), for documents.
    async fn admit_reading(&self, principal: &Principal) -> Result<CallPermit, Failure> {
        let config = self.config.load_full();
        self.rates.call(principal, &config.rates)?;
        config.rules.check_caller(principal)?;
        self.admission.admit(principal, None).await
    }

    /// Everything that can refuse a call before anything runs for it, then the call.
    async fn run(
        &self,
        terms: CallTerms<'_>,
        call: ToolCall,
        arguments: Value,
        permit: &CallPermit,
    ) -> (CallResources, Result<CallResult, Failure>) {
        let CallTerms { config, tool, mask, effects } = terms;
        let inputs = match self.check(config, tool, &call.principal, arguments, permit) {
            Ok(inputs) => inputs,
            Err(failure) => return (CallResources::default(), Err(failure)),
        };
        let result = match &tool.kind {
            ToolKind::Action { plugin, action } => {
                return self.act(terms, (plugin, action), call, inputs).await;
            }
            ToolKind::Commit { subject_as, .. } => {
                let progress = masked_progress::through(mask, call.progress);
                let outcome = self.commit(terms, &call.principal, inputs, progress).await;
                outcome.map(|outcome| {
                    effects.carried_out(&outcome);
                    outcome_json(outcome, subject_as.as_deref())
                })
            }
            ToolKind::Plans(native) => {
                let CallInputs { session, host_args, arguments, .. } = inputs;
                let no_arguments = Map::new();
                let call = PlansCall {
                    plans: &self.deps.plans,
                    rules: &config.rules,
                    principal: &call.principal,
                    session: session.as_ref(),
                    host_args,
                    arguments: arguments.as_object().unwrap_or(&no_arguments),
                    effects,
                    progress: masked_progress::through(mask, call.progress),
                };
                call.run(*native).await
            }
            ToolKind::Finder(finder) => {
                let no_arguments = Map::new();
                let call = FinderCall {
                    tools: &self.tools(),
                    rules: &config.rules,
                    principal: &call.principal,
                    arguments: inputs.arguments.as_object().unwrap_or(&no_arguments),
                };
                call.run(*finder)
            }
        };
        (CallResources::default(), result.map(CallResult::from))
    }

    fn check(
        &self,
        config: &OperatorConfig,
        tool: &LoadedTool,
        principal: &Principal,
        mut arguments: Value,
        permit: &CallPermit,
    ) -> Result<CallInputs, Failure> {
        config.rules.decide(principal, &tool.profile())?;
        let confirmed =
            HostArgValues::take_unlisted(tool.profile().effect, tool.host_args, &mut arguments);
        tool.input.drop_absent(&mut arguments);
        if config.tools.of(principal).sets.contains(&ToolSet::Classic) {
            tool.ask_for_whole_items(&mut arguments);
        }
        tool.input.take(&mut arguments)?;
        let session = self.deps.sessions.get(principal);
        if tool.needs_session() && session.is_none() {
            return Err(not_logged_in());
        }
        let mut host_args = HostArgValues::take(tool.host_args, &mut arguments);
        host_args.confirm |= confirmed;
        if config.confirm {
            host_args.check(tool.host_args, &tool.tool.name)?;
        }
        Ok(CallInputs { session, host_args, arguments, permit: permit.clone() })
    }

    /// A plugin's action: answered from before where the same was asked for and done, or run.
    async fn act(
        &self,
        CallTerms { config, tool, mask, effects }: CallTerms<'_>,
        (plugin, action): (&Arc<Plugin>, &Arc<Action>),
        call: ToolCall,
        inputs: CallInputs,
    ) -> (CallResources, Result<CallResult, Failure>) {
        let CallInputs { session, host_args, mut arguments, permit } = inputs;
        let authority = WriteAuthority::new(tool, config, &call.principal, &host_args);
        let sealed = seal(tool.sealed(), &mut arguments);
        let digest = session
            .as_ref()
            .filter(|_| tool.is_repeatable_write(&host_args))
            .map(|session| request_digest(&session.info().store, &arguments));
        let options = ApplyOptions {
            reason: host_args.reason,
            key: host_args.key,
            preview: host_args.preview,
            request_digest: digest,
            started: effects.started.clone(),
        };
        let DispatcherDeps { plans, exports, sessions, .. } = &self.deps;
        let (principal, name) = (call.principal.clone(), &tool.tool.name);
        if let Some(session) = &session {
            let earlier = match plans.earlier_apply(&principal, session, name, &options).await {
                Ok(earlier) => earlier,
                Err(failure) => return (CallResources::default(), Err(failure)),
            };
            if let Some(EarlierApply { outcome, answer }) = earlier {
                // Told whatever comes now: a plugin that failed after it once may fail before it now.
                outcome.iter().for_each(|outcome| effects.carried_out_before(outcome));
                if let Some(answer) = answer {
                    return (CallResources::default(), Ok(tool.repeated(answer).into()));
                }
            }
        }
        let settings = match settings_for(plugin, &config.settings) {
            Ok(settings) => settings,
            Err(failure) => return (CallResources::default(), Err(failure)),
        };
        let own_session = session.clone();
        let context = CallContext {
            principal: call.principal,
            action: action.clone(),
            group: plugin.group.name.clone(),
            session,
            reads: ReadMemo::default(),
            sessions: sessions.clone(),
            sealed,
            own_credentials: OwnCredentials {
                accepted: config.accept_credentials,
                limits: config.rates,
                rates: self.rates.clone(),
            },
            settings,
            progress: masked_progress::through(mask, call.progress),
            mask: mask.clone(),
            resources: CallResources::default(),
            plans: Some(plans.clone()),
            options: options.clone(),
            gate: Arc::new(move |tier| authority.permit(tier)),
            effects: effects.clone(),
            closed: false,
            proposal: None,
            purges: 0,
            exports: Some(exports.clone()),
            closed_exports: Vec::new(),
        };
        let sandbox = self.deps.registry.sandbox();
        let run = PluginRun::new(plugin, sandbox, context, permit);
        let (resources, mut result) = run.run(&arguments.to_string()).await;
        if let Ok(CallResult { result: answer, proposal: Some(proposal), .. }) = &mut result {
            tool.answer_with_review(answer, proposal);
        }
        if let (Err(_), Some(session)) = (&result, &own_session) {
            effects.note_left_behind(plans, &principal, session).await;
        }
        if let Ok(result) = &result {
            plans.record_answer(&principal, name, &options, &result.result).await;
        }
        (resources, result)
    }

    /// The host's own tool that commits what one of a group's actions proposed.
    async fn commit(
        &self,
        CallTerms { config, tool, effects, .. }: CallTerms<'_>,
        principal: &Principal,
        inputs: CallInputs,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<PlanOutcome, Failure> {
        let CallInputs { session, host_args, arguments, permit: _permit } = inputs;
        let authority = WriteAuthority::new(tool, config, principal, &host_args);
        let session = session.ok_or_else(not_logged_in)?;
        let id = arguments.get("plan_id").and_then(Value::as_str).unwrap_or_default();
        let plan = plan_id(id)?;
        // That this tool may be called is decided; the plan names the one that proposed it, too.
        let stored = self.deps.plans.get(Some(principal), &plan).await?;
        decide_plan(&self.deps.plans, &config.rules, principal, &stored.header, PlanUse::CarryOut)
            .await?;
        let commit = CommitRequest {
            principal,
            session: &session,
            plan: &plan,
            tool: Some(&tool.tool.name),
            reason: host_args.reason,
            key: host_args.key.as_deref(),
            gate: &|tier| authority.permit(tier),
            operator: false,
            started: Some(&effects.started),
            progress,
        };
        self.deps.plans.commit(commit).await
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
        self.lists.of(principal, version, || {
            let tools = self.tools();
            let listing = listing(&tools, &config, principal);
            listing.listed().map(|tool| tool.tool.clone()).collect()
        })
    }

    fn orientation(&self, principal: &Principal) -> Orientation {
        let (tools, config) = (self.tools(), self.config.load());
        let login = self.deps.sessions.login_way(config.accept_credentials);
        orientation(&listing(&tools, &config, principal), login)
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools().tool(name).map(|tool| tool.tool.clone())
    }

    async fn call(&self, mut call: ToolCall) -> Result<ToolResult, CallFailure> {
        let tools = self.tools();
        let target = CallTarget::of(&tools, &self.config.load().rules, &mut call);
        let CallTarget { tool, arguments, callable } = target;
        let DispatcherDeps { trail, transport, exports, sessions, .. } = &self.deps;
        let guard = AuditGuard::of_call(trail, *transport, &call, tool, &arguments);
        let admitted = self.admit(callable, &call.principal).await;
        // What is in force when the places are had judges the call, to its end.
        let config = self.config.load_full();
        let (mask, text_mask) = masks::of_call(&config.rules, &call.principal, tool);
        let principal = call.principal.clone();
        // The permit is kept until the line is written: what is done until then is bounded too.
        let (resources, result) = match &admitted {
            Ok((tool, permit)) => {
                let effects = guard.effects();
                let terms = CallTerms { config: &config, tool, mask: &mask, effects };
                catch_panic(self.run(terms, call, arguments, permit)).await
            }
            Err(failure) => (CallResources::default(), Err(failure.clone())),
        };
        if result.as_ref().is_err_and(is_refusal) {
            self.rates.refused(&principal, &config.rates);
        }
        let tool = admitted.as_ref().ok().map(|(tool, _)| *tool);
        let shortening =
            tool.filter(|_| *transport != Transport::Terminal).map(|tool| Shortening {
                exports,
                tool,
                sessions,
                principal: &principal,
                bytes: config.result_bytes,
            });
        let end = CallEnd { guard, exports, tool, mask, text_mask, shortening, resources, result };
        let answer = end.answer().await;
        if answer.as_ref().is_ok_and(|answer| !answer.documents.is_empty()) {
            // Whoever listens hears of it; that nobody does is no failure.
            let _ = self.resource_changes.send((Some(principal), ResourceChange::List));
        }
        answer
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
        let DispatcherDeps { trail, transport, .. } = &self.deps;
        let guard = AuditGuard::of_reading(trail, *transport, principal, uri);
        let admitted = self.admit_reading(principal).await;
        let config = self.config.load_full();
        let rules = &config.rules;
        let result = match &admitted {
            Ok(_) => self.documents_under(rules).read(principal, uri).await,
            Err(failure) => Err(failure.clone()),
        };
        let result = result.map_err(|failure| rules.mask_for_any_group(principal).failure(failure));
        guard.end(CallResources::default(), CallOutcome::of(&result))?;
        result
    }

    fn client_left(&self) {
        let _ = self.deps.plans.end_runs(EndUrgency::AfterChunk);
    }

    fn features(&self) -> Features {
        Features { prompts: true, completions: true, logging: false, resource_changes: true }
    }

    fn resource_changes(&self) -> Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>> {
        Some(self.resource_changes.subscribe())
    }

    fn resource_families(&self, principal: &Principal) -> Vec<ResourceFamily> {
        let families = self.families_of(principal);
        families.into_iter().map(FamilyOfTool::listed).collect()
    }

    async fn resource(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<ResourceContents, Failure> {
        let families = self.families_of(principal);
        match families.iter().find_map(|family| family.call(principal, uri)) {
            // What answers it is a call as any other.
            Some(call) => resource_families::contents(uri, self.call(call).await),
            None => Ok(self.document(principal, uri).await?.into()),
        }
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
        let loaded = self.loaded();
        self.prompts_of(principal, &loaded).complete(&request)
    }

    fn session_ended(&self, principal: &Principal, lost: bool) {
        self.deps.sessions.client_session_ended(principal, lost);
    }

    fn callers(&self) -> Arc<Callers> {
        self.config.load().rules.callers()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
