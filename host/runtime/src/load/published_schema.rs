//! The schema of a tool's arguments as clients are shown it: a projection of the one that calls are
//! checked against.
//!
//! Clients differ in what they take: one refuses a whole list for an array without `items`, others a
//! union of types, `writeOnly`, or objects that are closed; and every model that reads the list pays
//! for each byte. So what is published has one type for each value, says what arrays hold, describes
//! every argument, refers to nothing, and holds no word that a caller can do without. It decides
//! nothing: what a call brings is checked against the schema it was made from.

use serde_json::{Map, Value, json};

type Schema = Map<String, Value>;

/// The schema that clients are shown.
pub(crate) fn published(checked: &Schema) -> Schema {
    let root = Value::Object(checked.clone());
    let mut schema = project(&root, &root);
    // The tool's own description says what it is.
    schema.remove("description");
    schema.entry("properties").or_insert_with(|| json!({}));
    schema
}

/// What is shown of a part of the schema `root`. References are known to end: a schema in which they
/// do not is never loaded.
fn project(part: &Value, root: &Value) -> Schema {
    let mut schema = unfolded(part, root);
    let kind = one_type(&schema);
    match kind {
        "object" => project_members(&mut schema, root),
        "array" => {
            let items = schema.remove("items").unwrap_or_default();
            schema.insert("items".to_owned(), Value::Object(project(&items, root)));
        }
        _ => {}
    }
    say_limits(&mut schema);
    schema.insert("type".to_owned(), kind.into());
    schema.retain(|word, value| is_shown(word, value));
    schema
}

fn project_members(schema: &mut Schema, root: &Value) {
    let Some(Value::Object(members)) = schema.get_mut("properties") else { return };
    for (name, member) in members {
        let mut shown = project(member, root);
        shown.entry("description").or_insert_with(|| in_words(name).into());
        *member = Value::Object(shown);
    }
}

/// A part of a schema with neither references nor choices at its top.
fn unfolded(part: &Value, root: &Value) -> Schema {
    let Value::Object(members) = part else { return Schema::new() };
    let mut schema = members.clone();
    while let Some(Value::String(target)) = schema.remove("$ref") {
        let Some(meant) = target.strip_prefix('#').and_then(|place| root.pointer(place)) else {
            break;
        };
        fill_in(&mut schema, meant.as_object().cloned().unwrap_or_default());
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(Value::Array(cases)) = schema.remove(choice) {
            let cases = cases.iter().map(|case| unfolded(case, root));
            let cases = cases.filter(|case| case.get("type") != Some(&json!("null"))).collect();
            fill_in(&mut schema, one_of(cases));
        }
    }
    if let Some(Value::Array(parts)) = schema.remove("allOf") {
        for part in &parts {
            fill_in(&mut schema, unfolded(part, root));
        }
    }
    if let Some(value) = schema.remove("const") {
        schema.insert("enum".to_owned(), json!([value]));
    }
    schema
}

/// What a place says of itself goes before what it refers to.
fn fill_in(schema: &mut Schema, from: Schema) {
    for (word, value) in from {
        schema.entry(word).or_insert(value);
    }
}

/// One schema for a choice among several: a list, where one case is the list of another; words and
/// members of all the cases, where they are alike; else the case that most callers can write.
fn one_of(mut cases: Vec<Schema>) -> Schema {
    let all_are = |kind| cases.iter().all(|case| one_type(case) == kind);
    if cases.len() < 2 {
        return cases.pop().unwrap_or_default();
    }
    if all_are("string") && cases.iter().all(|case| case.contains_key("enum")) {
        let words = cases.iter().filter_map(|case| case.get("enum")?.as_array()).flatten();
        return Schema::from_iter([("enum".to_owned(), words.cloned().collect())]);
    }
    if all_are("object") {
        return members_of_all(cases);
    }
    let preferred = ["array", "string", "number", "integer", "boolean", "object"];
    let rank = |case: &Schema| preferred.iter().position(|kind| *kind == one_type(case));
    let best = (0..cases.len()).min_by_key(|index| rank(&cases[*index]));
    cases.swap_remove(best.unwrap_or_default())
}

/// Every member that one of the objects may have; required are those that all of them require.
fn members_of_all(cases: Vec<Schema>) -> Schema {
    let names = |case: &Schema| -> Vec<Value> {
        case.get("required").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let required: Vec<Value> = names(&cases[0])
        .into_iter()
        .filter(|name| cases.iter().all(|case| names(case).contains(name)))
        .collect();
    let mut members = Schema::new();
    for case in cases {
        if let Some(Value::Object(properties)) = case.get("properties") {
            fill_in(&mut members, properties.clone());
        }
    }
    let mut schema = Schema::from_iter([("properties".to_owned(), Value::Object(members))]);
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema
}

/// The one type that is told. An amount is a number, though decimal text is taken; an identifier is
/// text, though a whole number is taken.
fn one_type(schema: &Schema) -> &'static str {
    let named = |kind: &Value| {
        let kinds = ["string", "number", "integer", "boolean", "array", "object"];
        kinds.into_iter().find(|known| kind == known)
    };
    match schema.get("type") {
        Some(Value::Array(kinds)) => {
            let mut kinds: Vec<_> = kinds.iter().filter_map(named).collect();
            kinds.sort_by_key(|kind| match *kind {
                "number" => 0,
                "string" => 1,
                _ => 2,
            });
            kinds.first().copied().unwrap_or("string")
        }
        Some(kind) => named(kind).unwrap_or("string"),
        None if schema.contains_key("properties") => "object",
        None if schema.contains_key("items") => "array",
        None => match schema.get("enum").and_then(|words| words.get(0)) {
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(number)) if number.is_f64() => "number",
            Some(Value::Number(_)) => "integer",
            _ => "string",
        },
    }
}

