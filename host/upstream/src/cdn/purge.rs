//! What is purged, and what a cache says of it.

use super::page_url::PageUrl;

/// What a purge drops from the cache.
#[derive(Debug)]
pub(crate) enum PurgeSubject {
    /// One page.
    Page(PageUrl),
    /// Every page that shows this product.
    Product(u64),
    /// Every page that shows this category.
    Category(u64),
}

/// What a cache answered to a purge that it carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeReceipt {
    /// The cache's own id of the purge, where it gives one.
    pub id: Option<String>,
    /// The status: 2xx.
    pub status: u16,
}
