//! What a value should have been, in a few words: so that a caller can mend a call without the schema.

use serde_json::{Map, Value};

/// Members of an object that are shown.
const MEMBERS: usize = 8;
/// How deep a shape is shown.
const DEPTH: usize = 3;

/// How a value of a schema looks: `{"store_view_code": "…"}`, `["…"]`, `a whole number`.
pub(super) fn expected_shape(schema: &Value) -> Option<String> {
    let kind = kind(schema.as_object()?)?;
    Some(match kind {
        "object" | "array" => sketch(schema, 0),
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "boolean" => "true or false".to_owned(),
        _ => return None,
    })
}

/// The one kind of value that it is about.
fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

fn sketch(schema: &Value, depth: usize) -> String {
    let Some(schema) = schema.as_object() else { return "…".to_owned() };
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|all| all.first()) {
        return first.to_string();
    }
    match kind(schema) {
        Some("string") => "\"…\"".to_owned(),
        Some("integer" | "number") => "1".to_owned(),
        Some("boolean") => "true".to_owned(),
        Some("array") if depth < DEPTH => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            format!("[{}]", sketch(items, depth + 1))
        }
        Some("object") if depth < DEPTH => {
            let members = schema.get("properties").and_then(Value::as_object);
            let all = members.map_or(0, Map::len);
            let mut shown: Vec<String> = members
                .into_iter()
                .flatten()
                .take(MEMBERS)
                .map(|(name, member)| {
                    format!("{}: {}", Value::from(name.as_str()), sketch(member, depth + 1))
                })
                .collect();
            if all > MEMBERS || all == 0 {
                shown.push("…".to_owned());
            }
            format!("{{{}}}", shown.join(", "))
        }
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_is_what_one_would_write() {
        let scope = json!({"type": "object", "properties": {
            "store_view_code": {"type": "string"}, "level": {"enum": ["global", "store"]},
        }});
        for (schema, shape) in [
            (scope.clone(), r#"{"store_view_code": "…", "level": "global"}"#),
            (
                json!({"type": "array", "items": scope}),
                r#"[{"store_view_code": "…", "level": "global"}]"#,
            ),
            (json!({"type": ["integer", "null"]}), "a whole number"),
            (json!({"type": "object"}), "{…}"),
            (json!({"type": "boolean"}), "true or false"),
        ] {
            assert_eq!(expected_shape(&schema).as_deref(), Some(shape), "{schema}");
        }
        assert_eq!(expected_shape(&json!({"anyOf": []})), None);
    }
}
