//! The lines of the audit trail that a plan's requests have: one before each is sent, one for how it
//! ended, and one for what a resume finds out.

use souk_model::Failure;
use souk_model::plan::{ItemState, PlanHeader, PlanItem, Step, StoredFailure};
use souk_state::audit::{FoundEntry, SendingEntry, WriteEntry, WriteOrigin, WriteRequest};
use souk_state::error_chain;
use souk_upstream::{SendError, WriteResponse};

use crate::context::PlansContext;
use crate::refusals::not_announced;

impl PlansContext {
    /// Puts requests on the trail that are about to be sent, on the disk when this returns.
    ///
    /// # Errors
    /// Their lines are not there: none of them may be sent.
    pub(crate) async fn announce(&self, requests: Vec<WriteRequest>) -> Result<(), Failure> {
        let trail = self.trail.clone();
        let at = souk_state::Timestamp::now();
        let entries = requests.into_iter().map(|request| SendingEntry { at, request }).collect();
        // It waits for the disk, and maybe for another host.
        let written = tokio::task::spawn_blocking(move || trail.append_sending(entries)).await;
        match written {
            Ok(written) => written.map_err(|error| not_announced(&error)),
            Err(ended) => Err(not_announced(&ended)),
        }
    }

    /// Puts how a request ended on the trail.
    ///
    /// # Errors
    /// The line is not there. What came of the request counts all the same, and nothing may be sent
    /// after it.
    pub(crate) fn record(&self, entry: WriteEntry) -> Result<(), Failure> {
        let what = entry.request.subject.clone();
        self.trail.append_writes(vec![entry]).map_err(|error| {
            tracing::error!(
                "how a write of {what} ended is not on the audit trail: {}",
                error_chain(&error)
            );
            Failure::internal(
                "the audit trail could not be written after a request, so nothing more was sent",
            )
            .rule("audit-trail")
            .remedy("the operator must make the trail writable again; then the rest can be sent")
        })
    }

    /// Says of requests that were announced that they were not sent. That it cannot be said changes
    /// nothing: what has no end on the trail may have been sent.
    pub(crate) fn record_not_sent(&self, entries: Vec<WriteEntry>) {
        if let Err(error) = self.trail.append_writes(entries) {
            tracing::warn!(
                "the audit trail does not say what was not sent: {}",
                error_chain(&error)
            );
        }
    }

    /// Puts what a resume found out on the trail.
    ///
    /// # Errors
    /// The lines are not there: nothing may be made of what was found.
    pub(crate) fn record_found(&self, entries: Vec<FoundEntry>) -> Result<(), Failure> {
        self.trail.append_found(entries).map_err(|error| not_announced(&error))
    }
}

/// One request of a plan, as the trail names it. `index` is its step's, counted from 0.
pub(crate) fn request(
    header: &PlanHeader,
    item: &PlanItem,
    (index, step): (usize, &Step),
    reason: Option<&str>,
) -> WriteRequest {
    WriteRequest {
        principal: header.principal.clone(),
        request_id: souk_telemetry::request_id().map(|id| id.to_string()),
        of: WriteOrigin::Plan {
            plan: header.id.to_string(),
            item: item.n,
            step: u32::try_from(index).unwrap_or(u32::MAX),
        },
        subject: subject(item),
        method: souk_model::Method::Write(step.method).as_str().to_owned(),
        route: step.route.clone(),
        reason: reason.map(str::to_owned),
    }
}

/// How a request ended that was announced and not sent.
pub(crate) fn not_sent_entry(request: WriteRequest, why: &str) -> WriteEntry {
    WriteEntry {
        at: souk_state::Timestamp::now(),
        request,
        status: None,
        outcome: format!("not sent: {why}"),
    }
}

/// How a request of a plan ended.
pub(crate) fn write_entry(
    request: WriteRequest,
    result: &Result<WriteResponse, SendError>,
) -> WriteEntry {
    WriteEntry {
        at: souk_state::Timestamp::now(),
        request,
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
    }
}

/// What a look at the store says of an item that an earlier run left on its way.
pub(crate) fn found_entry(
    header: &PlanHeader,
    item: &PlanItem,
    state: ItemState,
    failure: Option<&StoredFailure>,
) -> FoundEntry {
    let outcome = match (state, failure) {
        (ItemState::Done, _) => "a read shows that it happened".to_owned(),
        (ItemState::Sending, _) => {
            "a read shows that it did not happen, or it may be repeated: it is sent again"
                .to_owned()
        }
        (_, Some(failure)) => failure.message.clone(),
        (_, None) => "it was not sent again".to_owned(),
    };
    FoundEntry {
        at: souk_state::Timestamp::now(),
        principal: header.principal.clone(),
        plan: header.id.to_string(),
        item: item.n,
        subject: subject(item),
        state: state.as_str().to_owned(),
        outcome,
    }
}

fn subject(item: &PlanItem) -> String {
    format!("{} {}", item.change.subject.kind, item.change.subject.id)
}
