//! Answers as they go out.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

pub(super) fn json_response(status: u16, answer: &Value) -> Response {
    with_type(
        status,
        serde_json::to_vec(answer).unwrap_or_default(),
        "application/json; charset=utf-8",
    )
}

pub(super) fn json_head(status: u16) -> Response {
    with_type(status, Vec::new(), "application/json; charset=utf-8")
}

pub(super) fn html_response(status: u16, page: String) -> Response {
    with_type(status, page, "text/html; charset=UTF-8")
}

pub(super) fn with_type(status: u16, body: impl Into<Body>, media: &'static str) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
