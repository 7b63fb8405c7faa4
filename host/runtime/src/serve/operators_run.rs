//! Whether the operator may carry out a plan of anybody's: a person at the console, for instance.

use souk_model::plan::PlanHeader;
use souk_model::{Failure, Principal, Tier};

use super::dispatch::Dispatcher;
use super::plan_policy::{decide_plan_for_operator, decide_tier};

impl Dispatcher {
    /// Whether the operator may carry out a plan of anybody's by the rules in force.
    ///
    /// # Errors
    /// The first rule that refuses; that the plan is frozen.
    pub async fn check_operators_run(&self, header: &PlanHeader) -> Result<(), Failure> {
        let (rules, loaded) = (self.config.load().rules.clone(), self.deps.registry.loaded());
        decide_plan_for_operator(&self.deps.plans, &rules, &loaded, header).await
    }

    /// The same where the plan turns out to be of this tier.
    ///
    /// # Errors
    /// The first rule that refuses.
    pub fn check_operators_tier(&self, header: &PlanHeader, tier: Tier) -> Result<(), Failure> {
        decide_tier(&self.config.load().rules, &Principal::local(), header, tier)
    }
}
