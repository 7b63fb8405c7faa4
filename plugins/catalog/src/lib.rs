//! The `catalog` action group: find products, read one, change many.
//!
//! It owns the words of its tools and how their arguments become Magento's search criteria; what
//! Magento makes of those is the SDK's knowledge.

mod bulk;
mod get;
mod search;

use souk_sdk::{Action, ActionInfo, Group, PRODUCT, PRODUCTS};

fn catalog() -> Group {
    let mut group = Group {
        name: "catalog",
        version: env!("CARGO_PKG_VERSION"),
        title: "Catalogue",
        description: "Find products and read them, in any view of the store.",
        actions: vec![
            Action::query(
                search::search,
                ActionInfo {
                    name: "search_products",
                    title: "Search products",
                    description: "Finds products by the values of their attributes, in one store \
                        view or globally, a page at a time. Answers items, total_count over all \
                        pages, and search_criteria as Magento understood them. Name `fields` to \
                        keep answers short. Sorted by entity id unless told otherwise; sorting by \
                        price drops products that are not in the price index (disabled, out of \
                        stock, in no website).",
                },
            )
            .reads(PRODUCTS)
            .reads(souk_sdk::SCOPES),
            Action::query(
                get::get,
                ActionInfo {
                    name: "get_product",
                    title: "Get a product",
                    description: "Reads everything about the product with this sku, as the store \
                        view in `scope` shows it: prices, status, stock, images, links, category \
                        ids, and custom attributes such as description, url_key, special_price and \
                        meta_title.",
                },
            )
            .reads(PRODUCT)
            .reads(souk_sdk::SCOPES),
        ],
    };
    group.actions.extend(bulk::actions());
    group
}

souk_sdk::export!(catalog);
