//! One call from the transport to its answer: may it, with these arguments, run it, write it down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::{
    Action, Actions, Code, Document, Failure, Principal, Tool, ToolCall, ToolResult, visible,
};
use souk_plans::{ApplyOptions, CommitRequest, PlanOutcome, Plans, request_digest};
use souk_policy::{Mask, Rules};
use souk_state::audit::{AuditTrail, CallResources, Transport};
use souk_state::exports::Exports;
use souk_upstream::Session;
use tokio::sync::watch;

use super::admission::{Admission, AdmissionLimits, CallPermit};
use super::arguments::{self, seal};
use super::audit_guard::AuditGuard;
use super::documents::{self, DocumentReader};
use super::host_arg_values::HostArgValues;
use super::masked_content::masked_content;
use super::masked_progress;
use super::plans_tools::{PlansCall, outcome_json, plan_id};
use super::plugin_run::{CallResult, PluginRun};
use super::tool::{LoadedTool, ToolKind};
use super::tool_table::ToolTable;
use crate::guest::call_context::{CallContext, not_logged_in};
use crate::guest::sessions::SessionHost;
use crate::load::plugin::Plugin;
use crate::load::plugin_set::PluginSet;
use crate::load::registry::Registry;
use crate::text::printable;

/// What the operator set for plugins: `[plugins.NAME.settings]`, by group name.
pub type PluginSettings = HashMap<String, Arc<Map<String, Value>>>;

/// What the operator may change while the host runs.
pub struct OperatorConfig {
    /// What may be called, by whom, and what is masked.
    pub rules: Rules,
    /// The plugins' own settings.
    pub settings: PluginSettings,
    /// Whether writes from tier risk up need `confirm` and a `reason`.
    pub confirm: bool,
    /// Whether callers may log in with credentials of their own.
    pub accept_credentials: bool,
}

/// Serves calls from loaded plugins, under the operator's rules, onto the audit trail.
pub struct Dispatcher {
    deps: DispatcherDeps,
    admission: Admission,
    rules: ArcSwap<Rules>,
    settings: ArcSwap<PluginSettings>,
    confirm: AtomicBool,
    /// Counts up when the rules change or the registry does.
    version: watch::Sender<u64>,
    /// Each principal's list of tools, and the version it was made at.
    lists: Mutex<HashMap<Principal, ToolList>>,
    tools: ArcSwap<CurrentTools>,
}

/// The plugins that are loaded, and their tools.
#[derive(Default)]
struct CurrentTools {
    plugins: Arc<PluginSet>,
    table: Arc<ToolTable>,
}

/// The version a list was made at, and the list.
type ToolList = (u64, Arc<[Arc<Tool>]>);

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

