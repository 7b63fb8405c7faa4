//! The web API: a table of routes and, by subject, what they do.

mod attributes;
pub(crate) mod bulk;
mod bulk_topics;
mod categories;
mod category_save;
mod cms;
mod coupons;
mod customer_addresses;
mod customers;
mod entity;
mod inventory;
mod prices;
mod product_media;
mod product_parts;
mod product_save;
mod product_values;
mod products;
pub(crate) mod rules;
mod sales;
mod sales_columns;
mod sales_documents;
mod source_items;
mod stores;
mod tier_prices;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// What a handler gives back.
pub(crate) type Answer = Result<Value, Refusal>;

/// What a route does.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Looks at the shop.
    Read(fn(&Shop, &Call) -> Answer),
    /// Changes it.
    Write(fn(&mut Shop, &Call) -> Answer),
    /// Logs an admin user in.
    AdminToken,
    /// Logs a customer in.
    CustomerToken,
}

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: &'static str,
    /// The path, parameters in braces.
    pub(crate) template: &'static str,
    /// The access control resource it needs.
    pub(crate) resource: &'static str,
    /// What it does.
    pub(crate) handler: Handler,
}

const fn read(
    template: &'static str,
    resource: &'static str,
    handler: fn(&Shop, &Call) -> Answer,
) -> Route {
    Route { method: "GET", template, resource, handler: Handler::Read(handler) }
}

/// A question that comes as a POST because it is long.
const fn read_by_post(
    template: &'static str,
    resource: &'static str,
    handler: fn(&Shop, &Call) -> Answer,
) -> Route {
    Route { method: "POST", template, resource, handler: Handler::Read(handler) }
}

const fn write(
    method: &'static str,
    template: &'static str,
    resource: &'static str,
    handler: fn(&mut Shop, &Call) -> Answer,
) -> Route {
    Route { method, template, resource, handler: Handler::Write(handler) }
}

const LOGINS: [Route; 2] = [
    Route {
        method: "POST",
        template: "/V1/integration/admin/token",
        resource: crate::auth::ANONYMOUS,
        handler: Handler::AdminToken,
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
    bulk::ROUTES,
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

/// Handles a write without a request: one of the journal, or of the sample's story. `None` when its route
/// is gone.
pub(crate) fn repeat(shop: &mut Shop, call: &Call) -> Option<Answer> {
    match route_of(&call.method, &call.template)?.handler {
        Handler::Write(handler) => Some(handler(shop, call)),
        Handler::Read(_) | Handler::AdminToken | Handler::CustomerToken => None,
    }
}
