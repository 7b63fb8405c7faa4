//! What holds at the moment something is sent, and not when its call began: a call may wait for a person
//! for a long time, and rules are reloaded and plugins rejected meanwhile.

use std::sync::Arc;

use arc_swap::ArcSwap;
use souk_model::plan::{DecisionNeed, PlanHeader};
use souk_model::{Code, Failure, Principal};
use souk_plans::WriteFacts;
use souk_policy::CallFacts;

use super::held_back::check_frozen;
use super::operator_config::OperatorConfig;
use super::plan_policy::{PlanUse, decide_tools, decide_write};
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
        facts: &CallFacts<'_>,
        need: Option<DecisionNeed>,
    ) -> Result<(), Failure> {
        let config = self.config.load();
        let roles = config.rules.decide_call(principal, facts)?;
        config.decisions.check_roles(&roles, need)?;
        let profile = &facts.tool;
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

    /// Whether a plan that turns out to be this may now be carried out.
    ///
    /// # Errors
    /// The first rule that refuses; that it is frozen.
    pub(super) fn permit_plan(
        &self,
        principal: &Principal,
        header: &PlanHeader,
        write: &WriteFacts<'_>,
    ) -> Result<(), Failure> {
        let config = self.config.load();
        decide_tools(&config.rules, principal, header, PlanUse::CarryOut)?;
        decide_write(&config, principal, header, write)?;
        check_frozen(&self.registry.loaded(), header)
    }
}
