//! Whether an answer holds what is expected of it.

use serde_json::Value;

/// Where a value is not what is expected, and how. Of an object the members that are expected count, of a
/// list each element; numbers are the same by their value.
pub(super) fn difference(expected: &Value, found: &Value) -> Option<String> {
    at(expected, found, &mut String::new())
}

fn at(expected: &Value, found: &Value, place: &mut String) -> Option<String> {
    let begun = place.len();
    let below = |place: &mut String, name: &str, expected: &Value, found: &Value| {
        place.push('/');
        place.push_str(name);
        let difference = at(expected, found, place);
        place.truncate(begun);
        difference
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().find_map(|(name, expected)| match found.get(name) {
                Some(found) => below(place, name, expected, found),
                None => Some(format!("`{place}/{name}` is missing: expected {expected}")),
            })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| {
                below(place, &index.to_string(), expected, found)
            })
        }
        (Value::Number(expected), Value::Number(found)) if expected.as_f64() == found.as_f64() => {
            None
        }
        (expected, found) if expected == found => None,
        (expected, found) => Some(format!("`{place}` is {found}: expected {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_expected_has_to_be_there_and_the_rest_may_be_anything() {
        let found = json!({"total": 2, "items": [{"id": 1, "t": "a"}, {"id": 2, "t": "b"}]});
        for held in [json!({}), json!({"total": 2.0}), json!({"items": [{"id": 1}, {"t": "b"}]})] {
            assert_eq!(difference(&held, &found), None, "{held}");
        }
        for (missing, why) in [
            (json!({"sum": 1}), "`/sum` is missing: expected 1"),
            (json!({"total": "2"}), "`/total` is 2: expected \"2\""),
            (json!({"items": [{"id": 1}, {"id": 3}]}), "`/items/1/id` is 2: expected 3"),
            (json!([]), "`` is {"),
        ] {
            let said = difference(&missing, &found).unwrap();
            assert!(said.starts_with(why), "{said}");
        }
        assert!(difference(&json!({"items": [{}]}), &found).is_some(), "a list has a length");
    }
}
