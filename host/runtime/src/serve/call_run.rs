//! What a call does once it has its places: everything that can refuse it before anything runs for it,
//! then the call.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Map, Value};
use souk_model::{Action, Client, Failure, Principal, Progress, ToolCall};
use souk_plans::{ApplyOptions, CommitRequest, EarlierApply, PlanOutcome, request_digest};
use souk_policy::{CallFacts, Mask};
use souk_state::audit::CallResources;
use souk_upstream::{ReadMemo, Session};

use super::admission::CallPermit;
use super::arguments::seal;
use super::call_admission::MonitoredRun;
use super::call_watch;
use super::client_log::ClientLog;
use super::dispatcher_deps::DispatcherDeps;
use super::finder_tools::FinderCall;
use super::held_back::{WHOAMI, tell_parked, tell_waiting};
use super::host_arg_values::HostArgValues;
use super::masked_progress;
use super::operator_config::{OperatorConfig, settings_for};
use super::plan_policy::{PlanUse, decide_plan};
use super::plans_tools::{PlansCall, outcome_json, plan_id};
use super::plugin_monitor::PluginMonitor;
use super::plugin_run::{CallResult, PluginRun, RunReport};
use super::rules_in_force::RulesInForce;
use super::tool::{LoadedTool, ToolKind};
use super::tool_table::ToolTable;
use super::write_authority::WriteAuthority;
use crate::guest::call_context::{CallContext, not_logged_in};
use crate::guest::call_effects::EffectsRecord;
use crate::guest::decision_prompt::{CommitKind, DecisionPrompt};
use crate::guest::sessions::OwnCredentials;
use crate::load::plugin::Plugin;
use crate::rates::Rates;
use crate::tool_sets::ToolSet;

/// What a call that nothing refuses any more goes on with.
struct CallInputs {
    session: Option<Session>,
    host_args: HostArgValues,
    arguments: Value,
    permit: CallPermit,
}

/// A call that has its places, with what it is judged by to its end.
pub(super) struct CallRun<'c> {
    pub(super) deps: &'c DispatcherDeps,
    pub(super) rates: &'c Arc<Rates>,
    pub(super) monitor: &'c PluginMonitor,
    /// Every tool there is.
    pub(super) tools: &'c ToolTable,
    pub(super) config: &'c Arc<OperatorConfig>,
    /// By what it is judged when something is sent.
    pub(super) in_force: &'c RulesInForce,
    /// The one that is called.
    pub(super) tool: &'c LoadedTool,
    pub(super) mask: &'c Mask,
    /// Where it is noted what it does.
    pub(super) effects: &'c EffectsRecord,
    pub(super) log: &'c ClientLog,
}

