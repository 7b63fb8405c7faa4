//! What is decided about: a tool, its group, its tier, its effect.

use souk_model::{Action, CommitTool, Group, Tier};

use crate::effect::EffectKind;

/// A tool as far as a decision needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolProfile<'a> {
    /// The tool's name: `catalog_get_product`.
    pub name: &'a str,
    /// Its group: `catalog`.
    pub group: &'a str,
    /// How much harm it can do.
    pub tier: Tier,
    /// What it does.
    pub effect: EffectKind,
}

impl<'a> ToolProfile<'a> {
    /// The tool that commits what a `prepare` action of the group proposed. `tool` is its whole
    /// name, the group's included.
    #[must_use]
    pub const fn commit(group: &'a str, tool: &'a str, commit: &CommitTool) -> Self {
        Self { name: tool, group, tier: commit.tier, effect: EffectKind::Commit }
    }
}

impl<'a> From<(&'a str, &'a Action)> for ToolProfile<'a> {
    /// An action, by its group's name.
    fn from((group, action): (&'a str, &'a Action)) -> Self {
        Self { name: &action.tool, group, tier: action.tier, effect: (&action.effect).into() }
    }
}

impl<'a> From<(&'a Group, &'a Action)> for ToolProfile<'a> {
    fn from((group, action): (&'a Group, &'a Action)) -> Self {
        (group.name.as_str(), action).into()
    }
}
