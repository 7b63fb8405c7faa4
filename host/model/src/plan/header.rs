//! What a plan is: everything that is fixed when it is proposed; and how far it came.

use serde::{Deserialize, Serialize};

use super::change::Lookup;
use super::decision::DecisionNeed;
use super::id::PlanId;
use super::money::PlanMoney;
use crate::{Grant, StoreView, Tier};

/// How a plan came to be, and so how it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanOrigin {
    /// A `prepare` action proposed it; its commit tool or `plans_commit` carries it out.
    Prepared {
        /// The tool that commits it.
        commit_tool: String,
        /// That tool's tier.
        commit_tier: Tier,
    },
    /// An `apply` action made it and carries it out in the same call.
    Applied,
    /// It takes another plan back.
    Undo {
        /// The plan that is taken back.
        of: PlanId,
    },
}

/// What a plan is: everything that is fixed when it is proposed.
///
/// Plans are bound to it: another principal, store or action cannot carry it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanHeader {
    /// The plan's id.
    pub id: PlanId,
    /// How it came to be.
    pub origin: PlanOrigin,
    /// The group of the action that proposed it.
    pub group: String,
    /// The tool that proposed it.
    pub tool: String,
    /// The tier of the action that proposed it.
    pub tier: Tier,
    /// What its steps and lookups were granted.
    pub grants: Vec<Grant>,
    /// For whom.
    pub principal: String,
    /// The person who had it proposed, where it was one, at the console: for `principal`, which is the
    /// operator's then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<String>,
    /// Of a plan that takes another back, how that came to be, or the first of those before it: whoever has
    /// to decide of one has to decide of the other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undone: Option<PlanOrigin>,
    /// Who had to decide of it when it was proposed: rules that are relaxed later, or those of another
    /// host, are not for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub need: Option<DecisionNeed>,
    /// The roles of its that allowed it when it was proposed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub roles: Vec<String>,
    /// The store, by the operator's name for it.
    pub store: String,
    /// The store's environment.
    pub environment: String,
    /// Where the store is.
    pub base_url: String,
    /// One line for people.
    pub summary: String,
    /// Where the writes go.
    pub view: StoreView,
    /// How its subjects are read.
    pub lookup: Lookup,
    /// When it was proposed. Milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it can no longer be started. Milliseconds since 1970, UTC.
    pub expires_ms: i64,
    /// How many items it has.
    pub count: u32,
    /// How many of them hold something that no read can show.
    #[serde(skip_serializing_if = "no_items", default)]
    pub unverifiable: u32,
    /// How many rows its requests write, where those are more than its items.
    #[serde(skip_serializing_if = "no_rows", default)]
    pub rows: u64,
    /// The money that it moves at most.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub money: Vec<PlanMoney>,
    /// Whether it holds a write that the host does not know, and that may move money.
    #[serde(skip_serializing_if = "is_false", default)]
    pub may_move_money: bool,
    /// What the host warns of.
    pub warnings: Vec<String>,
    /// What the plugin wants its reviewer to know of any of the items, without repeats.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plugin_warnings: Vec<String>,
}

impl PlanHeader {
    /// The tier of carrying it out.
    #[must_use]
    pub const fn commit_tier(&self) -> Tier {
        match &self.origin {
            PlanOrigin::Prepared { commit_tier, .. } => *commit_tier,
            PlanOrigin::Applied | PlanOrigin::Undo { .. } => self.tier,
        }
    }

    /// How many subjects it changes: its items, or the rows that their requests write where those are
    /// more.
    #[must_use]
    pub fn subjects(&self) -> u64 {
        self.rows.max(u64::from(self.count))
    }

    /// Raises the tier of carrying it out to that of what it writes.
    pub fn raise_commit_tier(&mut self, tier: Tier) {
        let own = match &mut self.origin {
            PlanOrigin::Prepared { commit_tier, .. } => commit_tier,
            PlanOrigin::Applied | PlanOrigin::Undo { .. } => &mut self.tier,
        };
        *own = tier.max(*own);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn no_items(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn no_rows(rows: &u64) -> bool {
    *rows == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How far a plan came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Its items are still being added; nobody can see it.
    Draft,
    /// It awaits its commit.
    Proposed,
    /// It is carried out, or was when its host died.
    Running,
    /// Every item ended done.
    Done,
    /// Some did.
    PartlyDone,
    /// None did.
    Failed,
    /// Its last run ended before everything was tried: it can be resumed.
    Stopped,
    /// Somebody threw it away.
    Discarded,
}

impl PlanState {
    /// The state's name, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Running => "running",
            Self::Done => "done",
            Self::PartlyDone => "partly_done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Discarded => "discarded",
        }
    }

    /// Every state, for reading them back.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Proposed,
        Self::Running,
        Self::Done,
        Self::PartlyDone,
        Self::Failed,
        Self::Stopped,
        Self::Discarded,
    ];
}
