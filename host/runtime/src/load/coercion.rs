//! Arguments that clients wrote as text: a number as `"5"`, a list as `"[1, 2]"`.

use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// What stands within a text is text itself at most so many times.
const ROUNDS: usize = 3;
/// So many places are looked at in a round.
const PLACES: usize = 200;

/// Rewrites what is of the wrong type where the schema takes one type only and the value can be
/// nothing else: text that holds a value of that type, and a number where text is wanted. Answers
/// whether the arguments are valid then. What cannot be rewritten stays.
pub(crate) fn coerce(validator: &Validator, arguments: &mut Value) -> bool {
    for _ in 0..ROUNDS {
        let rewritten: Vec<(String, Value)> = validator
            .iter_errors(arguments)
            .take(PLACES)
            .filter_map(|error| {
                let place = error.instance_path().as_str().to_owned();
                let meant = meant(&error).or_else(|| field_list(&place, &error))?;
                Some((place, meant))
            })
            .collect();
        if rewritten.is_empty() {
            return false;
        }
        for (place, value) in rewritten {
            if let Some(given) = arguments.pointer_mut(&place) {
                *given = value;
            }
        }
        if validator.is_valid(arguments) {
            return true;
        }
    }
    false
}

/// The value that was meant, where that is beyond doubt.
fn meant(error: &ValidationError<'_>) -> Option<Value> {
    let ValidationErrorKind::Type { kind: TypeKind::Single(wanted) } = error.kind() else {
        return None;
    };
    match (wanted, error.instance().as_ref()) {
        (JsonType::String, Value::Number(number)) => Some(number.to_string().into()),
        (wanted, Value::String(text)) => {
            let value: Value = serde_json::from_str(text).ok()?;
            let is_meant = match wanted {
                JsonType::Boolean => value.is_boolean(),
                JsonType::Integer => value.is_i64() || value.is_u64(),
                JsonType::Number => value.is_number(),
                JsonType::Array => value.is_array(),
                JsonType::Object => value.is_object(),
                JsonType::String | JsonType::Null => false,
            };
            is_meant.then_some(value)
        }
        _ => None,
    }
}

/// The argument of lists that names fields, of which none has a comma.
const FIELDS: &str = "/fields";

/// The fields in a text with commas between them, those in brackets left together.
fn field_list(place: &str, error: &ValidationError<'_>) -> Option<Value> {
    let ValidationErrorKind::Type { kind: TypeKind::Single(JsonType::Array) } = error.kind() else {
        return None;
    };
    let text = error.instance().as_str().filter(|_| place == FIELDS)?;
    let mut depth = 0_i32;
    let names = text.split(|letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    Some(names.map(str::trim).filter(|name| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn coerced(mut arguments: Value) -> (bool, Value) {
        let schema = json!({
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "size": {"type": "integer", "maximum": 200},
                "price": {"type": "number"},
                "yes": {"type": "boolean"},
                "skus": {"type": "array", "items": {"type": "string"}},
                "match": {"type": "object", "properties": {"sizes": {"type": "array", "items": {"type": "integer"}}}},
                "either": {"type": ["integer", "array"]},
                "fields": {"type": "array", "items": {"type": "string"}},
            },
        });
        let valid = coerce(&jsonschema::validator_for(&schema).unwrap(), &mut arguments);
        (valid, arguments)
    }

    #[test]
    fn what_can_only_be_meant_one_way_is_taken() {
        for (given, meant) in [
            (json!({"id": 12, "size": "5"}), json!({"id": "12", "size": 5})),
            (json!({"price": "1.50", "yes": "true"}), json!({"price": 1.5, "yes": true})),
            (json!({"skus": "[\"a\", 7]"}), json!({"skus": ["a", "7"]})),
            (json!({"match": "{\"sizes\": \"[1, 2]\"}"}), json!({"match": {"sizes": [1, 2]}})),
            (json!({"match": {"sizes": ["1", 2]}}), json!({"match": {"sizes": [1, 2]}})),
            (json!({"fields": "sku, a[b,c]"}), json!({"fields": ["sku", "a[b,c]"]})),
        ] {
            assert_eq!(coerced(given), (true, meant));
        }
    }

    #[test]
    fn what_is_in_doubt_stays_and_is_refused() {
        for given in [
            json!({"size": "many"}),
            json!({"size": "1.5"}),
            json!({"size": ""}),
            json!({"yes": 1}),
            json!({"yes": "yes"}),
            json!({"skus": "a,b"}),
            json!({"id": true}),
            json!({"match": "[1]"}),
            json!({"either": "5"}),
        ] {
            assert_eq!(coerced(given.clone()), (false, given));
        }
        // It is taken for the number that it is, and refused as that.
        assert_eq!(coerced(json!({"size": "500"})), (false, json!({"size": 500})));
    }
}
