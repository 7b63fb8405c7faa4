//! A tool, and what is behind it.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};
use souk_model::{Action, CommitTool, Failure, Principal, Tier, Tool, ToolHints, json_bytes};
use souk_plans::{Proposal, sample_rows};
use souk_policy::{EffectKind, Rules, ToolProfile};
use souk_state::rfc3339;

use super::finder_tools::FinderTool;
use super::host_arg_values::HostArgValues;
use super::operator_config::{PluginSettings, settings_for};
use super::plan_view::PLAN_VIEW;
use super::plans_tools::{PlansTool, outcome_schema, plan_id_schema};
use crate::load::host_args::HostArgs;
use crate::load::plugin::Plugin;
use crate::load::schema::{InputSchema, OutputSchema};
use crate::tool_search::{SearchRank, SearchableTool};
use crate::tool_sets::ToolSet;

/// A tool that is loaded.
pub struct LoadedTool {
    pub(crate) tool: Arc<Tool>,
    group: String,
    effect: EffectKind,
    pub(crate) input: Arc<InputSchema>,
    pub(crate) host_args: HostArgs,
    pub(crate) kind: ToolKind,
    /// What it takes of a list, once somebody has asked.
    list_bytes: OnceLock<usize>,
}

/// What a tool is.
pub(crate) enum ToolKind {
    /// An action of a plugin.
    Action { plugin: Arc<Plugin>, action: Arc<Action> },
    /// The host's tool that commits what an action of this plugin proposed.
    Commit { plugin: Arc<Plugin>, subject_as: Option<String> },
    /// One of the host's own over plans.
    Plans(PlansTool),
    /// One of the host's own that finds and runs others.
    Finder(FinderTool),
}

impl LoadedTool {
    /// A plugin's action. `None` if its schemas are gone, which cannot be.
    pub(crate) fn action(plugin: &Arc<Plugin>, action: &Arc<Action>) -> Option<Self> {
        let input = plugin.schemas.get(&action.name)?.input.clone();
        let effect = EffectKind::from(&action.effect);
        Some(Self {
            tool: Arc::new(Tool {
                name: action.tool.clone(),
                title: action.title.clone(),
                description: description(action),
                input: input.schema.clone(),
                published_input: input.published.clone(),
                output: action.output.clone(),
                tier: action.tier,
                hints: ToolHints::of(action),
                view: (effect == EffectKind::Prepare).then_some(PLAN_VIEW),
            }),
            group: plugin.group.name.clone(),
            effect,
            input,
            host_args: HostArgs::of(effect, action.tier).with(&action.grants),
            kind: ToolKind::Action { plugin: plugin.clone(), action: action.clone() },
            list_bytes: OnceLock::new(),
        })
    }

    /// The tool that commits what an action proposed.
    pub(crate) fn commit(plugin: &Arc<Plugin>, commit: &CommitTool) -> Result<Self, String> {
        let host_args = HostArgs::of(EffectKind::Commit, commit.tier);
        let input = InputSchema::of(plan_id_schema(), host_args)?;
        Ok(Self {
            tool: Arc::new(Tool {
                name: commit.tool(&plugin.group.name),
                title: commit.title.clone(),
                description: commit.description.clone(),
                input: input.schema.clone(),
                published_input: input.published.clone(),
                output: Arc::new(outcome_schema(commit.subject_as.as_deref())),
                tier: commit.tier,
                hints: committing(),
                view: None,
            }),
            group: plugin.group.name.clone(),
            effect: EffectKind::Commit,
            input: Arc::new(input),
            host_args,
            kind: ToolKind::Commit {
                plugin: plugin.clone(),
                subject_as: commit.subject_as.clone(),
            },
            list_bytes: OnceLock::new(),
        })
    }

    /// One of the host's own tools.
    pub(crate) fn native(native: PlansTool) -> Result<Self, String> {
        let effect = native.effect();
        let host_args = HostArgs::over_plans(effect, native.tier());
        let input = InputSchema::of(native.input(), host_args)?;
        Ok(Self {
            tool: Arc::new(Tool {
                name: native.name().to_owned(),
                title: native.title().to_owned(),
                description: native.description().to_owned(),
                input: input.schema.clone(),
                published_input: input.published.clone(),
                output: Arc::new(native.output()),
                tier: native.tier(),
                hints: if effect.writes() {
                    committing()
                } else {
                    ToolHints {
                        read_only: effect == EffectKind::Query,
                        destructive: false,
                        idempotent: effect == EffectKind::Query,
                        open_world: false,
                    }
                },
                view: native.shows_a_plan().then_some(PLAN_VIEW),
            }),
            group: PlansTool::GROUP.to_owned(),
            effect,
            input: Arc::new(input),
            host_args,
            kind: ToolKind::Plans(native),
            list_bytes: OnceLock::new(),
        })
    }

