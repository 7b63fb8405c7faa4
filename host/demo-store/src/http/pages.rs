//! What is answered beside the web API: the version's page, and the date of every answer.

use axum::http::HeaderValue;
use axum::http::header::DATE;
use axum::response::Response;

use super::response::html_response;
use super::target;
use crate::refusal::RefusalBody;
use crate::shop::Shop;

/// Where a store tells its version.
pub(super) const VERSION: &str = "/magento_version";

/// Product line, version and edition, for anybody, where the module for it is enabled.
pub(super) fn version(shop: &Shop, text: Option<&str>) -> Response {
    if shop.has_module("Magento_Version") {
        return html_response(200, text.unwrap_or("Magento/2.4 (Community)").to_owned());
    }
    let page = match target::no_page().body {
        RefusalBody::Html(page) => page,
        RefusalBody::Message(_) | RefusalBody::Text(_) => String::new(),
    };
    html_response(404, page)
}

/// The date as a server whose clock is off writes it; else the HTTP library writes the right one.
pub(super) fn date(response: &mut Response, now: i64) {
    let Ok(now) = jiff::Timestamp::from_second(now) else { return };
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
}