impl CallRun<'_> {
    /// Everything that can refuse a call before anything runs for it, then the call.
    pub(super) async fn run(
        &self,
        call: ToolCall,
        arguments: Value,
        permit: &CallPermit,
        monitored: MonitoredRun,
    ) -> (CallResources, Result<CallResult, Failure>) {
        let Self { config, tool, mask, effects, .. } = *self;
        let inputs = match self.check(&call.principal, arguments, permit) {
            Ok(inputs) => inputs,
            Err(failure) => return (CallResources::default(), Err(failure)),
        };
        let result = match &tool.kind {
            ToolKind::Action { plugin, action } => {
                return self.act((plugin, action), call, inputs, monitored).await;
            }
            ToolKind::Commit { subject_as, .. } => {
                let progress = masked_progress::through(mask, call.progress);
                let prompt = self.prompt(&call.principal, call.client);
                let outcome = self.commit(&prompt, inputs, progress).await;
                outcome.map(|outcome| {
                    effects.carried_out(&outcome);
                    outcome_json(outcome, subject_as.as_deref())
                })
            }
            ToolKind::Plans(native) => {
                let CallInputs { session, host_args, arguments, .. } = inputs;
                let no_arguments = Map::new();
                let call = PlansCall {
                    config,
                    plans: &self.deps.plans,
                    rules: &config.rules,
                    in_force: self.in_force,
                    loaded: &self.deps.registry.loaded(),
                    principal: &call.principal,
                    session: session.as_ref(),
                    wait_max: config.wait_max,
                    host_args,
                    arguments: arguments.as_object().unwrap_or(&no_arguments),
                    effects,
                    progress: masked_progress::through(mask, call.progress),
                    prompt: self.prompt(&call.principal, call.client),
                };
                call.run(*native).await
            }
            ToolKind::Finder(finder) => {
                let no_arguments = Map::new();
                let call = FinderCall {
                    tools: self.tools,
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
        principal: &Principal,
        mut arguments: Value,
        permit: &CallPermit,
    ) -> Result<CallInputs, Failure> {
        let Self { config, tool, .. } = *self;
        config.rules.decide(principal, &tool.profile())?;
        let unlisted =
            HostArgValues::take_unlisted(tool.profile().effect, tool.host_args, &mut arguments);
        tool.input.drop_absent(&mut arguments);
        if config.selection_of(principal).sets.contains(&ToolSet::Classic) {
            tool.ask_for_whole_items(&mut arguments);
        }
        tool.input.take(&mut arguments)?;
        let session = self.deps.sessions.get(principal);
        match &session {
            None if tool.needs_session() => return Err(not_logged_in()),
            Some(session) if tool.needs_session() && config.rules.limits_alone(principal) => {
                let (facts, store) = (CallFacts::of(tool.profile()), session.info().store);
                config.rules.decide_call(principal, &facts.at(&store))?;
            }
            _ => {}
        }
        let mut host_args = HostArgValues::take(tool.host_args, &mut arguments);
        host_args.confirm |= unlisted.confirm;
        host_args.wait = host_args.wait.max(unlisted.wait);
        if config.confirm {
            host_args.check(tool.host_args, &tool.tool.name)?;
        }
        Ok(CallInputs { session, host_args, arguments, permit: permit.clone() })
    }

    /// A plugin's action: answered from before where the same was asked for and done, or run.
    async fn act(
        &self,
        (plugin, action): (&Arc<Plugin>, &Arc<Action>),
        call: ToolCall,
        inputs: CallInputs,
        monitored: MonitoredRun,
    ) -> (CallResources, Result<CallResult, Failure>) {
        let Self { config, tool, mask, effects, .. } = *self;
        let CallInputs { session, host_args, mut arguments, permit } = inputs;
        let authority =
            WriteAuthority::new(tool, config, self.in_force, &call.principal, &host_args);
        let authority = Arc::new(authority.with_session(session.as_ref()));
        let (of_plan, of_read) = (authority.clone(), authority.clone());
        let sealed = seal(tool.sealed(), &mut arguments);
        let digest = session
            .as_ref()
            .filter(|_| tool.is_repeatable_write(&host_args))
            .map(|session| request_digest(&session.info().store, &arguments));
        let options = ApplyOptions {
            reason: host_args.reason,
            key: host_args.key,
            preview: host_args.preview,
            wait: host_args.wait.min(config.wait_max),
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
        let monitored = match monitored.admitted() {
            Ok(monitored) => monitored,
            Err(parked) => return (CallResources::default(), Err(parked)),
        };
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
                limits: config.rates_of(&principal),
                rates: self.rates.clone(),
            },
            settings,
            progress: masked_progress::through(mask, call.progress),
            mask: mask.clone(),
            resources: CallResources::default(),
            plans: Some(plans.clone()),
            options: options.clone(),
            gate: Arc::new(move |write| authority.permit(write)),
            roles: Arc::new(move |plan| of_plan.roles(plan)),
            reach: Arc::new(move |store, view| of_read.reach(store, view)),
            prompt: self.prompt(&principal, call.client),
            effects: effects.clone(),
            closed: false,
            proposal: None,
            purges: 0,
            exports: Some(exports.clone()),
            closed_exports: Vec::new(),
        };
        let sandbox = self.deps.registry.sandbox();
        let own = config.limits.get(&plugin.group.name);
        let budget = sandbox.limits.call().overridden(own);
        let run = PluginRun::new(plugin, sandbox, budget, context, permit);
        let arguments = arguments.to_string();
        let run = run.run(&arguments).boxed();
        let report = call_watch::plugin_run(&plugin.group.name, run).await;
        let RunReport { resources, mut result, breach } = report;
        if let Some(monitored) = monitored {
            monitored.end(&resources, result.is_err(), breach);
        }
        if let Ok(CallResult { result: answer, proposal: Some(proposal), .. }) = &mut result {
            tool.answer_with_review(answer, proposal);
        }
        if let Ok(CallResult { result: answer, .. }) = &mut result
            && tool.tool.name == WHOAMI
        {
            let registry = &self.deps.registry;
            tell_waiting(&registry.loaded(), &principal, answer);
            tell_parked(self.monitor, &registry.approvals(), &principal, answer);
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
        prompt: &DecisionPrompt,
        inputs: CallInputs,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<PlanOutcome, Failure> {
        let Self { config, tool, effects, .. } = *self;
        let principal = &prompt.principal;
        let CallInputs { session, host_args, arguments, permit: _permit } = inputs;
        let authority = WriteAuthority::new(tool, config, self.in_force, principal, &host_args);
        let session = session.ok_or_else(not_logged_in)?;
        let id = arguments.get("plan_id").and_then(Value::as_str).unwrap_or_default();
        let plan = plan_id(id)?;
        // That this tool may be called is decided; the plan names the one that proposed it, too.
        let stored = self.deps.plans.get(Some(principal), &plan).await?;
        let (plans, header) = (&self.deps.plans, &stored.header);
        let loaded = self.deps.registry.loaded();
        decide_plan(plans, &config.rules, &loaded, principal, header, PlanUse::CarryOut).await?;
        self.log.carries_out(&plan);
        let commit = CommitRequest {
            principal,
            session: &session,
            plan: &plan,
            tool: Some(&tool.tool.name),
            reason: host_args.reason.clone(),
            key: host_args.key.as_deref(),
            gate: &|write| {
                self.in_force.permit_plan(principal, header, write)?;
                authority.permit(write)
            },
            wait: host_args.wait.min(config.wait_max),
            operator: false,
            started: Some(&effects.started),
            progress,
        };
        prompt.commit(plans, commit, CommitKind::Commit).await
    }

    /// Whom to ask where a person has to decide.
    fn prompt(&self, principal: &Principal, client: Option<Arc<dyn Client>>) -> DecisionPrompt {
        DecisionPrompt {
            client,
            principal: principal.clone(),
            mask: self.mask.clone(),
            decides: self.config.rules.check_deciding(principal).is_ok(),
        }
    }
}
