//! A request's body, whole before anybody works on it: a client that sends it slowly, or never,
//! holds nothing but its own connection.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use http::StatusCode;

use super::pages;

/// The request with its body read.
///
/// # Errors
/// What a client is told whose body is too large, or breaks off.
pub(super) async fn whole(request: Request, limit: usize) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let mut chunks = body.into_data_stream();
    let mut first = Bytes::new();
    let mut collected: Vec<u8> = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
        if chunk.len() > limit.saturating_sub(first.len() + collected.len()) {
            return Err(pages::body_too_large(limit));
        }
        // Nearly every body comes in one piece, which need not be copied.
        if first.is_empty() && collected.is_empty() {
            first = chunk;
        } else {
            if collected.is_empty() {
                collected.extend_from_slice(&std::mem::take(&mut first));
            }
            collected.extend_from_slice(&chunk);
        }
    }
    let body = if collected.is_empty() { Body::from(first) } else { Body::from(collected) };
    Ok(Request::from_parts(parts, body))
}
