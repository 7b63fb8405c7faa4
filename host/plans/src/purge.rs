//! Purges of the cache before a store.
//!
//! Nothing of the store changes, so there is no plan: nothing to review, to journal or to undo. What
//! is kept is the rest of the law: a purge is within the action's grants and bound, is not sent when
//! the audit trail cannot be written, and is on the trail before its result is seen.

use std::sync::Arc;

use souk_model::{Action, Bound, Code, Effect, Failure, Principal, PurgeTarget};
use souk_policy::permit_purge;
use souk_upstream::Session;

use crate::commit::Terms;
use crate::service::Plans;

/// Who asks for purges, and on which terms.
#[derive(Debug, Clone)]
pub struct Purging {
    /// For whom.
    pub principal: Principal,
    /// The session with the store.
    pub session: Session,
    /// The action, whose effect is `apply`.
    pub action: Arc<Action>,
    /// How many purges the same call asked for before these.
    pub before: usize,
    /// Why, and whether only to look. A key changes nothing: a purge is harmless to repeat.
    pub terms: Terms,
}

/// A purge that was carried out, or would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The cache's own id of it, where it gives one.
    pub id: Option<String>,
    /// Which cache: `fastly`, `varnish`.
    pub provider: &'static str,
    /// It was only looked at: nothing was sent.
    pub previewed: bool,
}

impl Plans {
    /// Purges these, and answers in their order; one failure does not stop the others.
    ///
    /// It goes on when the caller leaves, so that what was sent is on the trail.
    pub async fn purge(
        self: &Arc<Self>,
        asked: Purging,
        targets: Vec<PurgeTarget>,
    ) -> Vec<Result<Purged, Failure>> {
        if let Err(failure) = self.within_bound(&asked, targets.len()) {
            return targets.iter().map(|_| Err(failure.clone())).collect();
        }
        targets
            .into_iter()
            .map(|target| {
                permit_purge(&asked.action.grants, target)?;
                Err(not_configured())
            })
            .collect()
    }

    fn within_bound(&self, asked: &Purging, count: usize) -> Result<(), Failure> {
        let most = match asked.action.effect {
            Effect::Apply(Bound::AtMost(most)) => most,
            _ => self.guards.bulk_cap,
        };
        let wanted = asked.before.saturating_add(count);
        if wanted <= most as usize {
            return Ok(());
        }
        Err(Failure::new(
            Code::BulkCapExceeded,
            format!("{wanted} purges in one call are more than the {most} that it may make"),
        )
        .rule("bulk-cap")
        .remedy("purge fewer at once"))
    }
}

fn not_configured() -> Failure {
    Failure::new(Code::Unavailable, "no cache before this store is configured")
}
