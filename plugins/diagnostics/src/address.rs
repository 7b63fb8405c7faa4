//! Where a product's page is, as the storefront's GraphQL tells it.
//!
//! Asked for the address beneath all others, `catalog/product/view/id/2`, `route` answers the one that
//! shoppers see, and nothing where no URL rewrite has it (`system.jsonl`, `gql-route-canonical`).

use serde::Deserialize;
use serde_json::json;
use souk_sdk::{Product, Read, Route};

use crate::shop::View;

/// Asked by the host without credentials.
pub(crate) const GRAPHQL: Route<0> = Route::new("/graphql");

/// The answer to [`address_of`].
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    route: Option<Led>,
}

#[derive(Debug, Deserialize)]
struct Led {
    relative_url: Option<String>,
}

impl Answer {
    /// The address; `None` where no rewrite gives the product one.
    pub(crate) fn address(self) -> Option<String> {
        self.data.route?.relative_url
    }
}

/// Asks after a product's address in a view.
pub(crate) fn address_of(product: &Product, view: &View) -> Read {
    let id = product.integer("id").unwrap_or_default();
    let variables = json!({ "u": format!("catalog/product/view/id/{id}") });
    GRAPHQL
        .read([])
        .query("query", "query($u:String!){route(url:$u){relative_url}}")
        .query("variables", &variables.to_string())
        .at(view.at())
}
