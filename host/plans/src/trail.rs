//! Every write on the audit trail.

use souk_model::Failure;
use souk_model::plan::{Header, Item, Step};
use souk_state::audit::{Origin, WriteEntry};
use souk_upstream::{SendError, WriteResponse};

use crate::service::Plans;

impl Plans {
    /// Refuses writes that could not be put on the audit trail.
    pub(crate) fn trail_writable(&self) -> Result<(), Failure> {
        self.trail.writable().map_err(|error| {
            tracing::error!("cannot write the audit trail: {error}");
            Failure::internal("the audit trail cannot be written, so nothing is sent")
                .rule("audit-trail")
                .remedy(
                    "the operator must make the trail writable again; the log says what is wrong",
                )
        })
    }

    /// Puts one request and what came of it on the trail.
    ///
    /// # Errors
    /// The line is not there. The request was sent all the same: what came of it counts, and nothing
    /// may be sent after it.
    pub(crate) fn record_write(
        &self,
        header: &Header,
        item: &Item,
        index: usize,
        step: &Step,
        reason: Option<&str>,
        result: &Result<WriteResponse, SendError>,
    ) -> Result<(), Failure> {
        let entry = WriteEntry {
            at: souk_state::Timestamp::now(),
            principal: header.principal.clone(),
            of: Origin::Plan {
                plan: header.id.to_string(),
                item: item.n,
                step: u32::try_from(index).unwrap_or(u32::MAX),
            },
            subject: format!("{} {}", item.change.subject.kind, item.change.subject.id),
            method: souk_model::Method::Write(step.method).as_str().to_owned(),
            route: step.route.clone(),
            reason: reason.map(str::to_owned),
            status: match result {
                Ok(answer) => Some(answer.status),
                Err(error) => error.failure().status,
            },
            outcome: match result {
                Ok(_) => "accepted".to_owned(),
                Err(SendError::NotSent(failure)) => format!("not sent: {failure}"),
                Err(SendError::Refused(failure)) => format!("refused: {failure}"),
                Err(SendError::Unknown(failure)) => format!("unknown: {failure}"),
            },
        };
        self.trail.append_write(entry).map(drop).map_err(|error| {
            tracing::error!("a write of plan {} is not on the audit trail: {error}", header.id);
            Failure::internal(
                "the audit trail could not be written after a request, so nothing more was sent",
            )
            .rule("audit-trail")
            .remedy("the operator must make the trail writable again; then `plans_resume` goes on")
        })
    }
}
