//! Calls that a rule is tried on when it is read, so that it cannot quietly mean something else.

use std::str::FromStr;

use souk_model::plan::{PlanMoney, SpendKind};
use souk_model::{Principal, StoreView, Tier};

use crate::call_facts::CallFacts;
use crate::decisions::DecisionFacts;
use crate::effect::EffectKind;
use crate::text::printable;
use crate::tool_pattern::{ToolPattern, is_group};
use crate::tool_profile::ToolProfile;

/// A call that a rule is tried on: a tool, and what else the rule may look at.
///
/// What it leaves out is what a rule minds least: a safe query that moves nothing.
///
/// ```
/// use souk_policy::RuleExample;
/// for right in [
///     "orders_refund",
///     "orders_refund critical apply store=main view=de refund=10.50EUR",
///     "catalog_commit_bulk_update commit subjects=500 environment=production principal=agent-1",
/// ] {
///     assert!(right.parse::<RuleExample>().is_ok(), "{right}");
/// }
/// for wrong in ["", "orders", "orders_*", "critical", "orders_refund dear", "orders_refund refund=10"] {
///     assert!(wrong.parse::<RuleExample>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleExample {
    tool: String,
    group: String,
    tier: Option<Tier>,
    effect: Option<EffectKind>,
    store: Option<String>,
    environment: Option<String>,
    view: Option<StoreView>,
    principal: Option<String>,
    money: Vec<PlanMoney>,
    subjects: u64,
}

/// A text that is no example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is no example of a call: {why}; one is written `TOOL [TIER] [EFFECT] [store=NAME] \
     [environment=NAME] [view=CODE] [refund=10EUR] [subjects=N] [principal=NAME]`"
)]
pub struct InvalidRuleExample {
    given: String,
    why: String,
}

impl RuleExample {
    /// The call.
    #[must_use]
    pub fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            tool: ToolProfile {
                name: &self.tool,
                group: &self.group,
                tier: self.tier.unwrap_or(Tier::Safe),
                effect: self.effect.unwrap_or(EffectKind::Query),
            },
            store: self.store.as_deref(),
            view: self.view.as_ref(),
            writes: !matches!(self.effect, None | Some(EffectKind::Query | EffectKind::Session)),
            money: &self.money,
            may_move_money: false,
        }
    }

    /// The plan that it makes.
    #[must_use]
    pub fn decision_facts(&self) -> DecisionFacts<'_> {
        DecisionFacts {
            tier: self.tier.unwrap_or(Tier::Safe),
            effect: self.effect.unwrap_or(EffectKind::Apply),
            group: &self.group,
            tool: &self.tool,
            commit_tool: None,
            principal: Principal::named(self.principal.as_deref().unwrap_or(Principal::LOCAL)),
            roles: &[],
            store: self.store.as_deref().unwrap_or_default(),
            environment: self.environment.as_deref().unwrap_or_default(),
            subjects: self.subjects,
            money: &self.money,
            may_move_money: false,
        }
    }

    fn take(&mut self, word: &str) -> Result<(), String> {
        if let Ok(tier) = word.parse::<Tier>() {
            self.tier = Some(tier);
            return Ok(());
        }
        if let Some(effect) = EffectKind::ALL.into_iter().find(|effect| effect.as_str() == word) {
            self.effect = Some(effect);
            return Ok(());
        }
        let (name, value) = word
            .split_once('=')
            .filter(|(_, value)| !value.is_empty())
            .ok_or_else(|| format!("`{}` is neither a tier nor an effect", printable(word)))?;
        let own = || Some(value.to_owned());
        match name {
            "store" => self.store = own(),
            "environment" => self.environment = own(),
            "principal" => self.principal = own(),
            "view" if value == "all" => self.view = Some(StoreView::Global),
            "view" => self.view = own().map(StoreView::View),
            "refund" => self.money.push(refund(value)?),
            "subjects" => {
                self.subjects = value
                    .parse()
                    .map_err(|_| format!("`{}` is no number of subjects", printable(value)))?;
            }
            _ => return Err(format!("`{}` says nothing of a call", printable(name))),
        }
        Ok(())
    }
}

fn refund(text: &str) -> Result<PlanMoney, String> {
    let wrong = || format!("`{}` is no amount; write it like 10.50EUR", printable(text));
    let (amount, currency) =
        text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)).ok_or_else(wrong)?;
    if !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(wrong());
    }
    let amount = amount.parse().map_err(|_| wrong())?;
    Ok(PlanMoney { kind: SpendKind::Refund, currency: currency.to_owned(), amount })
}

impl FromStr for RuleExample {
    type Err = InvalidRuleExample;

    fn from_str(text: &str) -> Result<Self, InvalidRuleExample> {
        let wrong = |why: String| InvalidRuleExample { given: printable(text), why };
        let mut words = text.split_whitespace();
        let tool = words.next().unwrap_or_default();
        let group = tool.split_once('_').map(|(group, _)| group).filter(|group| is_group(group));
        let is_tool = tool.parse::<ToolPattern>().is_ok() && !tool.contains('*');
        let Some(group) = group.filter(|_| is_tool) else {
            return Err(wrong("it begins with the name of a tool".to_owned()));
        };
        let mut example = Self {
            tool: tool.to_owned(),
            group: group.to_owned(),
            tier: None,
            effect: None,
            store: None,
            environment: None,
            view: None,
            principal: None,
            money: Vec::new(),
            subjects: 1,
        };
        for word in words {
            example.take(word).map_err(wrong)?;
        }
        Ok(example)
    }
}
