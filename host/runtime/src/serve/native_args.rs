//! Arguments of the host's own tools: their schemas from types, and their values into these.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use souk_model::{Code, Failure};

/// Reads arguments that have passed their schema.
///
/// # Errors
/// A VALIDATION_ERROR for what only the schema lets through: a whole number written `2.0`.
pub(super) fn read<T: DeserializeOwned>(arguments: &Map<String, Value>) -> Result<T, Failure> {
    T::deserialize(arguments).map_err(|error: serde_json::Error| {
        Failure::new(Code::ValidationError, error.to_string())
            .remedy("give whole numbers without a fraction")
    })
}

/// The flat schema of arguments, without what says nothing to a caller: the type's name, the size of
/// a number in memory, a default that is the same as leaving the argument out.
pub(super) fn schema_of<T: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
        schema.remove("title");
        let absent =
            |default: &Value| default.is_null() || default.as_array().is_some_and(Vec::is_empty);
        if schema.get("default").is_some_and(absent) {
            schema.remove("default");
        }
    })
    .transform(&mut schema);
    schema.remove("description");
    object(schema.to_value())
}

/// An object literal's map.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
