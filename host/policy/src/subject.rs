//! What is decided about: a tool, its group, its tier, its effect.

use souk_model::{Action, CommitTool, Effect, Group, Tier};

/// What a tool does to the world, as policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// Reads only.
    Query,
    /// Reads, and proposes a plan.
    Prepare,
    /// Changes the store in the same call.
    Apply,
    /// Changes the caller's session.
    Session,
    /// Commits a plan that was prepared.
    Commit,
}

impl EffectKind {
    /// Every effect, for tests and documentation.
    pub const ALL: [Self; 5] =
        [Self::Query, Self::Prepare, Self::Apply, Self::Session, Self::Commit];

    /// The effect's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Prepare => "prepare",
            Self::Apply => "apply",
            Self::Session => "session",
            Self::Commit => "commit",
        }
    }

    /// Whether it changes the store.
    #[must_use]
    pub const fn writes(self) -> bool {
        match self {
            Self::Apply | Self::Commit => true,
            Self::Query | Self::Prepare | Self::Session => false,
        }
    }
}

impl From<&Effect> for EffectKind {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Query => Self::Query,
            Effect::Prepare(_) => Self::Prepare,
            Effect::Apply(_) => Self::Apply,
            Effect::Session => Self::Session,
        }
    }
}

/// A tool as far as a decision needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolProfile<'a> {
    /// The tool's name: `catalog_get_product`.
    pub tool: &'a str,
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
        Self { tool, group, tier: commit.tier, effect: EffectKind::Commit }
    }
}

impl<'a> From<(&'a str, &'a Action)> for ToolProfile<'a> {
    /// An action, by its group's name.
    fn from((group, action): (&'a str, &'a Action)) -> Self {
        Self { tool: &action.tool, group, tier: action.tier, effect: (&action.effect).into() }
    }
}

impl<'a> From<(&'a Group, &'a Action)> for ToolProfile<'a> {
    fn from((group, action): (&'a Group, &'a Action)) -> Self {
        (group.name.as_str(), action).into()
    }
}

/// Whether a call must carry `confirm: true` and a reason.
///
/// ```
/// use souk_model::Tier;
/// use souk_policy::{EffectKind, needs_confirmation};
/// assert!(needs_confirmation(EffectKind::Commit, Tier::Risk));
/// assert!(!needs_confirmation(EffectKind::Apply, Tier::Safe));
/// assert!(!needs_confirmation(EffectKind::Prepare, Tier::Critical));
/// ```
#[must_use]
pub fn needs_confirmation(effect: EffectKind, tier: Tier) -> bool {
    effect.writes() && tier >= Tier::Risk
}
