//! What the operator may change while the host runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use souk_model::{Failure, Principal};
use souk_policy::Rules;
use souk_policy::decisions::DecisionPolicy;

use super::circuit_breaker::ParkingLimits;
use super::refusals::wrong_settings;
use crate::caller_rates::CallerRates;
use crate::guest::limit_overrides::PluginLimits;
use crate::load::plugin::Plugin;
use crate::rates::RateLimits;
use crate::tool_sets::{ToolSelection, ToolSets};

/// What the operator set for plugins: `[plugins.NAME.settings]`, by group name.
pub type PluginSettings = HashMap<String, Arc<Map<String, Value>>>;

/// What the operator set for a plugin.
///
/// # Errors
/// What its calls are refused with where that is not what it takes.
pub(super) fn settings_for(
    plugin: &Plugin,
    settings: &PluginSettings,
) -> Result<Arc<Map<String, Value>>, Failure> {
    let group = &plugin.group.name;
    let set = settings.get(group).cloned().unwrap_or_default();
    plugin.check_settings(&set).map_err(|why| wrong_settings(group, &why))?;
    Ok(set)
}

/// What the operator may change while the host runs. It is exchanged as a whole, and each call is
/// judged by one of them from its beginning to its end.
pub struct OperatorConfig {
    /// What may be called, by whom, and what is masked.
    pub rules: Rules,
    /// Who has to decide of plans.
    pub decisions: DecisionPolicy,
    /// How long a call may wait for them.
    pub wait_max: Duration,
    /// The plugins' own settings.
    pub settings: PluginSettings,
    /// What plugins may use that have limits of their own. What they say of files counts from the start.
    pub limits: PluginLimits,
    /// When plugins are parked.
    pub parking: ParkingLimits,
    /// Whether writes from tier risk up need `confirm` and a `reason`.
    pub confirm: bool,
    /// Whether callers may log in with credentials of their own.
    pub accept_credentials: bool,
    /// How often each principal may call.
    pub rates: CallerRates,
    /// Which tools are listed to whom.
    pub tools: ToolSets,
    /// What a result may have that a model reads, in bytes of compact JSON.
    pub result_bytes: usize,
}

impl OperatorConfig {
    /// Which tools are listed to this principal.
    #[must_use]
    pub fn selection_of(&self, principal: &Principal) -> &ToolSelection {
        self.tools.of(principal, &self.rules.roles_of(principal).unwrap_or_default())
    }

    /// How often this principal may call.
    pub(crate) fn rates_of(&self, principal: &Principal) -> RateLimits {
        self.rates.of(&self.rules, principal)
    }
}
