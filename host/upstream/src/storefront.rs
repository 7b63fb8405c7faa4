//! A store's pages, of which only the head is asked for: what an address of the storefront answers,
//! and where it redirects to.
//!
//! A read of the route `/storefront` with the query parameter `path` is a `HEAD` of that path at the
//! store's own address, outside `/rest` and as any visitor makes it: **without credentials**. It
//! answers `{"status": 301, "location": "https://shop.example/new.html"}` whatever the status is.
//!
//! Redirects are not followed here. Magento's GraphQL follows a chain by itself, and where the chain
//! is a circle it never comes back: whoever counts the steps has to ask for each of them.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Request;
use souk_model::{Code, Failure};
use souk_policy::PermittedRead;
use url::{Url, form_urlencoded};

use crate::store::magento::Magento;
use crate::wire::address::storefront_view;

/// The route by which grants name it.
const ROUTE: &str = "/storefront";
/// The longest path that is asked for, in bytes: Magento's table of rewrites holds 255 characters.
const MAX_PATH_BYTES: usize = 2_048;

/// Whether a read is of the head of a page.
pub(crate) fn is_page(read: &PermittedRead) -> bool {
    read.route().as_str() == ROUTE
}

/// Asks for the head of a page.
///
/// # Errors
/// `VALIDATION_ERROR` for what is no path of this store; no answer.
pub(crate) async fn look(
    store: &Magento,
    read: &PermittedRead,
    default_scope: Option<&str>,
) -> Result<Bytes, Failure> {
    let mut given = form_urlencoded::parse(read.query().as_bytes());
    let path = given.find(|(name, _)| name == "path").map(|(_, path)| path);
    let url = page_url(store.base_url(), path.as_deref().unwrap_or_default())?;
    let mut request = Request::new(Method::HEAD, url);
    let view = storefront_view(read.view(), default_scope);
    choose_view(request.headers_mut(), view);
    let reply = store.look(request).await?;
    let answer = serde_json::json!({ "status": reply.status, "location": reply.location });
    Ok(answer.to_string().into())
}

/// Magento takes the view from the cookie that its own switcher of languages sets.
fn choose_view(headers: &mut HeaderMap, view: &str) {
    // A code was checked to be letters, digits and `_`.
    if let Ok(cookie) = HeaderValue::from_str(&["store=", view].concat())
        && !view.is_empty()
    {
        headers.insert(header::COOKIE, cookie);
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
}

/// The address of a page of the store: under its base address, whatever the path looks like.
fn page_url(base_url: &str, path: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        Failure::new(Code::ValidationError, format!("this is no path of a page: {why}"))
            .rule("storefront-path")
            .remedy("give the path alone, as `women/old-name.html`")
    };
    if path.len() > MAX_PATH_BYTES {
        return Err(wrong("it is too long"));
    }
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '?' | '#');
    if path.contains(odd) {
        return Err(wrong("it holds blanks, backslashes, `?` or `#`"));
    }
    let base = [base_url, "/"].concat();
    let url = Url::parse(&[&base, path.trim_start_matches('/')].concat());
    let is_below = |url: &Url| {
        Url::parse(&base)
            .is_ok_and(|base| base.origin() == url.origin() && url.path().starts_with(base.path()))
    };
    url.ok().filter(is_below).ok_or_else(|| wrong("it leads out of the store"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_asked_for_below_the_stores_own_address() {
        for (path, url) in [
            ("old.html", "https://shop.example/de/old.html"),
            ("/women/old.html", "https://shop.example/de/women/old.html"),
            ("", "https://shop.example/de/"),
            ("https://evil.example/", "https://shop.example/de/https://evil.example/"),
            ("//evil.example/x", "https://shop.example/de/evil.example/x"),
        ] {
            assert_eq!(page_url("https://shop.example/de", path).unwrap().as_str(), url);
        }
        for wrong in ["../x", "a?b=c", "a#b", "a b", "a\\b", "%2e%2e/x", "a\nb"] {
            assert!(page_url("https://shop.example/de", wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_to_another_host(path in "[a-z@:/\\\\?#.%0-9]{0,24}") {
            if let Ok(url) = page_url("https://shop.example", &path) {
                prop_assert_eq!(url.host_str(), Some("shop.example"));
                prop_assert_eq!(url.port(), None);
                prop_assert_eq!(url.username(), "");
            }
        }
    }
}
