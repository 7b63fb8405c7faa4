//! Actions and the groups they come in.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ActionDetails, CompletionSource, Grant, GroupDetails};

/// How much harm an action can do. Ordered; the operator sets a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Reads, and edits that are small and easily taken back.
    Safe,
    /// Bulk changes and changes that customers see at once.
    Risk,
    /// Money, or anything that cannot be taken back.
    Critical,
}

impl Tier {
    /// The tier's name, as in flags and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Risk => "risk",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is not one of those allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {allowed}")]
pub struct InvalidName {
    given: String,
    allowed: &'static str,
}

impl FromStr for Tier {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text {
            "safe" => Ok(Self::Safe),
            "risk" => Ok(Self::Risk),
            "critical" => Ok(Self::Critical),
            _ => Err(InvalidName { given: text.to_owned(), allowed: "safe, risk, critical" }),
        }
    }
}

/// How many changes one call of an `apply` action may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// This many.
    AtMost(u32),
    /// The operator's bulk cap.
    Bulk,
}

/// Why the host takes a tool for more dangerous than its plugin says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierRaise {
    /// What the plugin says.
    pub declared: Tier,
    /// The grant that is of the tool's tier at least; all others are of it or above.
    pub grant: Grant,
    /// What a write of that grant does, for people; `None` where the host does not know it.
    pub does: Option<String>,
}

/// The tool that commits what a `prepare` action proposed. The host makes it and runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitTool {
    /// Its name without the group.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// Its description for models.
    pub description: String,
    /// Its tier, which may be above the proposing action's.
    pub tier: Tier,
    /// Why that is above what the plugin says.
    pub tier_raise: Option<Box<TierRaise>>,
    /// The result's name for the subject as read back, for plans of one change.
    pub subject_as: Option<String>,
}

impl CommitTool {
    /// Its whole name, in this group.
    #[must_use]
    pub fn tool(&self, group: &str) -> String {
        format!("{group}_{}", self.name)
    }
}

/// What an action does to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Reads only.
    Query,
    /// Reads, and proposes one plan.
    Prepare(Box<CommitTool>),
    /// Changes the store in the same call, up to the bound.
    Apply(Bound),
    /// Changes the caller's session, never the store.
    Session,
}

impl Effect {
    /// The effect's name, as in files and listings.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Prepare(_) => "prepare",
            Self::Apply(_) => "apply",
            Self::Session => "session",
        }
    }
}

/// One action of a group, as its plugin declared it and the host checked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The name within the group: `get_product`.
    pub name: String,
    /// The tool's name: `catalog_get_product`. Matches `^[a-z0-9_]{1,45}$`.
    pub tool: String,
    /// For people.
    pub title: String,
    /// For models.
    pub description: String,
    /// How much harm it can do.
    pub tier: Tier,
    /// Why that is above what the plugin says.
    pub tier_raise: Option<Box<TierRaise>>,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether it needs a session.
    pub needs_session: bool,
    /// JSON Schema 2020-12 of its arguments: an object.
    pub input: Arc<Map<String, Value>>,
    /// JSON Schema 2020-12 of its answer: an object.
    pub output: Arc<Map<String, Value>>,
    /// The requests it may make.
    pub grants: Vec<Grant>,
    /// What most actions leave out.
    pub details: ActionDetails,
}

/// An action group: what one plugin offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `[a-z0-9]+`, unique among the loaded groups.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// At least one.
    pub actions: Vec<Arc<Action>>,
    /// What most groups leave out.
    pub details: GroupDetails,
}

impl Group {
    /// Where suggestions for an argument of an action come from, by the action's name without the
    /// group's; none where it does not say.
    #[must_use]
    pub fn completion(&self, action: &str, argument: &str) -> Option<&CompletionSource> {
        let action = self.actions.iter().find(|known| known.name == action)?;
        let mut known = action.details.completions.iter();
        known.find(|known| known.argument == argument).map(|known| &known.source)
    }
}
