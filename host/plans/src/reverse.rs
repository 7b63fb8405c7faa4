//! What takes one item back: its change with everything as it was before.

use serde_json::Value;
use souk_model::plan::{
    BodyPointer, BodySource, Change, Edit, Expectation, FieldBefore, PlanItem, Pointer, Step, Undo,
};
use souk_model::{Binding, BindingSource, Failure};

use crate::body::{render_body, value_before};

/// The change that takes an item back.
///
/// # Errors
/// Why it cannot be taken back, for the review.
pub(crate) fn reverse(item: &PlanItem, response: Option<&Value>) -> Result<Change, String> {
    let change = &item.change;
    match &change.undo {
        Undo::None(why) => Err(why.clone()),
        Undo::Restore => restored(item),
        Undo::Steps(steps) => {
            let steps = steps
                .iter()
                .map(|step| with_values(item, step, response))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|failure| failure.message)?;
            let readable = change.edits.iter().filter(|edit| edit.is_readable());
            let edits: Vec<Edit> = readable.map(|edit| edit_back(item, edit, &steps)).collect();
            if edits.is_empty() {
                return Err("nothing of it can be read".to_owned());
            }
            Ok(Change {
                edits,
                steps,
                undo: Undo::None("it is an undo itself; make the change again".into()),
                warnings: what_undo_leaves(change),
                ..change.clone()
            })
        }
    }
}

/// What the plugin warned of beforehand: that taking it back does not restore everything. Whoever takes
/// it back reads that again.
fn what_undo_leaves(change: &Change) -> Vec<String> {
    let about_undo = |warning: &&String| warning.starts_with("`plans_undo` ");
    change.warnings.iter().filter(about_undo).cloned().collect()
}

/// The same steps, with what was before in the place of each value.
fn restored(item: &PlanItem) -> Result<Change, String> {
    let mut change = Change { warnings: what_undo_leaves(&item.change), ..item.change.clone() };
    for edit in &item.change.edits {
        let Expectation::AsSent(pointers) = &edit.after else {
            return Err(format!("`{}` is not set by a value that could be put back", edit.field));
        };
        let value = value_before(item, &edit.field);
        for pointer in pointers {
            let body = change.steps.get_mut(pointer.step).and_then(|step| step.body.as_mut());
            let body = body.ok_or_else(|| format!("`{}` is in no body", edit.field))?;
            pointer.at.put(body, value.clone()).map_err(|error| error.to_string())?;
        }
    }
    let steps = std::mem::take(&mut change.steps);
    change.steps = steps
        .iter()
        .map(|step| with_values(item, step, None))
        .collect::<Result<_, _>>()
        .map_err(|failure| failure.message)?;
    Ok(change)
}

/// A step whose bindings are values: `before` means before the plan that is taken back.
fn with_values(item: &PlanItem, step: &Step, response: Option<&Value>) -> Result<Step, Failure> {
    let body = render_body(item, step, response)?;
    let bindings = |bindings: &[Binding]| {
        bindings
            .iter()
            .map(|binding| {
                let BindingSource::FromResponse(pointer) = &binding.value else {
                    return Ok(binding.clone());
                };
                let text = response_text(pointer, response)?;
                Ok(Binding::text(binding.name.clone(), text))
            })
            .collect::<Result<Vec<_>, Failure>>()
    };
    let path = bindings(&step.path)?;
    let query = bindings(&step.query)?;
    // What stays open is only the subject, which is the same.
    let body_bindings = step
        .body_bindings
        .iter()
        .filter(|binding| matches!(binding.value, BodySource::Subject))
        .cloned()
        .collect();
    Ok(Step { body, path, query, body_bindings, ..step.clone() })
}

fn response_text(pointer: &str, response: Option<&Value>) -> Result<String, Failure> {
    let missing = || {
        Failure::internal(format!(
            "the answer that made it had nothing at `{pointer}`, so it cannot be found"
        ))
    };
    let pointer: Pointer = pointer.parse().map_err(|_| missing())?;
    match response.and_then(|response| pointer.find(response)) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(missing()),
    }
}

