//! Waiting for persons to decide.

use std::sync::Arc;
use std::time::Duration;

use souk_model::plan::PlanState;
use souk_model::{Code, Failure, Progress, Tier};
use souk_state::plans::StoredPlan;
use tokio::time::Instant;

use super::standing::{Permission, check};
use crate::context::PlansContext;

/// How often it is looked whether somebody decided: in whatever process they did.
const LOOK: Duration = Duration::from_millis(250);
/// How often whoever waits is told that it goes on.
const TELL: Duration = Duration::from_secs(2);

/// Whether persons let a plan be carried out; where they have still to decide, waits so long for them.
///
/// # Errors
/// As [`check`]; APPROVAL_REQUIRED where nobody decided in time.
pub(crate) async fn check_or_wait(
    context: &PlansContext,
    stored: &StoredPlan,
    tier: Tier,
    wait: Duration,
    progress: Option<&Arc<dyn Progress>>,
) -> Result<Permission, Failure> {
    let begun = Instant::now();
    let mut told = None::<Instant>;
    loop {
        let waits = match check(context, stored, tier).await {
            Err(failure) if failure.code == Code::ApprovalRequired => failure,
            decided => return decided,
        };
        let waited = begun.elapsed();
        let is_open = context.store.plan(&stored.header.id).await?;
        let is_open = is_open.is_some_and(|now| now.state == stored.state)
            && (stored.state != PlanState::Proposed
                || context.now_ms() <= stored.header.expires_ms);
        if waited >= wait || !is_open {
            return Err(waits);
        }
        if let Some(progress) = progress
            && told.is_none_or(|told| told.elapsed() >= TELL)
        {
            told = Some(Instant::now());
            progress.report(waited.as_secs(), Some(wait.as_secs()), &waits.message);
        }
        tokio::time::sleep(LOOK.min(wait - waited)).await;
    }
}
