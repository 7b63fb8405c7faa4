//! Places in JSON documents: what edits and body bindings point with.
//!
//! The host has a parser of its own and trusts none of this; here it only keeps a plugin's author
//! from pointing at nothing.

use serde_json::{Map, Value};

/// One token of a place.
enum PointerToken {
    /// A member's name, or an index of an array.
    Key(String),
    /// The first element whose member has this value.
    Where { name: String, value: String },
}

/// The token for the element of an array whose member has this value, escaped: `[id=7]`.
///
/// ```
/// assert_eq!(souk_sdk::core::element("code", "a/b"), "[code=a~1b]");
/// ```
#[must_use]
pub fn element(member: &str, value: &str) -> String {
    let escape = |text: &str| text.replace('~', "~0").replace('/', "~1").replace(']', "~2");
    ["[", &escape(member), "=", &escape(value), "]"].concat()
}

/// What stands at a place.
pub(crate) fn find<'v>(document: &'v Value, place: &str) -> Option<&'v Value> {
    tokens(place)?.iter().try_fold(document, |value, token| match (token, value) {
        (PointerToken::Key(key), Value::Object(members)) => members.get(key),
        (PointerToken::Key(key), Value::Array(items)) => items.get(key.parse::<usize>().ok()?),
        (PointerToken::Where { name, value }, Value::Array(items)) => {
            items.iter().find(|item| has(item, name, value))
        }
        _ => None,
    })
}

/// Puts a value at a place and makes what is missing on the way there: objects, arrays, and the
/// element that a `[name=value]` describes.
pub(crate) fn put(document: &mut Value, place: &str, new: Value) -> Result<(), &'static str> {
    let tokens = tokens(place).ok_or("it is not a place")?;
    let mut at = document;
    for token in &tokens {
        if at.is_null() {
            *at = match token {
                PointerToken::Key(_) => Value::Object(Map::new()),
                PointerToken::Where { .. } => Value::Array(Vec::new()),
            };
        }
        at = match (token, at) {
            (PointerToken::Key(key), Value::Object(members)) => {
                members.entry(key.clone()).or_insert(Value::Null)
            }
            (PointerToken::Key(key), Value::Array(items)) => key
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
                .ok_or("the array there has no such element")?,
            (PointerToken::Where { name, value }, Value::Array(items)) => {
                let index = match items.iter().position(|item| has(item, name, value)) {
                    Some(index) => index,
                    None => {
                        let member = (name.clone(), Value::String(value.clone()));
                        items.push(Value::Object(Map::from_iter([member])));
                        items.len() - 1
                    }
                };
                items.get_mut(index).ok_or("the array there has no such element")?
            }
            _ => return Err("something else stands in the way"),
        };
    }
    *at = new;
    Ok(())
}

fn has(item: &Value, name: &str, wanted: &str) -> bool {
    match item.get(name) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        _ => false,
    }
}

fn tokens(place: &str) -> Option<Vec<PointerToken>> {
    if place.is_empty() {
        return Some(Vec::new());
    }
    let token = |part: &str| match part.strip_prefix('[') {
        Some(inner) => {
            let (name, value) = inner.strip_suffix(']')?.split_once('=')?;
            Some(PointerToken::Where { name: unescaped(name), value: unescaped(value) })
        }
        None => Some(PointerToken::Key(unescaped(part))),
    };
    place.strip_prefix('/')?.split('/').map(token).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("~2", "]").replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_grows_around_what_is_put_into_it() {
        let mut body = Value::Null;
        put(&mut body, "/product/price", json!(9)).unwrap();
        for (code, value) in [("a", 1), ("b", 2), ("a", 3)] {
            let place = ["/product/custom_attributes/", &element("attribute_code", code), "/value"]
                .concat();
            put(&mut body, &place, json!(value)).unwrap();
            assert_eq!(find(&body, &place), Some(&json!(value)));
        }
        assert_eq!(
            body,
            json!({"product": {"price": 9, "custom_attributes": [
                {"attribute_code": "a", "value": 3}, {"attribute_code": "b", "value": 2}]}})
        );
        for wrong in ["product", "/product/price/deeper", "/product/custom_attributes/[b]"] {
            assert!(put(&mut body, wrong, json!(1)).is_err(), "{wrong}");
        }
    }
}
