//! A step's body as it is sent: what the plugin wrote, with the host's values in their places.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{BodySource, Change, FieldBefore, PlanItem, Step};

use crate::observed::ObservedState;
use crate::refusals::plugin_fault;

/// The body as it is sent.
pub(crate) fn render_body(
    item: &PlanItem,
    step: &Step,
    response: Option<&Value>,
) -> Result<Option<Value>, Failure> {
    let Some(mut body) = step.body.clone() else { return Ok(None) };
    for binding in &step.body_bindings {
        let value = match &binding.value {
            BodySource::Before(field) => value_before(item, field),
            BodySource::Subject => Value::from(item.change.subject.id.clone()),
            BodySource::FromResponse(pointer) => from_response(pointer, response)?,
        };
        binding
            .at
            .put(&mut body, value)
            .map_err(|error| Failure::internal(error.to_string()).rule("proposal"))?;
    }
    Ok(Some(body))
}

/// What a field was before; null where it was inherited or not there.
pub(crate) fn value_before(item: &PlanItem, field: &str) -> Value {
    let reviewed = item.review.iter().find(|reviewed| reviewed.field == field);
    match reviewed.map(|reviewed| &reviewed.before) {
        Some(FieldBefore::Value(value)) => value.clone(),
        Some(FieldBefore::Inherited(_) | FieldBefore::Nothing) | None => Value::Null,
    }
}

/// What an answer has at a pointer.
fn from_response(
    pointer: &souk_model::Pointer,
    response: Option<&Value>,
) -> Result<Value, Failure> {
    response.and_then(|response| pointer.find(response)).cloned().ok_or_else(|| {
        Failure::internal(format!("the first step's response has nothing at `{pointer}`"))
    })
}

/// A step with everything in its body that is known before it is sent: what stood there before, and
/// the subject. What an answer will fill in stays open.
///
/// # Errors
/// INTERNAL_ERROR where the plugin points at places that are not in its own bodies.
pub(crate) fn with_known_values(
    change: &Change,
    step: &Step,
    observed: &ObservedState,
) -> Result<Step, Failure> {
    let mut step = step.clone();
    let Some(body) = &mut step.body else { return Ok(step) };
    for binding in &step.body_bindings {
        let value = match &binding.value {
            BodySource::Before(field) => {
                let edit = change.edits.iter().find(|edit| edit.field == *field);
                match edit.map(|edit| observed.field(edit)) {
                    Some(FieldBefore::Value(value)) => value,
                    Some(FieldBefore::Inherited(_) | FieldBefore::Nothing) => Value::Null,
                    None => {
                        return Err(plugin_fault(
                            change,
                            format!("a body is filled from `{field}`, which no edit names"),
                        ));
                    }
                }
            }
            BodySource::Subject => Value::from(change.subject.id.clone()),
            BodySource::FromResponse(_) => continue,
        };
        binding.at.put(body, value).map_err(|error| plugin_fault(change, error.to_string()))?;
    }
    step.body_bindings.retain(|binding| matches!(binding.value, BodySource::FromResponse(_)));
    Ok(step)
}
