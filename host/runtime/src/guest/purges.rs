//! The host's side of `cache`: purges that a plugin asks for.

use souk_model::{Failure, PurgeTarget, Tier};
use souk_plans::{PurgeRequest, PurgeResult, WriteFacts};

use super::bindings::souk::plugin::{cache, types};
use super::call_context::not_logged_in;
use super::proposals::no_plans;
use super::state::GuestState;

/// Customers see at once what a purge does, and the store works for each page again. The catalogue of
/// writes says the same of the routes that are granted, for the list of tools.
const PURGE_TIER: Tier = Tier::Risk;

impl GuestState {
    /// Who asks for purges, and on which terms.
    fn purging(&mut self, count: usize) -> Result<PurgeRequest, Failure> {
        let call = self.call()?;
        call.may_apply()?;
        let write = WriteFacts { tier: PURGE_TIER, need: None, plan: None };
        (call.gate)(&write)?;
        let session = call.session.clone().ok_or_else(not_logged_in)?;
        let roles = (call.reach)(&session.info().store, None)?;
        // Pages may be other ones afterwards.
        call.reads.end();
        let before = call.purges;
        call.purges = before.saturating_add(count);
        Ok(PurgeRequest {
            principal: call.principal.clone(),
            roles,
            session,
            action: call.action.clone(),
            before,
            options: call.options.clone(),
        })
    }

    async fn purge_all(&mut self, targets: Vec<PurgeTarget>) -> Vec<Result<PurgeResult, Failure>> {
        let asked = self.purging(targets.len()).and_then(|purging| {
            let plans = self.call()?.plans.clone();
            Ok((plans.ok_or_else(no_plans)?, purging))
        });
        match asked {
            Ok((plans, purging)) => {
                let purged = plans.purge(purging, targets).await;
                if let Ok(call) = self.call() {
                    call.effects.purged(&purged);
                    // Where nothing was purged it is the host's word why, not the plugin's.
                    if purged.iter().all(Result::is_err)
                        && let Some(Err(failure)) = purged.first()
                    {
                        call.effects.not_carried_out(failure);
                    }
                }
                purged
            }
            Err(failure) => targets.iter().map(|_| Err(failure.clone())).collect(),
        }
    }
}

impl cache::Host for GuestState {
    async fn purge(
        &mut self,
        targets: Vec<cache::PurgeTarget>,
    ) -> wasmtime::Result<Vec<Result<cache::PurgeResult, types::Failure>>> {
        self.enter_host()?;
        self.usage.request(targets.len())?;
        // A cache that is slow to answer is not the plugin's fault.
        let paused = self.clock.pause();
        let purged = self.purge_all(targets.into_iter().map(PurgeTarget::from).collect()).await;
        drop(paused);
        Ok(purged
            .into_iter()
            .map(|purged| purged.map(cache::PurgeResult::from).map_err(types::Failure::from))
            .collect())
    }
}

impl From<cache::PurgeTarget> for PurgeTarget {
    fn from(target: cache::PurgeTarget) -> Self {
        match target {
            cache::PurgeTarget::Url(url) => Self::Url(url),
            cache::PurgeTarget::Product(id) => Self::Product(id),
            cache::PurgeTarget::Category(id) => Self::Category(id),
        }
    }
}

impl From<PurgeResult> for cache::PurgeResult {
    fn from(purged: PurgeResult) -> Self {
        let PurgeResult { id, provider, previewed } = purged;
        Self { id, provider: provider.to_owned(), previewed }
    }
}
