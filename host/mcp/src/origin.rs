//! What a request brings of its own origin: `x-request-id` and `traceparent` of HTTP, and `traceparent`
//! of its `_meta`, which every transport carries.

use http::HeaderMap;
use rmcp::service::{RequestContext, RoleServer};
use souk_telemetry::{RequestOrigin, RequestScope};

/// The key of W3C's Trace Context in a request's `_meta`, which the protocol reserves for it, and the
/// header of the same name.
const TRACEPARENT: &str = "traceparent";
/// What an HTTP request is called by, and its answer.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Of the headers of a request.
pub(crate) fn of_headers(headers: &HeaderMap) -> RequestOrigin {
    RequestOrigin::new(only(headers, REQUEST_ID), only(headers, TRACEPARENT))
}

/// The scope of a request. Over HTTP its headers were looked at when it came in.
pub(crate) fn scope(context: &RequestContext<RoleServer>) -> RequestScope {
    let parts = context.extensions.get::<http::request::Parts>();
    let of_http = parts.and_then(|parts| parts.extensions.get::<RequestOrigin>());
    let meta = context.meta.get(TRACEPARENT).and_then(|value| value.as_str());
    RequestScope::of(match (of_http, meta) {
        (Some(origin), meta) => origin.clone().within(meta),
        (None, meta) => RequestOrigin::new(None, meta),
    })
}

/// A header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.to_str().ok()).flatten()
}
