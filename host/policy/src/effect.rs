//! What tools do to the world, and what a call of them must carry.

use souk_model::{Effect, Tier};

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
    /// Finds other tools and passes calls on to them. It does nothing by itself: each call that it
    /// passes on is judged as a call of the tool that it is for.
    Relay,
}

impl EffectKind {
    /// Every effect, for tests and documentation.
    pub const ALL: [Self; 6] =
        [Self::Query, Self::Prepare, Self::Apply, Self::Session, Self::Commit, Self::Relay];

    /// The effect's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Prepare => "prepare",
            Self::Apply => "apply",
            Self::Session => "session",
            Self::Commit => "commit",
            Self::Relay => "relay",
        }
    }

    /// Whether it changes the store.
    #[must_use]
    pub const fn writes(self) -> bool {
        match self {
            Self::Apply | Self::Commit => true,
            Self::Query | Self::Prepare | Self::Session | Self::Relay => false,
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
