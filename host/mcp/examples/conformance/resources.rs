//! The suite's resources.

use serde_json::json;
use souk_model::{Resource, ResourceBody, ResourceContents, ResourceFamily};

use crate::PNG;

const TEXT: &str = "This is the content of the static text resource.";

/// All that are listed.
pub(crate) fn list() -> Vec<Resource> {
    let resource = |uri: &str, media_type: &str| Resource {
        uri: uri.to_owned(),
        name: uri.trim_start_matches("test://").to_owned(),
        description: format!("The suite's `{uri}`."),
        media_type: media_type.to_owned(),
        size: None,
    };
    vec![
        resource("test://static-text", "text/plain"),
        resource("test://static-binary", "image/png"),
        resource("test://watched-resource", "text/plain"),
    ]
}

/// The family of which one is read.
pub(crate) fn family() -> ResourceFamily {
    ResourceFamily {
        uri_template: "test://template/{id}/data".to_owned(),
        name: "data".to_owned(),
        title: "Data".to_owned(),
        description: "Data by its id.".to_owned(),
        media_type: "application/json".to_owned(),
    }
}

/// One resource.
pub(crate) fn read(uri: &str) -> Option<ResourceContents> {
    let text = |media_type: &str, text: String| ResourceContents {
        uri: uri.to_owned(),
        media_type: media_type.to_owned(),
        body: ResourceBody::Text(text),
    };
    match uri {
        "test://static-text" => Some(text("text/plain", TEXT.to_owned())),
        "test://watched-resource" => Some(text("text/plain", "Watched.".to_owned())),
        "test://static-binary" => Some(ResourceContents {
            uri: uri.to_owned(),
            media_type: "image/png".to_owned(),
            body: ResourceBody::Bytes(PNG.to_vec()),
        }),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let data = format!("Data for ID: {id}");
            let body = json!({"id": id, "templateTest": true, "data": data}).to_string();
            Some(text("application/json", body))
        }
    }
}
