//! JSON objects as the store answers them, and as results show them.

use souk_sdk::prelude::*;

/// A JSON object.
pub(crate) type JsonObject = Map<String, Value>;

/// What results are made of: some members of a document, and others beside them.
pub(crate) trait JsonObjectView {
    /// The members of these names, with spaces between them: those that are there and not null.
    fn pick(&self, names: &str) -> JsonObject;
    /// Adds a member, where there is a value.
    fn put(&mut self, name: &str, value: Option<impl Into<Value>>);
}

impl JsonObjectView for JsonObject {
    fn pick(&self, names: &str) -> JsonObject {
        let some = |name: &str| Some((name.to_owned(), self.member(name)?.clone()));
        names.split(' ').filter_map(some).collect()
    }

    fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(name.to_owned(), value.into());
        }
    }
}

/// The members of an object that was written with `json!`.
pub(crate) fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
