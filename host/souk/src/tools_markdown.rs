//! The reference of all tools as a page of Markdown: `docs/tools.md`.

use std::fmt::Write;

use serde_json::{Map, Value};
use souk_model::Tool;
use souk_runtime::LoadedTool;

/// What the page is made by, and how to make it again.
const HEAD: &str = "\
# Tools

<!-- Made by `souk actions --max-tier critical --markdown`; a test holds it current. -->

Each tool is one action. Its *tier* says how much harm it can do; what stands above the operator's \
ceiling (`risk` unless set) is neither listed nor callable. Its *effect* says what it does: a \
`query` reads; a `prepare` reads and proposes a plan; a `commit` carries a plan out; an `apply` \
changes the store in the same call; a `session` changes who is logged in; a `relay` finds and runs other tools. From tier `risk` up, \
what writes wants `confirm: true` and a `reason`. The names in bold must be given.

";

/// How deep the members of an argument are listed; deeper ones are in the tool's schema.
const DEPTH: usize = 3;

/// One tool of the page.
pub(crate) struct ToolEntry<'a> {
    /// The tool.
    pub(crate) tool: &'a Tool,
    /// The group it belongs to.
    pub(crate) group: &'a str,
    /// Its effect, as listings name it.
    pub(crate) effect: &'a str,
}

impl<'a> ToolEntry<'a> {
    pub(crate) fn of(entry: &'a LoadedTool) -> Self {
        let profile = entry.profile();
        Self { tool: entry.tool(), group: profile.group, effect: profile.effect.as_str() }
    }
}

/// The page, groups and tools in the order given.
pub(crate) fn page(entries: &[ToolEntry<'_>]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| tool | tier | effect | |\n|---|---|---|---|\n");
    for ToolEntry { tool, effect, .. } in entries {
        let (name, tier, title) = (&tool.name, tool.tier, cell(&tool.title));
        let _ = writeln!(page, "| [`{name}`](#{name}) | {tier} | {effect} | {title} |");
    }
    let mut group = "";
    for entry in entries {
        if entry.group != group {
            group = entry.group;
            let _ = write!(page, "\n## {group}\n");
        }
        write_tool(&mut page, entry);
    }
    page
}

fn write_tool(page: &mut String, ToolEntry { tool, effect, .. }: &ToolEntry<'_>) {
    let (name, tier, title) = (&tool.name, tool.tier, &tool.title);
    let _ = write!(page, "\n### {name}\n\n{title}: {tier}, {effect}.\n\n");
    let _ = writeln!(page, "{}", text(&tool.description));
    let rows = arguments(tool);
    if !rows.is_empty() {
        page.push_str("\n| argument | type | |\n|---|---|---|\n");
        for ToolArgument { path, is_required, kind, description } in rows {
            let shown = if is_required { format!("**`{path}`**") } else { format!("`{path}`") };
            let _ = writeln!(page, "| {shown} | {} | {} |", cell(&kind), cell(&description));
        }
    }
    let result = names(&tool.output, &tool.output);
    if !result.is_empty() {
        let _ = write!(page, "\nResult: {result}.\n");
    }
}

/// An argument of a tool, or a member of one.
pub(crate) struct ToolArgument {
    /// `scope.store_view_code`.
    pub(crate) path: String,
    /// Whether it must be given.
    pub(crate) is_required: bool,
    /// In words: `list of integer`.
    pub(crate) kind: String,
    pub(crate) description: String,
}

/// A tool's arguments, with the members of each behind it.
pub(crate) fn arguments(tool: &Tool) -> Vec<ToolArgument> {
    let mut rows = Vec::new();
    list_members(&mut rows, &tool.input, &tool.input, "", DEPTH);
    rows
}

/// Lists each member of an object's schema, and the members of those.
fn list_members(
    rows: &mut Vec<ToolArgument>,
    root: &Map<String, Value>,
    object: &Map<String, Value>,
    above: &str,
    depth: usize,
) {
    let required = object.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    for (name, schema) in object.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let Some(schema) = schema.as_object() else { continue };
        let path = format!("{above}{name}");
        let target = resolve(root, schema);
        let description = [schema, target]
            .iter()
            .find_map(|schema| schema.get("description").and_then(Value::as_str))
            .unwrap_or_default();
        rows.push(ToolArgument {
            path: path.clone(),
            is_required: is_required(name),
            kind: type_of(root, schema, DEPTH),
            description: description.to_owned(),
        });
        if depth == 0 {
            continue;
        }
        let items =
            target.get("items").and_then(Value::as_object).map(|items| resolve(root, items));
        match items {
            Some(items) => list_members(rows, root, items, &format!("{path}[]."), depth - 1),
            None => list_members(rows, root, target, &format!("{path}."), depth - 1),
        }
    }
}

