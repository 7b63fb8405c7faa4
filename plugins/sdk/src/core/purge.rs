//! Purging the full-page cache that stands before the store.

use crate::core::{ApplyContext, Failure, PurgeResult, PurgeTarget, Route, host};

/// The grant to purge single pages: `.writes(Method::Post, PURGE_URL)`.
pub const PURGE_URL: Route<0> = Route::of("cdn", "/purge/url");
/// The grant to purge every page that shows a product.
pub const PURGE_PRODUCT: Route<1> = Route::of("cdn", "/purge/product/{id}");
/// The grant to purge every page that shows a category.
pub const PURGE_CATEGORY: Route<1> = Route::of("cdn", "/purge/category/{id}");

impl ApplyContext {
    /// Has the host purge each of these, and answers in their order; one failure does not stop the
    /// others. In a preview nothing is sent, and each answer says so.
    ///
    /// Which cache it is, where it is and how it is asked is the operator's configuration. Each
    /// target needs its grant: [`PURGE_URL`], [`PURGE_PRODUCT`] or [`PURGE_CATEGORY`].
    #[must_use]
    pub fn purge(&self, what: &[PurgeTarget]) -> Vec<Result<PurgeResult, Failure>> {
        host::purge(what)
    }
}
