//! Arguments of a tool as they are typed on a command line.

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use souk_model::Tool;

/// Reads `{"a": 1}` or `a=1 b.c=x`. A value is JSON where the tool's schema wants something other
/// than text there.
///
/// # Errors
/// What is typed is neither, or contradicts itself.
pub(crate) fn parse(given: &[String], tool: Option<&Tool>) -> anyhow::Result<Map<String, Value>> {
    if let [json] = given
        && json.trim_start().starts_with('{')
    {
        return serde_json::from_str(json).context("the arguments are no JSON object");
    }
    let mut arguments = Map::new();
    for argument in given {
        let (key, value) = match (argument.split_once('='), tool.and_then(only_required)) {
            (Some(pair), _) => pair,
            (None, Some(only)) => (only, argument.as_str()),
            (None, None) => bail!("{}", unnamed(argument, tool)),
        };
        let path: Vec<&str> = key.split('.').collect();
        let schema = tool.and_then(|tool| property(&tool.input, &path));
        insert(&mut arguments, &path, read_value(value, schema))
            .with_context(|| format!("`{argument}` contradicts another argument"))?;
    }
    Ok(arguments)
}

/// Confirms a call, with this reason, where the tool wants that and it is not said yet.
pub(crate) fn confirm(arguments: &mut Map<String, Value>, tool: Option<&Tool>, reason: &str) {
    let properties = tool.and_then(|tool| tool.input.get("properties"));
    let takes = |name: &str| properties.is_some_and(|properties| properties.get(name).is_some());
    for (name, value) in [("confirm", true.into()), ("reason", reason.into())] {
        if takes(name) && !arguments.contains_key(name) {
            arguments.insert(name.to_owned(), value);
        }
    }
}

/// The argument that a tool cannot do without, where it is one.
fn only_required(tool: &Tool) -> Option<&str> {
    match tool.input.get("required")?.as_array()?.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

/// What to write instead of a value that could be any argument.
fn unnamed(value: &str, tool: Option<&Tool>) -> String {
    const SUGGESTED: usize = 4;
    let is_plain = |schema: &Value| {
        let kinds = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        kinds.iter().any(|kind| kind == "string" || kind == "integer")
    };
    let properties = tool.and_then(|tool| tool.input.get("properties")?.as_object());
    let required = tool.and_then(|tool| tool.input.get("required")?.as_array());
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let mut names: Vec<&str> = properties
        .into_iter()
        .flatten()
        .filter(|(name, schema)| {
            is_plain(schema) && !matches!(name.as_str(), "reason" | "idempotency_key")
        })
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_by_key(|name| !is_required(name));
    let names = names.iter().take(SUGGESTED).map(|name| format!("`{name}={value}`"));
    let names = names.collect::<Vec<_>>().join(", ");
    let tool = tool.map_or_else(String::new, |tool| {
        format!("; `souk actions {}` shows all arguments", tool.name)
    });
    match names.as_str() {
        _ if properties.is_some_and(|known| known.contains_key(value)) => {
            format!("the argument `{value}` has no value: write `key=value`{tool}")
        }
        "" => format!("`{value}` is neither a JSON object nor `key=value`{tool}"),
        names => format!("`{value}` does not say which argument it is: write {names}{tool}"),
    }
}

fn insert(into: &mut Map<String, Value>, path: &[&str], value: Value) -> anyhow::Result<()> {
    match path {
        [] => bail!("it has no name"),
        [last] => {
            if into.insert((*last).to_owned(), value).is_some() {
                bail!("`{last}` is given twice");
            }
            Ok(())
        }
        [first, rest @ ..] => {
            let inner = into.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => insert(inner, rest, value),
                _ => bail!("`{first}` is both a value and an object"),
            }
        }
    }
}

fn property<'s>(schema: &'s Map<String, Value>, path: &[&str]) -> Option<&'s Map<String, Value>> {
    let (first, rest) = path.split_first()?;
    let property = schema.get("properties")?.get(first)?.as_object()?;
    if rest.is_empty() { Some(property) } else { property_of_any(property, rest) }
}

