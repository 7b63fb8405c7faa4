//! The storefront's pages, as far as their heads: what is shown, what redirects, what is not there.
//!
//! A shopper's view is that of the cookie `store`. Redirects are answered one at a time, as Magento's
//! router does; nothing is rendered.

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::response::html_response;
use super::target::no_page_text;
use crate::graphql;
use crate::shop::{Shop, StoreId};

/// The answer at a path, which begins with a slash.
pub(super) fn page(shop: &Shop, headers: &HeaderMap, path: &str) -> Response {
    let store = view(shop, headers);
    let path = path.trim_start_matches('/');
    match redirect(shop, store, path) {
        Some(to) => {
            let mut response = html_response(301, String::new());
            if let Ok(to) = HeaderValue::from_str(&to) {
                response.headers_mut().insert(LOCATION, to);
            }
            response
        }
        None if path.is_empty() || graphql::shows(shop, store, path) => {
            html_response(200, "<!doctype html>\n<title>Demo</title>\n".to_owned())
        }
        None => html_response(404, no_page_text()),
    }
}

fn view(shop: &Shop, headers: &HeaderMap) -> StoreId {
    let cookies = headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.into_iter().flat_map(|cookies| cookies.split(';'));
    let code = cookies.find_map(|cookie| cookie.trim().strip_prefix("store="));
    let named = code.filter(|code| *code != "all").and_then(|code| shop.stores.by_code(code));
    named.unwrap_or_else(|| shop.stores.default_view())
}

/// Where an address redirects to, as a whole address.
fn redirect(shop: &Shop, store: StoreId, path: &str) -> Option<String> {
    let row = shop.rewrites.get(store, path.trim_end_matches('/'))?;
    // Another case, or a slash at the end, is another address of the same thing.
    let to = row.to.as_deref().or_else(|| (row.path != path).then_some(&*row.path))?;
    if to.contains("://") {
        return Some(to.to_owned());
    }
    Some([&*shop.stores.base_url(), to].concat())
}
