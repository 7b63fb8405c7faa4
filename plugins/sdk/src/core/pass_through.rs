//! What the store answered, passed on as it is.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::core::{ContentBlock, Failure, FailureCode, Response, json};

/// An object that the store answered, kept as text and passed on untouched. `Shape` only tells
/// callers what they may find in it; nothing of it is required, and more may stand there.
///
/// Half the price of decoding and encoding again, and a field that the plugin has never heard of
/// reaches the caller.
#[derive(Debug)]
pub struct RawObject<Shape> {
    text: Box<RawValue>,
    shape: PhantomData<fn() -> Shape>,
}

impl<Shape> RawObject<Shape> {
    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get()
    }
}

impl<Shape: DeserializeOwned> RawObject<Shape> {
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

impl<Shape> Default for RawObject<Shape> {
    /// An empty object.
    fn default() -> Self {
        let text = RawValue::from_string("{}".to_owned()).unwrap_or_default();
        Self { text, shape: PhantomData }
    }
}

impl<'de, Shape> Deserialize<'de> for RawObject<Shape> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Box::deserialize(deserializer)?, shape: PhantomData })
    }
}

impl<Shape> Serialize for RawObject<Shape> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

crate::inline_schema!([Shape: JsonSchema] RawObject<Shape>, |generator| {
        let mut schema = Shape::json_schema(generator);
        schema.remove("required");
        schema.remove("additionalProperties");
        schema
});

/// A whole answer of the store's as the result of an action, not even parsed here: the host parses
/// and checks every result anyway. [`Context::pass_on`](crate::core::Context::pass_on) makes it.
#[derive(Debug)]
pub struct PassThrough<Shape> {
    text: String,
    shape: PhantomData<fn() -> Shape>,
}

impl<Shape> PassThrough<Shape> {
    pub(crate) fn new(text: String) -> Self {
        Self { text, shape: PhantomData }
    }
}

crate::inline_schema!([Shape: JsonSchema] PassThrough<Shape>, |generator| RawObject::<Shape>::json_schema(generator));

/// What a handler may answer: everything that serialises to an object, or an [`PassThrough`] answer.
pub trait ActionResult: JsonSchema {
    /// The result as JSON text.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    fn into_json(self) -> Result<String, Failure>;

    /// The whole response: the result, and what is shown beside it. For most results nothing is.
    ///
    /// # Errors
    /// As [`into_json`](Self::into_json).
    fn into_response(self) -> Result<Response, Failure>
    where
        Self: Sized,
    {
        self.into_json().map(Response::from)
    }
}

impl From<String> for Response {
    fn from(json: String) -> Self {
        Self { json, content: Vec::new() }
    }
}

/// A result with something to show beside it: pictures, links to documents of this call.
///
/// ```
/// # use souk_sdk::core::{ContentBlock, Failure, Image, WithContent};
/// # fn chart(png: Vec<u8>) -> Result<WithContent<serde_json::Map<String, serde_json::Value>>, Failure> {
/// let image = Image {
///     media_type: "image/png".to_owned(),
///     data: png,
///     description: "Orders by day".to_owned(),
/// };
/// Ok(WithContent { result: serde_json::Map::new(), content: vec![ContentBlock::Image(image)] })
/// # }
/// ```
#[derive(Debug)]
pub struct WithContent<T> {
    /// The result itself.
    pub result: T,
    /// What is shown beside it, in this order.
    pub content: Vec<ContentBlock>,
}

impl<T: JsonSchema> JsonSchema for WithContent<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: ActionResult> ActionResult for WithContent<T> {
    fn into_json(self) -> Result<String, Failure> {
        self.result.into_json()
    }

    fn into_response(self) -> Result<Response, Failure> {
        let Self { result, content } = self;
        Ok(Response { content, ..result.into_response()? })
    }
}

impl<T: Serialize + JsonSchema> ActionResult for T {
    fn into_json(self) -> Result<String, Failure> {
        serde_json::to_string(&self)
            .map_err(|error| Failure::internal(format!("the result is not JSON: {error}")))
    }
}

impl<Shape: JsonSchema> ActionResult for PassThrough<Shape> {
    fn into_json(self) -> Result<String, Failure> {
        Ok(self.text)
    }
}

/// Some object of the store's, of which nothing is promised.
#[derive(Debug)]
pub struct AnyObject;

crate::inline_schema!(AnyObject, |_| json_schema!({ "type": "object" }));
