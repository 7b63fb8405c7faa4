//! What holds at the moment something is sent, and not when its call began: a call may wait for a person
//! for a long time, and rules are reloaded and plugins rejected meanwhile.

use std::sync::Arc;

use arc_swap::ArcSwap;
use souk_model::plan::PlanHeader;
use souk_model::{Code, Failure, Principal, Tier};
use souk_policy::ToolProfile;

use super::held_back::check_frozen;
use super::operator_config::OperatorConfig;
use super::plan_policy::{PlanUse, decide_tier, decide_tools};
use crate::load::registry::Registry;

/// The operator's rules and the plugins, as they are at any time.
#[derive(Clone)]
pub(super) struct RulesInForce {
    config: Arc<ArcSwap<OperatorConfig>>,
    registry: Arc<Registry>,
}

impl RulesInForce {
    pub(super) const fn new(config: Arc<ArcSwap<OperatorConfig>>, registry: Arc<Registry>) -> Self {
        Self { config, registry }
    }

    /// Whether a tool of a plugin may now send what is of this profile.
    ///
    /// # Errors
    /// The first rule that refuses; HELD_BACK where the plugin does not serve the tool any more.
    pub(super) fn permit(
        &self,
        principal: &Principal,
        profile: &ToolProfile<'_>,
    ) -> Result<(), Failure> {
        self.config.load().rules.decide(principal, profile)?;
        let loaded = self.registry.loaded();
        let plugin = loaded.plugins.get(profile.group);
        let serves = plugin.is_some_and(|plugin| plugin.has_tool(profile.name));
        if serves {
            return Ok(());
        }
        Err(Failure::new(
            Code::HeldBack,
            format!(
                "`{}` is not served any more: its plugin is gone, or was rejected",
                profile.name
            ),
        )
        .rule("plan-frozen")
        .remedy("nothing was sent; `souk plugins` shows the operator which"))
    }

    /// Whether a plan that turns out to be of this tier may now be carried out.
    ///
    /// # Errors
    /// The first rule that refuses; that it is frozen.
    pub(super) fn permit_plan(
        &self,
        principal: &Principal,
        header: &PlanHeader,
        tier: Tier,
    ) -> Result<(), Failure> {
        let rules = &self.config.load().rules;
        decide_tools(rules, principal, header, PlanUse::CarryOut)?;
        decide_tier(rules, principal, header, tier)?;
        check_frozen(&self.registry.loaded(), header)
    }
}
