//! Tools as MCP tells them, converted once for each list.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{MetaObject, Tool as McpTool, ToolAnnotations};
use serde_json::{Map, Value};
use souk_model::Tool;

use crate::views;

/// The key under which a tool's risk tier is told in its `_meta`.
pub const TIER_META: &str = "souk/tier";

/// A list as the actions gave it.
type ToolList = Arc<[Arc<Tool>]>;

/// As many different lists as are kept converted. Lists differ by what a principal may call, and
/// operators have few kinds of principals.
const LISTS: usize = 8;

/// The lists last asked for, converted. A list is known by its address, and an entry keeps its
/// list alive, so an address cannot come to mean another list.
#[derive(Default)]
pub(crate) struct ToolListCache(Mutex<Vec<(ToolList, Arc<[McpTool]>)>>);

impl ToolListCache {
    /// The list in MCP's words, in its own order.
    pub(crate) fn of(&self, list: &ToolList) -> Arc<[McpTool]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = known.iter().position(|(key, _)| Arc::ptr_eq(key, list)) {
            return known[index].1.clone();
        }
        let converted: Arc<[McpTool]> = list.iter().map(|tool| mcp_tool(tool)).collect();
        if known.len() == LISTS {
            known.remove(0);
        }
        known.push((list.clone(), converted.clone()));
        converted
    }
}

/// One tool in MCP's words.
fn mcp_tool(tool: &Tool) -> McpTool {
    let mut meta = MetaObject::new();
    meta.insert(TIER_META.to_owned(), tool.tier.as_str().into());
    if let Some(view) = tool.view {
        meta.insert(views::META.to_owned(), views::of_tool(view));
    }
    let hints = tool.hints;
    let annotations = ToolAnnotations::with_title(&tool.title)
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    McpTool::new(tool.name.clone(), tool.description.clone(), tool.published_input.clone())
        .with_title(&tool.title)
        .with_raw_output_schema(Arc::new(published_output(&tool.output)))
        .with_annotations(annotations)
        .with_meta(meta)
}

/// Every type that a value may have, for a place that takes any: some clients want to be told one.
const TYPES: [&str; 6] = ["string", "number", "boolean", "object", "array", "null"];

/// A result's schema as it is published: without what it says to people, since clients check results by
/// it and show it to nobody, and some read a list in a line of 64 KiB at most; and with one type at a
/// place, since some know no lists of types.
fn published_output(schema: &Map<String, Value>) -> Map<String, Value> {
    let kept = schema.iter().filter(|(word, _)| *word != "description").map(|(word, value)| {
        let value = match (word.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                let member = |(name, member): (&String, &Value)| (name.clone(), published(member));
                Value::Object(members.iter().map(member).collect())
            }
            (
                "items" | "prefixItems" | "additionalProperties" | "anyOf" | "oneOf" | "allOf",
                value,
            ) => published(value),
            (_, value) => value.clone(),
        };
        (word.clone(), value)
    });
    let mut kept: Map<String, Value> = kept.collect();
    match kept.get("type") {
        Some(Value::Array(types)) => {
            let types = types.clone();
            kept.remove("type");
            one_of_types(types, &kept)
        }
        None if kept.is_empty() => one_of_types(TYPES.map(Value::from).to_vec(), &kept),
        _ => kept,
    }
}

/// A branch for each type; what is said beside it is of those that can be more than nothing.
fn one_of_types(types: Vec<Value>, beside: &Map<String, Value>) -> Map<String, Value> {
    let branch = |kind: Value| {
        let mut branch = if kind == "null" { Map::new() } else { beside.clone() };
        branch.insert("type".to_owned(), kind);
        Value::Object(branch)
    };
    Map::from_iter([("anyOf".to_owned(), types.into_iter().map(branch).collect())])
}

fn published(schema: &Value) -> Value {
    match schema {
        Value::Object(schema) => Value::Object(published_output(schema)),
        Value::Array(schemas) => schemas.iter().map(published).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_results_schema_is_published_without_words_and_with_one_type_at_a_place() {
        let schema = json!({
            "type": "object",
            "description": "All.",
            "properties": {
                "description": {"type": "string", "description": "Text."},
                "rows": {"type": "array", "items": {"type": "object", "description": "One."}},
                "any": {"anyOf": [{"type": "null", "description": "None."}, true]},
                "rate": {"type": ["number", "null"], "minimum": 0, "description": "Or none."},
                "all": {"description": "Anything."},
            },
            "required": ["description"],
        });
        let told = published_output(schema.as_object().unwrap());
        assert_eq!(
            Value::Object(told),
            json!({
                "type": "object",
                "properties": {
                    "description": {"type": "string"},
                    "rows": {"type": "array", "items": {"type": "object"}},
                    "any": {"anyOf": [{"type": "null"}, true]},
                    "rate": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
                    "all": {"anyOf": TYPES.map(|kind| json!({"type": kind}))},
                },
                "required": ["description"],
            })
        );
    }
}
