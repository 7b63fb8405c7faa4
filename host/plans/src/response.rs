//! What a store's response to a step says.

use serde_json::Value;
use souk_model::plan::{BodySource, PlanItem, Pointer, Retry, Step, Undo};
use souk_model::{BindingSource, Code, Failure};

use crate::verdict::abbreviated;

/// The failure that a 2xx response means, by what the step says of such.
pub(crate) fn failure_in(step: &Step, response: &Value) -> Option<Failure> {
    let failure = step.failure_responses.iter().find(|failure| {
        let found = failure.at.find(response);
        match &failure.equals {
            Some(equals) => found == Some(equals),
            None => found.is_some_and(|found| !found.is_null()),
        }
    })?;
    let text = text_at(&failure.at, response);
    Some(
        Failure::new(Code::UpstreamError, format!("the store did not do it: it answered {text}"))
            .from_upstream(&step.upstream, Some(200)),
    )
}

/// What a response says at a pointer; a message of Magento's with the parameters beside it.
fn text_at(at: &Pointer, response: &Value) -> String {
    let beside = at.as_str().strip_suffix("/message").and_then(|row| row.parse::<Pointer>().ok());
    let row = beside.and_then(|row| row.find(response));
    match (at.find(response), row.and_then(|row| row.get("parameters"))) {
        (Some(Value::String(message)), Some(parameters)) => {
            souk_upstream::interpolate(message, parameters)
        }
        (found, _) => found.map(abbreviated).unwrap_or_default(),
    }
}

/// Whether the first step's response is needed later: by the undo, or as proof that something that
/// may not be repeated was accepted.
pub(crate) fn is_kept(item: &PlanItem) -> bool {
    if item.change.retry != Retry::Idempotent {
        return true;
    }
    let Undo::Steps(steps) = &item.change.undo else { return false };
    steps.iter().any(|step| {
        let mut bindings = step.path.iter().chain(&step.query);
        bindings.any(|binding| matches!(binding.value, BindingSource::FromResponse(_)))
            || step
                .body_bindings
                .iter()
                .any(|binding| matches!(binding.value, BodySource::FromResponse(_)))
    })
}

/// An answer as it is kept with an item: null would be none.
pub(crate) fn evidence(answer: Value) -> Value {
    match answer {
        Value::Null => Value::Object(serde_json::Map::new()),
        answer => answer,
    }
}
