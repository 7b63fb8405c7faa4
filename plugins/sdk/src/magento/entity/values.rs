//! Values for the fields of an entity, checked before anything is planned.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::field::EntityField;
use crate::core::{ChangeBuilder, Failure, StepIndex, schema};

/// Values for fields, as the store takes them, in the order given.
#[derive(Debug, Clone)]
pub struct EntityValues(Vec<(&'static EntityField, Value)>);

impl EntityValues {
    /// Reads the values from an argument, of which `argument` is the name; empty for the arguments
    /// themselves.
    ///
    /// # Errors
    /// When there is none, one is not a field of these, or a value is not one that it can have.
    pub fn read(
        values: &Map<String, Value>,
        fields: &'static [EntityField],
        argument: &str,
    ) -> Result<Self, Failure> {
        if values.is_empty() {
            return Err(Failure::argument(argument, "nothing is to be changed"));
        }
        let read = |(name, value): (&String, &Value)| {
            let at = match argument {
                "" => ["/", name].concat(),
                argument => ["/", argument, "/", name].concat(),
            };
            let Some(field) = fields.iter().find(|field| field.name() == name) else {
                let known: Vec<_> = fields.iter().map(EntityField::name).collect();
                return Err(Failure::argument(&at, format!("`{name}` cannot be changed here"))
                    .remedy(format!("one of: {}", known.join(", "))));
            };
            let checked = field.checked(value);
            checked
                .map(|value| (field, value))
                .map_err(|why| Failure::argument(&at, format!("`{name}` {why}")))
        };
        values.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The fields and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static EntityField, &Value)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// The value of a field, if it is among them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(field, _)| field.name() == name).map(|(_, value)| value)
    }

    /// The names of the fields, for summaries: `title, content`.
    #[must_use]
    pub fn names(&self) -> String {
        self.iter().map(|(field, _)| field.name()).collect::<Vec<_>>().join(", ")
    }

    /// Puts the values into a step's body, under `root` (`/block`), and records them as edits.
    pub fn set(&self, change: &mut ChangeBuilder, step: StepIndex, root: &str) {
        for (field, value) in self.iter() {
            let pointer = field.pointer();
            change.set(step, field.name(), &[root, &pointer].concat(), &pointer, value.clone());
        }
    }

    /// The schema of an argument that takes one or more of these fields.
    #[must_use]
    pub fn schema(fields: &[EntityField]) -> Schema {
        schema::of_value(json!({
            "type": "object", "minProperties": 1, "properties": properties(fields)
        }))
    }
}

/// The schemas of arguments for these fields, by their names.
pub(super) fn properties(fields: &[EntityField]) -> Map<String, Value> {
    fields.iter().map(|field| (field.name().to_owned(), field.schema())).collect()
}
