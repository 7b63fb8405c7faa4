//! The session that a request over HTTP names.

use http::HeaderMap;

const SESSION: &str = "mcp-session-id";

/// The id, if there is one and it is a text.
pub(crate) fn session_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION)?.to_str().ok()
}
