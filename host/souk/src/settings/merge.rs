//! Of several values of one setting, the one that counts.

use serde_json::Value;
use souk_model::Caps;
use souk_policy::ToolPattern;

use super::kind::{ValueKind, caps_value};
use super::setting::{MergeRule, Setting};

/// What counts of two values that both narrow. The order of the two does not matter.
pub(crate) fn narrower(setting: &Setting, one: &Value, other: &Value) -> Value {
    match setting.merge {
        // Of these the first source counts alone, so that there is never a second.
        MergeRule::First | MergeRule::FileFirst => one.clone(),
        MergeRule::Lowest => lower(setting.kind, one, other),
        MergeRule::On => (is_on(one) || is_on(other)).into(),
        MergeRule::Off => (is_on(one) && is_on(other)).into(),
        MergeRule::Union => {
            let mut all = items(one);
            all.extend(items(other).into_iter().filter(|item| !items(one).contains(item)));
            Value::Array(all)
        }
        MergeRule::Intersection if setting.kind == ValueKind::Tools => tools_in_both(one, other),
        MergeRule::Intersection => {
            let others = items(other);
            items(one).into_iter().filter(|item| others.contains(item)).collect()
        }
    }
}

fn lower(kind: ValueKind, one: &Value, other: &Value) -> Value {
    let first_is_lower = match kind {
        ValueKind::Choice(choices) => {
            let rank = |value: &Value| choices.iter().position(|choice| value == choice);
            rank(one) <= rank(other)
        }
        ValueKind::Caps => return lower_caps(one, other),
        _ => match (one.as_u64(), other.as_u64()) {
            (Some(one), Some(other)) => one <= other,
            _ => one.as_f64() <= other.as_f64(),
        },
    };
    if first_is_lower { one.clone() } else { other.clone() }
}

fn lower_caps(one: &Value, other: &Value) -> Value {
    let caps = |value: &Value| serde_json::from_value::<Caps>(value.clone());
    match (caps(one), caps(other)) {
        (Ok(one), Ok(other)) => caps_value(&one.strictest(&other)),
        // Neither happens, since both were read as caps; nothing may move then.
        _ => Value::Object(serde_json::Map::new()),
    }
}

/// What both lists of tools mean: each pattern that one has and the other covers.
fn tools_in_both(one: &Value, other: &Value) -> Value {
    let covered =
        |pattern: &Value, by: &Value| items(by).iter().any(|wider| covers(wider, pattern));
    let mut both: Vec<Value> = items(one).into_iter().filter(|item| covered(item, other)).collect();
    for item in items(other) {
        if covered(&item, one) && !both.contains(&item) {
            both.push(item);
        }
    }
    Value::Array(both)
}

fn covers(wider: &Value, pattern: &Value) -> bool {
    let read = |value: &Value| value.as_str().and_then(|text| text.parse::<ToolPattern>().ok());
    match (read(wider), read(pattern)) {
        (Some(wider), Some(pattern)) => wider.covers(&pattern),
        _ => false,
    }
}

fn is_on(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
