//! Where a product's page is, as the storefront's GraphQL tells it.
//!
//! Asked for the address beneath all others, `catalog/product/view/id/2`, `route` answers the one that
//! shoppers see, and nothing where no URL rewrite has it (`graphql.jsonl`, `gql-route-canonical`).

use souk_sdk::{Product, Read, UrlResolution, resolve_url};

use crate::shop::View;

/// Asks after a product's address in a view.
pub(crate) fn address_of(product: &Product, view: &View) -> Read {
    let id = product.integer("id").unwrap_or_default();
    resolve_url(&format!("catalog/product/view/id/{id}"), "relative_url", view.at())
}

/// The address in the answer to [`address_of`]; `None` where no rewrite gives the product one.
pub(crate) fn address(answer: UrlResolution) -> Option<String> {
    answer.target()?.relative_url
}
