//! Masking structured data.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::kind::PersonalDataKind;
use super::members::{self, MemberName, PersonContext};
use super::text;

/// Members that say which member a row is about: of reviews, custom attributes, constants.
const ROW_LABELS: [&str; 8] =
    ["field", "attribute_code", "at", "place", "path", "code", "key", "name"];
/// Members of such a row that hold what is said of it.
const ROW_VALUES: [&str; 6] = ["value", "before", "after", "from", "to", "selected_options"];

/// Masks a value in place.
pub(super) fn mask_value(value: &mut Value) {
    mask_within(value, PersonContext::Nobody);
}

/// Masks whatever is personal in a value; `context` is of whom its members tell.
fn mask_within(value: &mut Value, context: PersonContext) {
    match value {
        Value::String(text) => mask_string(text),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_within(item, context)),
        Value::Object(object) => mask_object(object, context),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks whatever is personal in an object.
pub(super) fn mask_object(object: &mut Map<String, Value>, context: PersonContext) {
    let plain: Vec<MemberName> = object.keys().map(|name| MemberName::new(name)).collect();
    let context = members::context_of_members(&plain, context);
    let row_kind = kind_of_row(object, context);
    let is_person = names_a_person(object);
    for ((name, value), plain) in object.iter_mut().zip(&plain) {
        let kind = if ROW_VALUES.contains(&name.as_str()) && row_kind.is_some() {
            row_kind
        } else if name == "label" && is_person {
            Some(PersonalDataKind::Name)
        } else {
            members::kind_of(plain, context)
        };
        match kind {
            Some(kind) => mask_whole(value, kind),
            // `customer: "Jane Doe"`
            None if value.is_string() && members::is_person(plain) => {
                mask_whole(value, PersonalDataKind::Name);
            }
            None => mask_within(value, members::context_within(plain, context)),
        }
    }
    mask_names(object);
}

/// What is personal about the values of a row that names a member: `{field, before, after}`.
fn kind_of_row(object: &Map<String, Value>, context: PersonContext) -> Option<PersonalDataKind> {
    if !ROW_VALUES.iter().any(|name| object.contains_key(*name)) {
        return None;
    }
    ROW_LABELS
        .iter()
        .filter_map(|label| object.get(*label).and_then(Value::as_str))
        .find_map(|label| members::kind_at(label, context))
}

/// Whether this is what a plan says of a customer: its label is what a person calls it.
fn names_a_person(object: &Map<String, Value>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).map(MemberName::new);
    kind.is_some_and(|kind| kind.as_str().contains("customer") || kind.as_str().contains("address"))
}

/// Masks a value that is personal as a whole.
fn mask_whole(value: &mut Value, kind: PersonalDataKind) {
    match value {
        Value::String(text) => {
            if !text.is_empty() && PersonalDataKind::ALL.iter().all(|kind| text != kind.mask()) {
                kind.mask().clone_into(text);
            }
        }
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_whole(item, kind)),
        // What is called an address or a company is more than its texts: the country stays.
        Value::Object(object) => match kind {
            PersonalDataKind::Address | PersonalDataKind::Company => {
                mask_object(object, PersonContext::Address);
            }
            _ => {
                object.iter_mut().for_each(|(_, value)| mask_whole(value, kind));
                mask_names(object);
            }
        },
        Value::Null | Value::Bool(_) => {}
    }
}

/// Masks a text; one that is JSON itself is masked as such.
fn mask_string(text: &mut String) {
    if text.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        mask_value(&mut value);
        // Written anew in any case: of members given twice the text holds one that was not seen.
        *text = value.to_string();
        return;
    }
    *text = text::mask_text(std::mem::take(text));
}

/// Masks the names of members: of objects that are keyed by e-mail address. None gets lost.
fn mask_names(object: &mut Map<String, Value>) {
    if !object.keys().any(|name| text::has_personal_data(name)) {
        return;
    }
    let members = std::mem::take(object);
    // The last number that each name was given: thousands may become one and the same.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (name, value) in members {
        let masked = text::mask_text(name);
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