/// Says in words what the least and the most is, where the description does not: clients drop the
/// words of JSON Schema for it.
fn say_limits(schema: &mut Schema) {
    let number = |word: &str| schema.get(word).filter(|limit| limit.is_number());
    let (least, most) = (number("minimum"), number("maximum"));
    let limits = match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}."),
        (None, Some(most)) => format!("At most {most}."),
        _ => match number("maxItems") {
            Some(most) => format!("At most {most} of them."),
            None => return,
        },
    };
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let said = most.or_else(|| number("maxItems")).map(Value::to_string).unwrap_or_default();
    if description.contains(&said) {
        return;
    }
    let told = [description, &limits].map(str::trim).join(" ").trim().to_owned();
    schema.insert("description".to_owned(), told.into());
}

/// Whether a word of a schema tells a caller something. All others are checked and not shown.
fn is_shown(word: &str, value: &Value) -> bool {
    match word {
        "type" | "enum" | "items" => true,
        "description" => value.as_str().is_some_and(|text| !text.is_empty()),
        "properties" => value.is_object(),
        "required" => value.as_array().is_some_and(|names| !names.is_empty()),
        "default" => match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        },
        _ => false,
    }
}

/// A name as words, for what its plugin does not describe.
fn in_words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(schema: &Value) -> Value {
        Value::Object(published(schema.as_object().unwrap()))
    }

    #[test]
    fn what_clients_refuse_or_never_show_is_left_out() {
        let checked = json!({
            "type": "object",
            "description": "The tool says it.",
            "properties": {
                "password": {"type": "string", "writeOnly": true, "minLength": 1, "description": "Yours."},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20},
                "names": {"type": "array", "maxItems": 5, "uniqueItems": true, "description": "Which."},
                "ids": {"type": ["integer", "string", "null"], "default": null},
                "price": {"type": ["number", "string"]},
                "word": {"const": "all"},
                "inner": {"type": "object", "additionalProperties": false, "properties": {"a": {"type": "boolean"}}},
            },
            "required": ["names"],
            "additionalProperties": false,
        });
        assert_eq!(
            shown(&checked),
            json!({
                "type": "object",
                "properties": {
                    "password": {"type": "string", "description": "Yours."},
                    "page_size": {"type": "integer", "default": 20, "description": "1 to 200."},
                    "names": {"type": "array", "description": "Which. At most 5 of them.", "items": {"type": "string"}},
                    "ids": {"type": "string", "description": "Ids."},
                    "price": {"type": "number", "description": "Price."},
                    "word": {"enum": ["all"], "type": "string", "description": "Word."},
                    "inner": {"type": "object", "description": "Inner.", "properties": {"a": {"type": "boolean", "description": "A."}}},
                },
                "required": ["names"],
            })
        );
        assert_eq!(shown(&json!({"type": "object"})), json!({"type": "object", "properties": {}}));
    }

    #[test]
    fn choices_and_references_become_one_plain_schema() {
        let text = json!({"type": "string"});
        let list = json!({"type": "array", "items": {"$ref": "#/$defs/Word"}});
        let checked = json!({
            "type": "object",
            "properties": {
                "fields": {"anyOf": [text, list, {"type": "null"}], "description": "Some."},
                "one": {"$ref": "#/$defs/Both", "description": "Its own words."},
                "word": {"$ref": "#/$defs/Word"},
            },
            "$defs": {
                "Word": {"oneOf": [{"const": "a"}, {"type": "string", "enum": ["b", "c"]}]},
                "Both": {"description": "Not these.", "oneOf": [
                    {"type": "object", "properties": {"a": text, "b": text}, "required": ["a", "b"]},
                    {"type": "object", "properties": {"b": text}, "required": ["b"]},
                ]},
            },
        });
        let word = json!({"type": "string", "enum": ["a", "b", "c"]});
        let described = |schema: &Value, text: &str| {
            let mut schema = schema.clone();
            schema["description"] = text.into();
            schema
        };
        assert_eq!(
            shown(&checked)["properties"],
            json!({
                "fields": {"type": "array", "items": word, "description": "Some."},
                "one": {"type": "object", "description": "Its own words.", "required": ["b"],
                    "properties": {"a": described(&text, "A."), "b": described(&text, "B.")}},
                "word": described(&word, "Word."),
            })
        );
    }
}
