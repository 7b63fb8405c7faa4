//! From what a plugin asks to what may be sent.

mod batch;
mod bind;
mod purge;
mod step;

pub use batch::permit_batch;
pub use purge::{PermittedPurge, permit_purge};
pub use step::{PermittedWrite, check_step, permit_step};

use souk_model::{Binding, Grant, Method, Read, Route, StoreView};

use self::bind::Values;
use crate::Refusal;
use crate::refusal::shown;

/// A request without its method: what reads and writes have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Addressed {
    upstream: String,
    route: Route,
    path: String,
    query: String,
    at: StoreView,
}

/// What is asked, before it is judged.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    upstream: &'a str,
    method: Method,
    route: &'a str,
    path: &'a [Binding],
    query: &'a [Binding],
    at: &'a StoreView,
}

impl Asked<'_> {
    /// The only way to a request that is sent: granted, with each value in its place.
    fn bind(&self, grants: &[Grant], values: Values<'_>) -> Result<Addressed, Refusal> {
        let grant = self.matching(grants)?;
        check_store_view(self.at)?;
        Ok(Addressed {
            upstream: grant.upstream.clone(),
            path: bind::path(&grant.route, self.path, values)?,
            query: bind::query(self.query, values)?,
            route: grant.route.clone(),
            at: self.at.clone(),
        })
    }

    fn matching<'g>(&self, grants: &'g [Grant]) -> Result<&'g Grant, Refusal> {
        let granted = grants.iter().find(|grant| {
            grant.method == self.method
                && grant.upstream == self.upstream
                && grant.route.as_str() == self.route
        });
        granted.ok_or_else(|| {
            Refusal::new(
                "grant",
                format!(
                    "the action has no grant for `{} {}` on `{}`",
                    self.method,
                    shown(self.route),
                    shown(self.upstream)
                ),
                "an action reaches only the routes it declares, spelt exactly so; its author must \
                 declare this one",
            )
        })
    }
}

impl<'a> From<&'a Read> for Asked<'a> {
    fn from(read: &'a Read) -> Self {
        Self {
            upstream: &read.upstream,
            method: Method::Get,
            route: &read.route,
            path: &read.path,
            query: &read.query,
            at: &read.at,
        }
    }
}

/// A read that a grant allows, in the form in which it is sent.
///
/// Only [`permit`], [`permit_lookup`] and [`permit_batch`] make one, and a back end takes nothing
/// else, so what was checked and what is sent cannot differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedRead(Addressed);

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
    pub const fn at(&self) -> &StoreView {
        &self.0.at
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
///     Grant { upstream: "magento".into(), method: Method::Get, route: route.parse().unwrap() };
/// let read = Read {
///     upstream: "magento".into(),
///     route: route.into(),
///     path: vec![Binding::text("sku", "LAB/1 + 50%")],
///     query: vec![Binding::text("fields", "sku,name")],
///     at: StoreView::Global,
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
    Asked::from(read).bind(grants, Values::TEXTS).map(PermittedRead)
}

/// As [`permit`], for a read about one subject of a plan: parameters may be the subject's id.
///
/// ```
/// use souk_model::{Binding, Grant, Method, Read, BindingSource, StoreView};
/// use souk_policy::permit_lookup;
///
/// let route = "/V1/products/{sku}";
/// let grant =
///     Grant { upstream: "magento".into(), method: Method::Get, route: route.parse().unwrap() };
/// let lookup = Read {
///     upstream: "magento".into(),
///     route: route.into(),
///     path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
///     query: vec![],
///     at: StoreView::Global,
/// };
/// let permitted = permit_lookup(&[grant], &lookup, "MUG/1").unwrap();
/// assert_eq!(permitted.path(), "/V1/products/MUG%2F1");
/// ```
///
/// # Errors
/// As [`permit`].
pub fn permit_lookup(
    grants: &[Grant],
    read: &Read,
    subject: &str,
) -> Result<PermittedRead, Refusal> {
    Asked::from(read).bind(grants, Values::of_subject(subject)).map(PermittedRead)
}

/// Magento's own rule for store codes: letters, digits and `_`, a letter first, in either case.
///
/// A code that the REST API itself takes for something else is none: `/rest/async/V1/…` is another
/// API than `/rest/de/V1/…`, and a request must stay on the route that was granted.
fn check_store_view(at: &StoreView) -> Result<(), Refusal> {
    let StoreView::View(code) = at else {
        return Ok(());
    };
    let first = code.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let rest = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if first && rest && code.len() <= MAX_STORE_CODE && !is_reserved(code) {
        return Ok(());
    }
    Err(Refusal::new(
        "store-view",
        format!("`{}` cannot be the code of a store view", shown(code)),
        "a code has letters, digits and `_`, and begins with a letter; \
         `scope_list_websites_stores` lists those of the store; global values have no code",
    ))
}

/// The length of Magento's column for store codes.
const MAX_STORE_CODE: usize = 32;

/// `all` for global values, `async` for the asynchronous API, `V1` for a version of the API.
fn is_reserved(code: &str) -> bool {
    let version = code.strip_prefix(['V', 'v']);
    version.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        || ["all", "async"].iter().any(|word| code.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
