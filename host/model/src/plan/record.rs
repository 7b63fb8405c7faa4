//! A plan as it is kept: its header, its items, and how far each came.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Change, Lookup};
use crate::{Code, Failure, Grant, StoreView, Tier};

/// A plan's id, as people and models name it: `plan_` and 22 letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PlanId(String);

/// A text that is no plan's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan's id is `plan_` and 22 letters and digits")]
pub struct InvalidPlanId;

impl PlanId {
    /// Letters and digits after the prefix: 130 bits, so that ids cannot be guessed.
    const LENGTH: usize = 22;
    const PREFIX: &'static str = "plan_";

    /// An id of random bytes, of which each should be uniform.
    #[must_use]
    pub fn from_random(bytes: [u8; 22]) -> Self {
        const LETTERS: &[u8; 64] =
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        let text: String =
            bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect();
        Self(format!("{}{text}", Self::PREFIX))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlanId {
    type Err = InvalidPlanId;

    fn from_str(text: &str) -> Result<Self, InvalidPlanId> {
        let rest = text.strip_prefix(Self::PREFIX).ok_or(InvalidPlanId)?;
        if rest.len() == Self::LENGTH && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPlanId)
        }
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.0
    }
}

impl TryFrom<String> for PlanId {
    type Error = InvalidPlanId;

    fn try_from(text: String) -> Result<Self, InvalidPlanId> {
        text.parse()
    }
}

/// How a plan came to be, and so how it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
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
pub struct Header {
    /// The plan's id.
    pub id: PlanId,
    /// How it came to be.
    pub origin: Origin,
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
    /// The store, by the operator's name for it.
    pub store: String,
    /// The store's environment.
    pub environment: String,
    /// Where the store is.
    pub base_url: String,
    /// One line for people.
    pub summary: String,
    /// Where the writes go.
    pub at: StoreView,
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
    /// The host's and the plugin's warnings, without repeats.
    pub warnings: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
const fn no_items(count: &u32) -> bool {
    *count == 0
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
            Self::Discarded => "discarded",
        }
    }

    /// Every state, for reading them back.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Proposed,
        Self::Running,
        Self::Done,
        Self::PartlyDone,
        Self::Failed,
        Self::Discarded,
    ];
}

/// How far an item came. The only ways from one state to the next are
/// [`ItemState::TRANSITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Not tried yet.
    Pending,
    /// Its requests may be on their way.
    Sending,
    /// Written, and a read shows it; what no read can show, the store's answer reported.
    Done,
    /// Refused, and a read shows that it did not happen.
    Failed,
    /// Not written: somebody changed it since the review.
    Drifted,
    /// Not tried, and will not be.
    Skipped,
    /// It may have happened; a person decides.
    Unknown,
}

impl ItemState {
    /// Every state, for reading them back.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Sending,
        Self::Done,
        Self::Failed,
        Self::Drifted,
        Self::Skipped,
        Self::Unknown,
    ];

    /// The state's name, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Drifted => "drifted",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an item may go from this state to that one: whether [`Self::TRANSITIONS`] has it.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        Self::TRANSITIONS.iter().any(|way| (way.from, way.to) == (self, next))
    }

    /// [`Self::TRANSITIONS`] as a table of the documentation, in Markdown.
    #[must_use]
    pub fn transitions_as_markdown() -> String {
        let mut table = "| from | to | when |\n|---|---|---|\n".to_owned();
        for ItemTransition { from, to, when } in Self::TRANSITIONS {
            table.push_str(&format!("| {} | {} | {when} |\n", from.as_str(), to.as_str()));
        }
        table
    }
}

/// One way an item may go from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemTransition {
    /// What it is.
    pub from: ItemState,
    /// What it becomes.
    pub to: ItemState,
    /// When.
    pub when: &'static str,
}

/// Writes the table once: as the constant, and as the rows of its documentation.
macro_rules! transitions {
    ($($from:ident => $to:ident: $when:literal;)+) => {
        impl ItemState {
            /// Every way an item may go. Done, drifted and skipped are ends.
            ///
            /// | from | to | when |
            /// |---|---|---|
            $(#[doc = concat!("| ", stringify!($from), " | ", stringify!($to), " | ", $when, " |")])+
            pub const TRANSITIONS: &'static [ItemTransition] = &[
                $(ItemTransition { from: Self::$from, to: Self::$to, when: $when },)+
            ];
        }
    };
}

