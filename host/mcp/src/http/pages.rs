//! What is answered beside the protocol: to people, to probes, and to those who are refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use http::header::{HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::auth::TokenError;
use super::host_guard::HostError;
use super::session_bounds::SessionBound;
use super::state::{ENDPOINT, HttpState};

/// Where clients reach this server, without a path. The host has passed the guard.
fn base(state: &HttpState, headers: &HeaderMap) -> String {
    match &state.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        }
    }
}

/// For somebody who opened the address in a browser.
pub(super) async fn front(State(state): State<Arc<HttpState>>, headers: HeaderMap) -> String {
    let url = base(&state, &headers) + ENDPOINT;
    let (token, note) = if state.actions.callers().is_open() {
        ("", "")
    } else {
        (
            " --header \"Authorization: Bearer TOKEN\"",
            "\nThe operator gives out tokens; each request needs one.\n",
        )
    };
    format!(
        "This is Souk, an MCP server for Magento 2 and Adobe Commerce stores.\n\
         \n\
         Programs talk to it at {url}, for example:\n\
         \n    claude mcp add --transport http souk {url}{token}\n{note}"
    )
}

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, format!("there is nothing here; MCP is served at `{ENDPOINT}`\n"))
        .into_response()
}

/// RFC 9728. Where tokens are the operator's to hand out it names no authorization server.
pub(super) async fn metadata(State(state): State<Arc<HttpState>>, headers: HeaderMap) -> Response {
    if state.actions.callers().is_open() {
        return (StatusCode::NOT_FOUND, "this server asks for no tokens\n").into_response();
    }
    let mut metadata = json!({
        "resource": base(&state, &headers) + ENDPOINT,
        "resource_name": "Souk",
        "bearer_methods_supported": ["header"],
    });
    if let Some(access) = &state.access {
        metadata["resource"] = access.resource().into();
        metadata["authorization_servers"] = json!([access.issuer()]);
        metadata["scopes_supported"] = state.actions.scopes().into();
    }
    Json(metadata).into_response()
}

pub(super) fn wrong_host(refused: &HostError) -> Response {
    let status = match refused {
        HostError::NoHost => StatusCode::BAD_REQUEST,
        HostError::Host(_) | HostError::Origin(_) => StatusCode::FORBIDDEN,
    };
    (status, format!("{refused}\n")).into_response()
}

/// Where a client reads what tokens there are for this server.
fn metadata_address(state: &HttpState, headers: &HeaderMap) -> String {
    format!("{}/.well-known/oauth-protected-resource{ENDPOINT}", base(state, headers))
}

/// The parameter of a challenge that says which scopes to ask for.
fn scope_parameter<'s>(scopes: impl IntoIterator<Item = &'s str>) -> String {
    // What a token has among its scopes that is none would end the quotes.
    let is_scope = |scope: &&str| {
        scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    let scopes: Vec<&str> = scopes.into_iter().filter(is_scope).collect();
    if scopes.is_empty() { String::new() } else { format!(", scope=\"{}\"", scopes.join(" ")) }
}

/// To a caller whose token is right, and lets it ask for less than this.
pub(super) fn insufficient_scope(
    state: &HttpState,
    headers: &HeaderMap,
    scopes: &[String],
) -> Response {
    let what = "the token lacks a scope for this call";
    let challenge = format!(
        "Bearer realm=\"souk\", error=\"insufficient_scope\", error_description=\"{what}\"{}, \
         resource_metadata=\"{}\"",
        scope_parameter(scopes.iter().map(String::as_str)),
        metadata_address(state, headers),
    );
    let body = json!({
        "error": "insufficient_scope",
        "error_description": what,
        "scope": scopes.join(" "),
    });
    challenged(StatusCode::FORBIDDEN, challenge, body)
}

fn challenged(status: StatusCode, challenge: String, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

pub(super) fn unauthorized(
    state: &HttpState,
    headers: &HeaderMap,
    denied: &TokenError,
) -> Response {
    let metadata = metadata_address(state, headers);
    let (error, what, hint) = match denied {
        TokenError::NoToken if state.access.is_some() => (
            None,
            "a token is needed",
            "log in with the authorization server that `resource_metadata` names, or send a token \
             from the operator",
        ),
        TokenError::Refused(refusal) => (
            Some("invalid_token"),
            refusal.message.as_str(),
            "ask the authorization server that `resource_metadata` names for a new one, or log in again",
        ),
        TokenError::NoToken => (
            None,
            "a token is needed",
            "send `Authorization: Bearer TOKEN` with a token from the operator",
        ),
        TokenError::WrongToken => (
            Some("invalid_token"),
            "the token is not one of this server's",
            "ask the operator for a token",
        ),
    };
    // Some clients show the challenge, others the body.
    let code = error.map(|error| format!("error=\"{error}\", ")).unwrap_or_default();
    let challenge = format!(
        "Bearer realm=\"souk\", {code}error_description=\"{}: {}\", \
         resource_metadata=\"{metadata}\"{}",
        what.replace('`', "'"),
        hint.replace('`', "'"),
        scope_parameter(
            state.access.iter().flat_map(|access| access.first_scopes()).map(String::as_str)
        ),
    );
    let body = json!({
        "error": error.unwrap_or("unauthorized"),
        "error_description": what,
        "hint": hint,
    });
    challenged(StatusCode::UNAUTHORIZED, challenge, body)
}

/// To whoever tries one wrong token after another.
pub(super) fn too_many_guesses() -> Response {
    let text = "too many wrong tokens come from your address\n\nhint: wait a while; a right one is \
                taken at once\n";
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "10")], text).into_response()
}

/// To whoever brings an access token that cannot be told right or wrong now. What the matter is with the
/// authorization server is in the log, for the operator alone.
pub(super) fn no_keys(retry_after_s: u64) -> Response {
    let body = json!({
        "error": "temporarily_unavailable",
        "error_description": "the token cannot be verified now: its key is not known here yet, or the \
                              authorization server does not answer",
        "hint": format!("send the same token again in {retry_after_s} s"),
    });
    let wait = [(RETRY_AFTER, retry_after_s.to_string())];
    (StatusCode::SERVICE_UNAVAILABLE, wait, Json(body)).into_response()
}

pub(super) fn too_many_sessions(bound: SessionBound) -> Response {
    let text = match bound {
        SessionBound::Each => {
            "too many sessions are open, and all of them are answering calls\n\nhint: close one, or try \
             again in a minute; the operator can raise `sessions_each`\n"
        }
        SessionBound::All => {
            "too many sessions of all callers are open, and all of them are answering calls\n\nhint: try \
             again in a minute\n"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], text).into_response()
}