impl Dispatcher {
    /// A dispatcher. Runs a task that follows the registry's changes for as long as it lives.
    #[must_use]
    pub fn new(deps: DispatcherDeps, config: OperatorConfig) -> Arc<Self> {
        let mut changes = deps.registry.changes();
        let rules = Arc::new(config.rules);
        deps.sessions.set_accept_credentials(config.accept_credentials);
        set_text_mask(&deps.trail, rules.clone());
        let pool = &deps.registry.sandbox().limits;
        let admission = Admission::new(deps.callers.clone(), pool);
        let dispatcher = Arc::new(Self {
            deps,
            admission,
            rules: ArcSwap::new(rules),
            settings: ArcSwap::from_pointee(config.settings),
            confirm: AtomicBool::new(config.confirm),
            version: watch::Sender::new(0),
            lists: Mutex::default(),
            tools: ArcSwap::default(),
        });
        // For what was loaded before there was anybody to follow the changes.
        dispatcher.warn_of_settings();
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

    /// Puts another configuration in force: for every call that starts from now on.
    pub fn reconfigure(&self, config: OperatorConfig) {
        let rules = Arc::new(config.rules);
        set_text_mask(&self.deps.trail, rules.clone());
        self.rules.store(rules);
        self.settings.store(Arc::new(config.settings));
        self.warn_of_settings();
        self.confirm.store(config.confirm, Ordering::Release);
        self.deps.sessions.set_accept_credentials(config.accept_credentials);
        self.bump();
    }

    /// Tells the operator of settings that a loaded plugin does not take; its calls are refused.
    fn warn_of_settings(&self) {
        let (loaded, settings) = (self.loaded(), self.settings.load());
        for (group, plugin) in &loaded.plugins {
            let set = settings.get(group).cloned().unwrap_or_default();
            if let Err(why) = plugin.check_settings(&set) {
                tracing::warn!("{}", wrong_settings(group, &why));
            }
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
        let plugins = self.deps.registry.loaded();
        let current = self.tools.load();
        if Arc::ptr_eq(&current.plugins, &plugins) {
            return current.table.clone();
        }
        let table = Arc::new(ToolTable::of(&plugins));
        self.tools.store(Arc::new(CurrentTools { plugins, table: table.clone() }));
        table
    }

    /// Whether the tool is there and wants a session.
    #[must_use]
    pub fn needs_session(&self, tool: &str) -> bool {
        self.tools().tool(tool).is_some_and(LoadedTool::needs_session)
    }

    /// What masks a call's result, and what its failure. The tools over plans mask their results
    /// themselves, plan by plan.
    fn masks(&self, principal: &Principal, tool: Option<&LoadedTool>) -> (Mask, Mask) {
        let rules = self.rules.load();
        match tool.map(|tool| (&tool.kind, tool.profile().group)) {
            Some((ToolKind::Action { .. } | ToolKind::Commit { .. }, group)) => {
                let mask = rules.mask_for(principal, group);
                (mask.clone(), mask)
            }
            Some((ToolKind::Plans(_), _)) | None => {
                (Mask::OFF, rules.mask_for_any_group(principal))
            }
        }
    }

    fn documents_under<'d>(&'d self, rules: &'d Rules) -> DocumentReader<'d> {
        DocumentReader { exports: &self.deps.exports, rules, sessions: &self.deps.sessions }
    }

    fn decide(&self, principal: &Principal, tool: &LoadedTool) -> Result<(), Failure> {
        Ok(self.rules.load().decide(principal, &tool.profile())?)
    }

    /// Waits for the call's places. What the rules refuse waits for nothing.
    async fn admit(&self, tool: &LoadedTool, principal: &Principal) -> Result<CallPermit, Failure> {
        self.decide(principal, tool)?;
        let plugin = match &tool.kind {
            ToolKind::Action { plugin, .. } => Some(&plugin.name),
            ToolKind::Commit { .. } | ToolKind::Plans(_) => None,
        };
        self.admission.admit(principal, plugin).await
    }

    /// Everything that can refuse a call before anything runs for it, then the call.
    async fn run(
        &self,
        tool: &LoadedTool,
        call: ToolCall,
        arguments: Value,
        mask: &Mask,
        permit: &CallPermit,
    ) -> (CallResources, Result<CallResult, Failure>) {
        // The places were waited for; what is forbidden by now does not start.
        let inputs = match self.check(tool, &call.principal, arguments, permit) {
            Ok(inputs) => inputs,
            Err(failure) => return (CallResources::default(), Err(failure)),
        };
        let mut resources = CallResources::default();
        let result = match &tool.kind {
            ToolKind::Action { plugin, action } => {
                return self.act(tool, plugin, action, call, inputs, mask).await;
            }
            ToolKind::Commit { subject_as, .. } => {
                let outcome = self.commit(tool, &call.principal, inputs).await;
                outcome.map(|outcome| {
                    let sent = outcome.has_sent.then(|| outcome.plan.to_string());
                    resources.plans.extend(sent);
                    outcome_json(outcome, subject_as.as_deref())
                })
            }
            ToolKind::Plans(native) => {
                let CallInputs { session, host_args, arguments, .. } = inputs;
                let no_arguments = Map::new();
                let call = PlansCall {
                    plans: &self.deps.plans,
                    rules: &self.rules.load_full(),
                    principal: &call.principal,
                    session: session.as_ref(),
                    host_args,
                    arguments: arguments.as_object().unwrap_or(&no_arguments),
                    sent: OnceLock::new(),
                };
                let result = call.run(*native).await;
                resources.plans.extend(call.sent.get().map(ToString::to_string));
                result
            }
        };
        (resources, result.map(CallResult::from))
    }

    fn check(
        &self,
        tool: &LoadedTool,
        principal: &Principal,
        mut arguments: Value,
        permit: &CallPermit,
    ) -> Result<CallInputs, Failure> {
        self.decide(principal, tool)?;
        let confirmed = HostArgValues::take_unlisted_confirm(
            tool.profile().effect,
            tool.host_args,
            &mut arguments,
        );
        tool.input.check(&arguments)?;
        let session = self.deps.sessions.get(principal);
        if tool.needs_session() && session.is_none() {
            return Err(not_logged_in());
        }
        let mut host_args = HostArgValues::take(tool.host_args, &mut arguments);
        host_args.confirm |= confirmed;
        if self.confirm.load(Ordering::Acquire) {
            host_args.check(tool.host_args, &tool.tool.name)?;
        }
        Ok(CallInputs { session, host_args, arguments, permit: permit.clone() })
    }

    /// A plugin's action: answered from before where the same was asked for and done, or run.
    async fn act(
        &self,
        tool: &LoadedTool,
        plugin: &Arc<Plugin>,
        action: &Arc<Action>,
        call: ToolCall,
        inputs: CallInputs,
        mask: &Mask,
    ) -> (CallResources, Result<CallResult, Failure>) {
        let CallInputs { session, host_args, mut arguments, permit } = inputs;
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
        };
        let DispatcherDeps { plans, exports, sessions, .. } = &self.deps;
        let (principal, name) = (call.principal.clone(), &tool.tool.name);
        if let Some(session) = &session {
            let earlier = plans.earlier_answer(&principal, session, name, &options).await;
            if let Some(result) = earlier.transpose() {
                let result = result.map(|result| tool.repeated(result).into());
                return (CallResources::default(), result);
            }
        }
        let settings = self.settings.load().get(&plugin.group.name).cloned().unwrap_or_default();
        if let Err(why) = plugin.check_settings(&settings) {
            return (CallResources::default(), Err(wrong_settings(&plugin.group.name, &why)));
        }
        let context = CallContext {
            principal: call.principal,
            action: action.clone(),
            group: plugin.group.name.clone(),
            session,
            sessions: sessions.clone(),
            sealed,
            settings,
            progress: masked_progress::through(mask, call.progress),
            mask: mask.clone(),
            resources: CallResources::default(),
            plans: Some(plans.clone()),
            options: options.clone(),
            written: None,
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
        if let Ok(result) = &result {
            plans.record_answer(&principal, name, &options, &result.result).await;
        }
        (resources, result)
    }

    /// The host's own tool that commits what one of a group's actions proposed.
    async fn commit(
        &self,
        tool: &LoadedTool,
        principal: &Principal,
        inputs: CallInputs,
    ) -> Result<PlanOutcome, Failure> {
        let CallInputs { session, host_args, arguments, permit: _permit } = inputs;
        let session = session.ok_or_else(not_logged_in)?;
        let id = arguments.get("plan_id").and_then(Value::as_str).unwrap_or_default();
        let plan = plan_id(id)?;
        let commit = CommitRequest {
            principal,
            session: &session,
            plan: &plan,
            tool: Some(&tool.tool.name),
            reason: host_args.reason,
            key: host_args.key.as_deref(),
            operator: false,
        };
        self.deps.plans.commit(commit).await
    }
}

/// What is told beside the outcome of a write whose call has no line on the trail.
const NO_LINE_OF_CALL: &str = "the audit trail could not be written after this call: its requests were announced there, its end was not. The operator must make it writable again";

/// Masks on the trail what any rule masks for a principal: which plugin a line is about is not
/// always known there.
fn set_text_mask(trail: &AuditTrail, rules: Arc<Rules>) {
    trail.set_text_mask(Arc::new(move |principal, text| {
        rules.mask_for_any_group(&Principal::named(principal)).text(text)
    }));
}

/// What is told where the operator's settings for a plugin are not what it takes.
fn wrong_settings(group: &str, why: &str) -> Failure {
    Failure::new(
        Code::Unavailable,
        format!("the operator's settings for the plugin `{group}` are not what it takes: {why}"),
    )
    .rule("plugin-settings")
    .remedy(format!("the operator corrects `[plugins.{group}.settings]`"))
}

fn no_such(tool: &str) -> Failure {
    let tool = printable(tool, 80);
    Failure::new(Code::ActionNotFound, format!("no plugin has the action `{tool}`"))
        .remedy("list the tools again; a plugin may have been removed")
}

#[async_trait]
impl Actions for Dispatcher {
    fn list(&self, principal: &Principal) -> Arc<[Arc<Tool>]> {
        let version = *self.version.borrow();
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_at, list)) = lists.get(principal)
            && *made_at == version
        {
            return list.clone();
        }
        let list: Arc<[Arc<Tool>]> = self
            .tools()
            .tools()
            .filter(|tool| self.decide(principal, tool).is_ok())
            .map(|tool| tool.tool.clone())
            .collect();
        lists.insert(principal.clone(), (version, list.clone()));
        list
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools().tool(name).map(|tool| tool.tool.clone())
    }

