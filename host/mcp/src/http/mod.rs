//! Serving many clients over streamable HTTP.

mod accept;
mod auth;
mod config;
mod connections;
mod cors;
mod event_log;
mod host_guard;
mod json_rpc;
mod open_requests;
mod operators;
mod own_pages;
mod pages;
mod peer;
mod request_body;
mod seldom;
mod session_bounds;
mod sessions;
mod state;
mod step_up;
mod wrong_tokens;

#[cfg(doc)]
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
#[cfg(doc)]
use axum::extract::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
#[cfg(doc)]
use souk_model::ConnectionAddresses;
use souk_model::{AccessGrant, AccessTokens, Actions, Callers, Principal, RefusalKind};
use souk_telemetry::metrics;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use auth::{BindError, check_bind};
pub use config::HttpConfig;
pub use host_guard::{AllowedHost, AllowedOrigin, InvalidHostRule};
pub use operators::{for_operators, serve_operators};
pub use own_pages::serve_pages;

use crate::caller::Caller;
use crate::origin;
use crate::server::McpHandler;
use crate::server_state::ServerState;
use crate::{ServeError, TransportLimits};
use accept::Acceptor;
use auth::TokenError;
use connections::{ConnectionHandle, Connections};
use host_guard::HostGuard;
use json_rpc::is_stream;
use own_pages::connection_of;
use peer::Peer;
use request_body::RequestBodies;
use seldom::Seldom;
use session_bounds::SessionBounds;
use sessions::{HttpSessions, RequestOwner};
use state::{ENDPOINT, ENDPOINT_WITH_SLASH, HttpState};
use wrong_tokens::WrongTokens;

/// Everything a server over HTTP needs. Who may call, [its actions](Actions::callers) know.
pub struct HttpServer {
    /// What is served.
    pub actions: Arc<dyn Actions>,
    /// Whom another service vouches for, where there is one.
    pub access: Option<Arc<dyn AccessTokens>>,
    /// What callers may take.
    pub limits: TransportLimits,
    /// How it is served.
    pub config: HttpConfig,
    /// What is served beside the protocol, on the same listener and under the same names: routes of their
    /// own, none of which is the protocol's. Which origin sends to them they look at themselves, and no
    /// other is told anything of them ([`HttpConfig::allowed_origins`] is about the protocol). Each of its
    /// requests says whom it comes from ([`ConnectInfo`] of an [`IpAddr`]), and between which ends its
    /// connection is ([`ConnectionAddresses`]), where that is known.
    pub pages: Router,
}

/// The routes of a server over HTTP: the protocol at `/mcp`, a page for people at `/`,
/// `/healthz`, and, where there are tokens, their metadata (RFC 9728).
///
/// For embedding and for tests; [`serve_http`] also bounds connections, ends the sessions of callers
/// that are gone, and ends in good order.
pub fn router(http: HttpServer) -> Router {
    build(http).router
}

/// A router and what it takes to end it.
struct HttpParts {
    router: Router,
    shared: Arc<ServerState>,
    sessions: Arc<HttpSessions>,
    /// Ends all streams and sessions at once.
    stop: CancellationToken,
    posts: TaskTracker,
}

fn build(http: HttpServer) -> HttpParts {
    let HttpServer { actions, access, limits, config, pages: own_pages } = http;
    let shared = ServerState::new(actions.clone(), &limits);
    let stop = CancellationToken::new();
    let posts = TaskTracker::new();
    let idle = Duration::from_secs(config.session_idle_s);
    let bounds = SessionBounds::each(config.sessions_each);
    let sessions = Arc::new(HttpSessions::new(actions.clone(), bounds, idle));
    let public = config.public_url.as_deref().and_then(AllowedHost::of_url);
    let hosts: Vec<AllowedHost> = config.allowed_hosts.into_iter().chain(public).collect();
    let state = Arc::new(HttpState {
        guard: HostGuard::new(&hosts, &config.allowed_origins),
        actions,
        access,
        wrong_tokens: WrongTokens::default(),
        turned_away: Seldom::default(),
        bodies: RequestBodies::new(config.body_bytes),
        sessions: sessions.clone(),
        public_url: config.public_url,
        posts: posts.clone(),
    });
    // Host and Origin are checked by our own guard, before anything else and on every route.
    let mut rmcp = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_json_response(true)
        .with_max_request_body_bytes(config.body_bytes)
        .with_cancellation_token(stop.clone());
    rmcp.legacy_session_mode = true;
    // Which clients are told where to come back to, sessions know.
    rmcp.sse_retry = None;
    let handlers = shared.clone();
    let service = StreamableHttpService::new(
        move || Ok(McpHandler::new(handlers.clone(), Caller::OfRequest)),
        sessions.clone(),
        rmcp,
    );
    let router = Router::new()
        .route_service(ENDPOINT, service.clone())
        .route_service(ENDPOINT_WITH_SLASH, service)
        .layer(from_fn_with_state(state.clone(), authenticate))
        .route("/", get(pages::front))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/.well-known/oauth-protected-resource", get(pages::metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(pages::metadata))
        .fallback(pages::not_found)
        .layer(from_fn_with_state(state.clone(), check_host))
        .with_state(state.clone())
        .merge(own_pages.layer(from_fn_with_state(state, check_page_host)));
    HttpParts { router, shared, sessions, stop, posts }
}

