//! From a request's target to the store view it speaks to and the route's segments.

use crate::php;
use crate::refusal::Refusal;
use crate::shop::{StoreId, Stores};

/// The longest request line that the web server in front of a Magento takes, in bytes.
const LONGEST_TARGET: usize = 8190;

/// When a request is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// At once.
    Now,
    /// Later, one item: the path went through `async`.
    Later,
    /// Later, a list of items: the path went through `async/bulk`.
    Bulk,
}

/// A parsed path.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    /// The store view; 0 for `all`.
    pub(crate) store: StoreId,
    /// Whether the request is to be done now or later.
    pub(crate) mode: Mode,
    /// `V1` and what follows, decoded.
    pub(crate) segments: Vec<String>,
}

/// Reads `/rest/{store}/V1/…`, `/rest/V1/…` and their bulk forms.
///
/// # Errors
/// A path outside `/rest` is a page that does not exist; a store code that is none is a 400; too long
/// a target never reaches PHP.
pub(crate) fn parse(path: &str, target_length: usize, stores: &Stores) -> Result<Target, Refusal> {
    if target_length > LONGEST_TARGET {
        return Err(too_long());
    }
    // PHP's own name may stand before every path.
    let path = path.strip_prefix("/index.php").unwrap_or(path);
    let mut segments = path.trim_matches('/').split('/');
    if segments.next() != Some("rest") {
        return Err(no_page());
    }
    let mut segments: Vec<String> = segments.map(php::urldecode).collect();
    if segments.is_empty() {
        return Err(Refusal::unprocessable());
    }
    let first = segments[0].as_str();
    let store = if is_version(first) || first == "async" {
        stores.default_view()
    } else {
        let store = stores.by_code(first).ok_or_else(Refusal::unprocessable)?;
        segments.remove(0);
        store
    };
    let is_async = segments.first().is_some_and(|first| first == "async");
    let is_bulk = is_async && segments.get(1).is_some_and(|second| second == "bulk");
    let before_version = usize::from(is_async) + usize::from(is_bulk);
    let mode = match segments.get(before_version) {
        Some(version) if is_bulk && is_version(version) => Mode::Bulk,
        Some(version) if is_async && is_version(version) => Mode::Later,
        _ => Mode::Now,
    };
    if mode != Mode::Now {
        segments.drain(..before_version);
    }
    if segments.is_empty() {
        return Err(Refusal::unprocessable());
    }
    Ok(Target { store, mode, segments })
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('V').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn html(status: u16, page: &str) -> Refusal {
    Refusal { status, body: crate::refusal::RefusalBody::Html(page.to_owned()) }
}

fn too_long() -> Refusal {
    html(
        414,
        "<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n<body>\r\n\
         <center><h1>414 Request-URI Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
    )
}

/// A page that does not exist.
pub(super) fn no_page() -> Refusal {
    html(404, NO_PAGE)
}

/// The same, to be shown.
pub(super) fn no_page_text() -> String {
    NO_PAGE.to_owned()
}

const NO_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head><title>404 Not Found</title></head>\n\
         <body><h1>Whoops, our bad...</h1><p>The page you requested was not found.</p></body>\n</html>\n";
