//! From a change and what stands in the store to the item that is kept: every field it sets, what
//! stands there now, and everything else that its bodies hold.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{
    BodySource, Change, Constant, Edit, Expectation, FieldAfter, FieldReview, PlanItem, Step, Undo,
};

use super::request_review::covered_places;
use super::sent_body::SentBody;
use crate::observed::ObservedState;
use crate::refusals::plugin_fault;

/// Reviews a change against what stands in the store; `None` where it already has these values.
///
/// # Errors
/// INTERNAL_ERROR where the plugin points at places that are not in its own bodies.
pub(crate) fn review(
    n: u32,
    change: Change,
    observed: &ObservedState,
) -> Result<Option<PlanItem>, Failure> {
    let mut reviewed = Vec::with_capacity(change.edits.len());
    let mut settled = true;
    for edit in &change.edits {
        let after = field_after(&change, edit)?;
        let before = observed.field(edit);
        let line = FieldReview { field: edit.field.clone(), before, after };
        settled &= observed.satisfies(edit, &line);
        reviewed.push(line);
    }
    if settled {
        return Ok(None);
    }
    let constants = body_constants(&change)?;
    let subject_digest = Some(observed.digest());
    let warnings = Vec::new();
    let (review, writes) = (reviewed, Vec::new());
    Ok(Some(PlanItem { n, change, review, constants, warnings, subject_digest, writes }))
}

/// The value that the change's own bodies give the field.
fn field_after(change: &Change, edit: &Edit) -> Result<FieldAfter, Failure> {
    let pointers = match &edit.after {
        Expectation::SetByStore(set) => return Ok(FieldAfter::SetByStore(set.clone())),
        Expectation::Removed => return Ok(FieldAfter::Removed),
        Expectation::Unverifiable(value) => return Ok(FieldAfter::Unverifiable(value.clone())),
        Expectation::AsSent(pointers) => pointers,
    };
    let mut found: Option<&Value> = None;
    for pointer in pointers {
        let body = change.steps.get(pointer.step).and_then(|step| step.body.as_ref());
        let value = body.and_then(|body| pointer.at.find(body)).ok_or_else(|| {
            plugin_fault(change, format!("`{}` is in no body at `{}`", edit.field, pointer.at))
        })?;
        if found.is_some_and(|found| found != value) {
            return Err(plugin_fault(change, format!("`{}` is sent with two values", edit.field)));
        }
        found = Some(value);
    }
    let value =
        found.ok_or_else(|| plugin_fault(change, format!("`{}` is sent nowhere", edit.field)))?;
    Ok(FieldAfter::AsSent(value.clone()))
}

/// Every value of every body that no edit stands for, but for what the host puts there.
fn body_constants(change: &Change) -> Result<Vec<Constant>, Failure> {
    let mut constants = Vec::new();
    for (index, step) in change.steps.iter().enumerate() {
        let Some(body) = sent_body(change, step)? else { continue };
        check_edits(change, index, &body)?;
        let covered = step
            .body
            .as_ref()
            .map(|whole| covered_places(change, index, whole))
            .unwrap_or_default();
        for (at, value) in body.constants(&covered) {
            constants.push(Constant { step: index, at, value: value.clone() });
        }
    }
    if let Undo::Steps(steps) = &change.undo {
        for step in steps {
            sent_body(change, step)?;
        }
    }
    Ok(constants)
}

/// What a step's body holds, where its bindings can be followed.
fn sent_body(change: &Change, step: &Step) -> Result<Option<SentBody>, Failure> {
    for binding in &step.body_bindings {
        if let BodySource::Before(field) = &binding.value
            && !change.edits.iter().any(|edit| edit.field == *field)
        {
            let why = format!("a body is filled from `{field}`, which no edit names");
            return Err(plugin_fault(change, why));
        }
    }
    SentBody::of(step).map_err(|unclear| plugin_fault(change, unclear))
}

/// What an edit shows as sent is what is sent: the host puts nothing else in its place.
fn check_edits(change: &Change, index: usize, body: &SentBody) -> Result<(), Failure> {
    for edit in &change.edits {
        let Expectation::AsSent(pointers) = &edit.after else { continue };
        for pointer in pointers.iter().filter(|pointer| pointer.step == index) {
            let whole = change.steps.get(index).and_then(|step| step.body.as_ref());
            let place = whole.and_then(|whole| pointer.at.pointer_in(whole));
            if place.is_some_and(|place| body.is_filled(&place)) {
                let why = format!(
                    "`{}` is shown as a value of its body, and the host is to put another there",
                    edit.field
                );
                return Err(plugin_fault(change, why));
            }
        }
    }
    Ok(())
}
