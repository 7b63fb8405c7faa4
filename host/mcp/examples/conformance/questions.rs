//! Questions to the suite's person.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use souk_model::{Client, Code, Elicitation, ElicitationAnswer, Failure, NoAnswer};

/// A form with this schema.
pub(crate) fn form(message: &str, schema: Value) -> Elicitation {
    let schema = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    Elicitation::Form { message: message.to_owned(), schema }
}

/// A form that asks for one thing.
pub(crate) fn one(message: &str, name: &str, kind: &str) -> Elicitation {
    let properties = json!({name: {"type": kind}});
    form(message, json!({"type": "object", "properties": properties, "required": [name]}))
}

/// Asks, and says what came of it.
pub(crate) async fn ask(
    client: Option<&Arc<dyn Client>>,
    key: &str,
    question: Elicitation,
) -> Result<(&'static str, Map<String, Value>), Failure> {
    let Some(client) = client else { return Err(no_answer(&NoAnswer::Unsupported)) };
    match client.elicit(key, question).await {
        Ok(ElicitationAnswer::Accepted(content)) => Ok(("accept", content)),
        Ok(ElicitationAnswer::Declined) => Ok(("decline", Map::new())),
        Ok(ElicitationAnswer::Dismissed) => Ok(("cancel", Map::new())),
        Err(why) => Err(no_answer(&why)),
    }
}

fn no_answer(why: &NoAnswer) -> Failure {
    Failure::new(Code::ValidationError, why.to_string())
}
