//! One rule of the operator's: of which plans it is about, and who decides of them.

use std::collections::BTreeSet;

use souk_model::Tier;
use souk_model::plan::DecisionNeed;

use super::amount::MoneyThreshold;
use super::facts::DecisionFacts;
use crate::effect::EffectKind;
use crate::principal_pattern::PrincipalPattern;
use crate::tool_pattern::ToolPattern;
use crate::tool_profile::ToolProfile;

/// Who has to decide of the plans that it is about: those that fit everything it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionRule {
    need: DecisionNeed,
    tiers: Option<BTreeSet<Tier>>,
    effects: Option<BTreeSet<EffectKind>>,
    groups: Option<BTreeSet<String>>,
    tools: Option<BTreeSet<ToolPattern>>,
    stores: Option<BTreeSet<String>>,
    environments: Option<BTreeSet<String>>,
    principals: Option<Vec<PrincipalPattern>>,
    money_above: Option<MoneyThreshold>,
    subjects_above: Option<u64>,
}

impl DecisionRule {
    /// About every plan.
    #[must_use]
    pub const fn new(need: DecisionNeed) -> Self {
        Self {
            need,
            tiers: None,
            effects: None,
            groups: None,
            tools: None,
            stores: None,
            environments: None,
            principals: None,
            money_above: None,
            subjects_above: None,
        }
    }

    /// Who decides.
    #[must_use]
    pub const fn need(&self) -> DecisionNeed {
        self.need
    }

    /// Only of these tiers.
    #[must_use]
    pub fn tiers(mut self, tiers: impl IntoIterator<Item = Tier>) -> Self {
        self.tiers = Some(tiers.into_iter().collect());
        self
    }

    /// Only what is carried out in these ways.
    #[must_use]
    pub fn effects(mut self, effects: impl IntoIterator<Item = EffectKind>) -> Self {
        self.effects = Some(effects.into_iter().collect());
        self
    }

    /// Only of these groups.
    #[must_use]
    pub fn groups<N: Into<String>>(mut self, groups: impl IntoIterator<Item = N>) -> Self {
        self.groups = Some(groups.into_iter().map(Into::into).collect());
        self
    }

    /// Only what these tools propose or carry out.
    #[must_use]
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolPattern>) -> Self {
        self.tools = Some(tools.into_iter().collect());
        self
    }

    /// Only for these stores, by the operator's names.
    #[must_use]
    pub fn stores<N: Into<String>>(mut self, stores: impl IntoIterator<Item = N>) -> Self {
        self.stores = Some(stores.into_iter().map(Into::into).collect());
        self
    }

    /// Only for stores of these environments.
    #[must_use]
    pub fn environments<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.environments = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Only for these principals.
    #[must_use]
    pub fn principals(mut self, those: impl IntoIterator<Item = PrincipalPattern>) -> Self {
        self.principals = Some(those.into_iter().collect());
        self
    }

    /// Only what moves more money than this, all kinds of moving it together. What may move some that nobody has worked out, does.
    #[must_use]
    pub fn money_above(mut self, amount: MoneyThreshold) -> Self {
        self.money_above = Some(amount);
        self
    }

    /// Only what changes more subjects than this.
    #[must_use]
    pub const fn subjects_above(mut self, count: u64) -> Self {
        self.subjects_above = Some(count);
        self
    }

    /// Whether the rule is about this plan.
    #[must_use]
    pub fn covers(&self, facts: &DecisionFacts<'_>) -> bool {
        let is_named = |names: &Option<BTreeSet<String>>, name: &str| {
            names.as_ref().is_none_or(|names| names.contains(name))
        };
        self.tiers.as_ref().is_none_or(|tiers| tiers.contains(&facts.tier))
            && self.effects.as_ref().is_none_or(|effects| effects.contains(&facts.effect))
            && is_named(&self.groups, facts.group)
            && is_named(&self.stores, facts.store)
            && is_named(&self.environments, facts.environment)
            && self.tools.as_ref().is_none_or(|tools| names_tool(tools, facts))
            && self
                .principals
                .as_ref()
                .is_none_or(|those| those.iter().any(|pattern| pattern.matches(&facts.principal)))
            && self.subjects_above.is_none_or(|most| facts.subjects > most)
            && self
                .money_above
                .as_ref()
                .is_none_or(|most| facts.may_move_money || most.is_below(facts.money))
    }
}

fn names_tool(tools: &BTreeSet<ToolPattern>, facts: &DecisionFacts<'_>) -> bool {
    let named = |name: &str| {
        let DecisionFacts { group, tier, effect, .. } = *facts;
        let profile = ToolProfile { name, group, tier, effect };
        tools.iter().any(|pattern| pattern.matches(&profile))
    };
    named(facts.tool) || facts.commit_tool.is_some_and(named)
}
