//! What is asked of the console, on the audit trail: a line for every page that shows something of the
//! store, every sign-in and every decision, and for whatever is refused. It is a call like any other, by
//! the transport `console`; its principal is the person, or `nobody` before somebody has signed in.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use souk_model::{Code, Failure};
use souk_state::Timestamp;
use souk_state::audit::{
    AuditTrail, CallEntry, CallOutcome, CallResources, Durability, PersonAct, PersonEntry,
    Transport,
};
use souk_state::plans::StoredPlan;

/// How a person's word comes, on the trail.
const MEANS: &str = "page";
/// Whose a line is before somebody has signed in.
pub(crate) const NOBODY: &str = "nobody";

/// Writes the console's lines.
#[derive(Clone)]
pub(crate) struct ConsoleAudit(Arc<AuditTrail>);

/// A request, from its arrival to its line.
pub(crate) struct AuditedRequest {
    at: Timestamp,
    begun: Instant,
}

impl ConsoleAudit {
    pub(crate) const fn new(trail: Arc<AuditTrail>) -> Self {
        Self(trail)
    }

    /// Something that has just been asked.
    pub(crate) fn begin() -> AuditedRequest {
        AuditedRequest { at: Timestamp::now(), begun: Instant::now() }
    }

    /// A line of what a person was shown or did.
    ///
    /// # Errors
    /// It cannot be written: then nothing is shown.
    pub(crate) fn note(
        &self,
        request: &AuditedRequest,
        person: &str,
        action: &str,
        from: Option<IpAddr>,
    ) -> Result<(), Failure> {
        let entry = self.entry(request, person, action, from, CallOutcome::Ok);
        self.0.append(entry, Durability::Written).map(drop).map_err(|error| {
            Failure::internal(format!("the audit trail cannot be written: {error}"))
        })
    }

    /// A line of a plan that a person was shown.
    ///
    /// # Errors
    /// It cannot be written: then it is not shown.
    pub(crate) fn view(&self, person: &str, plan: &StoredPlan) -> Result<(), Failure> {
        let entry = PersonEntry {
            plan: Some(plan.header.id.to_string()),
            digest: Some(plan.digest.clone()),
            principal: Some(plan.header.principal.clone()),
            ..PersonEntry::new(person, MEANS)
        };
        self.0.append_person(PersonAct::PlanViewed, entry).map_err(|error| {
            Failure::internal(format!("the audit trail cannot be written: {error}"))
        })
    }

    /// A line of a passphrase that is not this person's, by a name that somebody has.
    pub(crate) fn wrong_passphrase(&self, name: &str) {
        let entry = PersonEntry::new(name, MEANS);
        if let Err(error) = self.0.append_person(PersonAct::WrongPassphrase, entry) {
            tracing::error!("the audit trail cannot be written: {error}");
        }
    }

    /// A line of what was refused; of very many a sum. That it cannot be written is no reason to let
    /// anything in.
    pub(crate) fn refuse(
        &self,
        request: &AuditedRequest,
        person: &str,
        action: &str,
        from: Option<IpAddr>,
        failure: &Failure,
    ) {
        let outcome = CallOutcome::of::<()>(&Err(failure.clone()));
        let entry = self.entry(request, person, action, from, outcome);
        if let Err(error) = self.0.append_refused(entry) {
            tracing::error!("the audit trail cannot be written: {error}");
        }
    }

    fn entry(
        &self,
        request: &AuditedRequest,
        person: &str,
        action: &str,
        from: Option<IpAddr>,
        outcome: CallOutcome,
    ) -> CallEntry {
        CallEntry {
            at: request.at,
            transport: Transport::Console,
            principal: person.to_owned(),
            request_id: None,
            action: action.to_owned(),
            plugin: None,
            arguments: self.0.digest(&json!({"from": from})),
            outcome,
            duration_us: u64::try_from(request.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            resources: CallResources::default(),
        }
    }
}

/// What is refused at the console before it is looked at.
pub(crate) fn refusal(rule: &str, message: impl Into<String>) -> Failure {
    Failure::new(Code::Forbidden, message).rule(rule)
}