/// The first of all: of whatever is refused here or answered beside the protocol, the connection is
/// idle again as soon as the answer is made.
async fn check_host(
    State(state): State<Arc<HttpState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let connection = connection_of(&mut request);
    let origin = origin::of_headers(request.headers());
    let id = HeaderValue::from_str(origin.id().as_str()).ok();
    request.extensions_mut().insert(origin);
    let checked = state.guard.check(request.uri(), request.headers());
    let in_protocol = [ENDPOINT, ENDPOINT_WITH_SLASH].contains(&request.uri().path());
    let shared_with = state.guard.shared_with(request.headers());
    let (mut response, answered) = match checked {
        Ok(()) if shared_with.is_some() && cors::is_preflight(&request) => {
            (cors::preflight(request.headers()), true)
        }
        Ok(()) => (next.run(request).await, !in_protocol),
        Err(error) => {
            state.turned_away.say(|times| tracing::warn!(%error, times, "refused a request"));
            (pages::wrong_host(&error), true)
        }
    };
    if let Some(origin) = shared_with {
        cors::share(&mut response, origin);
    }
    metrics::HTTP_REQUESTS.of(&[response.status().as_str()]).add(1);
    if let Some(id) = id {
        response.headers_mut().insert(origin::REQUEST_ID, id);
    }
    if let Some(connection) = connection.filter(|_| answered) {
        connection.answered();
    }
    response
}

/// The same for pages beside the protocol, which tell by themselves what other pages may send.
async fn check_page_host(
    State(state): State<Arc<HttpState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let connection = connection_of(&mut request);
    let response = match state.guard.check_host(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            state.turned_away.say(|times| tracing::warn!(%error, times, "refused a request"));
            pages::wrong_host(&error)
        }
    };
    if let Some(connection) = connection {
        connection.answered();
    }
    response
}

async fn authenticate(
    State(state): State<Arc<HttpState>>,
    request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectionHandle>().cloned();
    let answer = async {
        let callers = state.actions.callers();
        let access = state.access.as_deref();
        let principal = auth::principal(&callers, access, request.headers()).await;
        let denied = match principal {
            Ok(principal) => return serve(&state, principal, request, next).await,
            Err(denied) => denied,
        };
        if let TokenError::Refused(refusal) = &denied {
            state.actions.token_refused(refusal);
            if let RefusalKind::NotNow { retry_after_s } = refusal.kind {
                return pages::no_keys(retry_after_s);
            }
        }
        if denied.may_be_guess() {
            let peer = connection.as_ref().map_or(Peer::UNKNOWN, ConnectionHandle::peer);
            if state.wrong_tokens.hold(peer).await.is_err() {
                return pages::too_many_guesses();
            }
        }
        pages::unauthorized(&state, request.headers(), &denied)
    };
    let response = answer.await;
    if let Some(connection) = connection.as_ref().filter(|_| !is_stream(&response)) {
        connection.answered();
    }
    response
}

