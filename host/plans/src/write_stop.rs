//! The stop button: no host of the state directory writes anything until somebody lets it go on.

use souk_model::Failure;
use souk_model::plan::WriteStop;
use souk_state::audit::{PersonAct, PersonEntry};
use souk_state::plans::DecisionEffect;

use crate::context::PlansContext;
use crate::decision_log::LoggedDecision;
use crate::refusals::writes_stopped;

/// Stops all writes: none begins any more, in whatever process, and runs under way end once the store
/// has answered what it was sent. Whoever stopped them first is kept. It works whatever was done to what
/// is kept of decisions.
///
/// # Errors
/// The trail takes no line, or it cannot be kept.
pub(crate) async fn stop_writes(
    context: &PlansContext,
    by: &str,
    means: &str,
    reason: Option<&str>,
) -> Result<WriteStop, Failure> {
    if let Ok(Some(stop)) = write_stop(context).await {
        return Ok(stop);
    }
    let (by, reason, at_ms) = (by.to_owned(), reason.map(str::to_owned), context.now_ms());
    let stop = WriteStop { by, at_ms, reason };
    let entry = PersonEntry::new(&stop.by, means).reason(stop.reason.as_deref());
    // To stop is more urgent than its line.
    context.runs.end_for_write_stop(&stop);
    let line = LoggedDecision::WriteStop { stop: stop.clone() };
    context.decision_log.append_unread(&*context.store, &context.key, &line, at_ms).await?;
    context.append_person(PersonAct::WritesStopped, entry)?;
    Ok(write_stop(context).await.ok().flatten().unwrap_or(stop))
}

/// Lets writes go on; whether they were stopped.
///
/// # Errors
/// The trail takes no line, or it cannot be kept; what is kept of decisions is not as it was written.
pub(crate) async fn resume_writes(
    context: &PlansContext,
    by: &str,
    means: &str,
    reason: Option<&str>,
) -> Result<bool, Failure> {
    if context.decided().await?.write_stop().is_none() {
        return Ok(false);
    }
    context.append_person(PersonAct::WritesResumed, PersonEntry::new(by, means).reason(reason))?;
    let line = LoggedDecision::WritesGo { by: by.to_owned(), at_ms: context.now_ms() };
    context.log_decision(None, &line, &DecisionEffect::None).await?;
    Ok(true)
}

/// Who stopped all writes, if somebody did. Where it may have been lost that somebody did, they are.
///
/// # Errors
/// It cannot be read, or is not as it was written: nothing may be written then.
pub(crate) async fn write_stop(context: &PlansContext) -> Result<Option<WriteStop>, Failure> {
    if context.store.lacks_decisions().await? {
        return Ok(Some(WriteStop {
            by: "souk".to_owned(),
            at_ms: context.now_ms(),
            reason: Some(
                "decisions of persons are missing; `souk state accept` takes that as it is"
                    .to_owned(),
            ),
        }));
    }
    Ok(context.decided().await?.write_stop().cloned())
}

/// Whether anything may be written.
///
/// # Errors
/// WRITES_STOPPED; as [`write_stop`].
pub(crate) async fn check_writes(context: &PlansContext) -> Result<(), Failure> {
    write_stop(context).await?.map_or(Ok(()), |stop| Err(writes_stopped(&stop)))
}
