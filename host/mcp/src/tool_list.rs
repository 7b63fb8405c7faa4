//! Tools as MCP tells them, converted once for each list.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{MetaObject, Tool as McpTool, ToolAnnotations};
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
        .with_raw_output_schema(tool.output.clone())
        .with_annotations(annotations)
        .with_meta(meta)
}