/// The edit that says: as it was before. Where its requests hold that, it is what they send.
fn edit_back(item: &PlanItem, edit: &Edit, steps: &[Step]) -> Edit {
    let reviewed = item.review.iter().find(|reviewed| reviewed.field == edit.field);
    let after = match reviewed.map(|reviewed| &reviewed.before) {
        Some(FieldBefore::Value(value) | FieldBefore::Inherited(value)) => {
            let places = places_of(edit, value, steps);
            match places.is_empty() {
                true => Expectation::SetByStore(value.clone().into()),
                false => Expectation::AsSent(places),
            }
        }
        Some(FieldBefore::Nothing) | None => Expectation::Removed,
    };
    Edit { after, ..edit.clone() }
}

/// Where requests hold a value of a field: in the entity of a body, at the place where a read shows it.
fn places_of(edit: &Edit, value: &Value, steps: &[Step]) -> Vec<BodyPointer> {
    let mut places = Vec::new();
    for (step, body) in
        steps.iter().enumerate().filter_map(|(at, step)| Some((at, step.body.as_ref()?)))
    {
        for entity in body.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let Ok(at) = format!("/{entity}{}", edit.at.as_str()).parse::<Pointer>() else {
                continue;
            };
            if at.find(body) == Some(value) {
                places.push(BodyPointer { step, at });
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use souk_model::plan::{BodyBinding, FieldAfter, FieldReview, Retry, Subject};
    use souk_model::{BindingSource, StoreView, WriteMethod};

    use super::*;

    fn at(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    fn step(body: Value, fills: &[(&str, &str)]) -> Step {
        let fill = |(place, field): &(&str, &str)| BodyBinding {
            at: at(place),
            value: BodySource::Before((*field).into()),
        };
        Step {
            upstream: "magento".into(),
            method: WriteMethod::Put,
            route: "/V1/products/{sku}".into(),
            path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
            query: Vec::new(),
            view: StoreView::Global,
            body: Some(body),
            body_bindings: fills.iter().map(fill).collect(),
            failure_responses: Vec::new(),
        }
    }

    /// An item that took a sale and all categories away, and put a name in the place of another.
    fn item() -> PlanItem {
        let (price, links) = (
            "/custom_attributes/[attribute_code=special_price]/value",
            "/extension_attributes/category_links",
        );
        let edit = |field: &str, place: &str| Edit {
            field: field.into(),
            at: at(place),
            after: Expectation::Removed,
        };
        let edits =
            vec![edit("special_price", price), edit("name", "/name"), edit("category_ids", links)];
        let before = [json!("20.5"), json!("Skarv"), json!([{"category_id": "3"}])];
        let review = edits.iter().zip(before).map(|(edit, before)| FieldReview {
            field: edit.field.clone(),
            before: FieldBefore::Value(before),
            after: FieldAfter::Removed,
        });
        let none = json!({"product": {"extension_attributes": {"category_links": []}}});
        let back = json!({"product": {
            "custom_attributes": [{"attribute_code": "special_price", "value": null}],
            "extension_attributes": {"category_links": null}}});
        let fills = [
            ("/product/custom_attributes/0/value", "special_price"),
            ("/product/extension_attributes/category_links", "category_ids"),
        ];
        PlanItem {
            n: 0,
            review: review.collect(),
            constants: Vec::new(),
            warnings: Vec::new(),
            subject_digest: None,
            writes: Vec::new(),
            change: Change {
                subject: Subject { kind: "product".into(), id: "A".into(), label: None },
                edits,
                steps: vec![step(none.clone(), &[])],
                retry: Retry::Idempotent,
                undo: Undo::Steps(vec![step(none, &[]), step(back, &fills)]),
                warnings: Vec::new(),
            },
        }
    }

    #[test]
    fn what_requests_of_its_own_put_back_is_what_they_send() {
        let change = reverse(&item(), None).unwrap();
        let after = |field: &str| {
            change.edits.iter().find(|edit| edit.field == field).map(|edit| &edit.after).unwrap()
        };
        let sent = |place: &str| Expectation::AsSent(vec![BodyPointer { step: 1, at: at(place) }]);
        assert_eq!(
            *after("special_price"),
            sent("/product/custom_attributes/[attribute_code=special_price]/value")
        );
        assert_eq!(*after("category_ids"), sent("/product/extension_attributes/category_links"));
        // No request holds it: that has to be the store's doing.
        assert_eq!(*after("name"), Expectation::SetByStore(json!("Skarv").into()));
    }
}
