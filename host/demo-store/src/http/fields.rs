//! The `fields` parameter: answers cut down to the fields that were asked for.

use serde_json::{Map, Value};

/// A parsed selection: the fields to keep, each with what to keep inside it.
#[derive(Debug, Default, PartialEq)]
struct Selection(Vec<(String, Option<Selection>)>);

/// Keeps only what `fields` selects, such as `items[sku,name],total_count`. An expression that is not
/// well-formed selects nothing. As PHP cannot tell an empty object from an empty list, what is left
/// empty is `[]`; an empty list that was to be searched is null.
pub(crate) fn select(answer: Value, fields: &str) -> Value {
    if fields.is_empty() || !(answer.is_object() || answer.is_array()) {
        return answer;
    }
    match parse(fields) {
        Some(selection) => apply(answer, &selection),
        None => Value::Array(Vec::new()),
    }
}

fn parse(text: &str) -> Option<Selection> {
    let allowed =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '[' | ']' | ',');
    if !text.chars().all(allowed) {
        return None;
    }
    let (selection, rest) = parse_level(text)?;
    rest.is_empty().then_some(selection)
}

/// Reads fields up to the bracket that closes this level; gives back the rest.
fn parse_level(mut text: &str) -> Option<(Selection, &str)> {
    let mut selection = Selection::default();
    loop {
        let end = text.find(['[', ']', ',']).unwrap_or(text.len());
        let name = &text[..end];
        text = &text[end..];
        let mut inner = None;
        if let Some(rest) = text.strip_prefix('[') {
            let (level, rest) = parse_level(rest)?;
            text = rest.strip_prefix(']')?;
            inner = Some(level);
        }
        if !name.is_empty() {
            selection.0.push((name.to_owned(), inner));
        }
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return Some((selection, text)),
        }
    }
}

fn apply(answer: Value, selection: &Selection) -> Value {
    match answer {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(fields) => intersect(fields, selection),
                _ => Value::Array(Vec::new()),
            })
            .collect(),
        Value::Object(fields) => intersect(fields, selection),
        other => other,
    }
}

fn intersect(fields: Map<String, Value>, selection: &Selection) -> Value {
    let mut kept = Map::new();
    for (name, value) in fields {
        let Some((_, inner)) = selection.0.iter().rev().find(|(wanted, _)| *wanted == name) else {
            continue;
        };
        let value = match inner {
            Some(inner) => apply(value, inner),
            None => value,
        };
        kept.insert(name, value);
    }
    if kept.is_empty() { Value::Array(Vec::new()) } else { Value::Object(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_selected_at_every_level() {
        let answer = json!({ "items": [{ "sku": "a", "price": 1, "stock": { "qty": 2, "id": 3 } }], "total_count": 1 });
        assert_eq!(
            select(answer, "items[sku,stock[qty]]"),
            json!({ "items": [{ "sku": "a", "stock": { "qty": 2 } }] })
        );
    }

    #[test]
    fn emptiness_looks_as_php_leaves_it() {
        assert_eq!(
            select(json!({ "items": [], "n": 1 }), "items[sku],n"),
            json!({ "items": null, "n": 1 })
        );
        assert_eq!(select(json!({ "a": { "b": 1 } }), "a[c]"), json!({ "a": [] }));
        assert_eq!(select(json!({ "a": 1 }), "a[b"), json!([]));
        assert_eq!(select(json!(true), "a"), json!(true));
    }
}
