//! What a change does, as a person can check it: every field it sets, what stands there now, and
//! everything else that its bodies hold.

use serde_json::Value;
use souk_model::plan::{
    After, Becomes, Before, Change, Constant, Edit, Filling, Item, Reviewed, Step,
};
use souk_model::{Code, Failure};

use crate::values::same;

/// What the lookup showed of a subject.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// As the plan's view shows it; `None` where it does not exist.
    pub(crate) here: Option<Value>,
    /// As the global scope shows it, where the back end answers effective values.
    pub(crate) global: Option<Value>,
    /// Whether the global scope was asked.
    pub(crate) inherits: bool,
}

impl Seen {
    /// What stands in the field of an edit.
    pub(crate) fn field(&self, edit: &Edit) -> Before {
        let Some(value) = self.here.as_ref().and_then(|here| edit.at.find(here)) else {
            return Before::Nothing;
        };
        let global = self.global.as_ref().and_then(|global| edit.at.find(global));
        if self.inherits && global.is_some_and(|global| global == value) {
            Before::Inherited(value.clone())
        } else {
            Before::Value(value.clone())
        }
    }

    /// Whether the field is as it shall be.
    pub(crate) fn satisfies(&self, edit: &Edit, becomes: &Becomes) -> bool {
        let is = self.here.as_ref().and_then(|here| edit.at.find(here));
        match becomes {
            // Null takes a value away: from a store view, so that the global one shows through.
            Becomes::Sent(Value::Null) | Becomes::Expected(Value::Null) | Becomes::Absent => {
                match (is, becomes) {
                    (None | Some(Value::Null), _) => true,
                    // Magento shows a field that was cleared in any of these ways.
                    (Some(is), Becomes::Absent) => is == "" || *is == Value::Array(Vec::new()),
                    (Some(is), _) => {
                        self.inherits
                            && self.global.as_ref().and_then(|global| edit.at.find(global))
                                == Some(is)
                    }
                }
            }
            Becomes::Sent(wanted) | Becomes::Expected(wanted) => {
                is.is_some_and(|is| same(is, wanted))
            }
        }
    }

    /// Whether the field still is as the review shows it before the change.
    pub(crate) fn unchanged(&self, edit: &Edit, before: &Before) -> bool {
        match (self.field(edit).value(), before.value()) {
            (None, None) => true,
            (Some(now), Some(before)) => same(now, before),
            (None, Some(other)) | (Some(other), None) => other.is_null(),
        }
    }
}

/// Reviews a change against what stands in the store; `None` where all of it already is as wished.
///
/// # Errors
/// INTERNAL_ERROR where the plugin points at places that are not in its own bodies.
pub(crate) fn review(n: u32, change: Change, seen: &Seen) -> Result<Option<Item>, Failure> {
    let mut reviewed = Vec::with_capacity(change.edits.len());
    let mut settled = true;
    for edit in &change.edits {
        let after = becomes(&change, edit)?;
        settled &= seen.satisfies(edit, &after);
        reviewed.push(Reviewed { field: edit.field.clone(), before: seen.field(edit), after });
    }
    if settled {
        return Ok(None);
    }
    let constants = constants(&change)?;
    Ok(Some(Item { n, change, review: reviewed, constants }))
}

/// The value that the change's own bodies give the field.
pub(crate) fn becomes(change: &Change, edit: &Edit) -> Result<Becomes, Failure> {
    let spots = match &edit.after {
        After::Expected(value) => return Ok(Becomes::Expected(value.clone())),
        After::Absent => return Ok(Becomes::Absent),
        After::Sent(spots) => spots,
    };
    let mut found: Option<&Value> = None;
    for spot in spots {
        let body = change.steps.get(spot.step).and_then(|step| step.body.as_ref());
        let value = body.and_then(|body| spot.at.find(body)).ok_or_else(|| {
            fault(change, format!("`{}` is in no body at `{}`", edit.field, spot.at))
        })?;
        if found.is_some_and(|found| found != value) {
            return Err(fault(change, format!("`{}` is sent with two values", edit.field)));
        }
        found = Some(value);
    }
    let value = found.ok_or_else(|| fault(change, format!("`{}` is sent nowhere", edit.field)))?;
    Ok(Becomes::Sent(value.clone()))
}

/// Every value of every body that no edit points to, and every value the host fills in.
fn constants(change: &Change) -> Result<Vec<Constant>, Failure> {
    let mut constants = Vec::new();
    for (index, step) in change.steps.iter().enumerate() {
        let Some(body) = &step.body else { continue };
        let mut covered = Vec::new();
        for edit in &change.edits {
            let After::Sent(spots) = &edit.after else { continue };
            for spot in spots.iter().filter(|spot| spot.step == index) {
                covered.extend(spot.at.pointer_in(body));
            }
        }
        let mut leaves = Vec::new();
        leaves_of(body, &mut String::new(), &covered, &mut leaves);
        for (at, value) in leaves {
            constants.push(Constant { step: index, at, value: value.clone() });
        }
        for fill in &step.fills {
            let what = match &fill.content {
                Filling::Before(field) => format!("[what `{field}` was before]"),
                Filling::Subject => format!("[{}]", change.subject.id),
                Filling::Answered(at) => format!("[`{at}` of the first step's answer]"),
            };
            check_fill(change, step, fill)?;
            constants.push(Constant { step: index, at: fill.at.to_string(), value: what.into() });
        }
    }
    Ok(constants)
}

fn check_fill(change: &Change, step: &Step, fill: &souk_model::plan::Fill) -> Result<(), Failure> {
    let mut body = step.body.clone().unwrap_or(Value::Null);
    fill.at.put(&mut body, Value::Null).map_err(|error| fault(change, error.to_string()))?;
    if let Filling::Before(field) = &fill.content
        && !change.edits.iter().any(|edit| edit.field == *field)
    {
        return Err(fault(change, format!("a body is filled from `{field}`, which no edit names")));
    }
    Ok(())
}

fn leaves_of<'v>(
    value: &'v Value,
    pointer: &mut String,
    covered: &[String],
    leaves: &mut Vec<(String, &'v Value)>,
) {
    if covered.iter().any(|covered| covered == pointer) {
        return;
    }
    let length = pointer.len();
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                leaves_of(value, pointer, covered, leaves);
                pointer.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                leaves_of(value, pointer, covered, leaves);
                pointer.truncate(length);
            }
        }
        leaf => leaves.push((pointer.clone(), leaf)),
    }
}

/// The plugin is at fault, and the caller should know which item shows it.
pub(crate) fn fault(change: &Change, why: impl std::fmt::Display) -> Failure {
    Failure::new(
        Code::InternalError,
        format!(
            "the plugin proposed a wrong change of {} `{}`: {why}",
            change.subject.kind, change.subject.id
        ),
    )
    .rule("proposal")
    .remedy("this is a fault of the plugin; nothing was changed")
}
