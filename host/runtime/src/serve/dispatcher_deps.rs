//! What a dispatcher is made of.

use std::sync::Arc;

use souk_plans::Plans;
use souk_state::audit::{AuditTrail, Transport};
use souk_state::exports::Exports;

use super::admission::AdmissionLimits;
use crate::guest::sessions::SessionHost;
use crate::load::registry::Registry;

/// What a dispatcher is made of, apart from what the operator may change while it runs.
pub struct DispatcherDeps {
    /// The plugins.
    pub registry: Arc<Registry>,
    /// Who is logged in where.
    pub sessions: Arc<SessionHost>,
    /// Where changes are proposed and carried out.
    pub plans: Arc<Plans>,
    /// Where documents are kept.
    pub exports: Arc<Exports>,
    /// Where every call is written down.
    pub trail: Arc<AuditTrail>,
    /// How much callers may have going at once.
    pub callers: AdmissionLimits,
    /// The page that shows the review of a plan in a client that draws pages.
    pub plan_view: String,
    /// How calls come in.
    pub transport: Transport,
}
