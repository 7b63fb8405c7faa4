//! Serving many clients over streamable HTTP.

mod auth;
mod config;
mod connections;
mod host_guard;
mod pages;
mod sessions;
mod state;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use futures::StreamExt;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use souk_model::Actions;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use auth::{Authenticator, BindError, InvalidTokens, check_bind};
pub use config::HttpConfig;
pub use host_guard::{AllowedHost, AllowedOrigin, InvalidHostRule};

use crate::server::{Caller, McpHandler, ServerState};
use crate::{ServeError, TransportLimits};
use connections::BoundedListener;
use host_guard::HostGuard;
use sessions::HttpSessions;
use state::{ENDPOINT, HttpState};

/// Everything a server over HTTP needs.
pub struct HttpServer {
    /// What is served.
    pub actions: Arc<dyn Actions>,
    /// What callers may take.
    pub limits: TransportLimits,
    /// How it is served.
    pub config: HttpConfig,
    /// Who may call.
    pub auth: Authenticator,
}

/// The routes of a server over HTTP: the protocol at `/mcp`, a page for people at `/`,
/// `/healthz`, and, where there are tokens, their metadata (RFC 9728).
///
/// For embedding and for tests; [`serve_http`] also bounds connections and ends in good order.
pub fn router(http: HttpServer) -> Router {
    build(http).router
}

/// A router and what it takes to end it.
struct HttpParts {
    router: Router,
    shared: Arc<ServerState>,
    /// Ends all streams and sessions at once.
    stop: CancellationToken,
    posts: TaskTracker,
}

fn build(http: HttpServer) -> HttpParts {
    let HttpServer { actions, limits, config, auth } = http;
    let shared = ServerState::new(actions, &limits);
    let stop = CancellationToken::new();
    let posts = TaskTracker::new();
    let state = Arc::new(HttpState {
        guard: HostGuard::new(&config.allowed_hosts, &config.allowed_origins),
        auth,
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
    let sessions =
        HttpSessions::new(config.sessions_each, Duration::from_secs(config.session_idle_s));
    let handlers = shared.clone();
    let service = StreamableHttpService::new(
        move || Ok(McpHandler::new(handlers.clone(), Caller::OfRequest)),
        Arc::new(sessions),
        rmcp,
    );
    let router = Router::new()
        .nest_service(ENDPOINT, service)
        .layer(from_fn_with_state(state.clone(), authenticate))
        .route("/", get(pages::front))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/.well-known/oauth-protected-resource", get(pages::metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(pages::metadata))
        .fallback(pages::not_found)
        .layer(from_fn_with_state(state.clone(), check_host))
        .with_state(state);
    HttpParts { router, shared, stop, posts }
}

async fn check_host(State(state): State<Arc<HttpState>>, request: Request, next: Next) -> Response {
    match state.guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            tracing::warn!(%error, "refused a request");
            pages::wrong_host(&error)
        }
    }
}

async fn authenticate(
    State(state): State<Arc<HttpState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let principal = match state.auth.principal(request.headers()) {
        Ok(principal) => principal,
        Err(denied) => return pages::unauthorized(&state, &request, denied),
    };
    // The token has done its work: nothing behind this needs to see it.
    request.headers_mut().remove(http::header::AUTHORIZATION);
    request.extensions_mut().insert(principal.clone());
    let post = (request.method() == Method::POST).then(|| state.posts.token());
    let deletes = request.method() == Method::DELETE;
    let outcome = sessions::on_behalf_of(principal, next.run(request)).await;
    if outcome.full {
        return pages::too_many_sessions();
    }
    let mut response = outcome.answer;
    if deletes && response.status() == StatusCode::ACCEPTED {
        // The session is gone, not about to go; some clients tell the two apart.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    match post {
        Some(post) if is_stream(&response) => response.map(|body| {
            Body::from_stream(body.into_data_stream().inspect(move |_| {
                let _ = &post;
            }))
        }),
        // Anything else is whole, and what is whole is written before a connection is closed.
        _ => response,
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// Serves clients over HTTP until `shutdown` is ready; then calls under way get
/// [`HttpConfig::shutdown_s`] to end.
///
/// # Errors
/// [`ServeError::Bind`] if [`check_bind`] refuses the listener's address; [`ServeError::Io`] if
/// the listener fails.
pub async fn serve_http(
    listener: TcpListener,
    mut http: HttpServer,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    check_bind(address, &http.auth)?;
    if !address.ip().is_unspecified() {
        http.config.allowed_hosts.push(AllowedHost::address(address.ip()));
    }
    let grace = Duration::from_secs(http.config.shutdown_s);
    let listener = BoundedListener::new(listener, http.config.connections);
    let HttpParts { router, shared, stop, posts } = build(http);
    let closing = CancellationToken::new();
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(closing.clone().cancelled_owned());
    let mut serving = pin!(async move { serving.await });
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = shutdown => {}
    }
    closing.cancel();
    shared.ending.cancel();
    posts.close();
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        answered = timeout(grace, posts.wait()) => {
            if answered.is_err() {
                tracing::warn!("calls have not ended in time: giving them up");
            }
        }
    }
    stop.cancel();
    // Connections that a client keeps open without asking anything are dropped with the future.
    match timeout(Duration::from_secs(1), serving).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}
