//! One request to a store as an operator's tools see it: counted, timed, and a span of the request that
//! it is made for, whose id it carries.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, HeaderValue};
use reqwest::Request;
use souk_telemetry::{ActiveSpan, Counter, Occupancy, SpanKind, metrics};

use super::magento::Magento;
use crate::wire::reply::StoreReply;
use crate::wire::transport_error::TransportError;

/// Under which name the store's log finds what was asked of Souk.
const REQUEST_ID: &str = "x-request-id";
/// W3C's Trace Context, where spans are collected.
const TRACEPARENT: &str = "traceparent";

/// Sends a request by `send`, watched.
pub(super) async fn watched<F>(
    store: &Magento,
    route: Option<&str>,
    mut request: Request,
    send: impl FnOnce(Request) -> F,
) -> Result<StoreReply, TransportError>
where
    F: Future<Output = Result<StoreReply, TransportError>>,
{
    let method = request.method().clone();
    // The path and the query hold values; the route's template does not.
    let name = || match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_string(),
    };
    let work = async |mut span: ActiveSpan| {
        carry_origin(request.headers_mut());
        describe(&mut span, store, &request, route);
        let watch = RequestWatch::begin(store, request.method().as_str());
        let outcome = send(request).await;
        let status = status_of(&outcome);
        match &outcome {
            Ok(reply) => {
                metrics::UPSTREAM_BYTES.of(&[store.name()]).add(reply.body.len() as u64);
                span.whole("http.response.status_code", reply.status.into());
                if reply.status >= 400 {
                    span.fail(status.clone());
                }
            }
            Err(_) => span.fail(status.clone()),
        }
        watch.end(&status);
        outcome
    };
    souk_telemetry::span(SpanKind::Client, name, work).await
}

/// Says whose request it is.
fn carry_origin(headers: &mut HeaderMap) {
    let value = |text: String| HeaderValue::from_str(&text).ok();
    if let Some(id) = souk_telemetry::request_id().and_then(|id| value(id.to_string())) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(parent) = souk_telemetry::trace_parent().and_then(|one| value(one.to_string())) {
        headers.insert(TRACEPARENT, parent);
    }
}

fn describe(span: &mut ActiveSpan, store: &Magento, request: &Request, route: Option<&str>) {
    if !span.is_recorded() {
        return;
    }
    span.text("souk.store", store.name());
    span.text("http.request.method", request.method().as_str());
    if let Some(route) = route {
        span.text("url.template", route);
    }
    if let Some(host) = request.url().host_str() {
        span.text("server.address", host);
    }
    if let Some(port) = request.url().port_or_known_default() {
        span.whole("server.port", port.into());
    }
}

fn status_of(outcome: &Result<StoreReply, TransportError>) -> String {
    match outcome {
        Ok(reply) => reply.status.to_string(),
        Err(TransportError::Unsendable(_)) => "unsendable".to_owned(),
        Err(TransportError::NoConnection(_)) => "no_connection".to_owned(),
        Err(TransportError::NoReply(_)) => "no_reply".to_owned(),
        Err(TransportError::BrokenReply(_)) => "broken_reply".to_owned(),
    }
}

/// Counts a request by how it ended. One that is dropped, as when it takes too long, was given up.
struct RequestWatch {
    store: String,
    method: String,
    begun: Instant,
    is_ended: bool,
    _running: Occupancy,
}

impl RequestWatch {
    fn begin(store: &Magento, method: &str) -> Self {
        Self {
            store: store.name().to_owned(),
            method: method.to_owned(),
            begun: Instant::now(),
            is_ended: false,
            _running: metrics::UPSTREAM_RUNNING.of(&[store.name()]).enter(),
        }
    }

    fn end(mut self, status: &str) {
        self.count(status);
        self.is_ended = true;
    }

    fn count(&self, status: &str) {
        let Self { store, method, begun, .. } = self;
        let requests: Arc<Counter> = metrics::UPSTREAM_REQUESTS.of(&[store, method, status]);
        requests.add(1);
        metrics::UPSTREAM_SECONDS.of(&[store, method]).observe(begun.elapsed());
    }
}

impl Drop for RequestWatch {
    fn drop(&mut self) {
        if !self.is_ended {
            self.count("given_up");
        }
    }
}
