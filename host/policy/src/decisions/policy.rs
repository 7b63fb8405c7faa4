//! All rules of the operator's, and the one question over them.

use std::collections::{BTreeMap, BTreeSet};

use souk_model::plan::DecisionNeed;
use souk_model::{Principal, Tier};

use super::facts::DecisionFacts;
use super::rule::DecisionRule;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;

/// Who has to decide, and which rule says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRequirement {
    /// Who.
    pub need: DecisionNeed,
    /// Who set the rule.
    pub origin: RuleOrigin,
}

/// The operator's rules about who decides of what.
///
/// What is critical wants a person as soon as one can be reached, that is once somebody was set up, and
/// a confirmation until then; below that, a confirmation from tier risk up. Rules come on top: of all
/// that are about a plan the strictest counts.
///
/// ```
/// use souk_model::{Principal, Tier, plan::DecisionNeed};
/// use souk_policy::decisions::{DecisionFacts, DecisionPolicy, DecisionRule};
/// use souk_policy::{EffectKind, RuleOrigin};
///
/// let policy = DecisionPolicy::default().rule(
///     DecisionRule::new(DecisionNeed::Two).money_above("100 EUR".parse().unwrap()),
///     RuleOrigin::Env("EXAMPLE"),
/// );
/// let facts = DecisionFacts {
///     tier: Tier::Critical,
///     effect: EffectKind::Apply,
///     group: "orders",
///     tool: "orders_refund",
///     commit_tool: None,
///     principal: Principal::local(),
///     roles: &[],
///     store: "main",
///     environment: "production",
///     subjects: 1,
///     money: &[],
///     may_move_money: false,
/// };
/// assert_eq!(policy.require(&facts, false).need, DecisionNeed::Confirm);
/// assert_eq!(policy.require(&facts, true).need, DecisionNeed::Person);
/// let unknown = DecisionFacts { may_move_money: true, ..facts };
/// assert_eq!(policy.require(&unknown, true).need, DecisionNeed::Two);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionPolicy {
    rules: BTreeSet<(RuleOrigin, DecisionRule)>,
    critical: Option<(DecisionNeed, RuleOrigin)>,
    client_answers: ClientAnswers,
    /// What is wanted of every plan of these callers.
    callers: BTreeMap<String, DecisionRequirement>,
    /// What is wanted of every plan that one of these roles allows.
    roles: BTreeMap<String, DecisionRequirement>,
    /// Callers behind whom nobody decides, and who said so.
    not_deciding: BTreeMap<String, RuleOrigin>,
    /// Who said so of a role that scopes stand for.
    vouched_not_deciding: Option<RuleOrigin>,
}

/// Whether an answer that came through the caller's own client counts as a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum ClientAnswers {
    /// The operator has not said: as long as nobody was set up, who could be asked past the client.
    #[default]
    Unsaid,
    /// Never.
    Never,
    /// Of plans up to this tier, as the operator says.
    UpTo(Tier),
}

impl DecisionPolicy {
    /// With one rule more.
    #[must_use]
    pub fn rule(mut self, rule: DecisionRule, origin: RuleOrigin) -> Self {
        self.rules.insert((origin, rule));
        self
    }

    /// With this for what is critical, whether or not somebody is set up. Of two the stricter counts.
    #[must_use]
    pub fn critical(mut self, need: DecisionNeed, origin: RuleOrigin) -> Self {
        if self.critical.as_ref().is_none_or(|(known, _)| *known < need) {
            self.critical = Some((need, origin));
        }
        self
    }

    /// With this for every plan of one caller. Of two the stricter counts.
    #[must_use]
    pub fn caller(mut self, name: &str, need: DecisionNeed, origin: RuleOrigin) -> Self {
        keep_stricter(&mut self.callers, name, DecisionRequirement { need, origin });
        self
    }

