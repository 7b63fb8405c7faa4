//! What all of a plan's life stands on: where plans are kept, what the operator allows, the time, the
//! seal, the audit trail. It reads kept plans and vouches for them; it decides nothing about them.

use std::sync::{Arc, PoisonError, RwLock};

use souk_model::plan::{ItemProgress, ItemState, PlanId, PlanItem, PlanOrigin};
use souk_model::{Code, Failure, Principal, Tier};
use souk_policy::decisions::DecisionPolicy;
use souk_state::audit::AuditTrail;
use souk_state::people::People;
use souk_state::plans::{DecisionEffect, DecisionWrite, PlanStore, StoreError, StoredPlan};
use tokio::sync::MutexGuard;

use crate::clock::PlanClock;
use crate::config::PlansConfig;
use crate::decision_log::{DecisionLog, KnownDecisions, LoggedDecision};
use crate::guards::Guards;
use crate::notices::NoticeOutlet;
use crate::refusals::{not_announced, refuse};
use crate::run_control::ActiveRuns;
use crate::seal::{ItemDigests, PlanHasher, SealKey, is_sealed};
use crate::serial::SerialTurns;

/// What plans are made and carried out with. One for all plans of a host.
pub(crate) struct PlansContext {
    pub(crate) store: Arc<dyn PlanStore>,
    pub(crate) guards: Guards,
    pub(crate) config: PlansConfig,
    pub(crate) key: SealKey,
    /// What this host calls itself in leases.
    pub(crate) owner: String,
    pub(crate) clock: Arc<dyn PlanClock>,
    pub(crate) trail: Arc<AuditTrail>,
    /// Who can decide of plans.
    pub(crate) people: People,
    /// What they decided.
    pub(crate) decision_log: DecisionLog,
    /// Who has to: the operator's rules, as they are now.
    pub(crate) policy: RwLock<Arc<DecisionPolicy>>,
    /// Where the console serves, once it does: `http://souk.localhost:8808/console`.
    pub(crate) console: RwLock<Option<String>>,
    /// Whose turn it is, of writes that may not run side by side.
    pub(crate) serial: SerialTurns,
    /// Who is told of plans that wait or fail.
    pub(crate) notices: NoticeOutlet,
    /// What this host carries out now.
    pub(crate) runs: Arc<ActiveRuns>,
}

/// A plan's items in certain states, a page at a time: a plan of any length takes the memory of one
/// page.
///
/// Each page is read when it is asked for, so that an item whose state changed meanwhile comes, or
/// comes not, by its new state; none comes twice.
pub(crate) struct ItemCursor<'a> {
    context: &'a PlansContext,
    plan: &'a PlanId,
    states: &'a [ItemState],
    after: Option<u32>,
}

/// A plan that was held to its seal.
pub(crate) struct VerifiedPlan {
    /// The tier of carrying it out: as it was sealed, or that of what it writes where that is more by now.
    pub(crate) tier: Tier,
    /// Its items.
    pub(crate) items: ItemDigests,
}

/// The plan, or an item of it, is not the one that was reviewed.
pub(crate) fn tampered(plan: &PlanId) -> Failure {
    refuse(
        "plan-seal",
        Code::Forbidden,
        format!("the plan `{plan}` is not as it was reviewed: it was tampered with"),
        "propose it again, and find out who can write the state directory".into(),
    )
}

impl ItemCursor<'_> {
    /// The next page, which is never empty; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<(PlanItem, ItemProgress)>>, Failure> {
        let Self { context, plan, states, after } = self;
        let page = context.store.items(plan, *after, context.config.chunk, states).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        *after = Some(last.n);
        Ok(Some(page))
    }
}

impl PlansContext {
    /// Who has to decide, as the operator's rules are now.
    pub(crate) fn policy(&self) -> Arc<DecisionPolicy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the console shows a plan, if it serves.
    pub(crate) fn console_page(&self, plan: &PlanId) -> Option<String> {
        let console = self.console.read().unwrap_or_else(PoisonError::into_inner);
        console.as_deref().map(|base| format!("{base}/plans/{plan}"))
    }