/// The names of an object's own members.
fn names(root: &Map<String, Value>, object: &Map<String, Value>) -> String {
    let members = resolve(root, object).get("properties").and_then(Value::as_object);
    let names = members.into_iter().flatten().map(|(name, _)| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// Follows `$ref` and the one alternative that is not `null`.
fn resolve<'a>(
    root: &'a Map<String, Value>,
    schema: &'a Map<String, Value>,
) -> &'a Map<String, Value> {
    let mut schema = schema;
    for _ in 0..DEPTH {
        let next = reference(root, schema).or_else(|| only_alternative(schema));
        let Some(next) = next else { break };
        schema = next;
    }
    schema
}

fn reference<'a>(
    root: &'a Map<String, Value>,
    schema: &Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    root.get("$defs")?.get(name)?.as_object()
}

fn only_alternative(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let alternatives = alternatives(schema)?;
    let mut real = alternatives.iter().filter(|alternative| alternative["type"] != "null");
    match (real.next(), real.next()) {
        (Some(only), None) => only.as_object(),
        _ => None,
    }
}

fn alternatives(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()
}

/// `string`, `list of integer`, `"asc"` or `"desc"`, …: in words, `null` left out.
fn type_of(root: &Map<String, Value>, schema: &Map<String, Value>, depth: usize) -> String {
    if depth == 0 {
        return "object".to_owned();
    }
    let schema = resolve(root, schema);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values = values.iter().filter(|value| !value.is_null());
        return values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(alternatives) = alternatives(schema) {
        let mut kinds: Vec<String> = Vec::new();
        for alternative in alternatives.iter().filter_map(Value::as_object) {
            let kind = type_of(root, alternative, depth - 1);
            if !kind.is_empty() && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        return kinds.join(" or ");
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let kinds = kinds.into_iter().filter(|kind| *kind != "null").map(|kind| {
        let items = schema.get("items").and_then(Value::as_object);
        match (kind, items) {
            ("array", Some(items)) => format!("list of {}", type_of(root, items, depth - 1)),
            ("array", None) => "list".to_owned(),
            _ => kind.to_owned(),
        }
    });
    kinds.collect::<Vec<_>>().join(" or ")
}

/// A text that may hold anything, as a paragraph.
fn text(text: &str) -> String {
    text.replace('<', "\\<")
}

/// A text as one cell of a table.
fn cell(text: &str) -> String {
    self::text(text).replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use souk_model::{Tier, ToolHints};

    use super::*;

    fn schema(value: &Value) -> Arc<Map<String, Value>> {
        Arc::new(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn arguments_are_listed_with_their_types_and_members() {
        let tool = Tool {
            name: "shop_greet".to_owned(),
            title: "Greet".to_owned(),
            description: "Says <hello>.".to_owned(),
            input: schema(&json!({
                "type": "object",
                "required": ["sku"],
                "properties": {
                    "sku": {"type": "string", "description": "The product | its sku."},
                    "scope": {"anyOf": [{"$ref": "#/$defs/Scope"}, {"type": "null"}]},
                    "ids": {"type": ["array", "null"], "items": {"type": "integer"}},
                    "order": {"enum": ["asc", "desc", null]},
                },
                "$defs": {"Scope": {
                    "type": "object",
                    "description": "Where.",
                    "properties": {"store": {"type": ["string", "null"]}},
                }},
            })),
            published_input: Arc::default(),
            output: schema(&json!({"properties": {"message": {}, "items": {}}})),
            tier: Tier::Safe,
            view: None,
            hints: ToolHints {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: true,
            },
        };
        let page = page(&[ToolEntry { tool: &tool, group: "shop", effect: "query" }]);
        for line in [
            "| [`shop_greet`](#shop_greet) | safe | query | Greet |",
            "## shop",
            "Greet: safe, query.",
            "Says \\<hello>.",
            "| **`sku`** | string | The product \\| its sku. |",
            "| `scope` | object | Where. |",
            "| `scope.store` | string |  |",
            "| `ids` | list of integer |  |",
            "| `order` | `\"asc\"` or `\"desc\"` |  |",
            "Result: `message`, `items`.",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }
}
