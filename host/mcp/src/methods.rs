//! Which methods of the protocol are served, in which of its eras, and how those are refused that are
//! not.

use rmcp::ErrorData;
use rmcp::model::{ErrorCode, PaginatedRequestParams};
use rmcp::service::{RequestContext, RoleServer};

use crate::message;

/// Requests of MCP that this server understands if it understands their parameters.
const KNOWN_METHODS: [&str; 10] = [
    "completion/complete",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
];

/// Those that the newer era has done away with.
const OLDER_METHODS: [&str; 5] =
    ["initialize", "logging/setLevel", "ping", "resources/subscribe", "resources/unsubscribe"];

/// Whether the caller's protocol still has `initialize`.
pub(crate) fn speaks_older(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_none_or(|version| version.has_initialize())
}

/// Why rmcp could make nothing of a request of this method.
pub(crate) fn not_understood(method: &str, speaks_older: bool) -> ErrorData {
    let method: String = method.chars().take(100).collect();
    let known = KNOWN_METHODS.contains(&method.as_str())
        || (speaks_older && OLDER_METHODS.contains(&method.as_str()));
    if known {
        let what = format!("the parameters of `{method}` are not what the protocol asks for");
        return ErrorData::invalid_params(what, None);
    }
    unknown_method(&method)
}

/// Refuses a method that is not served.
pub(crate) fn require(is_served: bool, method: &str) -> Result<(), ErrorData> {
    if is_served { Ok(()) } else { Err(unknown_method(method)) }
}

/// Refuses every cursor: none was given out.
pub(crate) fn refuse_cursor(
    request: Option<PaginatedRequestParams>,
    what: &str,
) -> Result<(), ErrorData> {
    if request.is_some_and(|request| request.cursor.is_some()) {
        let why = format!("no such `cursor`: the list of {what} comes in one piece");
        return Err(ErrorData::invalid_params(why, None));
    }
    Ok(())
}

/// Of a method that is not served, or not in the caller's version.
fn unknown_method(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message::unknown_method(method), None)
}
