//! Where an address leads, as the storefront follows it.

use crate::document::Doc;
use crate::php;
use crate::shop::rewrites::{Kind, Rewrite};
use crate::shop::{ALL, Category, Product, Shop, StoreId};

/// The page that `/` shows.
pub(super) const HOME: &str = "home";
/// Chains of redirects are followed so far and no further.
const MOST_REDIRECTS: usize = 20;

/// What an address leads to.
pub(super) enum Target<'a> {
    Product(&'a Product),
    Category(&'a Category),
    Page(&'a Doc),
}

/// An address that leads somewhere.
pub(super) struct RouteTarget<'a> {
    /// The address where it is, with the query that was asked with.
    pub(super) relative_url: String,
    /// 301 where another address was asked for, else 0.
    pub(super) redirect_code: u16,
    pub(super) target: Target<'a>,
}

/// Where `url` leads in a view: a path, or a whole URL, of which only the path counts.
pub(super) fn find<'a>(shop: &'a Shop, store: StoreId, url: &str) -> Option<RouteTarget<'a>> {
    let (url, query) = match url.split_once('?') {
        Some((url, query)) => (url, format!("?{query}")),
        None => (url, String::new()),
    };
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    };
    let path = if path == "/" { HOME } else { path.trim_start_matches('/') };
    let (relative_url, redirect_code, target) = followed(shop, store, path)
        .or_else(|| page(shop, store, path))
        .or_else(|| by_id(shop, store, path))?;
    Some(RouteTarget { relative_url: relative_url + &query, redirect_code, target })
}

type Led<'a> = (String, u16, Target<'a>);

fn followed<'a>(shop: &'a Shop, store: StoreId, path: &str) -> Option<Led<'a>> {
    let asked = shop.rewrites.get(store, path.trim_end_matches('/'))?;
    let mut last = asked;
    for _ in 0..MOST_REDIRECTS {
        match &last.to {
            Some(to) => last = shop.rewrites.get(store, to)?,
            None => break,
        }
    }
    // Another case, or a slash at the end, is another address of the same thing.
    let is_other = asked.to.is_some() || asked.path != path;
    Some((last.path.clone(), if is_other { 301 } else { 0 }, target(shop, last)?))
}

fn target<'a>(shop: &'a Shop, row: &Rewrite) -> Option<Target<'a>> {
    match row.kind {
        Kind::Product => shop.products.get(row.id).map(Target::Product),
        Kind::Category => shop.categories.get(row.id).map(Target::Category),
    }
}

fn page<'a>(shop: &'a Shop, store: StoreId, path: &str) -> Option<Led<'a>> {
    let page = shop.pages.find(|page| {
        let stores = page.get("_stores").and_then(|stores| stores.as_array());
        let shows = stores.is_none_or(|stores| {
            stores.iter().map(php::id_of).any(|id| [ALL, store].map(u64::from).contains(&id))
        });
        shows
            && page.get("active").is_some_and(php::truthy)
            && page.get("identifier").is_some_and(|identifier| identifier == path)
    })?;
    Some((path.to_owned(), 0, Target::Page(page)))
}

/// `catalog/product/view/id/2`, the address beneath all others.
fn by_id<'a>(shop: &'a Shop, store: StoreId, path: &str) -> Option<Led<'a>> {
    let (kind, id) = if let Some(id) = path.strip_prefix("catalog/product/view/id/") {
        (Kind::Product, id)
    } else {
        (Kind::Category, path.strip_prefix("catalog/category/view/id/")?)
    };
    let row = shop.rewrites.own(store, kind, id.parse().ok()?)?;
    Some((row.path.clone(), 0, target(shop, row)?))
}
