//! A call's arguments, as the tool wants them and as the plugin may see them.

use serde_json::{Map, Value};
use souk_model::Secret;

/// What stands in the arguments for a sealed one that was given: its value stays with the host.
pub(crate) const SEALED: &str = "[sealed]";

/// Takes a client's arguments as the tool wants them: `params` is unwrapped where it is the sole
/// key and an object, which is how clients of magento-mcp send everything; and an argument that is
/// null counts as left out, which is how some clients leave one out.
pub(crate) fn normalise(mut arguments: Map<String, Value>) -> Map<String, Value> {
    if arguments.len() == 1
        && let Some(Value::Object(inner)) = arguments.get_mut("params")
    {
        arguments = std::mem::take(inner);
    }
    arguments.retain(|_, value| !value.is_null());
    arguments
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
