//! From what a plugin asks to an address that may be sent.

use souk_model::{Binding, Grant, Method, Read, Route, StoreView};

use super::binding_values::BindingValues;
use super::grant_route::check_grant;
use super::missing_grant::MissingGrant;
use super::path_and_query;
use super::store_view::check_store_view;
use crate::refusal::Refusal;

/// A request without its method: what reads and writes have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestAddress {
    pub(super) upstream: String,
    pub(super) route: Route,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) view: StoreView,
}

/// A request as a plugin makes it, before it is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct RouteRequest<'a> {
    pub(super) upstream: &'a str,
    pub(super) method: Method,
    pub(super) route: &'a str,
    pub(super) path: &'a [Binding],
    pub(super) query: &'a [Binding],
    pub(super) view: &'a StoreView,
}

impl RouteRequest<'_> {
    /// The only way to a request that is sent: granted, with each value in its place.
    pub(super) fn bind(
        &self,
        grants: &[Grant],
        values: BindingValues<'_>,
    ) -> Result<RequestAddress, Refusal> {
        let grant = self.grant(grants)?;
        check_store_view(self.view)?;
        Ok(RequestAddress {
            upstream: grant.upstream.clone(),
            path: path_and_query::path(&grant.route, self.path, values)?,
            query: path_and_query::query(self.query, values)?,
            route: grant.route.clone(),
            view: self.view.clone(),
        })
    }

    /// Whether this grant is of the same method, back end and route, compared as text.
    pub(super) fn is_granted_by(&self, grant: &Grant) -> bool {
        grant.method == self.method
            && grant.upstream == self.upstream
            && grant.route.as_str() == self.route
    }

    /// The grant that has this method, back end and route.
    pub(super) fn grant<'g>(&self, grants: &'g [Grant]) -> Result<&'g Grant, Refusal> {
        let grant = grants.iter().find(|grant| self.is_granted_by(grant)).ok_or_else(|| {
            Refusal::from(MissingGrant::request(self.method, self.route, self.upstream))
        })?;
        // Whoever made the list of grants: no request leaves by a route that cannot be granted.
        check_grant(grant)?;
        Ok(grant)
    }
}

impl<'a> From<&'a Read> for RouteRequest<'a> {
    fn from(read: &'a Read) -> Self {
        Self {
            upstream: &read.upstream,
            method: Method::Get,
            route: &read.route,
            path: &read.path,
            query: &read.query,
            view: &read.view,
        }
    }
}
