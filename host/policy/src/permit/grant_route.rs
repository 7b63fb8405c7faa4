//! Which routes a grant may name at all.

use souk_model::{Grant, Method, PurgeTarget, WriteMethod};

use crate::refusal::Refusal;

/// How routes of a store's API begin: at once, later, and later for each body of a list.
const API: [&[&str]; 3] = [&["V1"], &["async", "V1"], &["async", "bulk", "V1"]];
/// The only other routes of a store, for reads alone: what every visitor of its storefront may ask.
const VISITORS: [&str; 2] = ["/graphql", "/storefront"];

/// Whether an action may be granted this at all, whatever the operator allows.
///
/// A grant of a store names its API to the letter: were its first segments parameters, nobody could
/// tell from it what it is for, and a value could turn it into something else. The cache before the
/// store has routes of its own.
///
/// ```
/// use souk_model::{Grant, Method, WriteMethod};
/// use souk_policy::check_grant;
///
/// let write = |route: &str| {
///     let route = route.parse().unwrap();
///     check_grant(&Grant::new("magento", Method::Write(WriteMethod::Post), route))
/// };
/// assert!(write("/V1/order/{orderId}/refund").is_ok());
/// assert!(write("/async/bulk/V1/products").is_ok());
/// for route in ["/{a}/order/{orderId}/refund", "/async/{v}/products", "/v1/products", "/V1", "/graphql"] {
///     assert_eq!(write(route).unwrap_err().rule, "grant-route", "{route}");
/// }
/// ```
///
/// # Errors
/// A refusal by the rule `grant-route`.
pub fn check_grant(grant: &Grant) -> Result<(), Refusal> {
    if grant.upstream == PurgeTarget::UPSTREAM {
        return check_cache(grant);
    }
    let segments: Vec<&str> = grant.route.segments().collect();
    let begins = |with: &&[&str]| segments.len() > with.len() && segments.starts_with(with);
    let is_read = grant.method == Method::Get;
    if API.iter().any(begins) || is_read && VISITORS.contains(&grant.route.as_str()) {
        return Ok(());
    }
    let (what, others) = if is_read {
        ("a read", format!(", or is `{}`", VISITORS.join("` or `")))
    } else {
        ("a write", String::new())
    };
    Err(refusal(
        grant,
        &format!(
            "{what} of a store begins with `/V1/`, `/async/V1/` or `/async/bulk/V1/`, spelled out{others}"
        ),
    ))
}

fn check_cache(grant: &Grant) -> Result<(), Refusal> {
    let is_purge = grant.method == Method::Write(WriteMethod::Post)
        && PurgeTarget::ROUTES.contains(&grant.route.as_str());
    if is_purge {
        return Ok(());
    }
    let routes = PurgeTarget::ROUTES.map(|route| format!("`POST {route}`")).join(", ");
    Err(refusal(grant, &format!("of the cache there are only {routes}")))
}

fn refusal(grant: &Grant, why: &str) -> Refusal {
    Refusal::new(
        "grant-route",
        format!(
            "`{} {}` on `{}` cannot be granted: {why}",
            grant.method, grant.route, grant.upstream
        ),
        "the plugin's author names the route as the store's API does",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(upstream: &str, method: Method, route: &str) -> bool {
        check_grant(&Grant::new(upstream, method, route.parse().unwrap())).is_ok()
    }

    #[test]
    fn a_grant_names_the_api_to_the_letter() {
        let post = Method::Write(WriteMethod::Post);
        for (route, read, write) in [
            ("/V1/products/{sku}", true, true),
            ("/V1/{a}/{b}", true, true),
            ("/async/V1/products", true, true),
            ("/async/bulk/V1/products/bySku", true, true),
            ("/graphql", true, false),
            ("/storefront", true, false),
            ("/storefront/x", false, false),
            ("/graphql/x", false, false),
            ("/GraphQL", false, false),
            ("/V1", false, false),
            ("/async/V1", false, false),
            ("/async/bulk/V1", false, false),
            ("/async/bulk/products", false, false),
            ("/V2/products", false, false),
            ("/v1/products", false, false),
            ("/Async/V1/products", false, false),
            ("/{a}/V1/products", false, false),
            ("/{a}/products", false, false),
            ("/async/{a}/V1/products", false, false),
            ("/async/bulk/{v}/products", false, false),
            ("/rest/V1/products", false, false),
            ("/all/V1/products", false, false),
            ("/bulk/V1/products", false, false),
            ("/products", false, false),
        ] {
            assert_eq!(check("magento", Method::Get, route), read, "GET {route}");
            assert_eq!(check("magento", post, route), write, "POST {route}");
            assert_eq!(check("another", post, route), write, "POST {route}");
            assert!(!check("cdn", post, route) && !check("cdn", Method::Get, route), "{route}");
        }
    }

    #[test]
    fn the_cache_has_its_own_routes() {
        for route in PurgeTarget::ROUTES {
            assert!(check("cdn", Method::Write(WriteMethod::Post), route));
            assert!(!check("cdn", Method::Write(WriteMethod::Delete), route));
            assert!(!check("cdn", Method::Get, route));
            assert!(!check("magento", Method::Write(WriteMethod::Post), route));
        }
    }
}
