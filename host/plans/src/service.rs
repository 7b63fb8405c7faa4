//! What the rest of the host asks of plans: to keep them, show them, throw them away.

use std::sync::Arc;

use souk_model::plan::{Header, Intent, Item, ItemState, Origin, PlanId, Progressed};
use souk_model::{Action, Code, Failure, Principal};
use souk_state::audit::AuditTrail;
use souk_state::plans::{Filter, PlanStore, Stored};
use souk_upstream::Session;

use crate::clock::Clock;
use crate::commit::already;
use crate::config::Config;
use crate::digest::SealKey;
use crate::draft::{Draft, Proposer};
use crate::guards::Guards;

/// Proposes, keeps and carries out plans.
pub struct Plans {
    pub(crate) store: Arc<dyn PlanStore>,
    pub(crate) guards: Guards,
    pub(crate) config: Config,
    pub(crate) key: SealKey,
    pub(crate) owner: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) trail: Arc<AuditTrail>,
}

/// What is proposed, apart from where and by whom.
pub(crate) struct Proposing<'a> {
    pub(crate) origin: Origin,
    pub(crate) group: String,
    pub(crate) action: &'a Action,
    pub(crate) intent: Intent,
}

impl Plans {
    /// Plans in this store, under these guards.
    #[must_use]
    pub fn new(
        store: Arc<dyn PlanStore>,
        guards: Guards,
        config: Config,
        key: SealKey,
        clock: Arc<dyn Clock>,
        trail: Arc<AuditTrail>,
    ) -> Arc<Self> {
        let owner = format!("{}-{:016x}", std::process::id(), fastrand::u64(..));
        Arc::new(Self { store, guards, config, key, owner, clock, trail })
    }

    /// Takes away what nobody will ask for again: drafts of dead hosts, plans that ended long ago.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn tidy(&self) -> Result<u64, Failure> {
        let now = self.clock.now_ms();
        let hour = 60 * 60 * 1_000;
        let kept = i64::from(self.config.keep_days) * 24 * hour;
        Ok(self.store.purge(now - hour, now - kept).await?)
    }

    /// Begins a draft for a plugin's action.
    ///
    /// # Errors
    /// FORBIDDEN where the action's effect is neither prepare nor apply.
    pub async fn draft(
        self: &Arc<Self>,
        proposer: Proposer,
        intent: Intent,
    ) -> Result<Draft, Failure> {
        Draft::begin(self.clone(), proposer, intent).await
    }

    pub(crate) fn header(
        &self,
        principal: &Principal,
        session: &Session,
        proposing: Proposing<'_>,
    ) -> Result<Header, Failure> {
        let Proposing { origin, group, action, intent } = proposing;
        let info = session.info();
        let created_ms = self.clock.now_ms();
        Ok(Header {
            id: new_id()?,
            origin,
            group,
            tool: action.tool.clone(),
            tier: action.tier,
            grants: action.grants.clone(),
            principal: principal.to_string(),
            store: info.store,
            environment: info.environment,
            base_url: info.base_url,
            summary: intent.summary,
            at: intent.at,
            lookup: intent.lookup,
            created_ms,
            expires_ms: self.expiry(created_ms),
            count: 0,
            unverifiable: 0,
            warnings: Vec::new(),
        })
    }

    pub(crate) fn expiry(&self, from_ms: i64) -> i64 {
        from_ms + i64::from(self.config.expiry_min) * 60_000
    }

    /// A plan that this principal may see.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, also for another principal's plan: its existence is not told.
    pub async fn get(&self, principal: Option<&Principal>, id: &PlanId) -> Result<Stored, Failure> {
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

    /// Plans, newest first.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Stored>, Failure> {
        Ok(self.store.list(filter).await?)
    }

    /// A page of a plan's items, in their order.
    ///
    /// # Errors
    /// The store cannot be reached, or a row is damaged.
    pub async fn items(
        &self,
        plan: &PlanId,
        after: Option<u32>,
        limit: u32,
        states: &[ItemState],
    ) -> Result<Vec<(Item, Progressed)>, Failure> {
        Ok(self.store.items(plan, after, limit, states).await?)
    }

    /// Throws a proposed plan away.
    ///
    /// # Errors
    /// PLAN_NOT_FOUND, or that it was started already.
    pub async fn discard(&self, principal: Option<&Principal>, id: &PlanId) -> Result<(), Failure> {
        let stored = self.get(principal, id).await?;
        if self.store.discard(id).await? {
            return Ok(());
        }
        Err(already(&stored))
    }
}

pub(crate) fn new_id() -> Result<PlanId, Failure> {
    let mut bytes = [0; 22];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(PlanId::from_random(bytes))
}
