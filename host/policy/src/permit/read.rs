//! Reads.

use souk_model::{Grant, Method, Read, Route, StoreView};

use super::binding_values::BindingValues;
use super::route_request::{RequestAddress, RouteRequest};
use crate::refusal::Refusal;

/// A read that a grant allows, in the form in which it is sent.
///
/// Only [`permit`](permit()), [`permit_lookup`] and [`permit_batch`](crate::permit_batch) make one, and a back end takes nothing
/// else, so what was checked and what is sent cannot differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedRead(pub(super) RequestAddress);

impl PermittedRead {
    /// The back end's name in the operator's configuration.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.0.upstream
    }

    /// The method: always GET.
    #[must_use]
    pub const fn method(&self) -> Method {
        Method::Get
    }

    /// The encoded path that follows `/rest/{store}`: `/V1/products/LAB%2F1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The encoded query, without `?`; empty where there is none. Names and values hold only
    /// unreserved characters and `%XX`; each parameter has exactly one `=`.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.0.query
    }

    /// Which view of the store is asked. A code in it has Magento's form but may not exist.
    #[must_use]
    pub const fn view(&self) -> &StoreView {
        &self.0.view
    }

    /// The route as granted, for logs and metrics.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.0.route
    }
}

/// Decides whether an action with these grants may make this read, and encodes it.
///
/// The route is compared with the grants as text, never as a pattern. Each parameter becomes one
/// encoded segment of the path, each of the query one encoded `name=value`.
///
/// ```
/// use souk_model::{Binding, Grant, Method, Read, StoreView};
/// use souk_policy::permit;
///
/// let route = "/V1/products/{sku}";
/// let grant =
///     Grant::new("magento", Method::Get, route.parse().unwrap());
/// let read = Read {
///     upstream: "magento".into(),
///     route: route.into(),
///     path: vec![Binding::text("sku", "LAB/1 + 50%")],
///     query: vec![Binding::text("fields", "sku,name")],
///     view: StoreView::Global,
/// };
/// let permitted = permit(&[grant], &read).unwrap();
/// assert_eq!(permitted.path(), "/V1/products/LAB%2F1%20%2B%2050%25");
/// assert_eq!(permitted.query(), "fields=sku%2Cname");
/// assert_eq!(permit(&[], &read).unwrap_err().rule, "grant");
/// ```
///
/// # Errors
/// A refusal by the rule `grant`, `parameters`, `path-segment`, `query` or `store-view`.
pub fn permit(grants: &[Grant], read: &Read) -> Result<PermittedRead, Refusal> {
    RouteRequest::from(read).bind(grants, BindingValues::TEXTS).map(PermittedRead)
}

/// As [`permit`](permit()), for a read about one subject of a plan: parameters may be the subject's id.
///
/// ```
/// use souk_model::{Binding, Grant, Method, Read, BindingSource, StoreView};
/// use souk_policy::permit_lookup;
///
/// let route = "/V1/products/{sku}";
/// let grant =
///     Grant::new("magento", Method::Get, route.parse().unwrap());
/// let lookup = Read {
///     upstream: "magento".into(),
///     route: route.into(),
///     path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
///     query: vec![],
///     view: StoreView::Global,
/// };
/// let permitted = permit_lookup(&[grant], &lookup, "MUG/1").unwrap();
/// assert_eq!(permitted.path(), "/V1/products/MUG%2F1");
/// ```
///
/// # Errors
/// As [`permit`](permit()).
pub fn permit_lookup(
    grants: &[Grant],
    read: &Read,
    subject: &str,
) -> Result<PermittedRead, Refusal> {
    RouteRequest::from(read).bind(grants, BindingValues::of_subject(subject)).map(PermittedRead)
}
