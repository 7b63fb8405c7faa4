//! Purges of the cache before the store.

use souk_model::{Grant, Method, PurgeTarget, Route, StoreView, WriteMethod};

use super::route_request::RouteRequest;
use crate::refusal::Refusal;

/// A purge that a grant allows. Only [`permit_purge`] makes one, and a back end's purger takes
/// nothing else. Whether an address is the store's own, the back end decides: it knows the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedPurge {
    target: PurgeTarget,
    route: Route,
}

impl PermittedPurge {
    /// What is purged.
    #[must_use]
    pub const fn target(&self) -> &PurgeTarget {
        &self.target
    }

    /// The route as granted, for logs and the audit trail.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }
}

/// Decides whether an action with these grants may purge this.
///
/// ```
/// use souk_model::{Grant, Method, PurgeTarget, WriteMethod};
/// use souk_policy::permit_purge;
///
/// let grant = Grant::new("cdn", Method::Write(WriteMethod::Post), "/purge/product/{id}".parse().unwrap());
/// assert!(permit_purge(&[grant.clone()], PurgeTarget::Product(7)).is_ok());
/// assert_eq!(permit_purge(&[grant], PurgeTarget::Category(7)).unwrap_err().rule, "grant");
/// ```
///
/// # Errors
/// A refusal by the rule `grant`.
pub fn permit_purge(grants: &[Grant], target: PurgeTarget) -> Result<PermittedPurge, Refusal> {
    let request = RouteRequest {
        upstream: PurgeTarget::UPSTREAM,
        method: Method::Write(WriteMethod::Post),
        route: target.route(),
        path: &[],
        query: &[],
        view: &StoreView::Global,
    };
    let route = request.grant(grants)?.route.clone();
    Ok(PermittedPurge { target, route })
}
