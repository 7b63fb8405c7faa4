//! What of the state is kept, and how much of it.

use serde::Deserialize;
use souk_state::plans::PlanLimits;

/// `[state]` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StateSettings {
    /// Days that values of plans and documents are kept.
    pub(crate) keep_days: u32,
    item_bytes: u64,
    draft_bytes: u64,
    principal_bytes: u64,
    principal_plans: u64,
}

impl Default for StateSettings {
    fn default() -> Self {
        let PlanLimits { item_bytes, draft_bytes, principal_bytes, principal_plans } =
            PlanLimits::default();
        Self { keep_days: 30, item_bytes, draft_bytes, principal_bytes, principal_plans }
    }
}

impl StateSettings {
    /// What plans may take.
    pub(crate) const fn plan_limits(self) -> PlanLimits {
        PlanLimits {
            item_bytes: self.item_bytes,
            draft_bytes: self.draft_bytes,
            principal_bytes: self.principal_bytes,
            principal_plans: self.principal_plans,
        }
    }
}
