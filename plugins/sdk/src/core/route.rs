//! Routes, and reads made of them.

use super::{Binding, BindingSource, Method, Read, StoreView};
use crate::bindings::exports::souk::plugin::actions;
use crate::bindings::souk::plugin::types;

/// A GET route of a back end, with `N` parameters in braces.
///
/// Declared once as a constant, it is both what an action is granted and what its handler asks. Its
/// spelling and the number of its parameters are checked when the plugin is compiled:
///
/// ```
/// use souk_sdk::core::Route;
/// const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
/// let read = PRODUCT.read(["24-MB01"]);
/// assert_eq!(read.route.template, "/V1/products/{sku}");
/// ```
///
/// ```compile_fail
/// use souk_sdk::core::Route;
/// const PRODUCT: Route<2> = Route::new("/V1/products/{sku}");
/// let read = PRODUCT.read(["24-MB01", "and what is this?"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<const N: usize> {
    upstream: &'static str,
    pattern: &'static str,
}

impl<const N: usize> Route<N> {
    /// A route of the store: of the back end `magento`.
    ///
    /// # Panics
    /// When the pattern is not a route or has not `N` parameters; in a constant that is an error of
    /// compilation.
    #[must_use]
    pub const fn new(pattern: &'static str) -> Self {
        Self::of(STORE, pattern)
    }

    /// A route of another back end, by its name in the operator's configuration.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub const fn of(upstream: &'static str, pattern: &'static str) -> Self {
        assert!(
            parameters(pattern.as_bytes()) == N,
            "the route has another number of parameters than its type says"
        );
        Self { upstream, pattern }
    }

    /// A read of this route with these parameters, in the route's order, in the session's view of
    /// the store.
    #[must_use]
    pub fn read(&self, parameters: [&str; N]) -> Read {
        self.read_by(parameters.map(|text| BindingSource::Text(text.to_owned())))
    }

    /// A read whose parameters may be the subject of a change: for the lookups of a draft.
    #[must_use]
    pub fn read_by(&self, parameters: [BindingSource; N]) -> Read {
        let names = self.pattern.split('/').filter_map(|segment| {
            segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
        });
        Read {
            route: described(self.upstream, self.pattern),
            path: names
                .zip(parameters)
                .map(|(name, value)| Binding { name: name.to_owned(), value })
                .collect(),
            query: Vec::new(),
            view: StoreView::SessionDefault,
        }
    }

    pub(crate) const fn grant(&self, method: Option<Method>) -> Grant {
        Grant { method, upstream: self.upstream, pattern: self.pattern, fields: None }
    }
}

/// A request that an action may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grant {
    /// `None` for reads.
    pub(crate) method: Option<Method>,
    pub(crate) upstream: &'static str,
    pub(crate) pattern: &'static str,
    /// Of a write: the fields that it may set; `None` for any.
    pub(crate) fields: Option<&'static [&'static str]>,
}

impl Grant {
    /// The grant as the contract spells it.
    pub(crate) fn describe(self) -> actions::Grant {
        let route = described(self.upstream, self.pattern);
        match self.method {
            None => actions::Grant::Read(route),
            Some(method) => {
                let fields = self.fields.map(|all| all.iter().map(|&one| one.to_owned()).collect());
                actions::Grant::Write(actions::WriteGrant { method, route, fields })
            }
        }
    }

    /// Whether this grants a request to this route.
    pub(crate) fn is_of(self, route: &types::Route) -> bool {
        described(self.upstream, self.pattern) == *route
    }
}

/// The back end that is meant where a plugin names none.
const STORE: &str = "magento";

fn described(upstream: &str, template: &str) -> types::Route {
    types::Route {
        upstream: (upstream != STORE).then(|| upstream.to_owned()),
        template: template.to_owned(),
    }
}

pub(crate) fn binding(name: &str, value: &str) -> Binding {
    Binding { name: name.to_owned(), value: BindingSource::Text(value.to_owned()) }
}

impl Read {
    /// Adds a query parameter. The host encodes both name and value.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push(binding(name, value));
        self
    }

    /// Asks this view of the store and not the session's.
    #[must_use]
    pub fn in_view(mut self, view: StoreView) -> Self {
        self.view = view;
        self
    }
}

/// Counts a route's parameters and panics where the text is not a route: the host's grammar, so
/// that a plugin that compiles is not refused for its routes.
const fn parameters(pattern: &[u8]) -> usize {
    assert!(!pattern.is_empty() && pattern[0] == b'/', "a route must begin with `/`");
    let mut count = 0;
    let mut at = 1;
    while at <= pattern.len() {
        let start = at;
        while at < pattern.len() && pattern[at] != b'/' {
            at += 1;
        }
        assert!(at > start, "a route may not have an empty segment");
        if pattern[start] == b'{' {
            assert!(
                pattern[at - 1] == b'}' && at - start > 2,
                "a parameter is one whole `{{name}}`"
            );
            all_of_a_word(pattern, start + 1, at - 1, false);
            count += 1;
        } else {
            all_of_a_word(pattern, start, at, true);
        }
        at += 1;
    }
    count
}

const fn all_of_a_word(pattern: &[u8], from: usize, to: usize, literal: bool) {
    let mut at = from;
    while at < to {
        let byte = pattern[at];
        let inside = byte.is_ascii_alphanumeric()
            || byte == b'_'
            || (literal
                && (byte == b'-' || (byte == b'.' && at > from && pattern[at - 1] != b'.')));
        assert!(
            inside,
            "a segment is letters, digits, `-`, `_` and single dots, or one `{{name}}`"
        );
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_in_order_and_by_name() {
        const LINK: Route<2> = Route::new("/V1/products/{sku}/links/{type}");
        let read = LINK.read(["a/b", "related"]);
        assert_eq!(read.path, [binding("sku", "a/b"), binding("type", "related")]);
        assert_eq!(read.view, StoreView::SessionDefault);
    }

    #[test]
    fn what_is_not_a_route_does_not_compile() {
        for wrong in ["", "V1", "/", "/V1/", "/V1//a", "/V1/../a", "/V1/a{b}", "/{a}{b}", "/V1/a?b"]
        {
            assert!(
                std::panic::catch_unwind(|| parameters(wrong.as_bytes())).is_err(),
                "`{wrong}` passed"
            );
        }
        assert_eq!(parameters(b"/V1/inventory/get-product-salable-quantity/{sku}/{stockId}"), 2);
    }
}