    async fn call(&self, mut call: ToolCall) -> Result<ToolResult, Failure> {
        let tools = self.tools();
        let tool = tools.tool(&call.tool);
        let arguments = Value::Object(arguments::normalise(std::mem::take(&mut call.arguments)));
        let DispatcherDeps { trail, transport, exports, .. } = &self.deps;
        let (mask, mask_failure) = self.masks(&call.principal, tool);
        let guard = AuditGuard::of_call(trail, *transport, &call, tool, &arguments);
        let admitted = match tool {
            Some(tool) => self.admit(tool, &call.principal).await.map(|permit| (tool, permit)),
            None => Err(no_such(&call.tool)),
        };
        // The permit is kept until the line is written: what is done until then is bounded too.
        let (mut resources, result) = match &admitted {
            Ok((tool, permit)) => self.run(tool, call, arguments, &mask, permit).await,
            Err(failure) => (CallResources::default(), Err(failure.clone())),
        };
        let result = match result {
            Ok(result) => match masked_content(&mask, result.content) {
                Ok(content) => {
                    let kept = documents::publish(exports, result.closed).await;
                    kept.map(|kept| {
                        let mut shown = mask.object(result.result);
                        visible::object(&mut shown);
                        (shown, kept, content)
                    })
                }
                Err(failure) => Err(mask_failure.failure(failure)),
            },
            Err(failure) => Err(mask_failure.failure(failure)),
        };
        if let Ok((_, kept, _)) = &result {
            resources.documents = kept.iter().map(|kept| kept.id.uri()).collect();
        }
        let has_written = resources.has_written();
        let mut notes = Vec::new();
        match guard.end(resources, &result) {
            Ok(()) => {}
            // What was sent cannot be taken back: its caller hears what came of it all the same.
            Err(_) if has_written => notes.push(NO_LINE_OF_CALL.to_owned()),
            Err(failure) => {
                let kept = result.map(|(_, kept, _)| kept).unwrap_or_default();
                documents::retract(exports, kept).await;
                return Err(failure);
            }
        }
        let (result, kept, content) = result.map_err(|mut failure| {
            for note in &notes {
                failure.message = format!("{}; {note}", failure.message);
            }
            failure
        })?;
        Ok(ToolResult {
            result,
            content,
            documents: kept.iter().map(|kept| documents::document_for(kept, &mask)).collect(),
            notes,
        })
    }

    async fn documents(&self, principal: &Principal) -> Result<Vec<Document>, Failure> {
        let _permit = self.admission.admit(principal, None).await?;
        self.documents_under(&self.rules.load_full()).list(principal).await
    }

    async fn document(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        let DispatcherDeps { trail, transport, .. } = &self.deps;
        let guard = AuditGuard::of_reading(trail, *transport, principal, uri);
        let admitted = self.admission.admit(principal, None).await;
        let rules = self.rules.load_full();
        let result = match &admitted {
            Ok(_) => self.documents_under(&rules).read(principal, uri).await,
            Err(failure) => Err(failure.clone()),
        };
        let result = result.map_err(|failure| rules.mask_for_any_group(principal).failure(failure));
        guard.end(CallResources::default(), &result)?;
        result
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
