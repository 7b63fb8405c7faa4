//! What the handlers of HTTP requests share.

use std::sync::Arc;

use souk_model::{AccessTokens, Actions};
use tokio_util::task::TaskTracker;

use super::host_guard::HostGuard;
use super::request_body::RequestBodies;
use super::seldom::Seldom;
use super::sessions::HttpSessions;
use super::wrong_tokens::WrongTokens;

/// Where the protocol is served.
pub(crate) const ENDPOINT: &str = "/mcp";
/// Some clients are configured so.
pub(crate) const ENDPOINT_WITH_SLASH: &str = "/mcp/";

/// What every handler may need of the server.
pub(super) struct HttpState {
    pub(super) guard: HostGuard,
    /// They know who may call.
    pub(super) actions: Arc<dyn Actions>,
    /// Whom another service vouches for.
    pub(super) access: Option<Arc<dyn AccessTokens>>,
    pub(super) wrong_tokens: WrongTokens,
    /// Requests to other hosts and from other pages, for the log.
    pub(super) turned_away: Seldom,
    pub(super) bodies: RequestBodies,
    pub(super) sessions: Arc<HttpSessions>,
    pub(super) public_url: Option<String>,
    /// Requests whose answers are not through yet.
    pub(super) posts: TaskTracker,
}
