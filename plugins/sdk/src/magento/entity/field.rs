//! The fields of an entity: what values each takes, and where it stands.

use serde_json::{Value, json};

use crate::magento::{Decimal, EntityId};

/// A field that callers may set.
///
/// ```
/// use souk_sdk::magento::EntityField;
/// const FIELDS: [EntityField; 3] = [
///     EntityField::text("title").required().at_most(255),
///     EntityField::text("content"),
///     EntityField::flag("is_active").member("active"),
/// ];
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EntityField {
    name: &'static str,
    member: &'static str,
    kind: FieldKind,
    required: bool,
    description: &'static str,
}

/// What a field's values are.
#[derive(Debug, Clone, Copy)]
enum FieldKind {
    /// With the most characters.
    Text(usize),
    Flag,
    /// With the largest number.
    Integer(u64),
    Decimal,
    Choice(&'static [&'static str]),
    /// Ids of other entities.
    Ids,
}

impl EntityField {
    const fn new(name: &'static str, kind: FieldKind) -> Self {
        Self { name, member: name, kind, required: false, description: "" }
    }

    /// A text.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, FieldKind::Text(usize::MAX))
    }

    /// Yes or no. Callers may write 1 and 0.
    #[must_use]
    pub const fn flag(name: &'static str) -> Self {
        Self::new(name, FieldKind::Flag)
    }

    /// A whole number, 0 or more.
    #[must_use]
    pub const fn integer(name: &'static str) -> Self {
        Self::new(name, FieldKind::Integer(u64::MAX))
    }

    /// A decimal number, exact, which the store answers as a JSON number.
    #[must_use]
    pub const fn decimal(name: &'static str) -> Self {
        Self::new(name, FieldKind::Decimal)
    }

    /// One of these words.
    #[must_use]
    pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, FieldKind::Choice(words))
    }

    /// A list of ids of other entities.
    #[must_use]
    pub const fn ids(name: &'static str) -> Self {
        Self::new(name, FieldKind::Ids)
    }

    /// Its name in the store's answers and bodies, where that is another.
    #[must_use]
    pub const fn member(mut self, member: &'static str) -> Self {
        self.member = member;
        self
    }

    /// The most characters of a text, or the largest whole number.
    #[must_use]
    pub const fn at_most(mut self, most: usize) -> Self {
        self.kind = match self.kind {
            FieldKind::Text(_) => FieldKind::Text(most),
            FieldKind::Integer(_) => FieldKind::Integer(most as u64),
            other => other,
        };
        self
    }

    /// A new one needs it, and it cannot be empty.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What callers have to know of it.
    #[must_use]
    pub const fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Its name in arguments and reviews.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Where it stands in what the store answers.
    #[must_use]
    pub fn pointer(&self) -> String {
        ["/", self.member].concat()
    }

    /// Its name in what the store answers.
    pub(super) const fn member_name(&self) -> &'static str {
        self.member
    }

    pub(super) const fn is_required(&self) -> bool {
        self.required
    }

    /// The schema of an argument that takes its values.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut schema = match self.kind {
            FieldKind::Text(_) => json!({"type": "string"}),
            FieldKind::Flag => json!({"type": ["boolean", "integer"]}),
            FieldKind::Integer(_) => json!({"type": "integer", "minimum": 0}),
            FieldKind::Decimal => json!({"type": ["number", "string"]}),
            FieldKind::Choice(words) => json!({"type": "string", "enum": words}),
            FieldKind::Ids => json!({"type": "array", "items": {"type": ["integer", "string"]}}),
        };
        if !self.description.is_empty() {
            schema["description"] = self.description.into();
        }
        schema
    }

    /// A value as the store takes it.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the field.
    pub fn checked(&self, value: &Value) -> Result<Value, String> {
        match self.kind {
            FieldKind::Text(most) => match value {
                Value::String(text) if self.required && text.trim().is_empty() => {
                    Err("cannot be empty".to_owned())
                }
                Value::String(text) if text.chars().count() > most => {
                    Err(format!("is longer than {most} characters"))
                }
                Value::String(_) => Ok(value.clone()),
                _ => Err("is a text".to_owned()),
            },
            // What is not a boolean, "abc" too, Magento takes for false.
            FieldKind::Flag => match (value, value.as_u64()) {
                (Value::Bool(_), _) => Ok(value.clone()),
                (_, Some(number @ 0..=1)) => Ok(Value::Bool(number == 1)),
                _ => Err("is true or false".to_owned()),
            },
            FieldKind::Integer(most) => match value.as_u64() {
                Some(number) if number <= most => Ok(value.clone()),
                Some(_) => Err(format!("is {most} at most")),
                None => Err("is a whole number, 0 or more".to_owned()),
            },
            FieldKind::Decimal => Decimal::of(value)
                .and_then(|number| serde_json::from_str(&number.to_string()).ok())
                .ok_or_else(|| "is a number with at most 6 digits after the point".to_owned()),
            FieldKind::Choice(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(value.clone()),
                _ => Err(format!("is one of: {}", words.join(", "))),
            },
            FieldKind::Ids => {
                let ids = value.as_array().ok_or("is a list of ids")?;
                let id =
                    |id| EntityId::of(id).ok_or_else(|| format!("holds {id}, which is not an id"));
                ids.iter()
                    .map(|one| id(one).map(EntityId::get))
                    .collect::<Result<Vec<_>, _>>()
                    .map(Value::from)
            }
        }
    }
}
