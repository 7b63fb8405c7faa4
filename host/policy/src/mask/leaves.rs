//! The personal values in structured data, where they stand under names that say so.

use serde_json::{Map, Value};

use super::kind::PersonalDataKind;
use super::members::PersonContext;
use super::value;

/// Tells each personal text in a value.
pub(super) fn each(value: &Value, tell: &mut dyn FnMut(&str, PersonalDataKind)) {
    within(value, PersonContext::Nobody, tell);
}

/// The same of an object.
pub(super) fn each_of(object: &Map<String, Value>, tell: &mut dyn FnMut(&str, PersonalDataKind)) {
    of_object(object, PersonContext::Nobody, tell);
}

fn within(value: &Value, context: PersonContext, tell: &mut dyn FnMut(&str, PersonalDataKind)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| within(item, context, tell)),
        Value::Object(object) => of_object(object, context, tell),
        // JSON within a text.
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(value) = serde_json::from_str::<Value>(text) {
                within(&value, PersonContext::Nobody, tell);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_object(
    object: &Map<String, Value>,
    context: PersonContext,
    tell: &mut dyn FnMut(&str, PersonalDataKind),
) {
    let members = value::MemberKinds::of(object, context);
    for ((name, value), plain) in object.iter().zip(&members.plain) {
        match members.kind(name, plain, value) {
            Some(kind) => whole(value, kind, tell),
            None => within(value, members.context_within(name, plain), tell),
        }
    }
}

fn whole(value: &Value, kind: PersonalDataKind, tell: &mut dyn FnMut(&str, PersonalDataKind)) {
    match value {
        Value::String(text) => tell(text, kind),
        Value::Array(items) => items.iter().for_each(|item| whole(item, kind, tell)),
        Value::Object(object) => match kind {
            PersonalDataKind::Address | PersonalDataKind::Company => {
                of_object(object, PersonContext::Address, tell);
            }
            _ => object.values().for_each(|value| whole(value, kind, tell)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
