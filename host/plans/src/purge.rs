//! Purges of the cache before a store.
//!
//! Nothing of the store changes, so there is no plan: nothing to review, to journal or to undo. What
//! is kept is the rest of the law: a purge is within the action's grants and bound, is not sent when
//! the audit trail cannot be written, and is on the trail before its result is seen.

use std::sync::{Arc, OnceLock};

use futures::StreamExt;
use souk_model::{
    Action, Bound, Code, Effect, Failure, Method, Principal, PurgeTarget, WriteMethod,
};
use souk_policy::{PermittedPurge, permit_purge};
use souk_state::audit::{Origin, WriteEntry};
use souk_upstream::{Purge, PurgeReceipt, Purger, Session};

use crate::commit::Terms;
use crate::service::Plans;

/// Purges of one call that are under way at once: a cache answers in milliseconds.
const AT_ONCE: usize = 4;

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

/// What is sent, and how the trail names it.
struct Admitted {
    permitted: PermittedPurge,
    purge: Purge,
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
        let count = targets.len();
        let ready = self
            .within_bound(&asked, count)
            .and_then(|()| asked.session.purger())
            .map(|purger| (purger, self.clone()));
        let job = match ready {
            Ok((purger, plans)) => {
                tokio::spawn(async move { plans.purge_all(&asked, &purger, targets).await })
            }
            Err(failure) => return vec![Err(failure); count],
        };
        job.await.unwrap_or_else(|error| {
            tracing::error!("purging ended early: {error}");
            vec![Err(Failure::internal("purging ended early; the log says why")); count]
        })
    }

    async fn purge_all(
        &self,
        asked: &Purging,
        purger: &Purger,
        targets: Vec<PurgeTarget>,
    ) -> Vec<Result<Purged, Failure>> {
        let mut admitted = Vec::with_capacity(targets.len());
        for target in targets {
            admitted.push(admit(asked, purger, target).await);
        }
        let provider = purger.provider();
        if asked.terms.preview {
            let previewed = Purged { id: None, provider, previewed: true };
            return admitted.into_iter().map(|one| one.map(|_| previewed.clone())).collect();
        }
        // What is refused costs the operator's cache nothing, and so no turn.
        if admitted.iter().any(Result::is_ok)
            && let Err(failure) = self.trail_writable().and_then(|()| purger.count_call())
        {
            return admitted.into_iter().map(|one| one.and(Err(failure.clone()))).collect();
        }
        // Why the trail took no line after a purge: nothing more is sent then.
        let trail_broken = OnceLock::new();
        futures::stream::iter(admitted)
            .map(|one| async {
                let Admitted { permitted, purge } = one?;
                if let Some(failure) = trail_broken.get() {
                    return Err(not_sent(failure));
                }
                let result = purger.send(&purge).await;
                if let Err(failure) = self.record_purge(asked, &permitted, &result) {
                    return Err(trail_broken.get_or_init(|| failure).clone());
                }
                result.map(|receipt| Purged { id: receipt.id, provider, previewed: false })
            })
            .buffered(AT_ONCE)
            .collect()
            .await
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

    /// Puts a purge and what came of it on the trail.
    fn record_purge(
        &self,
        asked: &Purging,
        permitted: &PermittedPurge,
        result: &Result<PurgeReceipt, Failure>,
    ) -> Result<(), Failure> {
        let entry = WriteEntry {
            at: souk_state::Timestamp::now(),
            principal: asked.principal.to_string(),
            of: Origin::Call { tool: asked.action.tool.clone() },
            subject: permitted.target().to_string(),
            method: Method::Write(WriteMethod::Post).as_str().to_owned(),
            route: permitted.route().to_string(),
            reason: asked.terms.reason.clone(),
            status: match result {
                Ok(receipt) => Some(receipt.status),
                Err(failure) => failure.status,
            },
            outcome: match result {
                Ok(_) => "accepted".to_owned(),
                Err(failure) => format!("failed: {failure}"),
            },
        };
        self.trail.append_write(entry).map(drop).map_err(|error| {
            tracing::error!("a purge is not on the audit trail: {error}");
            Failure::internal("it was sent, and the audit trail could not be written")
                .rule("audit-trail")
                .remedy("the operator must make the trail writable again")
        })
    }
}

/// A purge that was not sent, since the line of an earlier one is not on the trail.
fn not_sent(broken: &Failure) -> Failure {
    let message = "it was not sent: the audit trail could not be written after an earlier purge";
    Failure { message: message.to_owned(), ..broken.clone() }
}

async fn admit(asked: &Purging, purger: &Purger, target: PurgeTarget) -> Result<Admitted, Failure> {
    let permitted = permit_purge(&asked.action.grants, target)?;
    let purge = purger.verify(&permitted).await?;
    Ok(Admitted { permitted, purge })
}
