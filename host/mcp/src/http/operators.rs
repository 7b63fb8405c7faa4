//! Pages for the operator's own tools: for callers that the rules name as operators, or on a listener
//! of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use souk_model::{AccessTokens, Actions, RefusalKind};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::auth::{self, TokenError};
use super::config::HttpConfig;
use super::connections::ConnectionHandle;
use super::host_guard::HostGuard;
use super::own_pages::serve_pages;
use super::pages;
use super::peer::Peer;
use super::wrong_tokens::WrongTokens;

/// Open connections of such a listener: a few tools ask, each once in a while.
const CONNECTIONS: usize = 64;

struct OperatorGate {
    actions: Arc<dyn Actions>,
    access: Option<Arc<dyn AccessTokens>>,
    wrong_tokens: WrongTokens,
}

/// The same pages, for whoever brings an operator's token; where no tokens are asked for, for the local
/// user if that is an operator.
pub fn for_operators(
    pages: Router,
    actions: Arc<dyn Actions>,
    access: Option<Arc<dyn AccessTokens>>,
) -> Router {
    let gate = Arc::new(OperatorGate { actions, access, wrong_tokens: WrongTokens::default() });
    // Of the routes alone: a fallback is not for this to guard.
    pages.route_layer(from_fn_with_state(gate, check_operator))
}

async fn check_operator(
    State(gate): State<Arc<OperatorGate>>,
    request: Request,
    next: Next,
) -> Response {
    let (callers, access) = (gate.actions.callers(), gate.access.as_deref());
    let principal = match auth::principal(&callers, access, request.headers()).await {
        Ok(principal) => principal,
        Err(denied) => {
            let connection = request.extensions().get::<ConnectionHandle>();
            let peer = connection.map_or(Peer::UNKNOWN, ConnectionHandle::peer);
            return gate.turn_away(peer, &denied).await;
        }
    };
    if !gate.actions.is_operator(&principal) {
        let text = "this is for operators alone\n\nhint: name the caller in `policy.operators`, or set \
                    `metrics.listen` for a listener of its own\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}

impl OperatorGate {
    async fn turn_away(&self, peer: Peer, denied: &TokenError) -> Response {
        if let TokenError::Refused(refusal) = denied {
            self.actions.token_refused(refusal);
            if let RefusalKind::NotNow { retry_after_s } = refusal.kind {
                return pages::no_keys(retry_after_s);
            }
        }
        if denied.may_be_guess() && self.wrong_tokens.hold(peer).await.is_err() {
            return pages::too_many_guesses();
        }
        no_operator(match denied {
            TokenError::NoToken => "a token is needed",
            TokenError::WrongToken => "the token is not one of this server's",
            TokenError::Refused(_) => "the token is not good for this server",
        })
    }
}

fn no_operator(why: &str) -> Response {
    let challenge = [(WWW_AUTHENTICATE, "Bearer realm=\"souk\"")];
    let text =
        format!("{why}\n\nhint: send `Authorization: Bearer TOKEN` with an operator's token\n");
    (StatusCode::UNAUTHORIZED, challenge, text).into_response()
}

/// Serves pages for operators' tools on a listener of their own until `end` is cancelled. On a loopback
/// address they answer to this machine's names alone, so that no page of the web can read them through a
/// browser.
pub async fn serve_operators(
    listener: TcpListener,
    pages: Router,
    config: &HttpConfig,
    end: CancellationToken,
) {
    let is_local =
        listener.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
    let guard = is_local.then(|| Arc::new(HostGuard::new(&config.allowed_hosts, &[])));
    let pages = match guard {
        Some(guard) => pages.layer(from_fn(move |request: Request, next: Next| {
            let refused = guard.check(request.uri(), request.headers()).err();
            async move {
                match refused {
                    Some(refused) => pages::wrong_host(&refused),
                    None => next.run(request).await,
                }
            }
        })),
        None => pages,
    };
    let config =
        HttpConfig { connections: CONNECTIONS, connections_each: CONNECTIONS, ..config.clone() };
    tokio::select! {
        () = serve_pages(vec![listener], pages, &config) => {}
        () = end.cancelled() => {}
    }
}