    /// One of the host's own tools that find and run others.
    pub(crate) fn finder(finder: FinderTool) -> Result<Self, String> {
        let mut input =
            InputSchema::of(finder.input(), HostArgs::of(EffectKind::Relay, Tier::Safe))?;
        if matches!(finder, FinderTool::Run(_)) {
            // Whatever is in them may be a secret of the tool that they are for.
            input.sealed.push("arguments".to_owned());
        }
        Ok(Self {
            tool: Arc::new(Tool {
                name: finder.name().to_owned(),
                title: finder.title().to_owned(),
                description: finder.description().to_owned(),
                input: input.schema.clone(),
                published_input: input.published.clone(),
                output: Arc::new(finder.output()),
                tier: Tier::Safe,
                hints: finder.hints(),
                view: None,
            }),
            group: FinderTool::GROUP.to_owned(),
            effect: EffectKind::Relay,
            input: Arc::new(input),
            host_args: HostArgs::of(EffectKind::Relay, Tier::Safe),
            kind: ToolKind::Finder(finder),
            list_bytes: OnceLock::new(),
        })
    }

    /// The tool as policy judges it.
    #[must_use]
    pub fn profile(&self) -> ToolProfile<'_> {
        ToolProfile {
            name: &self.tool.name,
            group: &self.group,
            tier: self.tool.tier,
            effect: self.effect,
        }
    }

    /// Whether a call with these arguments would be taken: whether they fit, and whether it is confirmed
    /// where that is wanted.
    ///
    /// # Errors
    /// VALIDATION_ERROR, CONFIRMATION_REQUIRED.
    pub fn check_arguments(&self, mut arguments: Value, confirm: bool) -> Result<(), Failure> {
        let unlisted =
            HostArgValues::take_unlisted(self.profile().effect, self.host_args, &mut arguments);
        self.input.drop_absent(&mut arguments);
        self.input.take(&mut arguments)?;
        let mut given = HostArgValues::take(self.host_args, &mut arguments);
        given.confirm |= unlisted.confirm;
        if confirm { given.check(self.host_args, &self.tool.name) } else { Ok(()) }
    }

    /// Whether these rules let a principal call it.
    pub(crate) fn is_allowed(&self, rules: &Rules, principal: &Principal) -> bool {
        rules.decide(principal, &self.profile()).is_ok()
    }

    /// The plugin behind it, if there is one.
    pub(crate) fn plugin(&self) -> Option<&Arc<Plugin>> {
        match &self.kind {
            ToolKind::Action { plugin, .. } | ToolKind::Commit { plugin, .. } => Some(plugin),
            ToolKind::Plans(_) | ToolKind::Finder(_) => None,
        }
    }

    /// The schema of the plugin's own results, ready to apply. The host's tools need none.
    pub(crate) fn plugin_output(&self) -> Option<&OutputSchema> {
        match &self.kind {
            ToolKind::Action { plugin, action } => {
                plugin.schemas.get(&action.name).map(|schemas| &schemas.output)
            }
            ToolKind::Commit { .. } | ToolKind::Plans(_) | ToolKind::Finder(_) => None,
        }
    }

    /// Whether it is refused without a session.
    #[must_use]
    pub fn needs_session(&self) -> bool {
        match &self.kind {
            ToolKind::Action { action, .. } => action.needs_session,
            ToolKind::Commit { .. } => true,
            ToolKind::Plans(native) => native.needs_session(),
            ToolKind::Finder(_) => false,
        }
    }

    /// Whether a call with these arguments of the host's changes the store, so that a repetition
    /// must not.
    pub(crate) fn is_repeatable_write(&self, values: &HostArgValues) -> bool {
        self.effect == EffectKind::Apply && self.host_args.key && !values.preview
    }

    /// Puts the host's review into the answer of a tool that proposed a plan: what the answer calls
    /// the plan, its samples and its warnings is then the host's word and not the plugin's. Warnings
    /// of the plugin follow those of the host. Left out is only what the tool's schema has no room
    /// for.
    pub(crate) fn answer_with_review(&self, answer: &mut Map<String, Value>, proposal: &Proposal) {
        let header = &proposal.header;
        let mut warnings = header.warnings.clone();
        let said = answer.get("warnings").and_then(Value::as_array).into_iter().flatten();
        let said = said.filter_map(Value::as_str).map(str::to_owned);
        for warning in said.chain(header.plugin_warnings.iter().cloned()) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        for (name, value) in [
            ("plan_id", json!(header.id.as_str())),
            ("expires_at", json!(rfc3339(header.expires_ms))),
            ("affected_count", json!(header.count)),
            ("sample_diffs", json!(sample_rows(&proposal.sample))),
            ("warnings", json!(warnings)),
        ] {
            let says_something = value.as_array().is_none_or(|list| !list.is_empty());
            if answer.contains_key(name)
                || self.declares(name)
                || (self.has_room() && says_something)
            {
                answer.insert(name.to_owned(), value);
            }
        }
    }

    /// Whether an answer may have more members than its schema names.
    pub(super) fn has_room(&self) -> bool {
        self.tool.output.get("additionalProperties") != Some(&Value::Bool(false))
    }

    pub(super) fn declares(&self, member: &str) -> bool {
        self.tool.output.get("properties").is_some_and(|members| members.get(member).is_some())
    }

    /// An answer from before, marked as one where the tool's schema has room for it.
    pub(crate) fn repeated(&self, mut answer: Map<String, Value>) -> Map<String, Value> {
        if self.has_room() {
            let note = "this very change was made before, so nothing was sent again; to make it \
                once more, give a fresh `idempotency_key`";
            answer.insert("repeated".to_owned(), note.into());
        }
        answer
    }

    /// The tool as `tools_search` looks for it; nothing for those that find others.
    pub(crate) fn searchable(&self) -> Option<SearchableTool<'_>> {
        let (keywords, rank) = match &self.kind {
            ToolKind::Action { action, .. } => {
                let keywords = action.details.keywords.iter().map(String::as_str).collect();
                let deprecated = action.details.deprecated.is_some();
                (keywords, if deprecated { SearchRank::Deprecated } else { SearchRank::Plain })
            }
            ToolKind::Commit { .. } => (Vec::new(), SearchRank::Ends),
            ToolKind::Plans(native) => (native.keywords().to_vec(), SearchRank::Plain),
            ToolKind::Finder(_) => return None,
        };
        Some(SearchableTool { tool: &self.tool, keywords, rank })
    }

    /// What the tool takes of a list: the bytes of its name, description and input schema, as JSON
    /// without spaces.
    #[must_use]
    pub fn list_bytes(&self) -> usize {
        *self.list_bytes.get_or_init(|| {
            let Tool { name, description, published_input: input, .. } = &*self.tool;
            json_bytes(&json!({"name": name, "description": description, "inputSchema": **input}))
        })
    }

    /// Asks a list of magento-mcp's for its items whole, as that answered them, unless fields are named.
    pub(crate) fn ask_for_whole_items(&self, arguments: &mut Value) {
        let takes_fields = self.input.published.get("properties").is_some_and(|arguments| {
            arguments.pointer("/fields/type").is_some_and(|kind| kind == "array")
        });
        if let Some(arguments) = arguments.as_object_mut()
            && takes_fields
            && ToolSet::Classic.names(&self.profile())
        {
            arguments.entry("fields").or_insert_with(|| json!(["*"]));
        }
    }

    /// Why its plugin cannot run it whoever calls, where that is known beforehand: the operator's
    /// settings are not what the plugin takes.
    #[must_use]
    pub fn unavailable(&self, settings: &PluginSettings) -> Option<String> {
        let ToolKind::Action { plugin, .. } = &self.kind else { return None };
        settings_for(plugin, settings).err().map(|failure| failure.message)
    }

    /// Names of the arguments whose values the plugin never sees.
    pub(crate) fn sealed(&self) -> &[String] {
        &self.input.sealed
    }

    /// The tool as clients see it.
    #[must_use]
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// What it may ask of back ends, in words; a commit sends what its plan holds.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        match &self.kind {
            ToolKind::Action { action, .. } => {
                action.grants.iter().map(ToString::to_string).collect()
            }
            ToolKind::Commit { .. } | ToolKind::Plans(_) | ToolKind::Finder(_) => Vec::new(),
        }
    }
}

/// An action's description, for models; whoever reads it is told first where it is deprecated.
fn description(action: &Action) -> String {
    match &action.details.deprecated {
        Some(why) => format!("Deprecated: {why}\n\n{}", action.description),
        None => action.description.clone(),
    }
}

/// Committing overwrites; with an idempotency key, or the plan's own state, never twice.
const fn committing() -> ToolHints {
    ToolHints { read_only: false, destructive: true, idempotent: true, open_world: true }
}
