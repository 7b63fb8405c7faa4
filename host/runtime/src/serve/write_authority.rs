//! Whether a call may send what it turns out to send.
//!
//! A tool is listed with the lowest tier that its writes can have. What a call really writes is known
//! once its changes are there: their tier is held to the rules and to confirmation like the tool's own.

use std::sync::Arc;

use souk_model::plan::DecisionNeed;
use souk_model::{Failure, Principal, Tier};
use souk_policy::{EffectKind, ToolProfile};

use super::host_arg_values::HostArgValues;
use super::operator_config::OperatorConfig;
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
        }
    }

    /// Whether what is of this tier may be sent, and who has to decide of it. That whoever calls
    /// confirms it may be wanted by a rule below the tiers that want it always.
    ///
    /// # Errors
    /// What a rule refuses, or CONFIRMATION_REQUIRED.
    pub(super) fn permit(&self, tier: Tier, need: DecisionNeed) -> Result<(), Failure> {
        let tier = tier.max(self.listed);
        let profile =
            ToolProfile { name: &self.tool, group: &self.group, tier, effect: self.effect };
        self.config.rules.decide(&self.principal, &profile)?;
        // It may have waited for a person since it began.
        self.in_force.permit(&self.principal, &profile)?;
        let host_args = HostArgs::of(self.effect, tier);
        if self.config.confirm {
            self.host_args.check(host_args, &self.tool)?;
        }
        if need == DecisionNeed::Confirm && tier < Tier::Risk {
            self.host_args.check(HostArgs { confirm: true, ..host_args }, &self.tool)?;
        }
        Ok(())
    }
}
