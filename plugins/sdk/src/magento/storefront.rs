//! Where an address of the storefront leads, as its GraphQL tells.

use serde::Deserialize;
use serde_json::json;

use crate::core::{Read, Route, StoreView};

/// The storefront's GraphQL, which the host asks without credentials.
pub const GRAPHQL: Route<0> = Route::new("/graphql");

/// Asks where an address leads in a view: a path as `women/tops.html`. Of the answer come the
/// `fields` that are named, in GraphQL's words: those of [`ResolvedUrl`] and what they stand in.
#[must_use]
pub fn resolve_url(address: &str, fields: &str, view: StoreView) -> Read {
    // On one line: the host takes no control characters in a query.
    let query = ["query($u:String!){route(url:$u){", fields, "}}"].concat();
    GRAPHQL
        .read([])
        .query("query", &query)
        .query("variables", &json!({ "u": address }).to_string())
        .in_view(view)
}

/// The answer to [`resolve_url`].
#[derive(Debug, Deserialize)]
pub struct UrlResolution {
    data: RouteData,
}

#[derive(Debug, Deserialize)]
struct RouteData {
    route: Option<ResolvedUrl>,
}

impl UrlResolution {
    /// Where it leads; `None` where the view has nothing at the address.
    #[must_use]
    pub fn target(self) -> Option<ResolvedUrl> {
        self.data.route
    }
}

/// Where an address leads. What was not asked for is not there.
#[derive(Debug, Deserialize)]
pub struct ResolvedUrl {
    /// `PRODUCT`, `CATEGORY` or `CMS_PAGE`: the field `type`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The address at which it is shown.
    pub relative_url: Option<String>,
    /// 301 or 302; 0 where it is the address itself.
    #[serde(default)]
    pub redirect_code: u16,
    /// Of a product or a category: `...on ProductInterface{id}`.
    pub id: Option<u64>,
}
