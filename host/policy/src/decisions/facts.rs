//! What a decision is about.

use souk_model::plan::{PlanHeader, PlanMoney, PlanOrigin};
use souk_model::{Principal, Tier};

use crate::effect::EffectKind;

/// What is known of a plan when it is asked who has to decide.
#[derive(Debug, Clone)]
pub struct DecisionFacts<'a> {
    /// The tier of carrying it out, as the host takes it.
    pub tier: Tier,
    /// Whether it is committed, or made and carried out in one call.
    pub effect: EffectKind,
    /// The group that proposed it.
    pub group: &'a str,
    /// The tool that proposed it.
    pub tool: &'a str,
    /// The tool that carries it out, where that is another.
    pub commit_tool: Option<&'a str>,
    /// For whom.
    pub principal: Principal,
    /// The roles of its under which the plan was proposed.
    pub roles: &'a [String],
    /// The store, by the operator's name for it.
    pub store: &'a str,
    /// That store's environment.
    pub environment: &'a str,
    /// How many subjects, or rows of them, it changes.
    pub subjects: u64,
    /// The money that it moves at most.
    pub money: &'a [PlanMoney],
    /// Whether it may move money that nobody has worked out.
    pub may_move_money: bool,
}

impl<'a> DecisionFacts<'a> {
    /// Of a plan that turns out to be of this tier.
    #[must_use]
    pub fn of(header: &'a PlanHeader, tier: Tier) -> Self {
        Self::of_origin(header, &header.origin, tier)
    }

    /// Of what the plan takes back, if it does: a rule about that is about this, too.
    #[must_use]
    pub fn of_undone(header: &'a PlanHeader, tier: Tier) -> Option<Self> {
        header.undone.as_ref().map(|undone| Self::of_origin(header, undone, tier))
    }

    fn of_origin(header: &'a PlanHeader, origin: &'a PlanOrigin, tier: Tier) -> Self {
        let (effect, commit_tool) = match origin {
            PlanOrigin::Prepared { commit_tool, .. } => {
                (EffectKind::Commit, Some(commit_tool.as_str()))
            }
            PlanOrigin::Applied => (EffectKind::Apply, None),
            PlanOrigin::Undo { .. } => (EffectKind::Commit, None),
        };
        Self {
            tier: tier.max(header.commit_tier()),
            effect,
            group: &header.group,
            tool: &header.tool,
            commit_tool,
            principal: Principal::named(&header.principal),
            roles: &header.roles,
            store: &header.store,
            environment: &header.environment,
            subjects: header.subjects(),
            money: &header.money,
            may_move_money: header.may_move_money,
        }
    }
}
