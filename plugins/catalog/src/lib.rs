//! The `catalog` action group: find products, read one, change many.
//!
//! It owns the words of its tools and how their arguments become Magento's search criteria; what
//! Magento makes of those is the SDK's knowledge.

mod bulk;
mod get;
mod search;

souk_sdk::core::group! {
    /// Catalogue
    ///
    /// Find products and read them, in any view of the store.
    catalog: [search::search_products, get::get_product, bulk::prepare_bulk_update]
}
