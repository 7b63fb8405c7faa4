//! Who decides whether a plan is carried out, and what they decided.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who has to decide before a plan is carried out. Ordered: the last is the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionNeed {
    /// Nobody.
    None,
    /// Whoever calls says `confirm: true` and why.
    Confirm,
    /// A person, by a way that the caller has not got.
    Person,
    /// A person who is not behind the principal that asks.
    Other,
    /// Two persons.
    Two,
}

/// A text that names nobody who could decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of none, confirm, person, other, two")]
pub struct InvalidDecisionNeed(String);

impl DecisionNeed {
    /// Every need, from the least to the strictest.
    pub const ALL: [Self; 5] = [Self::None, Self::Confirm, Self::Person, Self::Other, Self::Two];

    /// Its name, as in settings and reviews.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Confirm => "confirm",
            Self::Person => "person",
            Self::Other => "other",
            Self::Two => "two",
        }
    }

    /// Whether a person has to decide, and not only whoever calls.
    #[must_use]
    pub fn wants_person(self) -> bool {
        self >= Self::Person
    }

    /// Who that is, for people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::None => "nobody",
            Self::Confirm => "whoever calls, with `confirm: true` and a `reason`",
            Self::Person => "a person",
            Self::Other => "a person other than the one behind the caller",
            Self::Two => "two persons",
        }
    }
}

impl fmt::Display for DecisionNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DecisionNeed {
    type Err = InvalidDecisionNeed;

    fn from_str(text: &str) -> Result<Self, InvalidDecisionNeed> {
        let found = Self::ALL.into_iter().find(|need| need.as_str() == text);
        found.ok_or_else(|| InvalidDecisionNeed(text.to_owned()))
    }
}

/// What a person said of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionVerdict {
    /// It may be carried out.
    Approved,
    /// It may not.
    Rejected,
}

impl DecisionVerdict {
    /// Its name, as in reviews.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// How a person's word came to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionMeans {
    /// On the console's page, with the person's passphrase.
    Page,
    /// In the terminal, with the person's passphrase.
    Terminal,
    /// Through the client, which may have answered for its user.
    Elicitation,
}

impl DecisionMeans {
    /// Its name, as in reviews and on the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Terminal => "terminal",
            Self::Elicitation => "elicitation",
        }
    }
}

/// What one person decided of one plan. It is of the plan as it was reviewed: of another digest it
/// says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDecision {
    /// What they said.
    pub verdict: DecisionVerdict,
    /// The digest of the plan that they saw.
    pub digest: String,
    /// Who: the person's name; by elicitation the principal's, whose client asked.
    pub by: String,
    /// The principals that this person is behind, when they decided.
    pub principals: Vec<String>,
    /// How.
    pub means: DecisionMeans,
    /// When. Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Until when it counts: it expires with the plan. Milliseconds since 1970, UTC.
    pub expires_ms: i64,
    /// Why, in their words.
    pub reason: Option<String>,
    /// The principal that proposed the plan.
    pub asked_by: String,
    /// Items that they left out, by their numbers: these are not carried out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<u32>,
}

impl PlanDecision {
    /// Whether a passphrase proves who it was. What came through a client proves nobody.
    #[must_use]
    pub const fn is_proved(&self) -> bool {
        !matches!(self.means, DecisionMeans::Elicitation)
    }
}

/// Who wants that nothing is written, over all hosts of a state directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteStop {
    /// Who.
    pub by: String,
    /// Since when. Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Why, in their words.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_ordered_by_strictness_and_read_back_by_their_names() {
        assert!(DecisionNeed::ALL.is_sorted());
        for need in DecisionNeed::ALL {
            assert_eq!(need.as_str().parse(), Ok(need));
            assert_eq!(serde_json::to_value(need).ok(), Some(need.as_str().into()));
        }
        assert!("everybody".parse::<DecisionNeed>().is_err());
        assert!(!DecisionNeed::Confirm.wants_person() && DecisionNeed::Person.wants_person());
    }
}