/// Serves a request of somebody who may call, for as long as they may.
async fn serve(
    state: &Arc<HttpState>,
    principal: Principal,
    mut request: Request,
    next: Next,
) -> Response {
    // The token has done its work: nothing behind this needs to see it.
    request.headers_mut().remove(http::header::AUTHORIZATION);
    request.extensions_mut().insert(principal.clone());
    let request = match state.bodies.whole(request).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    let connection = request.extensions().get::<ConnectionHandle>().cloned();
    let owner = RequestOwner {
        principal: principal.clone(),
        connection: connection.as_ref().map(ConnectionHandle::id),
    };
    let for_news = is_for_news(&request);
    let answering = connection.as_ref().map(|connection| connection.answering(for_news));
    let post = (request.method() == Method::POST).then(|| state.posts.token());
    let deletes = request.method() == Method::DELETE;
    let headers = request.headers().clone();
    match step_up::missing_scopes(state.actions.as_ref(), &principal, &request).await {
        Ok(None) => {}
        Ok(Some(scopes)) => return pages::insufficient_scope(state, &headers, &scopes),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
    let gone = until_gone(state.actions.clone(), principal.clone());
    let mut gone = Box::pin(gone);
    let outcome = tokio::select! {
        biased;
        () = &mut gone => {
            return pages::unauthorized(state, &headers, &TokenError::of_the_gone(&principal));
        }
        outcome = sessions::on_behalf_of(owner.clone(), async {
            json_rpc::serve(&state.sessions, &owner, request, next).await
        }) => outcome,
    };
    if let Some(bound) = outcome.full {
        return pages::too_many_sessions(bound);
    }
    let mut response = outcome.answer;
    if deletes && response.status() == StatusCode::ACCEPTED {
        // The session is gone, not about to go; some clients tell the two apart.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    if !is_stream(&response) {
        // What is whole is written before a connection is closed.
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().take_until(gone).inspect(move |_| {
            let _ = (&post, &answering);
        }))
    })
}

/// Whether a request is answered with news for as long as there are any: the older era's stream, the
/// newer one's subscription.
fn is_for_news<B>(request: &http::Request<B>) -> bool {
    let method = request.headers().get("mcp-method").map(HeaderValue::as_bytes);
    request.method() == Method::GET || method == Some(b"subscriptions/listen")
}

/// Ready when the principal would no longer be let in.
async fn until_gone(actions: Arc<dyn Actions>, principal: Principal) {
    let mut changes = actions.changes();
    while actions.callers().admits(&principal) {
        let left = principal.access().map(AccessGrant::seconds_left);
        let over = async {
            match left {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds.max(1))).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => {}
            changed = changes.changed() => if changed.is_err() {
                std::future::pending::<()>().await;
            },
        }
    }
}

/// Ends the sessions of callers that are no longer known, whenever that changes.
async fn end_sessions_of_the_gone(actions: Arc<dyn Actions>, sessions: Arc<HttpSessions>) {
    let mut changes = actions.changes();
    while changes.changed().await.is_ok() {
        let callers: Arc<Callers> = actions.callers();
        sessions.end_unknown(&callers).await;
    }
}

/// Serves clients over HTTP, the same on all of these listeners, until `shutdown` is ready; then calls
/// under way get [`HttpConfig::shutdown_s`] to end.
///
/// # Errors
/// [`ServeError::Bind`] if [`check_bind`] refuses a listener's address; [`ServeError::Io`] if
/// a listener fails.
pub async fn serve_http(
    listeners: Vec<TcpListener>,
    mut http: HttpServer,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    for listener in &listeners {
        let address = listener.local_addr()?;
        check_bind(address, &http.actions.callers())?;
        if !address.ip().is_unspecified() {
            http.config.allowed_hosts.push(AllowedHost::address(address.ip()));
        }
    }
    let config = &http.config;
    let grace = Duration::from_secs(config.shutdown_s);
    let (limits, timeouts) = (config.connection_limits(), config.connection_timeouts());
    let actions = http.actions.clone();
    let HttpParts { router, shared, sessions, stop, posts } = build(http);
    let closing = CancellationToken::new();
    let acceptor = Acceptor {
        listeners,
        router,
        connections: Connections::new(limits),
        timeouts,
        closing: closing.clone(),
    };
    let mut serving = pin!(acceptor.run());
    let mut ending_sessions = pin!(end_sessions_of_the_gone(actions, sessions.clone()));
    let mut forgetting = tokio::time::interval(Duration::from_secs(30));
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut serving => return Ok(()),
            () = &mut ending_sessions => std::future::pending::<()>().await,
            () = &mut shutdown => break,
            _ = forgetting.tick() => sessions.forget_old(),
        }
    }
    closing.cancel();
    shared.ending.cancel();
    posts.close();
    tokio::select! {
        () = &mut serving => return Ok(()),
        answered = timeout(grace, posts.wait()) => {
            if answered.is_err() {
                tracing::warn!("calls have not ended in time: giving them up");
            }
        }
    }
    stop.cancel();
    // Connections that a client keeps open without asking anything are dropped with the process.
    let _ = timeout(Duration::from_secs(1), serving).await;
    Ok(())
}
