//! What is put right before rmcp reads a request and after it has answered.
//!
//! rmcp refuses in plain text without a type, and with 415 what is no message; it insists on the
//! exact media types of a client that takes anything, and answers for sessions that are gone. Here
//! every refusal is an error of JSON-RPC, and a batch is split.

use std::collections::HashSet;

use axum::body::{Body, Bytes, to_bytes};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::{self, BoxStream};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, JsonRpcError, RequestId};
use serde_json::value::RawValue;

use super::open_requests::RequestInPassing;
use super::sessions::{HttpSessions, RequestOwner};
use crate::message::{self, MessageError, MessageKind, Payload};
use crate::session_header::session_id;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
/// What a refusal may have, in bytes; they are sentences.
const REFUSAL: usize = 64 * 1024;
/// What other servers say of a session that is gone, and clients know.
const NO_SESSION: ErrorCode = ErrorCode(-32_001);
/// A refusal that JSON-RPC has no number for.
const REFUSED: ErrorCode = ErrorCode(-32_000);

/// Serves a request of somebody who may call.
pub(super) async fn serve(
    sessions: &HttpSessions,
    owner: &RequestOwner,
    request: Request<Bytes>,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    accept_ranges(&mut parts.headers);
    if parts.method == Method::DELETE
        && let Some(session) = session_id(&parts.headers)
        && !sessions.is_open(owner, session)
    {
        return no_session();
    }
    if parts.method != Method::POST {
        let request = Request::from_parts(parts, Body::from(body));
        return finish(next.run(request).await, None).await;
    }
    match message::split(&body) {
        // Without a byte order mark before it, which rmcp does not know.
        Ok(Payload::Message(message)) => match id(message) {
            Ok(id) => {
                let message = Body::from(body.slice_ref(message));
                serve_message(sessions, owner, parts, message, id, next).await
            }
            Err(error) => refuse(StatusCode::BAD_REQUEST, error),
        },
        Ok(Payload::Batch(batch)) => serve_batch(sessions, owner, &parts, &batch, &next).await,
        Ok(Payload::Nothing) => {
            let what = "the body is empty: a message is a JSON object";
            let error = MessageError::without_id(ErrorData::parse_error(what, None));
            refuse(StatusCode::BAD_REQUEST, error)
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, error),
    }
}

fn id(body: &[u8]) -> Result<Option<RequestId>, MessageError> {
    Ok(match message::kind(body)? {
        MessageKind::Request(id) => Some(id),
        MessageKind::Notification | MessageKind::Other => None,
    })
}

/// Serves one message. A request of a session has its id for itself until it is answered.
async fn serve_message(
    sessions: &HttpSessions,
    owner: &RequestOwner,
    mut parts: Parts,
    message: Body,
    id: Option<RequestId>,
    next: Next,
) -> Response {
    if let (Some(session), Some(id)) = (session_id(&parts.headers), &id) {
        match sessions.begin(owner, session, id) {
            Ok(Some(open)) => {
                parts.extensions.insert(RequestInPassing::new(open));
            }
            Ok(None) => {}
            Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
        }
    }
    finish(next.run(Request::from_parts(parts, message)).await, id).await
}

