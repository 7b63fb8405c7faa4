//! What a refused request would have needed: said in one sentence, which can be read back.

use std::fmt;

use souk_model::Method;

use crate::refusal::Refusal;
use crate::text::printable;

/// A grant that an action lacks.
///
/// What refuses a request says so in one sentence. A plugin passes it on, or puts words of its own
/// around it; [`find`](Self::find) finds it again in whatever became of it, for whoever writes the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingGrant {
    /// No grant is of this request.
    Request {
        /// Its method.
        method: Method,
        /// Its route, as the plugin spelt it.
        route: String,
        /// The back end's name.
        upstream: String,
    },
    /// There is a grant of the request, and it does not name this field of the body.
    Field {
        /// The request's method.
        method: Method,
        /// Its route.
        route: String,
        /// The field, as a pointer into the body.
        at: String,
    },
}

/// How the sentences begin and go on, in the order in which names stand between.
const NO_GRANT: [&str; 3] = ["the action has no grant for `", "` on `", "`"];
const NO_FIELD: [&str; 3] = ["the action may `", "`, but not with a value at `", "` of the body"];

impl MissingGrant {
    pub(super) fn request(method: Method, route: &str, upstream: &str) -> Self {
        let (route, upstream) = (printable(route), printable(upstream));
        Self::Request { method, route, upstream }
    }

    pub(super) fn field(method: Method, route: &str, at: &str) -> Self {
        Self::Field { method, route: printable(route), at: printable(at) }
    }

    /// The grant that a text says is lacking, if it says so: the first, where it says so of several.
    ///
    /// ```
    /// use souk_model::{Method, Read, StoreView};
    /// use souk_policy::{MissingGrant, permit};
    ///
    /// let read = Read {
    ///     upstream: "magento".into(),
    ///     route: "/V1/products".into(),
    ///     path: vec![],
    ///     query: vec![],
    ///     view: StoreView::Global,
    /// };
    /// let refused = permit(&[], &read).unwrap_err();
    /// let passed_on = format!("cannot count: {}", refused.message);
    /// let MissingGrant::Request { method, route, upstream } = MissingGrant::find(&passed_on).unwrap()
    /// else {
    ///     panic!("no grant is of it")
    /// };
    /// assert_eq!((method, &*route, &*upstream), (Method::Get, "/V1/products", "magento"));
    /// ```
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let request = between(text, NO_GRANT).and_then(|(request, upstream)| {
            let (method, route) = method_and_route(request)?;
            Some(Self::Request { method, route, upstream: upstream.to_owned() })
        });
        request.or_else(|| {
            let (request, at) = between(text, NO_FIELD)?;
            let (method, route) = method_and_route(request)?;
            Some(Self::Field { method, route, at: at.to_owned() })
        })
    }

    /// The request that it is of: `GET /V1/products`.
    #[must_use]
    pub fn request_line(&self) -> String {
        let (Self::Request { method, route, .. } | Self::Field { method, route, .. }) = self;
        format!("{method} {route}")
    }
}

/// What stands between three texts, where they follow each other.
fn between<'t>(text: &'t str, [first, second, third]: [&str; 3]) -> Option<(&'t str, &'t str)> {
    let (_, rest) = text.split_once(first)?;
    let (one, rest) = rest.split_once(second)?;
    let (other, _) = rest.split_once(third)?;
    Some((one, other))
}

fn method_and_route(request: &str) -> Option<(Method, String)> {
    let (method, route) = request.split_once(' ')?;
    Some((Method::try_from(method.to_owned()).ok()?, route.to_owned()))
}

impl fmt::Display for MissingGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, route, upstream } => {
                let [first, second, third] = NO_GRANT;
                write!(f, "{first}{method} {route}{second}{upstream}{third}")
            }
            Self::Field { method, route, at } => {
                let [first, second, third] = NO_FIELD;
                write!(f, "{first}{method} {route}{second}{at}{third}")
            }
        }
    }
}

impl From<MissingGrant> for Refusal {
    fn from(missing: MissingGrant) -> Self {
        let (rule, remedy) = match missing {
            MissingGrant::Request { .. } => (
                "grant",
                "an action reaches only the routes it declares, spelt exactly so; its author must \
                 declare this one",
            ),
            MissingGrant::Field { .. } => (
                "grant-fields",
                "an action's changes hold only the fields that its grant names; its author must name \
                 this one too",
            ),
        };
        Self::new(rule, missing.to_string(), remedy)
    }
}

#[cfg(test)]
mod tests {
    use souk_model::WriteMethod;

    use super::*;

    #[test]
    fn what_is_said_is_found_again_whatever_stands_around_it() {
        let put = Method::Write(WriteMethod::Put);
        for missing in [
            MissingGrant::request(Method::Get, "/V1/products/{sku}", "magento"),
            MissingGrant::request(put, "/purge/all", "cdn"),
            MissingGrant::field(put, "/V1/cmsBlock/{id}", "/block/content"),
            MissingGrant::request(Method::Get, "/V1/`x`\n", "a b"),
        ] {
            let around = format!("FORBIDDEN: `x` failed: {missing}\n\nhint: ask `somebody`");
            assert_eq!(MissingGrant::find(&around), Some(missing));
        }
        for other in [
            "",
            "the action has no grant for `GET /V1/x`",
            "the action has no grant for `x` on `y`",
        ] {
            assert_eq!(MissingGrant::find(other), None, "{other}");
        }
    }
}
