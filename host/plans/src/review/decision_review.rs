//! Who has to decide of a plan, and what was decided so far, as it is shown.

use serde::{Deserialize, Serialize};
use souk_model::plan::{
    DecisionMeans, DecisionNeed, DecisionVerdict, PlanDecision, PlanMoney, SpendKind,
};
use souk_model::visible;
use souk_state::rfc3339;

use crate::decisions::DecisionStanding;

/// What one person decided, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionReview {
    /// What they said.
    pub verdict: DecisionVerdict,
    /// Who.
    pub by: String,
    /// When.
    pub at: String,
    /// How.
    pub means: DecisionMeans,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Items that they left out, by their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<u32>,
}

/// Who has to decide of a plan, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedReview {
    /// Who.
    pub who: DecisionNeed,
    /// Who set the rule that wants it.
    pub set_by: String,
    /// Whether what was decided so far is enough.
    pub is_met: bool,
}

/// Money that a plan moves at most, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyReview {
    /// Which way it leaves.
    pub kind: SpendKind,
    /// With two digits at the least, in the currency's units: `99.50`.
    pub amount: String,
    /// The currency's code.
    pub currency: String,
}

impl From<&PlanDecision> for DecisionReview {
    fn from(decision: &PlanDecision) -> Self {
        let line = |text: &str| visible::line(text).into_owned();
        Self {
            verdict: decision.verdict,
            by: line(&decision.by),
            at: rfc3339(decision.at_ms),
            means: decision.means,
            reason: decision.reason.as_deref().map(line),
            left_out: decision.left_out.clone(),
        }
    }
}

impl From<&DecisionStanding> for NeedReview {
    fn from(standing: &DecisionStanding) -> Self {
        let requirement = &standing.requirement;
        Self {
            who: requirement.need,
            set_by: requirement.origin.to_string(),
            is_met: standing.is_met,
        }
    }
}

impl From<&PlanMoney> for MoneyReview {
    fn from(money: &PlanMoney) -> Self {
        Self {
            kind: money.kind,
            amount: money.amount.with_cents(),
            currency: visible::line(&money.currency).into_owned(),
        }
    }
}
