//! One call from the transport to its answer: may it, with these arguments, run it, write it down.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use serde_json::{Map, Value};
use souk_model::{
    Action, Actions, Code, ContentBlock, Document, Failure, Principal, Tool, ToolCall, ToolResult,
};
use souk_plans::{ApplyOptions, CommitRequest, Plans, request_digest};
use souk_policy::{Mask, Rules};
use souk_state::audit::{AuditTrail, CallResources, Transport};
use souk_state::exports::Exports;
use souk_upstream::Session;
use tokio::sync::watch;

use crate::call::{CallContext, not_logged_in};
use crate::documents::{self, Documents};
use crate::entry::{Behind, Entry};
use crate::exports::unmaskable;
use crate::host_arguments::Given;
use crate::line::Line;
use crate::masked_news;
use crate::plans_tools::{self, PlansCall};
use crate::plugin::{Made, Plugin};
use crate::registry::{Loaded, Registry};
use crate::schema::{self, seal};
use crate::sessions::SessionHost;

/// What the operator set for plugins: `[plugins.NAME.settings]`, by group name.
pub type Settings = HashMap<String, Arc<Map<String, Value>>>;

/// What the operator may change while the host runs.
pub struct OperatorConfig {
    /// What may be called, by whom, and what is masked.
    pub rules: Rules,
    /// The plugins' own settings.
    pub settings: Settings,
    /// Whether writes from tier risk up need `confirm` and a `reason`.
    pub confirm: bool,
    /// Whether callers may log in with credentials of their own.
    pub accept_credentials: bool,
}

/// Serves calls from loaded plugins, under the operator's rules, onto the audit trail.
pub struct Dispatcher {
    parts: Parts,
    rules: ArcSwap<Rules>,
    settings: ArcSwap<Settings>,
    confirm: AtomicBool,
    /// Counts up when the rules change or the registry does.
    version: watch::Sender<u64>,
    /// Each principal's list of tools, and the version it was made at.
    lists: Mutex<HashMap<Principal, Listed>>,
}

/// The version a list was made at, and the list.
type Listed = (u64, Arc<[Arc<Tool>]>);

/// What a dispatcher is made of, apart from what the operator may change while it runs.
pub struct Parts {
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
    /// How calls come in.
    pub transport: Transport,
}

/// A call that nothing refuses any more: with whose session, and its arguments without the host's.
struct Admitted {
    session: Option<Session>,
    given: Given,
    arguments: Value,
}