transitions! {
    Pending => Sending: "before its first request is sent; this is on the disk first";
    Pending => Drifted: "a read shows another value than was reviewed";
    Pending => Skipped: "the store has the new values already, or the money may not move";
    Sending => Done: "a read shows that it happened, or, of what no read can show, the store's answer";
    Sending => Failed: "it was refused or never sent, and a read shows that it did not happen";
    Sending => Unknown: "it may have happened, and neither answer nor read tells";
    Sending => Sending: "its host died, and a resume may send it again";
    Sending => Drifted: "it was never sent, and a read shows another value than was reviewed";
    Unknown => Done: "a later read shows that it happened";
    Unknown => Failed: "it was sent again and refused, and a read shows that it did not happen";
    Unknown => Unknown: "a later read does not tell, either";
    Unknown => Sending: "a later read shows that it may be sent again";
    Failed => Sending: "a resume tries again what certainly did not happen";
}

/// What stood in a field before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldBefore {
    /// This value, of its own.
    Value(Value),
    /// This value, which comes from the global scope.
    Inherited(Value),
    /// Nothing: no such field, or no such subject.
    Nothing,
}

impl FieldBefore {
    /// The value that was seen, if there was one.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) | Self::Inherited(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

/// What a field becomes, as the review shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldAfter {
    /// This value, which a body holds.
    AsSent(Value),
    /// This value, which the store is expected to set.
    SetByStore(Value),
    /// Nothing.
    Removed,
    /// This happens, and no read will show it: the store's response is its only evidence.
    Unverifiable(Value),
}

/// One line of a review: a field, what it was, what it becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The field's name.
    pub field: String,
    /// As the host read it when the plan was made.
    pub before: FieldBefore,
    /// As it will be.
    pub after: FieldAfter,
}

/// A value of a body that no edit names, shown beside the edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The step, counted from 0.
    pub step: usize,
    /// The place in its body.
    pub at: String,
    /// The value.
    pub value: Value,
}

/// An item of a plan as it was reviewed. Fixed when the plan is proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its number in the plan, counted from 0.
    pub n: u32,
    /// The change.
    pub change: Change,
    /// What changes, field by field.
    pub review: Vec<Reviewed>,
    /// What else its bodies hold.
    pub constants: Vec<Constant>,
}

/// How far an item came, and why no further.
#[derive(Debug, Clone, PartialEq)]
pub struct Progressed {
    /// How far.
    pub state: ItemState,
    /// Why it did not end done.
    pub failure: Option<Kept>,
    /// The response to its first step, where it is needed later: for the undo, or as proof that the
    /// store accepted it.
    pub response: Option<Value>,
    /// When it was last marked as sending. Milliseconds since 1970, UTC.
    pub sent_ms: Option<i64>,
}

/// A failure as it is kept with an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The code's text.
    pub code: Code,
    /// What went wrong.
    pub message: String,
    /// The back end's status, where it answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
}

impl From<&Failure> for Kept {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code, message: failure.message.clone(), status: failure.status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation says, read as a person would.
    fn documented(from: ItemState, to: ItemState) -> bool {
        ItemState::transitions_as_markdown().lines().skip(2).any(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            cells[..2] == [from.as_str(), to.as_str()] && !cells[2].is_empty()
        })
    }

    #[test]
    fn an_item_takes_exactly_the_ways_that_are_documented() {
        let mut ways = 0;
        for from in ItemState::ALL {
            for to in ItemState::ALL {
                assert_eq!(from.may_become(to), documented(from, to), "{from:?} to {to:?}");
                ways += usize::from(from.may_become(to));
            }
        }
        assert_eq!(ways, ItemState::TRANSITIONS.len(), "a way is in the table twice");
    }

    #[test]
    fn what_has_ended_stays_and_nothing_begins_anew() {
        for end in [ItemState::Done, ItemState::Drifted, ItemState::Skipped] {
            assert!(ItemState::ALL.iter().all(|next| !end.may_become(*next)), "{end:?}");
        }
        assert!(ItemState::ALL.iter().all(|from| !from.may_become(ItemState::Pending)));
    }
}
