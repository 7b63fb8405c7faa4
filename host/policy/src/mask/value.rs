//! Masking structured data.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::member::{self, Around, Name};
use super::{Kind, text};

/// Members that say which member a row is about: of reviews, custom attributes, constants.
const LABELS: [&str; 8] = ["field", "attribute_code", "at", "place", "path", "code", "key", "name"];
/// Members of such a row that hold what is said of it.
const SAID: [&str; 6] = ["value", "before", "after", "from", "to", "selected_options"];

/// Masks a value in place.
pub(super) fn mask(value: &mut Value) {
    within(value, Around::Anything);
}

/// Masks whatever is personal in a value; `around` is what stands around its members.
fn within(value: &mut Value, around: Around) {
    match value {
        Value::String(text) => mask_text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| within(item, around)),
        Value::Object(object) => mask_object(object, around),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks whatever is personal in an object.
pub(super) fn mask_object(object: &mut Map<String, Value>, around: Around) {
    let plain: Vec<Name> = object.keys().map(|name| Name::new(name)).collect();
    let around = member::told_by(&plain, around);
    let said = what_is_said(object, around);
    let is_person = names_a_person(object);
    for ((name, value), plain) in object.iter_mut().zip(&plain) {
        let kind = if SAID.contains(&name.as_str()) && said.is_some() {
            said
        } else if name == "label" && is_person {
            Some(Kind::Name)
        } else {
            member::kind(plain, around)
        };
        match kind {
            Some(kind) => whole(value, kind),
            // `customer: "Jane Doe"`
            None if value.is_string() && member::is_person(plain) => whole(value, Kind::Name),
            None => within(value, member::around(plain, around)),
        }
    }
    mask_names(object);
}

/// What is personal about the values of a row that names a member: `{field, before, after}`.
fn what_is_said(object: &Map<String, Value>, around: Around) -> Option<Kind> {
    if !SAID.iter().any(|said| object.contains_key(*said)) {
        return None;
    }
    LABELS
        .iter()
        .filter_map(|label| object.get(*label).and_then(Value::as_str))
        .find_map(|label| member::kind_at(label, around))
}

/// Whether this is what a plan says of a customer: its label is what a person calls it.
fn names_a_person(object: &Map<String, Value>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).map(Name::new);
    kind.is_some_and(|kind| kind.as_str().contains("customer") || kind.as_str().contains("address"))
}

/// Masks a value that is personal as a whole.
fn whole(value: &mut Value, kind: Kind) {
    match value {
        Value::String(text) => {
            if !text.is_empty() && Kind::ALL.iter().all(|kind| text != kind.mask()) {
                kind.mask().clone_into(text);
            }
        }
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| whole(item, kind)),
        // What is called an address or a company is more than its texts: the country stays.
        Value::Object(object) => match kind {
            Kind::Address | Kind::Company => mask_object(object, Around::Address),
            _ => {
                object.iter_mut().for_each(|(_, value)| whole(value, kind));
                mask_names(object);
            }
        },
        Value::Null | Value::Bool(_) => {}
    }
}

/// Masks a text; one that is JSON itself is masked as such.
fn mask_text(text: &mut String) {
    if text.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        mask(&mut value);
        // Written anew in any case: of members given twice the text holds one that was not seen.
        *text = value.to_string();
        return;
    }
    *text = text::masked(std::mem::take(text));
}

/// Masks the names of members: of objects that are keyed by e-mail address. None gets lost.
fn mask_names(object: &mut Map<String, Value>) {
    if !object.keys().any(|name| text::is_personal(name)) {
        return;
    }
    let members = std::mem::take(object);
    // The last number that each name was given: thousands may become one and the same.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (name, value) in members {
        let masked = text::masked(name);
        let mut unique = masked.clone();
        if object.contains_key(&masked) {
            let number = numbers.entry(masked.clone()).or_insert(1);
            while object.contains_key(&unique) {
                *number += 1;
                unique = format!("{masked} ({number})");
            }
        }
        object.insert(unique, value);
    }
}