    /// Now, in milliseconds since 1970, UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// When a plan that is proposed now can no longer be started.
    pub(crate) fn expiry(&self, created_ms: i64) -> i64 {
        created_ms + i64::from(self.config.expiry_min) * 60_000
    }

    /// A plan that this principal may see; none: the operator, who may see all.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, also for another principal's plan: that it exists is not said.
    pub(crate) async fn get(
        &self,
        principal: Option<&Principal>,
        id: &PlanId,
    ) -> Result<StoredPlan, Failure> {
        let stored = self.store.plan(id).await?;
        stored
            .filter(|stored| {
                principal.is_none_or(|principal| principal.as_str() == stored.header.principal)
            })
            .ok_or_else(|| {
                Failure::new(Code::PlanNotFound, format!("there is no plan `{id}` of yours"))
                    .remedy("`plans_list` shows the plans there are")
            })
    }

    /// A plan that must be there, since this host is at work on it.
    pub(crate) async fn own(&self, id: &PlanId) -> Result<StoredPlan, Failure> {
        let stored = self.store.plan(id).await?;
        stored.ok_or_else(|| Failure::internal(format!("the plan `{id}` is gone")))
    }

    /// The items of a plan that are in one of these states; of none given, all.
    pub(crate) fn cursor<'a>(
        &'a self,
        plan: &'a PlanId,
        states: &'a [ItemState],
    ) -> ItemCursor<'a> {
        ItemCursor { context: self, plan, states, after: None }
    }

    /// Reads the whole plan again and holds it to its digest and seal.
    ///
    /// # Errors
    /// FORBIDDEN where it is not the one that was reviewed.
    pub(crate) async fn verify(&self, stored: &StoredPlan) -> Result<VerifiedPlan, Failure> {
        let id = &stored.header.id;
        if stored.is_forgotten {
            return Err(StoreError::Forgotten(id.clone()).into());
        }
        let (mut hasher, mut items) = (PlanHasher::default(), ItemDigests::default());
        let tampered = || tampered(id);
        let mut tier = stored.header.commit_tier();
        // Of what takes a plan back more is known than its items say: it is as it was sealed.
        let is_undo = matches!(stored.header.origin, PlanOrigin::Undo { .. });
        let mut cursor = self.cursor(&stored.header.id, &[]);
        while let Some(page) = cursor.next().await? {
            for (item, _) in &page {
                hasher.add(item).and_then(|()| items.add(item)).map_err(|_| tampered())?;
                if !is_undo {
                    tier = tier.max(self.guards.catalogue.tier_of_change(&item.change));
                }
            }
        }
        let digest = hasher.finish(&stored.header).map_err(|_| tampered())?;
        if digest == stored.digest && is_sealed(&self.key, &digest, &stored.seal) {
            return Ok(VerifiedPlan { tier, items });
        }
        Err(tampered())
    }

    /// What persons decided, as it is now.
    ///
    /// # Errors
    /// FORBIDDEN where it is not as hosts wrote it down; it cannot be read.
    pub(crate) async fn decided(&self) -> Result<MutexGuard<'_, KnownDecisions>, Failure> {
        self.decision_log.now(&*self.store, &self.key).await
    }

    /// Writes down what somebody decided.
    ///
    /// # Errors
    /// As [`decided`](Self::decided); it cannot be written.
    pub(crate) async fn log_decision(
        &self,
        plan: Option<&PlanId>,
        logged: &LoggedDecision,
        effect: &DecisionEffect,
    ) -> Result<DecisionWrite, Failure> {
        let now = self.now_ms();
        self.decision_log.append(&*self.store, &self.key, (plan, logged), effect, now).await
    }

    /// Refuses writes that could not be put on the audit trail.
    ///
    /// # Errors
    /// That no line can be appended now.
    pub(crate) fn check_trail(&self) -> Result<(), Failure> {
        self.trail.writable().map_err(|error| not_announced(&error))
    }
}
