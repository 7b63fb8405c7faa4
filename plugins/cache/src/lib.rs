//! The `cache` action group: purges of the full-page cache before the store.
//!
//! It owns what is purged for a product, a category or a list of addresses, and how that is said.
//! Which cache there is, where, and with which credentials is the host's; so is whether an address is
//! of the store.

mod page_subject;
mod purge_by_tag;
mod purge_by_url;
mod store_address;

souk_sdk::core::group! {
    /// Cache
    ///
    /// Purge pages of the full-page cache before the store: Fastly or Varnish.
    cache: [
        purge_by_url::purge_by_url,
        purge_by_tag::purge_product,
        purge_by_tag::purge_category,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
