//! JSON from plugins: parsed once, strictly.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Parses JSON text, refusing duplicate keys, which readers resolve differently: what is checked
/// could then differ from what is used. serde_json itself refuses depth above 128.
///
/// No more than `values` values are taken, because a value takes far more room than its text: the
/// two bytes of `0,` become thirty-two.
///
/// # Errors
/// What is wrong and where, for people.
pub(crate) fn parse(text: &str, values: usize) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let left = Cell::new(values);
    let value = Strict { left: &left, values }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Parses JSON text that must be an object.
///
/// # Errors
/// As [`parse`], or that it is no object.
pub(crate) fn parse_object(
    text: &str,
    values: usize,
) -> Result<Map<String, Value>, serde_json::Error> {
    match parse(text, values)? {
        Value::Object(map) => Ok(map),
        _ => Err(serde_json::Error::custom("it is not an object")),
    }
}

#[derive(Clone, Copy)]
struct Strict<'c> {
    /// How many values may still come.
    left: &'c Cell<usize>,
    values: usize,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format!("it holds more than {} values", self.values)));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<Key>()? {
            let value = entries.next_value_seed(self)?;
            match map.entry(key.0) {
                Entry::Vacant(place) => place.insert(value),
                Entry::Occupied(twice) => {
                    let what = format!("the key `{}` occurs twice", twice.key());
                    return Err(A::Error::custom(what));
                }
            };
        }
        Ok(Value::Object(map))
    }
}

struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MANY: usize = 1_000;

    #[test]
    fn duplicate_keys_depth_and_trailing_text_are_refused() {
        let twice = parse(r#"{"a":1,"b":{"c":1,"c":2}}"#, MANY).unwrap_err();
        assert!(twice.to_string().contains("`c`"));
        assert!(parse(&"[".repeat(1_000_000), MANY).is_err());
        assert!(parse("{} {}", MANY).is_err());
        assert!(parse_object("[]", MANY).is_err());
    }

    #[test]
    fn a_crowd_of_values_is_refused_wherever_they_stand() {
        for text in ["[0,0,0]", r#"{"a":0,"b":{"c":0}}"#, "[[[0]]]"] {
            assert!(parse(text, 4).is_ok(), "{text}");
            assert!(parse(text, 3).unwrap_err().to_string().contains("3 values"), "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "\\PC*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map("\\PC*", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read_back_the_same(value in any_json()) {
            prop_assert_eq!(parse(&value.to_string(), usize::MAX).unwrap(), value);
        }

        #[test]
        fn any_text_ends_in_a_value_or_an_error(text in "\\PC*") {
            let _ = parse(&text, MANY);
        }
    }
}
