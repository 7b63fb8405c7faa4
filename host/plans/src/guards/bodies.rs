//! The bodies of a step, as they are sent.

use serde_json::Value;
use souk_model::plan::Step;

/// The body with a member in every place that the host will put something into.
pub(super) fn with_bindings(step: &Step) -> Option<Value> {
    let mut body = step.body.clone()?;
    for binding in &step.body_bindings {
        // A place that is not there is refused by the review.
        let _ = binding.at.put(&mut body, Value::Null);
    }
    Some(body)
}

/// The bodies in a body: asynchronous bulk routes take a list of them.
pub(super) fn each_body(body: Option<&Value>) -> impl Iterator<Item = &Value> {
    let many = body.and_then(Value::as_array);
    let one = body.filter(|body| !body.is_array());
    many.into_iter().flatten().chain(one)
}
