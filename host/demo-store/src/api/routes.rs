//! Every route, and how a path finds its own.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::route::{Handler, Route};
use super::{
    attributes, bulk_status, categories, category_save, cms, coupons, customers, inventory, prices,
    product_parts, product_save, products, rules, sales, sales_documents, source_items, stores,
    tier_prices,
};

const LOGINS: [Route; 3] = [
    Route {
        method: "POST",
        template: "/V1/integration/admin/token",
        resource: crate::auth::ANONYMOUS,
        handler: Handler::AdminToken,
    },
    Route {
        method: "POST",
        template: "/V1/tfa/provider/google/authenticate",
        resource: crate::auth::ANONYMOUS,
        handler: Handler::AdminTokenByCode,
    },
    Route {
        method: "POST",
        template: "/V1/integration/customer/token",
        resource: crate::auth::ANONYMOUS,
        handler: Handler::CustomerToken,
    },
];

/// Every route, by subject.
const ALL_ROUTES: &[&[Route]] = &[
    &LOGINS,
    stores::ROUTES,
    attributes::ROUTES,
    products::ROUTES,
    product_save::ROUTES,
    product_parts::ROUTES,
    prices::ROUTES,
    tier_prices::ROUTES,
    categories::ROUTES,
    category_save::ROUTES,
    cms::ROUTES,
    rules::ROUTES,
    coupons::ROUTES,
    inventory::ROUTES,
    source_items::ROUTES,
    customers::ROUTES,
    sales::ROUTES,
    sales_documents::ROUTES,
    bulk_status::ROUTES,
];

/// Routes by number of segments and second segment (`products`), those without parameters first.
static ROUTES: LazyLock<HashMap<(usize, &'static str), Vec<Route>>> = LazyLock::new(|| {
    let mut routes: HashMap<(usize, &'static str), Vec<Route>> = HashMap::new();
    for route in ALL_ROUTES.concat() {
        let segments: Vec<&str> = route.template.trim_start_matches('/').split('/').collect();
        let second = segments.get(1).copied().unwrap_or_default();
        routes.entry((segments.len(), second)).or_default().push(route);
    }
    for group in routes.values_mut() {
        group.sort_by_key(|route| route.template.matches('{').count());
    }
    routes
});

/// The route of a method and path, with the values of its parameters.
pub(crate) fn find(method: &str, segments: &[String]) -> Option<(Route, Vec<(String, String)>)> {
    let candidates = ROUTES.get(&(segments.len(), segments.get(1)?.as_str()))?;
    candidates.iter().filter(|route| route.method == method).find_map(|route| {
        let mut parameters = Vec::new();
        let template = route.template.trim_start_matches('/').split('/');
        for (part, segment) in template.zip(segments) {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => parameters.push((name.to_owned(), segment.clone())),
                None if part == segment => {}
                None => return None,
            }
        }
        Some((*route, parameters))
    })
}

/// The route with this method and template.
pub(crate) fn route_of(method: &str, template: &str) -> Option<Route> {
    let mut routes = ROUTES.values().flatten();
    routes.find(|route| route.method == method && route.template == template).copied()
}
