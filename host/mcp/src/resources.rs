//! Resources as MCP tells them: what is listed, families, contents, and documents beside a result.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::ErrorData;
use rmcp::model::{
    ProtocolVersion, Resource as McpResource, ResourceContents as McpContents, ResourceTemplate,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::json;
use souk_model::{Code, Failure, Resource, ResourceBody, ResourceContents, ResourceFamily};

use crate::message::failure_error;
use crate::views;

/// A resource in a list.
pub(crate) fn resource(resource: &Resource) -> McpResource {
    let listed = McpResource::new(&resource.uri, &resource.name)
        .with_title(&resource.name)
        .with_description(&resource.description)
        .with_mime_type(&resource.media_type);
    match resource.size {
        Some(size) => listed.with_size(size),
        None => listed,
    }
}

/// A family in a list.
pub(crate) fn family(family: ResourceFamily) -> ResourceTemplate {
    ResourceTemplate::new(family.uri_template, family.name)
        .with_title(family.title)
        .with_description(family.description)
        .with_mime_type(family.media_type)
}

/// Whether the caller's protocol knows links beside a result. An older client would not read the
/// result at all, and the result itself names the document too.
pub(crate) fn understands_links(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2025_06_18)
}

/// A resource, whole.
pub(crate) fn contents(resource: ResourceContents) -> McpContents {
    let meta = views::of_resource(&resource.uri);
    let contents = match resource.body {
        ResourceBody::Text(text) => McpContents::text(text, resource.uri),
        ResourceBody::Bytes(bytes) => McpContents::blob(STANDARD.encode(bytes), resource.uri),
    };
    let contents = contents.with_mime_type(resource.media_type);
    match meta {
        Some(meta) => contents.with_meta(meta),
        None => contents,
    }
}

/// Why a resource is not to be had. rmcp gives what is not found the code of the caller's era.
pub(crate) fn read_error(failure: &Failure, uri: Option<&str>) -> ErrorData {
    match failure.code {
        Code::NotFound => {
            let uri = uri.map(|uri| json!({ "uri": uri }));
            ErrorData::resource_not_found(failure.render(), uri)
        }
        _ => failure_error(failure),
    }
}
