//! Tools as MCP tells them, converted once for each list.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{MetaObject, Tool as McpTool, ToolAnnotations};
use serde_json::{Map, Value};
use souk_model::Tool;

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
pub(crate) fn mcp_tool(tool: &Tool) -> McpTool {
    let mut meta = MetaObject::new();
    meta.insert(TIER_META.to_owned(), tool.tier.as_str().into());
    let hints = tool.hints;
    let annotations = ToolAnnotations::with_title(&tool.title)
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    McpTool::new(tool.name.clone(), tool.description.clone(), tool.published_input.clone())
        .with_title(&tool.title)
        .with_raw_output_schema(Arc::new(without_words(&tool.output)))
        .with_annotations(annotations)
        .with_meta(meta)
}

/// A result's schema without what it says to people. Clients check results by it and show it to nobody,
/// and some read a list in a line of 64 KiB at most.
fn without_words(schema: &Map<String, Value>) -> Map<String, Value> {
    let kept = schema.iter().filter(|(word, _)| *word != "description").map(|(word, value)| {
        let value = match (word.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                let member = |(name, member): (&String, &Value)| (name.clone(), plain(member));
                Value::Object(members.iter().map(member).collect())
            }
            (
                "items" | "prefixItems" | "additionalProperties" | "anyOf" | "oneOf" | "allOf",
                value,
            ) => plain(value),
            (_, value) => value.clone(),
        };
        (word.clone(), value)
    });
    kept.collect()
}

fn plain(schema: &Value) -> Value {
    match schema {
        Value::Object(schema) => Value::Object(without_words(schema)),
        Value::Array(schemas) => schemas.iter().map(plain).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_results_schema_is_told_without_words_and_with_every_member() {
        let schema = json!({
            "type": "object",
            "description": "All.",
            "properties": {
                "description": {"type": "string", "description": "Text."},
                "rows": {"type": "array", "items": {"type": "object", "description": "One."}},
                "any": {"anyOf": [{"type": "null", "description": "None."}, true]},
            },
            "required": ["description"],
        });
        let told = without_words(schema.as_object().unwrap());
        assert_eq!(
            Value::Object(told),
            json!({
                "type": "object",
                "properties": {
                    "description": {"type": "string"},
                    "rows": {"type": "array", "items": {"type": "object"}},
                    "any": {"anyOf": [{"type": "null"}, true]},
                },
                "required": ["description"],
            })
        );
    }
}
