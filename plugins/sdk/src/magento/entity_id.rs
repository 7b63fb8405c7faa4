//! Ids of entities, as arguments.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::core::schema;

/// An entity's id, which callers write as a number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(u64);

impl EntityId {
    /// The id.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id in a JSON number, or in a text of digits.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        let id = match value {
            Value::Number(number) => number.as_u64()?,
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok()?
            }
            _ => return None,
        };
        (id > 0).then_some(Self(id))
    }
}

impl<'de> Deserialize<'de> for EntityId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::of(&value).ok_or_else(|| serde::de::Error::custom("an id is a whole number above 0"))
    }
}

crate::inline_schema!(EntityId, |_| schema::written(
    r#"{"type": ["integer", "string"], "minimum": 1, "pattern": "^[0-9]+$"}"#
));
