//! A call's arguments, as the tool wants them and as the plugin may see them.

use serde_json::{Map, Value};
use souk_model::Secret;

/// What stands in the arguments for a sealed one that was given: its value stays with the host.
pub(crate) const SEALED: &str = "[sealed]";

/// Takes a client's arguments as the tool wants them: `params` is unwrapped where it is the sole
/// key and an object, which is how clients of magento-mcp send everything; an argument that is null
/// counts as left out, which is how some clients leave one out; and a number without a fraction is an
/// integer, however it is written: to JSON `12`, `12.0` and `1.2e1` are one number.
pub(crate) fn normalise(mut arguments: Map<String, Value>) -> Map<String, Value> {
    if arguments.len() == 1
        && let Some(Value::Object(inner)) = arguments.get_mut("params")
    {
        arguments = std::mem::take(inner);
    }
    arguments.retain(|_, value| !value.is_null());
    arguments.iter_mut().for_each(|(_, value)| write_integers(value));
    arguments
}

/// The integers up to here are exact in what a fraction is written as.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes numbers without a fraction as integers.
fn write_integers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is exact: it has been compared"
            )]
            let integer = number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() < EXACT)
                .map(|float| float as i64);
            if let Some(integer) = integer {
                *number = integer.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_integers),
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| write_integers(value)),
        _ => {}
    }
}

/// Takes the values of sealed arguments off; their names stay, so that the plugin knows which were
/// given.
pub(crate) fn seal(names: &[String], arguments: &mut Value) -> Vec<(String, Secret)> {
    let Some(arguments) = arguments.as_object_mut() else { return Vec::new() };
    let mut sealed = Vec::new();
    for name in names {
        if let Some(value) = arguments.get_mut(name) {
            let text = match std::mem::replace(value, Value::from(SEALED)) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            sealed.push((name.clone(), Secret::from(text)));
        }
    }
    sealed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_without_a_fraction_is_an_integer_wherever_it_stands() {
        let map = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let written = normalise(map(
            r#"{"a": 12.0, "b": [1e2, -0.0, 0.5], "c": {"d": 3.0, "e": "3.0"}, "f": 1e300}"#,
        ));
        let expected =
            map(r#"{"a": 12, "b": [100, 0, 0.5], "c": {"d": 3, "e": "3.0"}, "f": 1e300}"#);
        assert_eq!(written, expected);
        // Inside `params`, too.
        assert_eq!(normalise(map(r#"{"params": {"a": 1.0}}"#)), map(r#"{"a": 1}"#));
    }

    #[test]
    fn params_is_unwrapped_only_when_alone_and_an_object() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        assert_eq!(normalise(map(json!({"params": {"a": 1}}))), map(json!({"a": 1})));
        let kept = map(json!({"params": {"a": 1}, "b": 2}));
        assert_eq!(normalise(kept.clone()), kept);
        let kept = map(json!({"params": "a"}));
        assert_eq!(normalise(kept.clone()), kept);
        assert_eq!(
            normalise(map(json!({"a": null, "b": {"c": null}}))),
            map(json!({"b": {"c": null}}))
        );
    }
}
