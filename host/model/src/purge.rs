//! What can be purged from the cache before a store.

use std::fmt;

/// One thing to purge.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PurgeTarget {
    /// One page, by its whole address.
    Url(String),
    /// Every page that shows this product, by its entity id.
    Product(u64),
    /// Every page that shows this category, by its id.
    Category(u64),
}

impl PurgeTarget {
    /// The name by which grants call the cache, whichever it is.
    pub const UPSTREAM: &'static str = "cdn";

    /// The routes that there are of it, each with the method POST.
    pub const ROUTES: [&'static str; 3] =
        ["/purge/url", "/purge/product/{id}", "/purge/category/{id}"];

    /// The route that an action must be granted, with the method POST.
    ///
    /// It is no address: each kind of cache has its own, which the host knows.
    #[must_use]
    pub const fn route(&self) -> &'static str {
        match self {
            Self::Url(_) => Self::ROUTES[0],
            Self::Product(_) => Self::ROUTES[1],
            Self::Category(_) => Self::ROUTES[2],
        }
    }
}

/// As the audit trail names it: `product 7`.
impl fmt::Display for PurgeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "url {url}"),
            Self::Product(id) => write!(f, "product {id}"),
            Self::Category(id) => write!(f, "category {id}"),
        }
    }
}
