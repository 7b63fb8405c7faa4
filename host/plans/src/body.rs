//! A step's body as it is sent: what the plugin wrote, with the host's values in their places.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{BodySource, FieldBefore, PlanItem, Step};

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
            BodySource::FromResponse(pointer) => {
                response.and_then(|response| pointer.find(response)).cloned().ok_or_else(|| {
                    Failure::internal(format!(
                        "the first step's response has nothing at `{pointer}`"
                    ))
                })?
            }
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
