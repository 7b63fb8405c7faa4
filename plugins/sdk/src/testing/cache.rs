//! A stand-in for the cache before the store.

use std::rc::Rc;

use super::host::Host;
use super::state::current_state;
use crate::core::route::Grant;
use crate::core::{
    Failure, FailureCode, Method, PURGE_CATEGORY, PURGE_PRODUCT, PURGE_URL, PurgeResult,
    PurgeTarget,
};

impl Host {
    /// With a cache that answers purges so. Without one they are refused, as by a host that has
    /// none configured.
    #[must_use]
    pub fn purging(
        self,
        answer: impl Fn(&PurgeTarget) -> Result<PurgeResult, Failure> + 'static,
    ) -> Self {
        self.state.record.borrow_mut().cache = Some(Rc::new(answer));
        self
    }

    /// What the cache was asked to purge so far, in order.
    #[must_use]
    pub fn purges(&self) -> Vec<PurgeTarget> {
        self.state.record.borrow().purges.clone()
    }
}

pub(crate) fn purge(what: &[PurgeTarget]) -> Vec<Result<PurgeResult, Failure>> {
    what.iter().map(purge_one).collect()
}

fn purge_one(target: &PurgeTarget) -> Result<PurgeResult, Failure> {
    let state = current_state()?;
    let wanted = grant(target);
    if !state.record.borrow().granted.contains(&wanted) {
        return Err(Failure::new(
            FailureCode::Forbidden,
            format!("the action has not declared that it asks `{}`", wanted.pattern),
        )
        .remedy("add it to its `purges(…)`"));
    }
    let purging = state.record.borrow().cache.clone();
    let purging = purging.ok_or_else(|| Failure::unavailable("no cache is configured"))?;
    state.record.borrow_mut().purges.push(target.clone());
    purging(target)
}

fn grant(target: &PurgeTarget) -> Grant {
    match target {
        PurgeTarget::Url(_) => PURGE_URL.grant(Some(Method::Post)),
        PurgeTarget::Product(_) => PURGE_PRODUCT.grant(Some(Method::Post)),
        PurgeTarget::Category(_) => PURGE_CATEGORY.grant(Some(Method::Post)),
    }
}