/// Serves each message of a batch by itself; their answers come as they are ready.
async fn serve_batch(
    sessions: &HttpSessions,
    owner: &RequestOwner,
    parts: &Parts,
    batch: &[&RawValue],
    next: &Next,
) -> Response {
    let session = session_id(&parts.headers);
    if session.is_some_and(|session| !sessions.is_open(owner, session)) {
        return no_session();
    }
    let version = session.and_then(|session| sessions.version(owner, session));
    if let Err(error) = message::check_batches(version.as_ref()) {
        return refuse(StatusCode::BAD_REQUEST, error);
    }
    let mut ids = HashSet::new();
    let answers = batch.iter().map(|one| {
        let checked = id(one.get().as_bytes()).and_then(|id| match id {
            Some(id) if !ids.insert(id.clone()) => {
                Err(MessageError::invalid(None, format!("the id `{id}` is there twice")))
            }
            id => Ok(id),
        });
        async move {
            match checked {
                Ok(id) => {
                    let body = Body::from(one.get().to_owned());
                    serve_message(sessions, owner, parts.clone(), body, id, next.clone()).await
                }
                Err(error) => refuse(StatusCode::BAD_REQUEST, error),
            }
        }
    });
    let answers = join_all(answers).await;
    let streams: Vec<BoxStream<'static, Result<Bytes, axum::Error>>> = answers
        .into_iter()
        .filter(|answer| answer.status() != StatusCode::ACCEPTED)
        .map(|answer| {
            if is_stream(&answer) {
                answer.into_body().into_data_stream().boxed()
            } else {
                stream::once(as_event(answer)).boxed()
            }
        })
        .collect();
    if streams.is_empty() {
        return StatusCode::ACCEPTED.into_response();
    }
    // Each piece of a stream is one whole event.
    let mut response = Body::from_stream(stream::select_all(streams)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, EVENTS);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Whether a response is a stream of events.
pub(super) fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A whole answer as an event.
async fn as_event(answer: Response) -> Result<Bytes, axum::Error> {
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    Ok([b"data: ", &body[..], b"\n\n"].concat().into())
}

/// Says the media types that the protocol needs where a client takes them among others. A client that
/// says nothing takes anything.
fn accept_ranges(headers: &mut HeaderMap) {
    let accepted: Vec<String> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|range| !range.replace(' ', "").ends_with(";q=0"))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    let takes = |range: &str| accepted.iter().any(|accepted| accepted == range);
    let anything = takes("*/*") || !headers.contains_key(ACCEPT);
    if anything || takes("application/*") {
        headers.append(ACCEPT, JSON);
    }
    if anything || takes("text/*") {
        headers.append(ACCEPT, EVENTS);
    }
}

/// A refusal as an error of JSON-RPC.
fn refuse(status: StatusCode, error: MessageError) -> Response {
    let body = serde_json::to_vec(&JsonRpcError::new(error.id, *error.error));
    let mut response = (status, body.unwrap_or_default()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn no_session() -> Response {
    let what = "there is no such session, or it has ended: begin again with `initialize`";
    let error = MessageError::without_id(ErrorData::new(NO_SESSION, what, None));
    refuse(StatusCode::NOT_FOUND, error)
}

/// The answer, a refusal in it made one that clients show.
async fn finish(response: Response, id: Option<RequestId>) -> Response {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, REFUSAL).await.unwrap_or_default();
    if let Ok(mut error) = serde_json::from_slice::<JsonRpcError>(&body) {
        message::explain(&mut error.error);
        parts.headers.remove(http::header::CONTENT_LENGTH);
        return (parts, serde_json::to_vec(&error).unwrap_or_default()).into_response();
    }
    if parts.headers.contains_key(CONTENT_TYPE) {
        return Response::from_parts(parts, Body::from(body));
    }
    let text = String::from_utf8_lossy(&body);
    let refused = match parts.status {
        StatusCode::NOT_FOUND => return no_session(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE if text.starts_with("fail to deserialize") => {
            parts.status = StatusCode::BAD_REQUEST;
            message::not_a_message(id)
        }
        StatusCode::BAD_REQUEST => MessageError::invalid(id, text),
        status if status.is_server_error() => {
            tracing::error!(%status, %text, "the protocol was not served");
            let error =
                ErrorData::internal_error("the server failed: its log has the details", None);
            MessageError { id, error: Box::new(error) }
        }
        _ => MessageError { id, error: Box::new(ErrorData::new(REFUSED, text.into_owned(), None)) },
    };
    let mut response = refuse(parts.status, refused);
    if let Some(allow) = parts.headers.remove(http::header::ALLOW) {
        response.headers_mut().insert(http::header::ALLOW, allow);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_takes_anything_takes_what_the_protocol_sends() {
        for (given, json, events) in [
            (Some("*/*"), true, true),
            (None, true, true),
            (Some("application/*, text/*;q=0.5"), true, true),
            (Some("text/html, */*;q=0.1"), true, true),
            (Some("application/json"), true, false),
            (Some("*/*;q=0"), false, false),
            (Some("text/html"), false, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(given) = given {
                headers.insert(ACCEPT, given.parse().unwrap());
            }
            accept_ranges(&mut headers);
            let all: Vec<_> =
                headers.get_all(ACCEPT).iter().map(|all| all.to_str().unwrap()).collect();
            let all = all.join(",");
            assert_eq!(all.contains("application/json"), json, "{given:?}");
            assert_eq!(all.contains("text/event-stream"), events, "{given:?}");
        }
    }
}
