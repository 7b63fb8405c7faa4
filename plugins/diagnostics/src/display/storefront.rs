//! What one request to the storefront's GraphQL tells of a product in a view.

use souk_sdk::core::Read;
use souk_sdk::magento::GRAPHQL;
use souk_sdk::prelude::*;

use crate::store_views::StorefrontConfig;

/// How many categories one answer tells of.
const MOST_CATEGORIES: usize = 200;

/// Asks for all of it.
///
/// Asked for the address beneath all others, `catalog/product/view/id/2`, `route` answers the one that
/// shoppers see, and nothing where no URL rewrite has it (`graphql.jsonl`, `gql-route-canonical`).
/// `categories` answers those that are active. On one line: the host takes no control characters.
pub(super) fn page_query(product: &Product, categories: &[i64], view: StoreView) -> Read {
    let address = format!("catalog/product/view/id/{}", product.integer("id").unwrap_or_default());
    let mut query = "query($u:String!".to_owned();
    let mut variables = json!({ "u": address });
    let asks_categories = (1..=MOST_CATEGORIES).contains(&categories.len());
    if asks_categories {
        query.push_str(",$c:[String]");
        variables["c"] = categories.iter().map(ToString::to_string).collect();
    }
    query.push_str(
        "){storeConfig{website_id website_code root_category_id timezone}\
         route(url:$u){relative_url ...on ProductInterface{stock_status}}",
    );
    if asks_categories {
        query.push_str(&format!(
            "categories(filters:{{ids:{{in:$c}}}},pageSize:{MOST_CATEGORIES})\
             {{total_count items{{id name}}}}"
        ));
    }
    query.push('}');
    GRAPHQL.read([]).query("query", &query).query("variables", &variables.to_string()).in_view(view)
}

/// The answer.
#[record]
pub(super) struct PageAnswer {
    data: PageData,
}

#[record]
struct PageData {
    #[serde(rename = "storeConfig")]
    config: StorefrontConfig,
    route: Option<PageRoute>,
    #[serde(default)]
    categories: Option<ActiveCategories>,
}

#[record]
struct PageRoute {
    #[serde(default)]
    relative_url: Option<String>,
    #[serde(default)]
    stock_status: Option<String>,
}

#[record]
struct ActiveCategories {
    total_count: usize,
    items: Vec<ActiveCategory>,
}

#[record]
struct ActiveCategory {
    id: i64,
    #[serde(default)]
    name: Option<String>,
}

/// A product in a view, as its storefront tells.
pub(super) struct StorefrontView {
    pub(super) config: StorefrontConfig,
    route: Option<PageRoute>,
    active: Option<Vec<(i64, String)>>,
}

impl StorefrontView {
    pub(super) fn of(answer: Result<PageAnswer, Failure>) -> Result<Self, Failure> {
        let PageData { config, route, categories } = answer?.data;
        let active = categories.filter(|found| found.total_count <= found.items.len());
        let active = active.map(|found| {
            let items = found.items.into_iter();
            items.map(|item| (item.id, item.name.unwrap_or_default())).collect()
        });
        Ok(Self { config, route, active })
    }

    /// The product's address; `None` where it has none.
    pub(super) fn address(&self) -> Option<&str> {
        self.route.as_ref()?.relative_url.as_deref()
    }

    /// Whether it can be bought; `None` where it has no address by which to ask.
    pub(super) fn in_stock(&self) -> Option<bool> {
        let status = self.route.as_ref()?.stock_status.as_deref()?;
        Some(status == "IN_STOCK")
    }

    /// Those that were asked about and are active, with their names; `None` where it does not tell.
    pub(super) fn active_categories(&self) -> Option<&[(i64, String)]> {
        self.active.as_deref()
    }
}
