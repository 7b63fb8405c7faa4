//! What the store answers when it refuses: Magento's error bodies, as data.
//!
//! A body is `message`, with the placeholders still in it, and optional `parameters`: an array for
//! `%1`, `%2`, an object for `%name`. Some failures never reach that form: they are plain text or
//! HTML, and clients must live with it.

use serde_json::{Map, Value, json};

/// A refused request: a status and what the body says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: RefusalBody,
}

/// The forms that an error body takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RefusalBody {
    /// The usual JSON object (or its XML rendering).
    Message(Map<String, Value>),
    /// Text, whatever the `Accept` header said. PHP died before the web API could answer.
    Text(&'static str),
    /// An HTML page.
    Html(String),
}

impl Refusal {
    /// `message` without parameters.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("message".to_owned(), Value::String(message.into()));
        Self { status, body: RefusalBody::Message(body) }
    }

    /// A 400.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A 404.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    /// The same with `parameters`: an array or an object.
    pub(crate) fn with(mut self, parameters: Value) -> Self {
        if let RefusalBody::Message(body) = &mut self.body {
            body.insert("parameters".to_owned(), parameters);
        }
        self
    }

    /// The 404 of every repository that looks an entity up by one field.
    pub(crate) fn no_such_entity(field: &str, value: impl Into<Value>) -> Self {
        Self::missing("No such entity with %fieldName = %fieldValue")
            .with(json!({ "fieldName": field, "fieldValue": value.into() }))
    }

    /// A required argument is absent.
    pub(crate) fn required(field: &str) -> Self {
        Self::bad("\"%fieldName\" is required. Enter and try again.")
            .with(json!({ "fieldName": field }))
    }

    /// A field that the data interface does not have.
    pub(crate) fn unsupported_field(field: &str) -> Self {
        Self::bad("\"%fieldName\" is not supported. Correct the field name and try again.")
            .with(json!({ "fieldName": field }))
    }

    /// Several refusals of one request, told together; one alone is told as itself.
    pub(crate) fn several(mut refusals: Vec<Self>) -> Self {
        if refusals.len() == 1 {
            return refusals.remove(0);
        }
        let errors = refusals
            .into_iter()
            .filter_map(|refusal| match refusal.body {
                RefusalBody::Message(body) => Some(Value::Object(body)),
                RefusalBody::Text(_) | RefusalBody::Html(_) => None,
            })
            .collect();
        let mut summary = Self::bad("One or more input exceptions have occurred.");
        if let RefusalBody::Message(body) = &mut summary.body {
            body.insert("errors".to_owned(), Value::Array(errors));
        }
        summary
    }

    /// The caller lacks `resource`: also the answer to missing, wrong and expired tokens.
    pub(crate) fn unauthorized(resource: &str) -> Self {
        Self::new(401, "The consumer isn't authorized to access %resources.")
            .with(json!({ "resources": resource }))
    }

    /// No route has this path and method.
    pub(crate) fn no_route() -> Self {
        Self::missing("Request does not match any route.")
    }

    /// The path names a store view that does not exist, or none of the forms of a web API path.
    pub(crate) fn unprocessable() -> Self {
        Self::bad("Specified request cannot be processed.")
    }

    /// An exception that nobody turned into an answer; the report id is made from `seed`.
    pub(crate) fn internal(seed: u64) -> Self {
        let id = seed & 0x000f_ffff_ffff_ffff;
        Self::new(
            500,
            format!(
                "Internal Error. Details are available in Magento log file. Report ID: webapi-{id:013x}"
            ),
        )
    }

    /// PHP itself failed (a type error): plain text.
    pub(crate) fn crash() -> Self {
        Self {
            status: 500,
            body: RefusalBody::Text(
                "An error has happened during application run. See exception log for details.\n",
            ),
        }
    }

    /// The message as it is, placeholders and all; empty when the body is not a message.
    pub(crate) fn message(&self) -> &str {
        match &self.body {
            RefusalBody::Message(body) => {
                body.get("message").and_then(Value::as_str).unwrap_or_default()
            }
            RefusalBody::Text(_) | RefusalBody::Html(_) => "",
        }
    }

    /// The message with its parameters put in, as the bulk API reports it.
    pub(crate) fn interpolated(&self) -> String {
        let RefusalBody::Message(body) = &self.body else {
            return "Internal Error".to_owned();
        };
        let mut text = self.message().to_owned();
        let shown = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        match body.get("parameters") {
            Some(Value::Array(items)) => {
                for (at, item) in items.iter().enumerate().rev() {
                    text = text.replace(&format!("%{}", at + 1), &shown(item));
                }
            }
            Some(Value::Object(items)) => {
                for (name, item) in items {
                    text = text.replace(&format!("%{name}"), &shown(item));
                }
            }
            _ => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_is_told_as_itself_and_two_as_a_list() {
        let one = Refusal::several(vec![Refusal::required("a")]);
        assert_eq!(one, Refusal::required("a"));
        let two = Refusal::several(vec![Refusal::required("a"), Refusal::required("b")]);
        assert_eq!(two.message(), "One or more input exceptions have occurred.");
    }

    #[test]
    fn parameters_are_put_in_by_place_and_by_name() {
        let by_place = Refusal::bad("%1 and %2").with(json!(["a", 2]));
        assert_eq!(by_place.interpolated(), "a and 2");
        assert_eq!(Refusal::no_such_entity("id", 9).interpolated(), "No such entity with id = 9");
    }
}
