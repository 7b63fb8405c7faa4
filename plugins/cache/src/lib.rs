//! The `cache` action group: purges of the full-page cache before the store.
//!
//! It owns what is purged for a product, a category or a list of addresses, and how that is told.
//! Which cache there is, where, and with which credentials is the host's; so is whether an address is
//! of the store.

mod address;
mod shown;
mod tagged;
mod urls;

use souk_sdk::{
    Action, ActionInfo, Bound, GRAPHQL, Group, Method, PRODUCT, PURGE_CATEGORY, PURGE_PRODUCT,
    PURGE_URL, STORE_CONFIGS, Tier,
};

use crate::tagged::CATEGORY;
use crate::urls::MOST_PURGES;

fn cache() -> Group {
    Group {
        name: "cache",
        version: env!("CARGO_PKG_VERSION"),
        title: "Cache",
        description: "Purge pages of the full-page cache before the store: Fastly or Varnish.",
        actions: vec![
            Action::apply(
                urls::purge,
                ActionInfo {
                    name: "purge_by_url",
                    title: "Purge pages by address",
                    description: "Purges up to 50 pages of the store from Fastly or Varnish, by \
                        their whole addresses, without wildcards. Answers what became of each. \
                        Pages at addresses of another store or with another query stay. A \
                        Varnish whose VCL takes no purge by URL (Magento's stock VCL) is asked \
                        to purge the product or category that the page shows instead, and with \
                        it all pages that show it: `via` says so.",
                },
                Bound::AtMost(MOST_PURGES),
            )
            .tier(Tier::Risk)
            .reads(STORE_CONFIGS)
            .reads(GRAPHQL)
            .writes(Method::Post, PURGE_URL)
            .writes(Method::Post, PURGE_PRODUCT)
            .writes(Method::Post, PURGE_CATEGORY),
            Action::apply(
                tagged::purge_product,
                ActionInfo {
                    name: "purge_product",
                    title: "Purge a product's pages",
                    description: "Purges every page that shows the product from Fastly or Varnish: \
                        its own and those of lists that it is in, in all store views.",
                },
                Bound::AtMost(1),
            )
            .tier(Tier::Risk)
            .reads(PRODUCT)
            .writes(Method::Post, PURGE_PRODUCT),
            Action::apply(
                tagged::purge_category,
                ActionInfo {
                    name: "purge_category",
                    title: "Purge a category's pages",
                    description: "Purges every page of the category from Fastly or Varnish, in all \
                        store views.",
                },
                Bound::AtMost(1),
            )
            .tier(Tier::Risk)
            .reads(CATEGORY)
            .writes(Method::Post, PURGE_CATEGORY),
        ],
    }
}

souk_sdk::export!(cache);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