impl Dispatcher {
    /// A dispatcher. Runs a task that follows the registry's changes for as long as it lives.
    #[must_use]
    pub fn new(parts: Parts, config: OperatorConfig) -> Arc<Self> {
        let mut changes = parts.registry.changes();
        let rules = Arc::new(config.rules);
        parts.sessions.set_accept_credentials(config.accept_credentials);
        set_text_mask(&parts.trail, rules.clone());
        let dispatcher = Arc::new(Self {
            parts,
            rules: ArcSwap::new(rules),
            settings: ArcSwap::from_pointee(config.settings),
            confirm: AtomicBool::new(config.confirm),
            version: watch::Sender::new(0),
            lists: Mutex::default(),
        });
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
        set_text_mask(&self.parts.trail, rules.clone());
        self.rules.store(rules);
        self.settings.store(Arc::new(config.settings));
        self.warn_of_settings();
        self.confirm.store(config.confirm, Ordering::Release);
        self.parts.sessions.set_accept_credentials(config.accept_credentials);
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
    pub fn loaded(&self) -> Arc<Loaded> {
        self.parts.registry.loaded()
    }

    /// Whether the tool is there and wants a session.
    #[must_use]
    pub fn needs_session(&self, tool: &str) -> bool {
        self.loaded().tools.get(tool).is_some_and(Entry::needs_session)
    }

    /// What masks a call's answer, and what its failure. The tools over plans mask their answers
    /// themselves, plan by plan.
    fn masks(&self, principal: &Principal, entry: Option<&Entry>) -> (Mask, Mask) {
        let rules = self.rules.load();
        match entry.map(|entry| (&entry.behind, entry.subject().group)) {
            Some((Behind::Action { .. } | Behind::Commit { .. }, group)) => {
                let mask = rules.mask_for(principal, group);
                (mask.clone(), mask)
            }
            Some((Behind::Plans(_), _)) | None => (Mask::OFF, rules.mask_for_any_group(principal)),
        }
    }

    fn documents_under<'d>(&'d self, rules: &'d Rules) -> Documents<'d> {
        Documents { exports: &self.parts.exports, rules, sessions: &self.parts.sessions }
    }

    fn decide(&self, principal: &Principal, entry: &Entry) -> Result<(), Failure> {
        Ok(self.rules.load().decide(principal, &entry.subject())?)
    }

    /// Everything that can refuse a call before anything runs for it, then the call.
    async fn run(
        &self,
        entry: &Entry,
        call: ToolCall,
        arguments: Value,
        mask: &Mask,
    ) -> (CallResources, Result<Made, Failure>) {
        let admitted = match self.admit(entry, &call.principal, arguments) {
            Ok(admitted) => admitted,
            Err(failure) => return (CallResources::default(), Err(failure)),
        };
        let result = match &entry.behind {
            Behind::Action { plugin, action } => {
                return self.act(entry, plugin, action, call, admitted, mask).await;
            }
            Behind::Commit { subject_as, .. } => {
                self.commit(entry, &call.principal, admitted, subject_as.as_deref()).await
            }
            Behind::Plans(native) => {
                let Admitted { session, given, arguments } = admitted;
                let no_arguments = Map::new();
                let call = PlansCall {
                    plans: &self.parts.plans,
                    rules: &self.rules.load_full(),
                    principal: &call.principal,
                    session: session.as_ref(),
                    given,
                    arguments: arguments.as_object().unwrap_or(&no_arguments),
                };
                native.call(call).await
            }
        };
        (CallResources::default(), result.map(Made::from))
    }

    fn admit(
        &self,
        entry: &Entry,
        principal: &Principal,
        mut arguments: Value,
    ) -> Result<Admitted, Failure> {
        self.decide(principal, entry)?;
        entry.input.check(&arguments)?;
        let session = self.parts.sessions.get(principal);
        if entry.needs_session() && session.is_none() {
            return Err(not_logged_in());
        }
        let given = entry.wanted.take(&mut arguments);
        if self.confirm.load(Ordering::Acquire) {
            given.check(entry.wanted, &entry.tool.name)?;
        }
        Ok(Admitted { session, given, arguments })
    }

    /// A plugin's action: answered from before where the same was asked for and done, or run.
    async fn act(
        &self,
        entry: &Entry,
        plugin: &Arc<Plugin>,
        action: &Arc<Action>,
        call: ToolCall,
        admitted: Admitted,
        mask: &Mask,
    ) -> (CallResources, Result<Made, Failure>) {
        let Admitted { session, given, mut arguments } = admitted;
        let sealed = seal(entry.sealed(), &mut arguments);
        let asked = session.as_ref().filter(|_| entry.repeats(&given));
        let asked = asked.map(|session| request_digest(&session.info().store, &arguments));
        let options = ApplyOptions {
            reason: given.reason,
            key: given.key,
            preview: given.preview,
            request_digest: asked,
        };
        let Parts { plans, exports, sessions, .. } = &self.parts;
        let (principal, tool) = (call.principal.clone(), &entry.tool.name);
        if let Some(session) = &session {
            let before = plans.earlier_answer(&principal, session, tool, &options).await;
            if let Some(answer) = before.transpose() {
                let answer = answer.map(|answer| entry.repeated(answer).into());
                return (CallResources::default(), answer);
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
            progress: masked_news::through(mask, call.progress),
            mask: mask.clone(),
            resources: CallResources::default(),
            plans: Some(plans.clone()),
            options: options.clone(),
            closed: false,
            purges: 0,
            exports: Some(exports.clone()),
            closed_exports: Vec::new(),
        };
        let answered = self.run_action(entry, plugin, context, &arguments).await;
        if let (_, Ok(made)) = &answered {
            plans.record_answer(&principal, tool, &options, &made.result).await;
        }
        answered
    }

    async fn run_action(
        &self,
        entry: &Entry,
        plugin: &Arc<Plugin>,
        context: CallContext,
        arguments: &Value,
    ) -> (CallResources, Result<Made, Failure>) {
        let sandbox = self.parts.registry.sandbox();
        let place = match plugin.admit(sandbox).await {
            // The place was waited for; what is forbidden by now must not start.
            Ok(place) => self.decide(&context.principal, entry).map(|()| place),
            Err(failure) => Err(failure),
        };
        match place {
            Ok(place) => plugin.prepare(sandbox, context, place).run(&arguments.to_string()).await,
            Err(failure) => (CallResources::default(), Err(failure)),
        }
    }

    /// The host's own tool that commits what one of a group's actions proposed.
    async fn commit(
        &self,
        entry: &Entry,
        principal: &Principal,
        admitted: Admitted,
        subject_as: Option<&str>,
    ) -> Result<Map<String, Value>, Failure> {
        let Admitted { session, given, arguments } = admitted;
        let session = session.ok_or_else(not_logged_in)?;
        let id = arguments.get("plan_id").and_then(Value::as_str).unwrap_or_default();
        let plan = id.parse().map_err(|error| {
            Failure::argument("plan_id", format!("{error}")).remedy("`plans_list` shows your plans")
        })?;
        let commit = CommitRequest {
            principal,
            session: &session,
            plan: &plan,
            tool: Some(&entry.tool.name),
            reason: given.reason,
            key: given.key.as_deref(),
            operator: false,
        };
        let outcome = self.parts.plans.commit(commit).await?;
        Ok(plans_tools::answer(outcome, subject_as))
    }
}

/// Masks on the trail what any rule masks for a principal: which plugin a line is about is not
/// always known there.
fn set_text_mask(trail: &AuditTrail, rules: Arc<Rules>) {
    trail.set_text_mask(Arc::new(move |principal, text| {
        rules.mask_for_any_group(&Principal::named(principal)).text(text)
    }));
}

/// What is shown beside a result, without personal data where that is masked. A picture could show
/// any, and nothing here can look.
fn masked_content(mask: &Mask, blocks: Vec<ContentBlock>) -> Result<Vec<ContentBlock>, Failure> {
    if !mask.is_on() {
        return Ok(blocks);
    }
    blocks
        .into_iter()
        .map(|block| match block {
            ContentBlock::Image(image) => {
                mask.check_media_type(image.media_type.as_str()).map_err(unmaskable)?;
                Ok(ContentBlock::Image(image))
            }
            ContentBlock::Document(mut block) => {
                block.description = block.description.map(|text| mask.text(text));
                Ok(ContentBlock::Document(block))
            }
        })
        .collect()
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
    let tool = crate::convert::printable(tool, 80);
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
        let loaded = self.parts.registry.loaded();
        let list: Arc<[Arc<Tool>]> = loaded
            .tools
            .values()
            .filter(|entry| self.decide(principal, entry).is_ok())
            .map(|entry| entry.tool.clone())
            .collect();
        lists.insert(principal.clone(), (version, list.clone()));
        list
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.parts.registry.loaded().tools.get(name).map(|entry| entry.tool.clone())
    }

    async fn call(&self, mut call: ToolCall) -> Result<ToolResult, Failure> {
        let loaded = self.parts.registry.loaded();
        let entry = loaded.tools.get(&call.tool);
        let arguments = Value::Object(schema::normalise(std::mem::take(&mut call.arguments)));
        let Parts { trail, transport, exports, .. } = &self.parts;
        let (mask, mask_failure) = self.masks(&call.principal, entry);
        let line = Line::of_call(trail, *transport, &call, entry, &arguments);
        let (mut resources, result) = match entry {
            Some(entry) => self.run(entry, call, arguments, &mask).await,
            None => (CallResources::default(), Err(no_such(&call.tool))),
        };
        let result = match result {
            Ok(made) => match masked_content(&mask, made.content) {
                Ok(content) => {
                    let kept = documents::publish(exports, made.closed).await;
                    kept.map(|kept| (mask.object(made.result), kept, content))
                }
                Err(failure) => Err(mask_failure.failure(failure)),
            },
            Err(failure) => Err(mask_failure.failure(failure)),
        };
        if let Ok((_, kept, _)) = &result {
            resources.documents = kept.iter().map(|kept| kept.id.uri()).collect();
        }
        let written = line.end(resources, &result);
        if let Err(failure) = written {
            documents::retract(exports, result.map(|(_, kept, _)| kept).unwrap_or_default()).await;
            return Err(failure);
        }
        let (result, kept, content) = result?;
        Ok(ToolResult {
            result,
            content,
            documents: kept.iter().map(|kept| documents::told(kept, &mask)).collect(),
        })
    }

    async fn documents(&self, principal: &Principal) -> Result<Vec<Document>, Failure> {
        self.documents_under(&self.rules.load()).list(principal).await
    }

    async fn document(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        let Parts { trail, transport, .. } = &self.parts;
        let line = Line::of_reading(trail, *transport, principal, uri);
        let rules = self.rules.load_full();
        let result = self.documents_under(&rules).read(principal, uri).await;
        let result = result.map_err(|failure| rules.mask_for_any_group(principal).failure(failure));
        line.end(CallResources::default(), &result)?;
        result
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
