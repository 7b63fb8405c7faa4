//! What the handlers of HTTP requests share.

use tokio_util::task::TaskTracker;

use super::auth::Authenticator;
use super::host_guard::HostGuard;

/// Where the protocol is served.
pub(crate) const ENDPOINT: &str = "/mcp";

/// What every handler may need of the server.
pub(super) struct HttpState {
    pub(super) guard: HostGuard,
    pub(super) auth: Authenticator,
    pub(super) public_url: Option<String>,
    /// Requests whose answers are not through yet.
    pub(super) posts: TaskTracker,
}
