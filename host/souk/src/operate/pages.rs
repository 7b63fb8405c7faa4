//! `/metrics` and `/readyz`, and `/healthz` beside them on a listener of their own.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use souk_telemetry::metrics;

use super::readiness::Readiness;

/// Nobody keeps these: each answer is of its moment.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// The pages that tell something of the host.
pub(super) fn router(readiness: Arc<Readiness>) -> Router {
    Router::new().route("/metrics", get(scrape)).route("/readyz", get(ready)).with_state(readiness)
}

/// The page that only tells that somebody answers.
pub(super) fn liveness() -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" }))
}

async fn scrape(State(readiness): State<Arc<Readiness>>) -> Response {
    readiness.look().await;
    let kind = (header::CONTENT_TYPE, metrics::CONTENT_TYPE);
    ([kind, NO_STORE], metrics::render()).into_response()
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Response {
    let checks = readiness.look().await;
    let is_ready = checks.iter().all(|check| check.is_ready);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [NO_STORE], Json(json!({ "ready": is_ready, "checks": checks }))).into_response()
}
