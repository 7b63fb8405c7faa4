//! Patterns of requests: what a key may let a plugin ask of back ends, parsed once.

use std::fmt;
use std::str::FromStr;

use souk_model::{Grant, Method, Route};

use crate::text::printable;

/// Which grants a list of the operator's means.
///
/// The whole grammar; whatever is not in it is an error, never a rule that silently means less:
///
/// | form | meaning |
/// |---|---|
/// | `GET /V1/products/{sku}` | this method on this route of the store, compared as text |
/// | `GET /V1/products/*` | this method on every route below `/V1/products` |
/// | `… on fastly` | the same of another back end |
///
/// A grant that is limited to some fields of a body is meant as the whole route is.
///
/// ```
/// use souk_policy::trust::GrantPattern;
/// let pattern = |text: &str| text.parse::<GrantPattern>();
/// for (text, grant, covers) in [
///     ("PUT /V1/products/{sku}", "PUT /V1/products/{sku} on magento", true),
///     ("PUT /V1/products/{sku}", "PUT /V1/products/{sku} on magento, only `/product/name`", true),
///     ("PUT /V1/products/{sku}", "PUT /V1/products/{id} on magento", false),
///     ("PUT /V1/products/{sku}", "PUT /V1/products/{sku} on other", false),
///     ("GET /V1/products/*", "GET /V1/products/{sku}/media on magento", true),
///     ("GET /V1/products/*", "PUT /V1/products/{sku} on magento", false),
///     ("GET /V1/products/*", "GET /V1/products on magento", false),
///     ("GET /V1/products/*", "GET /V1/products-render-info on magento", false),
///     ("POST /purge/url on cdn", "POST /purge/url on cdn", true),
/// ] {
///     assert_eq!(pattern(text).unwrap().covers(grant), covers, "{text}: {grant}");
/// }
/// for wrong in [
///     "", "*", "GET", "GET *", "get /V1/x", "GET V1/x", "* /V1/x", "GET /V1/*/x", "GET /V1/x*",
///     "GET /V1/x on", "GET /V1/x on two words", "GET  /V1/x", "GET /V1/x, only `/a`", "GET /*",
/// ] {
///     assert!(pattern(wrong).is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantPattern {
    method: Method,
    /// What is below it is meant where `is_below`, else the route itself.
    route: Route,
    is_below: bool,
    upstream: String,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a pattern of requests: {why}; write a method and a route, like \
     `GET /V1/products/{{sku}}` or `GET /V1/products/*`"
)]
pub struct InvalidGrantPattern {
    given: String,
    why: String,
}

impl GrantPattern {
    /// Whether it means a grant, as a manifest writes grants.
    #[must_use]
    pub fn covers(&self, grant: &str) -> bool {
        // A grant's fields only narrow it.
        let request = grant.split(", ").next().unwrap_or_default();
        let mut words = request.split(' ');
        let parts = (words.next(), words.next(), words.next(), words.next(), words.next());
        let (Some(method), Some(route), Some("on"), Some(upstream), None) = parts else {
            return false;
        };
        let is_there = if self.is_below {
            let rest = route.strip_prefix(self.route.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        } else {
            route == self.route.as_str()
        };
        method == self.method.as_str() && upstream == self.upstream && is_there
    }
}

impl FromStr for GrantPattern {
    type Err = InvalidGrantPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: String| InvalidGrantPattern { given: printable(text), why };
        let mut words = text.split(' ');
        let (Some(method), Some(route)) = (words.next(), words.next()) else {
            return Err(wrong("it has no route".to_owned()));
        };
        let upstream = match (words.next(), words.next(), words.next()) {
            (None, None, None) => Grant::STORE,
            (Some("on"), Some(upstream), None) if !upstream.is_empty() => upstream,
            _ => {
                return Err(wrong(
                    "after the route stands nothing, or `on` and a back end".to_owned(),
                ));
            }
        };
        let method = Method::try_from(method.to_owned()).map_err(wrong)?;
        let (route, is_below) = match route.strip_suffix("/*") {
            Some(above) => (above, true),
            None => (route, false),
        };
        let route: Route =
            route.parse().map_err(|error: souk_model::InvalidRoute| wrong(error.to_string()))?;
        Ok(Self { method, route, is_below, upstream: upstream.to_owned() })
    }
}

impl fmt::Display for GrantPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.is_below { "/*" } else { "" };
        write!(f, "{} {}{below} on {}", self.method, self.route, self.upstream)
    }
}
