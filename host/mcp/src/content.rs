//! What stands beside a result's JSON, as MCP tells it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{ContentBlock as McpBlock, MetaObject, Resource as McpResource};
use serde_json::json;
use souk_model::{
    Audio, CallUsage, ContentBlock, Document, Image, ShownPlan, ToolResult, WaitingPlan,
};

use crate::resources;

/// The blocks that follow a result's own text: the host's notes, what the action shows, pictures and
/// recordings after what they are of, and with `links` one to each document of the call, those that
/// the action names first.
pub(crate) fn blocks(result: &ToolResult, links: bool) -> Vec<McpBlock> {
    let mut blocks: Vec<McpBlock> = result.notes.iter().map(McpBlock::text).collect();
    let mut named: Vec<&str> = Vec::new();
    for block in &result.content {
        match block {
            ContentBlock::Image(Image { description, .. })
            | ContentBlock::Audio(Audio { description, .. }) => {
                if !description.trim().is_empty() {
                    blocks.push(McpBlock::text(description));
                }
                blocks.push(self::block(block));
            }
            ContentBlock::Document(block) => {
                let document = result.documents.iter().find(|document| document.uri == block.uri);
                if let Some(document) = document.filter(|_| links) {
                    named.push(&document.uri);
                    blocks.push(link(document, block.description.as_deref()));
                }
            }
            ContentBlock::Text(_) | ContentBlock::Resource(_) => blocks.push(self::block(block)),
        }
    }
    let others = result.documents.iter().filter(|document| !named.contains(&&*document.uri));
    blocks.extend(others.filter(|_| links).map(|document| link(document, None)));
    blocks
}

/// The key under which it is told in a result's `_meta` what a plugin's call used: no model reads that.
pub const USAGE_META: &str = "souk/usage";

/// What a call used, as its result's `_meta`.
pub(crate) fn usage_meta(usage: Option<&CallUsage>) -> Option<MetaObject> {
    let usage = serde_json::to_value(usage?).ok()?;
    let mut meta = MetaObject::new();
    meta.insert(USAGE_META.to_owned(), usage);
    Some(meta)
}

/// The key under which it is told in a result's `_meta` where a person reviews and decides.
pub const CONSOLE_META: &str = "souk/console";

/// The key under which it is told in a result's `_meta` which plan it is about, by the host's word.
pub const PLAN_META: &str = "souk/plan";

/// What a result's `_meta` says: what the call used, which plan it is about, whether no plugin had a word
/// in it, and where a person goes on from it.
pub(crate) fn result_meta(
    usage: Option<&CallUsage>,
    plan: Option<&ShownPlan>,
) -> Option<MetaObject> {
    let mut meta = usage_meta(usage);
    if let Some(ShownPlan { id, is_hosts_own, console }) = plan {
        let meta = meta.get_or_insert_default();
        let plan = json!({ "plan_id": id.as_str(), "hosts_own": is_hosts_own });
        meta.insert(PLAN_META.to_owned(), plan);
        if let Some(console) = console {
            meta.insert(CONSOLE_META.to_owned(), console.as_str().into());
        }
    }
    meta
}

/// The member of a failed result's `_meta` that names the plan which waits for a person.
pub const WAITING_META: &str = "souk/waiting";

/// What a failed call used, and the plan that waits for a person, as its result's `_meta`.
pub(crate) fn failure_meta(
    usage: Option<&CallUsage>,
    waiting: Option<&WaitingPlan>,
) -> Option<MetaObject> {
    let mut meta = usage_meta(usage);
    if let Some(waiting) = waiting.and_then(|waiting| serde_json::to_value(waiting).ok()) {
        meta.get_or_insert_default().insert(WAITING_META.to_owned(), waiting);
    }
    meta
}

/// One block by itself. Of a document there is no more than its URI.
pub(crate) fn block(block: &ContentBlock) -> McpBlock {
    match block {
        ContentBlock::Text(text) => McpBlock::text(text),
        ContentBlock::Image(image) => {
            McpBlock::image(STANDARD.encode(&image.data), image.media_type.as_str())
        }
        ContentBlock::Audio(audio) => {
            McpBlock::audio(STANDARD.encode(&audio.data), audio.media_type.as_str())
        }
        ContentBlock::Resource(resource) => {
            McpBlock::resource(resources::contents(resource.clone()))
        }
        ContentBlock::Document(document) => {
            McpBlock::resource_link(McpResource::new(&document.uri, &document.uri))
        }
    }
}

/// A link to a document, described in the action's own words where it has some.
fn link(document: &Document, description: Option<&str>) -> McpBlock {
    let resource = resources::resource(&document.into());
    McpBlock::resource_link(match description {
        Some(description) => resource.with_description(description),
        None => resource,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};
    use souk_model::{DocumentBlock, ImageType};

    fn document(uri: &str) -> Document {
        Document {
            uri: uri.into(),
            name: "rows.csv".into(),
            media_type: "text/csv".into(),
            size: 3,
            expires_at: "2026-01-01T00:00:00Z".into(),
            tool: "demo_rows".into(),
            store: None,
        }
    }

    fn told(result: &ToolResult, links: bool) -> Vec<Value> {
        blocks(result, links).iter().map(|block| serde_json::to_value(block).unwrap()).collect()
    }

    #[test]
    fn a_picture_follows_what_it_shows_and_each_document_is_linked_once() {
        let named = DocumentBlock { uri: "souk://exports/b".into(), description: Some("B".into()) };
        let result = ToolResult {
            result: Map::new(),
            documents: vec![document("souk://exports/a"), document("souk://exports/b")],
            content: vec![
                ContentBlock::Image(Image {
                    media_type: ImageType::Gif,
                    data: b"GIF89a".into(),
                    description: "a dot".into(),
                }),
                ContentBlock::Document(named),
            ],
            ..ToolResult::default()
        };
        let all = told(&result, true);
        let kinds: Vec<_> = all.iter().map(|block| block["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["text", "image", "resource_link", "resource_link"]);
        assert_eq!(all[0]["text"], "a dot");
        assert_eq!(
            (&all[1]["data"], &all[1]["mimeType"]),
            (&json!("R0lGODlh"), &json!("image/gif"))
        );
        assert_eq!(
            (&all[2]["uri"], &all[2]["description"]),
            (&json!("souk://exports/b"), &json!("B"))
        );
        assert_eq!(all[3]["uri"], "souk://exports/a");
        // A client that knows no links gets none, and the picture all the same.
        assert_eq!(told(&result, false).len(), 2);
    }
}
