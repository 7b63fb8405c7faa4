//! What takes one item back: its change with everything as it was before.

use serde_json::Value;
use souk_model::plan::{
    BodySource, Change, Edit, Expectation, FieldBefore, PlanItem, Pointer, Step, Undo,
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
                .collect::<Result<_, _>>()
                .map_err(|failure| failure.message)?;
            let readable = change.edits.iter().filter(|edit| edit.is_readable());
            let edits: Vec<Edit> = readable.map(|edit| edit_back(item, edit)).collect();
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

/// The edit that says: as it was before.
fn edit_back(item: &PlanItem, edit: &Edit) -> Edit {
    let reviewed = item.review.iter().find(|reviewed| reviewed.field == edit.field);
    let after = match reviewed.map(|reviewed| &reviewed.before) {
        Some(FieldBefore::Value(value) | FieldBefore::Inherited(value)) => {
            Expectation::SetByStore(value.clone().into())
        }
        Some(FieldBefore::Nothing) | None => Expectation::Removed,
    };
    Edit { after, ..edit.clone() }
}
