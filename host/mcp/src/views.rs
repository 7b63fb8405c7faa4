//! Pages that clients draw beside results: the extension `io.modelcontextprotocol/ui` (MCP Apps).

use rmcp::model::MetaObject;
use serde_json::{Value, json};

/// The extension's name among a server's capabilities.
pub(crate) const EXTENSION: &str = "io.modelcontextprotocol/ui";
/// The member of `_meta` that the extension has.
pub(crate) const META: &str = "ui";
/// How the URIs of such pages begin.
const SCHEME: &str = "ui://";

/// What a tool says of the page that shows its results.
pub(crate) fn of_tool(uri: &str) -> Value {
    json!({ "resourceUri": uri })
}

/// What a page says of itself: it loads nothing and connects to nothing, and wants a border. None of what
/// is no page.
pub(crate) fn of_resource(uri: &str) -> Option<MetaObject> {
    if !uri.starts_with(SCHEME) {
        return None;
    }
    let mut meta = MetaObject::new();
    let nothing = json!({ "connectDomains": [], "resourceDomains": [] });
    meta.insert(META.to_owned(), json!({ "csp": nothing, "prefersBorder": true }));
    Some(meta)
}
