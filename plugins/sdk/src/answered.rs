//! What the store answered, passed on as it is.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{Failure, FailureCode, json};

/// An object that the store answered, kept as text and passed on untouched. `Shape` only tells
/// callers what they may find in it; nothing of it is required, and more may stand there.
///
/// Half the price of decoding and encoding again, and a field that the plugin has never heard of
/// reaches the caller.
#[derive(Debug)]
pub struct Answered<Shape> {
    text: Box<RawValue>,
    shape: PhantomData<fn() -> Shape>,
}

impl<Shape> Answered<Shape> {
    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get()
    }
}

impl<Shape: DeserializeOwned> Answered<Shape> {
    /// Decodes it, for whoever has to look inside after all.
    ///
    /// # Errors
    /// When it is not of this shape, naming the place.
    pub fn decode(&self) -> Result<Shape, Failure> {
        json::decode(self.text()).map_err(|wrong| {
            Failure::new(
                FailureCode::UpstreamError,
                format!("what the store answered is not as expected: {wrong}"),
            )
        })
    }
}

impl<Shape> Default for Answered<Shape> {
    /// An empty object.
    fn default() -> Self {
        let text = RawValue::from_string("{}".to_owned()).unwrap_or_default();
        Self { text, shape: PhantomData }
    }
}

impl<'de, Shape> Deserialize<'de> for Answered<Shape> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Box::deserialize(deserializer)?, shape: PhantomData })
    }
}

impl<Shape> Serialize for Answered<Shape> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<Shape: JsonSchema> JsonSchema for Answered<Shape> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Shape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Shape::json_schema(generator);
        schema.remove("required");
        schema.remove("additionalProperties");
        schema
    }
}

/// Some object of the store's, of which nothing is promised.
#[derive(Debug)]
pub struct Object;

impl JsonSchema for Object {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Object".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}
