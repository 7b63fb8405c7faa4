//! Versions that wait for an approval, and the tools that are held back with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use souk_model::{Action, CommitTool, Effect, Tier, short_digest};
use souk_policy::trust::{PluginChange, WaitReason, indented};
use souk_policy::{EffectKind, ToolProfile};

use super::plugin::Plugin;
use super::plugin_signature::PluginSignature;

/// A version that waits for an approval.
#[derive(Clone)]
pub struct WaitingVersion {
    /// The version as it is offered.
    pub plugin: Arc<Plugin>,
    /// What of it waits.
    pub part: WaitingPart,
    /// In what it differs from the approved version; of a group of which none is, all that it asks for.
    pub changes: Vec<PluginChange>,
    /// Of a file that a listed key signed, why actions lie beyond what the key may approve.
    pub beyond_key: BTreeMap<String, String>,
    /// The version that serves in its place, and its digest.
    pub serving: Option<(String, String)>,
}

/// What of a version waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingPart {
    /// All of it.
    Whole(WaitReason),
    /// These tools; the rest only reads, and serves unapproved.
    Tools(BTreeSet<String>),
    /// These tools, which the signature does not approve; the rest serves by it.
    BeyondKey(BTreeSet<String>),
}

impl WaitingVersion {
    /// Whether the operator has rejected it: it waits for nothing.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.part == WaitingPart::Whole(WaitReason::Rejected)
    }

    /// The command that approves it.
    #[must_use]
    pub fn approve_command(&self) -> String {
        let Plugin { digest, group, .. } = &*self.plugin;
        format!("souk plugins approve {} --digest {}", group.name, short_digest(digest))
    }

    /// The names of the tools that it would serve and that wait.
    #[must_use]
    pub fn held_names(&self) -> Vec<String> {
        self.held().into_iter().map(|tool| tool.name).collect()
    }

    /// The tools that it would serve and that wait.
    pub(crate) fn held(&self) -> Vec<HeldTool> {
        let group = &self.plugin.group;
        let all = group.actions.iter().flat_map(|action| HeldTool::of(&group.name, action));
        all.filter(|tool| match &self.part {
            WaitingPart::Whole(_) => true,
            WaitingPart::Tools(tools) | WaitingPart::BeyondKey(tools) => tools.contains(&tool.name),
        })
        .collect()
    }

    /// Whether both are the same wait.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.plugin.file == other.plugin.file
            && self.plugin.digest == other.plugin.digest
            && self.plugin.signature == other.plugin.signature
            && self.part == other.part
    }
}

/// For people: what waits and why, then a line for each change.
impl fmt::Display for WaitingVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plugin { file, digest, group, .. } = &*self.plugin;
        write!(f, "{file} ({} {}, {})", group.name, group.version, short_digest(digest))?;
        match &self.part {
            WaitingPart::Whole(why) if self.is_rejected() => write!(f, " does not serve: {why}")?,
            WaitingPart::Whole(why) => write!(f, " waits: {why}")?,
            WaitingPart::Tools(tools) if tools.is_empty() => {
                f.write_str(" serves, since it only reads; nobody has approved it")?;
            }
            WaitingPart::Tools(tools) => {
                write!(f, " serves what only reads; held back: {}", joined(tools))?;
            }
            WaitingPart::BeyondKey(tools) => {
                write!(f, " serves what its key may approve; held back: {}", joined(tools))?;
            }
        }
        if self.plugin.signature != PluginSignature::None {
            write!(f, "; it is {}", self.plugin.signature)?;
        }
        if let Some((version, digest)) = &self.serving {
            let digest = short_digest(digest);
            write!(f, "; {} {version} ({digest}) serves in its place", group.name)?;
        }
        if self.is_rejected() {
            return Ok(());
        }
        for (tool, why) in &self.beyond_key {
            write!(f, "\n  beyond its key is {tool}: {why}")?;
        }
        let changes = indented(&self.changes);
        write!(f, "{changes}\n  take it over: {}", self.approve_command())
    }
}

fn joined(tools: &BTreeSet<String>) -> String {
    tools.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A tool that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldTool {
    pub(crate) name: String,
    pub(crate) group: String,
    tier: Tier,
    effect: EffectKind,
}

impl HeldTool {
    /// The tools of an action: its own, and the one that commits what it proposes.
    fn of(group: &str, action: &Action) -> Vec<Self> {
        let own = Self {
            name: action.tool.clone(),
            group: group.to_owned(),
            tier: action.tier,
            effect: (&action.effect).into(),
        };
        let commit = |commit: &CommitTool| Self {
            name: commit.tool(group),
            group: group.to_owned(),
            tier: commit.tier,
            effect: EffectKind::Commit,
        };
        match &action.effect {
            Effect::Prepare(tool) => vec![own, commit(tool)],
            Effect::Query | Effect::Apply(_) | Effect::Session => vec![own],
        }
    }

    /// As policy judges it.
    pub(crate) fn profile(&self) -> ToolProfile<'_> {
        ToolProfile { name: &self.name, group: &self.group, tier: self.tier, effect: self.effect }
    }
}
