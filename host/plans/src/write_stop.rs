//! The stop button: no host of the state directory writes anything until somebody lets it go on.

use souk_model::Failure;
use souk_model::plan::WriteStop;
use souk_state::audit::{PersonAct, PersonEntry};

use crate::context::PlansContext;
use crate::refusals::writes_stopped;
use crate::seal::{is_sealed_stop, seal_stop};

/// Stops all writes: none begins any more, in whatever process, and runs under way end once the store
/// has answered what it was sent. Whoever stopped them first is kept.
///
/// # Errors
/// The trail takes no line, or it cannot be kept.
pub(crate) async fn stop_writes(
    context: &PlansContext,
    by: &str,
    means: &str,
    reason: Option<&str>,
) -> Result<WriteStop, Failure> {
    if let Some(stop) = write_stop(context).await? {
        return Ok(stop);
    }
    let (by, reason) = (by.to_owned(), reason.map(str::to_owned));
    let at_ms = context.now_ms();
    let mut stop = WriteStop { by, at_ms, reason, seal: String::new() };
    seal_stop(&context.key, &mut stop).map_err(|error| Failure::internal(error.to_string()))?;
    let entry = PersonEntry::new(&stop.by, means).reason(stop.reason.as_deref());
    // To stop is more urgent than its line.
    context.store.set_write_stop(Some(&stop)).await?;
    context.runs.end_for_write_stop(&stop);
    context.append_person(PersonAct::WritesStopped, entry)?;
    Ok(write_stop(context).await?.unwrap_or(stop))
}

/// Lets writes go on; whether they were stopped.
///
/// # Errors
/// The trail takes no line, or it cannot be kept.
pub(crate) async fn resume_writes(
    context: &PlansContext,
    by: &str,
    means: &str,
    reason: Option<&str>,
) -> Result<bool, Failure> {
    // Also what cannot be read is taken away: it stops writes.
    if matches!(context.store.write_stop().await, Ok(None)) {
        return Ok(false);
    }
    context.append_person(PersonAct::WritesResumed, PersonEntry::new(by, means).reason(reason))?;
    Ok(context.store.set_write_stop(None).await?)
}

/// Who stopped all writes, if somebody did. An edited row stops them too, and says nothing of whom.
///
/// # Errors
/// It cannot be read: nothing may be written then.
pub(crate) async fn write_stop(context: &PlansContext) -> Result<Option<WriteStop>, Failure> {
    let stop = context.store.write_stop().await?;
    Ok(stop.map(|stop| match is_sealed_stop(&context.key, &stop) {
        true => stop,
        false => WriteStop {
            by: "unknown".to_owned(),
            reason: Some("what is kept of it was edited".to_owned()),
            ..stop
        },
    }))
}

/// Whether anything may be written.
///
/// # Errors
/// WRITES_STOPPED.
pub(crate) async fn check_writes(context: &PlansContext) -> Result<(), Failure> {
    write_stop(context).await?.map_or(Ok(()), |stop| Err(writes_stopped(&stop)))
}
