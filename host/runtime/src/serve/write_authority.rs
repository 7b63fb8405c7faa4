//! Whether a call may send what it turns out to send.
//!
//! A tool is listed with the lowest tier that its writes can have. What a call really writes is known
//! once its changes are there: their tier is held to the rules and to confirmation like the tool's own.

use std::sync::Arc;

use souk_model::plan::{DecisionNeed, PlanHeader};
use souk_model::{Failure, Principal, StoreView, Tier};
use souk_plans::WriteFacts;
use souk_policy::{CallFacts, EffectKind, ToolProfile};
use souk_upstream::Session;

use super::host_arg_values::HostArgValues;
use super::operator_config::OperatorConfig;
use super::plan_policy::{carry_out, owned};
use super::rules_in_force::RulesInForce;
use super::tool::LoadedTool;
use crate::load::host_args::HostArgs;

/// What a call of a tool that writes may send.
pub(super) struct WriteAuthority {
    config: Arc<OperatorConfig>,
    in_force: RulesInForce,
    principal: Principal,
    tool: String,
    group: String,
    effect: EffectKind,
    /// The tier that the tool is listed with.
    listed: Tier,
    host_args: HostArgValues,
    /// The store that the caller is logged in to, by its name.
    store: Option<String>,
}

impl WriteAuthority {
    pub(super) fn new(
        tool: &LoadedTool,
        config: &Arc<OperatorConfig>,
        in_force: &RulesInForce,
        principal: &Principal,
        host_args: &HostArgValues,
    ) -> Self {
        let ToolProfile { name, group, tier, effect } = tool.profile();
        Self {
            config: config.clone(),
            in_force: in_force.clone(),
            principal: principal.clone(),
            tool: name.to_owned(),
            group: group.to_owned(),
            effect,
            listed: tier,
            host_args: host_args.clone(),
            store: None,
        }
    }

    /// With the session that the call begins with.
    pub(super) fn with_session(mut self, session: Option<&Session>) -> Self {
        self.store = session.map(|session| session.info().store);
        self
    }

    fn facts(&self, tier: Tier) -> CallFacts<'_> {
        let Self { tool, group, effect, .. } = self;
        CallFacts::of(ToolProfile { name: tool, group, tier, effect: *effect })
    }

    /// Whether what is of this tier may be sent, and who has to decide of it. That whoever calls
    /// confirms it may be wanted by a rule below the tiers that want it always.
    ///
    /// # Errors
    /// What a rule refuses, or CONFIRMATION_REQUIRED.
    pub(super) fn permit(&self, write: &WriteFacts<'_>) -> Result<(), Failure> {
        let WriteFacts { tier, need, plan } = *write;
        let tier = tier.max(self.listed);
        let facts = self.facts(tier);
        let facts = match (plan, &self.store) {
            (Some(header), _) => facts.writing(header),
            // A purge is seen in every view.
            (None, Some(store)) => {
                CallFacts { view: Some(&StoreView::Global), writes: true, ..facts.at(store) }
            }
            (None, None) => facts,
        };
        let roles = self.config.rules.decide_call(&self.principal, &facts)?;
        self.config.decisions.check_roles(&roles, need)?;
        // It may have waited for a person since it began.
        self.in_force.permit(&self.principal, &facts, need)?;
        let host_args = HostArgs::of(self.effect, tier);
        if self.config.confirm {
            self.host_args.check(host_args, &self.tool)?;
        }
        if need == Some(DecisionNeed::Confirm) && tier < Tier::Risk {
            self.host_args.check(HostArgs { confirm: true, ..host_args }, &self.tool)?;
        }
        Ok(())
    }

    /// Under which roles of the caller's a plan may be proposed.
    ///
    /// # Errors
    /// What a rule refuses.
    pub(super) fn roles(&self, header: &PlanHeader) -> Result<Vec<String>, Failure> {
        // To propose is less than to carry out, whatever it will write.
        let facts = self.facts(self.listed).writing(header);
        let proposing = self.config.rules.decide_call(&self.principal, &facts)?;
        // What its plan is held to is what those say under which it can be carried out.
        let carrying = carry_out(&self.config.rules, &self.principal, header);
        Ok(carrying.unwrap_or_else(|_| owned(&proposing)))
    }

    /// Under which of them the call may go to a store, and read through a view of it.
    ///
    /// # Errors
    /// What a rule refuses.
    pub(super) fn reach(
        &self,
        store: &str,
        view: Option<&StoreView>,
    ) -> Result<Vec<String>, Failure> {
        // Nearly nobody is limited so, and a call may read a lot.
        if !self.config.rules.limits_alone(&self.principal) {
            return Ok(Vec::new());
        }
        let facts = self.facts(self.listed).at(store);
        let facts = match view {
            Some(view) => facts.reading(view),
            None => facts,
        };
        Ok(owned(&self.config.rules.decide_call(&self.principal, &facts)?))
    }
}