/// Looks through `anyOf`, by which optional objects are written.
fn property_of_any<'s>(
    schema: &'s Map<String, Value>,
    path: &[&str],
) -> Option<&'s Map<String, Value>> {
    property(schema, path).or_else(|| {
        schema.get("anyOf")?.as_array()?.iter().find_map(|one| property(one.as_object()?, path))
    })
}

fn read_value(text: &str, schema: Option<&Map<String, Value>>) -> Value {
    let wants = |wanted: &str| {
        schema.is_some_and(|schema| match schema.get("type") {
            Some(Value::String(kind)) => kind == wanted,
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
            _ => false,
        })
    };
    if wants("string") {
        return Value::from(text);
    }
    match serde_json::from_str(text) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::Null)) => value,
        // `fields=sku,name` is what one types for a list, and `page_ids=3` for a list of one.
        _ if wants("array") => {
            let each = schema.and_then(|schema| schema.get("items")?.as_object());
            text.split(',').map(|item| read_value(item.trim(), each)).collect()
        }
        Ok(value) => value,
        Err(_) => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use serde_json::json;

    fn read(given: &[&str]) -> anyhow::Result<Value> {
        let given: Vec<String> = given.iter().map(|&text| text.to_owned()).collect();
        parse(&given, None).map(Value::Object)
    }

    #[test]
    fn arguments_are_an_object_or_pairs_that_reach_inside() {
        assert_eq!(read(&[r#"{"a": 1}"#]).unwrap(), json!({"a": 1}));
        assert_eq!(
            read(&["page_size=3", "scope.store_view_code=de", "filters.name=a=b"]).unwrap(),
            json!({"page_size": 3, "scope": {"store_view_code": "de"}, "filters": {"name": "a=b"}})
        );
        assert!(read(&["page_size"]).is_err());
        assert!(read(&["a=1", "a=2"]).is_err());
        assert!(read(&["a=1", "a.b=2"]).is_err());
    }

    fn tool(input: Value) -> Tool {
        let Value::Object(input) = input else { panic!("{input}") };
        Tool {
            name: "orders_why".to_owned(),
            title: String::new(),
            description: String::new(),
            published_input: Arc::default(),
            input: Arc::new(input),
            output: Arc::default(),
            tier: souk_model::Tier::Safe,
            view: None,
            hints: souk_model::ToolHints {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: true,
            },
        }
    }

    #[test]
    fn a_value_without_a_name_is_the_only_argument_that_must_be_given() {
        let given = ["TEN-001".to_owned()];
        let sku = json!({"properties": {"sku": {"type": "string"}}, "required": ["sku"]});
        let read = parse(&given, Some(&tool(sku))).unwrap();
        assert_eq!(Value::Object(read), json!({"sku": "TEN-001"}));
        let either = json!({"properties": {
            "notify": {"type": "boolean"}, "increment_id": {"type": ["string", "null"]},
            "order_id": {"type": ["integer", "string", "null"]}, "reason": {"type": "string"},
        }});
        let refused = parse(&given, Some(&tool(either))).unwrap_err().to_string();
        assert_eq!(
            refused,
            "`TEN-001` does not say which argument it is: write `increment_id=TEN-001`, \
             `order_id=TEN-001`; `souk actions orders_why` shows all arguments"
        );
    }

    #[test]
    fn a_sku_of_digits_stays_text_where_the_schema_says_so() {
        let schema = json!({"type": "string"});
        assert_eq!(read_value("12345", schema.as_object()), json!("12345"));
        assert_eq!(read_value("12345", None), json!(12345));
    }

    #[test]
    fn a_list_may_be_typed_with_commas() {
        let schema = json!({"type": "array"});
        assert_eq!(read_value("sku, name", schema.as_object()), json!(["sku", "name"]));
        assert_eq!(read_value("[1]", schema.as_object()), json!([1]));
        let skus = json!({"type": "array", "items": {"type": "string"}});
        assert_eq!(read_value("12345, 7", skus.as_object()), json!(["12345", "7"]));
        let ids = json!({"type": "array", "items": {"type": "integer"}});
        assert_eq!(read_value("3", ids.as_object()), json!([3]));
    }
}
