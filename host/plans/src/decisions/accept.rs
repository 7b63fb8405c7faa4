//! Taking the log of decisions as it is, by the operator's word.

use souk_model::Failure;

use super::standing::{people_as, people_failure};
use crate::context::PlansContext;
use crate::refusals::not_announced;

/// Begins the log of decisions anew where something of it is missing or was changed, or the people who can
/// decide are others than those that were written down: what was decided before does not count any more.
/// What was wrong; none: nothing was.
///
/// # Errors
/// It cannot be read or written.
pub(crate) async fn accept_decisions(context: &PlansContext) -> Result<Option<String>, Failure> {
    let Some(what) = what_is_wrong(context).await? else { return Ok(None) };
    let people = context.people.sealed().ok().and_then(|(_, seal)| seal);
    let head = context.trail.head().map_err(|error| not_announced(&error))?;
    let above = head.1.map_or(0, |mark| mark.decisions);
    let now = context.now_ms();
    context.decision_log.begin(&*context.store, &context.key, people, above, now).await?;
    Ok(Some(what))
}

/// Whether what was decided, and who can decide, is as hosts wrote it down.
///
/// # Errors
/// FORBIDDEN; it cannot be read.
pub(crate) async fn check_decisions(context: &PlansContext) -> Result<(), Failure> {
    let known = context.decided().await?;
    people_as(context, &known).map(drop).map_err(|error| people_failure(&error))
}

/// What of the log, or of the people, is not as hosts left it.
async fn what_is_wrong(context: &PlansContext) -> Result<Option<String>, Failure> {
    if context.store.lacks_decisions().await? {
        return Ok(Some("decisions of persons are missing".to_owned()));
    }
    Ok(match context.decided().await {
        Ok(known) => people_as(context, &known).err().map(|error| error.to_string()),
        Err(failure) => Some(failure.message),
    })
}