    /// With this for every plan that a role allows. Of two the stricter counts; of a plan that several
    /// roles allow, what the one wants that wants least.
    #[must_use]
    pub fn role(mut self, name: &str, need: DecisionNeed, origin: RuleOrigin) -> Self {
        keep_stricter(&mut self.roles, name, DecisionRequirement { need, origin });
        self
    }

    /// With nobody behind this caller who decides of plans.
    #[must_use]
    pub fn no_deciding(mut self, name: &str, origin: RuleOrigin) -> Self {
        self.not_deciding.entry(name.to_owned()).or_insert(origin);
        self
    }

    /// With nobody deciding who is behind a caller that another service vouches for: a role that one of
    /// its scopes may stand for says so, and which scopes it has is not known where a person decides.
    #[must_use]
    pub fn no_vouched_deciding(mut self, origin: RuleOrigin) -> Self {
        self.vouched_not_deciding.get_or_insert(origin);
        self
    }

    /// Who said that nobody behind this caller decides; none where they may.
    #[must_use]
    pub fn not_deciding(&self, name: &str) -> Option<&RuleOrigin> {
        let vouched = self.vouched_not_deciding.as_ref();
        let vouched = vouched.filter(|_| Principal::is_vouched_name(name));
        self.not_deciding.get(name).or(vouched)
    }

    /// With the highest tier of which an answer that came through the caller's own client counts as a
    /// person's; none: it never does.
    #[must_use]
    pub const fn elicitation_up_to(mut self, tier: Option<Tier>) -> Self {
        self.client_answers = match tier {
            Some(tier) => ClientAnswers::UpTo(tier),
            None => ClientAnswers::Never,
        };
        self
    }

    /// Whether an answer that came through the caller's own client counts as a person's. A client may
    /// answer for its user, and an agent is one: where `can_reach` says that there is somebody who gives
    /// a passphrase, it counts only if the operator has said so.
    #[must_use]
    pub fn counts_elicitation(&self, tier: Tier, can_reach: bool) -> bool {
        match self.client_answers {
            ClientAnswers::Unsaid => !can_reach && tier <= Tier::Risk,
            ClientAnswers::Never => false,
            ClientAnswers::UpTo(most) => tier <= most,
        }
    }

    /// Who has to decide of a plan; `can_reach` is whether somebody was set up who could.
    #[must_use]
    pub fn require(&self, facts: &DecisionFacts<'_>, can_reach: bool) -> DecisionRequirement {
        let mut strictest = self.without_rules(facts.tier, can_reach);
        for (origin, rule) in &self.rules {
            if rule.need() > strictest.need && rule.covers(facts) {
                strictest = DecisionRequirement { need: rule.need(), origin: origin.clone() };
            }
        }
        let caller = self.callers.get(facts.principal.as_str());
        for wanted in caller.into_iter().chain(self.of_roles(facts.roles)) {
            if wanted.need > strictest.need {
                strictest = wanted.clone();
            }
        }
        strictest
    }

    /// Whether what had to decide of a plan is what these roles want by now, under which it is to be
    /// carried out; none where that was not asked yet.
    ///
    /// # Errors
    /// By the rule `decision`.
    pub fn check_roles(&self, roles: &[&str], need: Option<DecisionNeed>) -> Result<(), Refusal> {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        let wanted =
            self.of_roles(&roles).filter(|wanted| need.is_some_and(|need| need < wanted.need));
        let Some(DecisionRequirement { need, origin }) = wanted else { return Ok(()) };
        Err(Refusal::new(
            "decision",
            format!(
                "the plan was proposed under another role; now {} decides, as {origin} wants",
                need.describe()
            ),
            "propose it again",
        ))
    }

    /// What is wanted where these roles allow a plan: under the one that wants least it may go on.
    fn of_roles(&self, roles: &[String]) -> Option<&DecisionRequirement> {
        let mut least: Option<&DecisionRequirement> = None;
        for role in roles {
            let wanted = self.roles.get(role)?;
            if least.is_none_or(|least| wanted.need < least.need) {
                least = Some(wanted);
            }
        }
        least
    }

