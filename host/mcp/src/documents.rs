//! Documents as MCP tells them: resources, their contents, and links beside a result.

use rmcp::ErrorData;
use rmcp::model::{ProtocolVersion, ReadResourceResult, Resource, ResourceContents};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::json;
use souk_model::{Code, Document, Failure};

/// A document in a list.
pub(crate) fn resource(document: &Document) -> Resource {
    let store = document.store.as_ref().map(|store| format!(" on `{store}`")).unwrap_or_default();
    Resource::new(&document.uri, &document.name)
        .with_title(&document.name)
        .with_description(format!(
            "Made by `{}`{store}; kept until {}.",
            document.tool, document.expires_at
        ))
        .with_mime_type(&document.media_type)
        .with_size(document.size)
}

/// Whether the caller's protocol knows links beside a result. An older client would not read the
/// result at all, and the result itself names the document too.
pub(crate) fn understands_links(context: &RequestContext<RoleServer>) -> bool {
    // Versions are dates, which compare as texts do.
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2025_06_18.as_str())
}

/// A document, whole.
pub(crate) fn contents(document: Document, text: String) -> ReadResourceResult {
    let contents = ResourceContents::text(text, document.uri).with_mime_type(document.media_type);
    ReadResourceResult::new(vec![contents])
}

/// Why a document is not to be had. rmcp gives what is not found the code of the caller's era.
pub(crate) fn read_error(failure: &Failure, uri: Option<&str>) -> ErrorData {
    let text = failure.render();
    match failure.code {
        Code::NotFound => ErrorData::resource_not_found(text, uri.map(|uri| json!({ "uri": uri }))),
        Code::ValidationError | Code::Forbidden => ErrorData::invalid_params(text, None),
        _ => ErrorData::internal_error(text, None),
    }
}
