//! What plans are made of.

use std::sync::Arc;

use souk_policy::decisions::DecisionPolicy;
use souk_state::audit::AuditTrail;
use souk_state::people::People;
use souk_state::plans::PlanStore;

use crate::clock::PlanClock;
use crate::config::PlansConfig;
use crate::guards::Guards;
use crate::seal::SealKey;

/// What plans are made of.
pub struct PlansDeps {
    /// Where they are kept.
    pub store: Arc<dyn PlanStore>,
    /// What a change may do.
    pub guards: Guards,
    /// How they are carried out.
    pub config: PlansConfig,
    /// What they are sealed with.
    pub key: SealKey,
    /// The time.
    pub clock: Arc<dyn PlanClock>,
    /// Where every request is written down.
    pub trail: Arc<AuditTrail>,
    /// Who can decide of them.
    pub people: People,
    /// Who has to; it can be exchanged.
    pub policy: DecisionPolicy,
}