    fn without_rules(&self, tier: Tier, can_reach: bool) -> DecisionRequirement {
        let own = |need| DecisionRequirement { need, origin: RuleOrigin::Default };
        match (tier, &self.critical) {
            (Tier::Safe, _) => own(DecisionNeed::None),
            (Tier::Risk, _) => own(DecisionNeed::Confirm),
            (Tier::Critical, Some((need, origin))) => {
                DecisionRequirement { need: *need, origin: origin.clone() }
            }
            (Tier::Critical, None) if can_reach => own(DecisionNeed::Person),
            (Tier::Critical, None) => own(DecisionNeed::Confirm),
        }
    }
}

fn keep_stricter(
    all: &mut BTreeMap<String, DecisionRequirement>,
    name: &str,
    wanted: DecisionRequirement,
) {
    match all.get_mut(name) {
        Some(known) if known.need >= wanted.need => {}
        Some(known) => *known = wanted,
        None => drop(all.insert(name.to_owned(), wanted)),
    }
}

#[cfg(test)]
mod tests {
    use souk_model::Principal;
    use souk_model::plan::{PlanMoney, SpendKind};

    use super::*;
    use crate::effect::EffectKind;

    fn facts(money: &[PlanMoney]) -> DecisionFacts<'_> {
        DecisionFacts {
            tier: Tier::Risk,
            effect: EffectKind::Commit,
            group: "orders",
            tool: "orders_prepare_refund",
            commit_tool: Some("orders_commit_refund"),
            principal: Principal::named("agent-1"),
            roles: &[],
            store: "main",
            environment: "production",
            subjects: 10,
            money,
            may_move_money: false,
        }
    }

    fn euros(amount: &str) -> PlanMoney {
        let amount = amount.parse().unwrap();
        PlanMoney { kind: SpendKind::Refund, currency: "EUR".into(), amount }
    }

    const FILE: RuleOrigin = RuleOrigin::Env("A");

    #[test]
    fn a_rule_is_about_what_fits_everything_that_it_names() {
        let person = || DecisionRule::new(DecisionNeed::Person);
        let tool = |name: &str| [name.parse().unwrap()];
        let money = [euros("100.01")];
        for (rule, covers) in [
            (person(), true),
            (person().tiers([Tier::Critical]), false),
            (person().tiers([Tier::Risk, Tier::Critical]), true),
            (person().effects([EffectKind::Apply]), false),
            (person().groups(["orders"]), true),
            (person().groups(["catalog"]), false),
            (person().tools(tool("orders_commit_refund")), true),
            (person().tools(tool("orders_prepare_refund")), true),
            (person().tools(tool("orders_*")), true),
            (person().tools(tool("orders_commit_cancel")), false),
            (person().stores(["other"]), false),
            (person().environments(["production"]), true),
            (person().environments(["staging"]), false),
            (person().principals(["agent-*".parse().unwrap()]), true),
            (person().principals(["local".parse().unwrap()]), false),
            (person().subjects_above(9), true),
            (person().subjects_above(10), false),
            (person().money_above("100 EUR".parse().unwrap()), true),
            (person().money_above("100.01 EUR".parse().unwrap()), false),
            (person().money_above("100.01".parse().unwrap()), false),
            // Nobody knows what that is in dollars.
            (person().money_above("1000 USD".parse().unwrap()), true),
            (person().groups(["orders"]).subjects_above(10), false),
        ] {
            assert_eq!(rule.covers(&facts(&money)), covers, "{rule:?}");
        }
        let above = |most: &str, money: &[PlanMoney]| {
            person().money_above(most.parse().unwrap()).covers(&facts(money))
        };
        let cancelled = PlanMoney { kind: SpendKind::Cancel, ..euros("60") };
        let both = [euros("60"), cancelled];
        assert!(above("100 EUR", &both) && above("100", &both), "it moves 120");
        assert!(!above("120 EUR", &both) && !above("120", &both));
        // Of two currencies there is no sum.
        let dollars = PlanMoney { currency: "USD".into(), ..euros("60") };
        assert!(above("100", &[euros("60"), dollars.clone()]));
        assert!(above("100 EUR", &[euros("1"), dollars.clone()]));
        let nothing = PlanMoney { amount: "0".parse().unwrap(), ..dollars };
        assert!(!above("100", &[euros("60"), nothing]));
        let none = person().money_above("0".parse().unwrap());
        assert!(!none.covers(&facts(&[])));
        assert!(none.covers(&DecisionFacts { may_move_money: true, ..facts(&[]) }));
    }

    #[test]
    fn the_strictest_of_all_rules_counts_whoever_set_it() {
        let need = |need| DecisionRule::new(need);
        let other = RuleOrigin::Env("B");
        let policy = DecisionPolicy::default()
            .rule(need(DecisionNeed::None), FILE)
            .rule(need(DecisionNeed::Other), other.clone())
            .rule(need(DecisionNeed::Person), FILE);
        let required = policy.require(&facts(&[]), true);
        assert_eq!(required, DecisionRequirement { need: DecisionNeed::Other, origin: other });
        // No rule makes less of what counts without one.
        let policy = DecisionPolicy::default().rule(need(DecisionNeed::None), FILE);
        assert_eq!(policy.require(&facts(&[]), true).need, DecisionNeed::Confirm);
    }

    #[test]
    fn what_is_critical_wants_a_person_once_one_can_be_reached() {
        let critical = || DecisionFacts { tier: Tier::Critical, ..facts(&[]) };
        let default = DecisionPolicy::default();
        for (reach, need) in [(false, DecisionNeed::Confirm), (true, DecisionNeed::Person)] {
            assert_eq!(default.require(&critical(), reach).need, need);
            assert_eq!(default.require(&facts(&[]), reach).need, DecisionNeed::Confirm);
            let safe = DecisionFacts { tier: Tier::Safe, ..facts(&[]) };
            assert_eq!(default.require(&safe, reach).need, DecisionNeed::None);
        }
        let set = default
            .critical(DecisionNeed::Two, FILE)
            .critical(DecisionNeed::None, RuleOrigin::Env("B"));
        assert_eq!(set.require(&critical(), false).need, DecisionNeed::Two);
    }

    #[test]
    fn a_client_answers_for_a_person_where_there_is_none_or_the_operator_says_so() {
        let unsaid = DecisionPolicy::default();
        assert!(unsaid.counts_elicitation(Tier::Risk, false));
        assert!(!unsaid.counts_elicitation(Tier::Critical, false));
        assert!(!unsaid.counts_elicitation(Tier::Safe, true));
        let said = unsaid.clone().elicitation_up_to(Some(Tier::Risk));
        assert!(said.counts_elicitation(Tier::Risk, true));
        assert!(!said.counts_elicitation(Tier::Critical, true));
        assert!(!unsaid.elicitation_up_to(None).counts_elicitation(Tier::Safe, false));
    }

    #[test]
    fn of_the_roles_that_allow_a_plan_the_one_that_wants_least_counts() {
        let policy = DecisionPolicy::default()
            .role("refunds", DecisionNeed::Other, FILE)
            .role("office", DecisionNeed::Person, FILE)
            .caller("agent-2", DecisionNeed::Two, FILE);
        let need = |roles: &[&str], principal: &str| {
            let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
            let principal = Principal::named(principal);
            policy.require(&DecisionFacts { roles: &roles, principal, ..facts(&[]) }, true).need
        };
        assert_eq!(need(&["refunds"], "agent-1"), DecisionNeed::Other);
        assert_eq!(need(&["refunds", "office"], "agent-1"), DecisionNeed::Person);
        // A role that wants nobody's word allows the plan as well as any.
        assert_eq!(need(&["refunds", "catalog"], "agent-1"), DecisionNeed::Confirm);
        assert_eq!(need(&["office"], "agent-2"), DecisionNeed::Two);
    }
}
