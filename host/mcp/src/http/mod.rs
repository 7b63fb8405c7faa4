//! Serving many clients over streamable HTTP.

mod auth;
mod connections;
mod guard;
mod pages;
mod sessions;

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
use serde::Deserialize;
use souk_model::Actions;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use auth::{Authenticator, BindRefused, InvalidTokens, check_bind};
pub use guard::{AllowedHost, AllowedOrigin, InvalidRule};

use crate::server::{Caller, Server, Shared};
use crate::{Limits, ServeError};
use connections::Bounded;
use guard::Guard;
use sessions::Sessions;

/// Where the protocol is served.
pub(crate) const ENDPOINT: &str = "/mcp";

/// How the protocol is served over HTTP.
///
/// ```
/// let config: souk_mcp::HttpConfig =
///     toml::from_str(r#"allowed_hosts = ["souk.example", "souk.example:8808"]"#).unwrap();
/// assert_eq!(config.body_bytes, 4 * 1024 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Names that clients reach this server by, on top of `localhost`, the loopback addresses and
    /// the address it is bound to. None.
    pub allowed_hosts: Vec<AllowedHost>,
    /// Web pages that may talk to this server, on top of this machine's own. None. Clients that
    /// are not web pages send no origin and are not concerned.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// The address clients see, without a path, where a proxy stands in front:
    /// `https://souk.example`. By default what the request was sent to.
    pub public_url: Option<String>,
    /// Bytes of one request's body. 4 MiB.
    pub body_bytes: usize,
    /// Open connections; more wait until one closes. 1,024.
    pub connections: usize,
    /// Sessions of clients of the older era, for each principal. The longest idle one is closed
    /// to make room; if none is idle, a new one is refused. 64.
    pub sessions_each: usize,
    /// Seconds after which an unused session is closed. 14,400: a client whose user went for
    /// lunch should still hear of changed tools.
    pub session_idle_s: u64,
    /// Seconds that calls under way have to end when the server is stopped. 10.
    pub shutdown_s: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            public_url: None,
            body_bytes: 4 * 1024 * 1024,
            connections: 1_024,
            sessions_each: 64,
            session_idle_s: 4 * 60 * 60,
            shutdown_s: 10,
        }
    }
}

/// Everything a server over HTTP needs.
pub struct Http {
    /// What is served.
    pub actions: Arc<dyn Actions>,
    /// What callers may take.
    pub limits: Limits,
    /// How it is served.
    pub config: HttpConfig,
    /// Who may call.
    pub auth: Authenticator,
}

/// What the door needs to know of each request.
pub(crate) struct Door {
    guard: Guard,
    auth: Authenticator,
    public_url: Option<String>,
    /// Requests whose answers are not through yet.
    posts: TaskTracker,
}

/// The routes of a server over HTTP: the protocol at `/mcp`, a page for people at `/`,
/// `/healthz`, and, where there are tokens, their metadata (RFC 9728).
///
/// For embedding and for tests; [`serve_http`] also bounds connections and ends in good order.
pub fn router(http: Http) -> Router {
    build(http).router
}

/// A router and what it takes to end it.
struct Built {
    router: Router,
    shared: Arc<Shared>,
    /// Ends all streams and sessions at once.
    stop: CancellationToken,
    posts: TaskTracker,
}

fn build(http: Http) -> Built {
    let Http { actions, limits, config, auth } = http;
    let shared = Shared::new(actions, &limits);
    let stop = CancellationToken::new();
    let posts = TaskTracker::new();
    let door = Arc::new(Door {
        guard: Guard::new(&config.allowed_hosts, &config.allowed_origins),
        auth,
        public_url: config.public_url,
        posts: posts.clone(),
    });
    // Host and Origin are checked at our own door, before anything else and on every route.
    let mut rmcp = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_json_response(true)
        .with_max_request_body_bytes(config.body_bytes)
        .with_cancellation_token(stop.clone());
    rmcp.legacy_session_mode = true;
    let sessions = Sessions::new(config.sessions_each, Duration::from_secs(config.session_idle_s));
    let handlers = shared.clone();
    let service = StreamableHttpService::new(
        move || Ok(Server::new(handlers.clone(), Caller::OfRequest)),
        Arc::new(sessions),
        rmcp,
    );
    let router = Router::new()
        .nest_service(ENDPOINT, service)
        .layer(from_fn_with_state(door.clone(), authenticated))
        .route("/", get(pages::front))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/.well-known/oauth-protected-resource", get(pages::metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(pages::metadata))
        .fallback(pages::not_found)
        .layer(from_fn_with_state(door.clone(), guarded))
        .with_state(door);
    Built { router, shared, stop, posts }
}

async fn guarded(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    match door.guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            tracing::warn!(%refused, "turned a request away");
            pages::turned_away(&refused)
        }
    }
}

async fn authenticated(
    State(door): State<Arc<Door>>,
    mut request: Request,
    next: Next,
) -> Response {
    let principal = match door.auth.principal(request.headers()) {
        Ok(principal) => principal,
        Err(denied) => return pages::unauthorized(&door, &request, denied),
    };
    // The token has done its work: nothing behind this door needs to see it.
    request.headers_mut().remove(http::header::AUTHORIZATION);
    request.extensions_mut().insert(principal.clone());
    let asked = (request.method() == Method::POST).then(|| door.posts.token());
    let deletes = request.method() == Method::DELETE;
    let served = sessions::on_behalf_of(principal, next.run(request)).await;
    if served.full {
        return pages::too_many_sessions();
    }
    let mut response = served.answer;
    if deletes && response.status() == StatusCode::ACCEPTED {
        // The session is gone, not about to go; some clients tell the two apart.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    match asked {
        Some(asked) if is_stream(&response) => response.map(|body| {
            Body::from_stream(body.into_data_stream().inspect(move |_| {
                let _ = &asked;
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
    mut http: Http,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    check_bind(address, &http.auth)?;
    if !address.ip().is_unspecified() {
        http.config.allowed_hosts.push(AllowedHost::address(address.ip()));
    }
    let grace = Duration::from_secs(http.config.shutdown_s);
    let listener = Bounded::new(listener, http.config.connections);
    let Built { router, shared, stop, posts } = build(http);
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
