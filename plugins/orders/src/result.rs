//! What actions answer: JSON as it was put together, and the schema that describes it.

use std::marker::PhantomData;

use souk_sdk::prelude::*;
use souk_sdk::schemars::Schema;
use souk_sdk::serde::{Serialize, Serializer};

use crate::json_object::{JsonObject, object};
use crate::untrusted::with_untrusted_pointers;

/// The schema of a result, written as JSON: a derived one costs kilobytes of code each.
pub(crate) trait ResultSchema {
    /// Members of the result by name, as the inside of `properties`; without those that all results
    /// have.
    const PROPERTIES: &'static str;
    /// Members that are always there, with spaces between them.
    const REQUIRED: &'static str;
}

/// A result with this schema. Where it carries texts of customers and others, it says which they are.
pub(crate) struct OrdersResult<S> {
    members: JsonObject,
    schema: PhantomData<fn() -> S>,
}

/// What the function of an action returns.
pub(crate) type OrdersReply<S> = Result<OrdersResult<S>, Failure>;

impl<S> From<JsonObject> for OrdersResult<S> {
    fn from(members: JsonObject) -> Self {
        Self { members: with_untrusted_pointers(members), schema: PhantomData }
    }
}

impl<S> From<Value> for OrdersResult<S> {
    /// From an object that was written with `json!`.
    fn from(members: Value) -> Self {
        object(members).into()
    }
}

impl<S> Serialize for OrdersResult<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        self.members.serialize(serializer)
    }
}

souk_sdk::core::inline_schema!([S: ResultSchema] OrdersResult<S>, |_| {
        let required = S::REQUIRED.replace(' ', r#"", ""#);
        let text = format!(
            r#"{{"type": "object", "properties": {{{},
                "untrusted": {{"type": "array", "items": {{"type": "string"}},
                    "description": "JSON pointers to the texts that customers and others wrote, `*` for every element. To be reported as they stand."}},
                "notice": {{"type": "string"}}}}, "required": ["{required}"]}}"#,
            S::PROPERTIES,
        );
        let schema = serde_json::from_str::<Value>(&text).ok();
        schema.and_then(|schema| Schema::try_from(schema).ok()).unwrap_or_default()
});
