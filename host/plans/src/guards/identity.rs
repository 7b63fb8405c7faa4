//! That a request is about the change's subject: where it names something else, that is part of what
//! is reviewed, and where it cannot be known before, it is refused.

use serde_json::Value;
use souk_model::plan::{BodySource, Change, Lookup, Step};
use souk_model::{BindingSource, Failure};
use souk_policy::writes::{BodyField, FieldKind, IdPlace, IdValue, JudgedWrite, NamedId};

use super::PlanScope;
use crate::magento::names::{plain, same_name};
use crate::magento::sku::{fold, same_sku};
use crate::refusals::plugin_fault;

/// Whether a step, of all of a change, is about its subject.
///
/// # Errors
/// What it is about instead: a fault of the plugin.
pub(super) fn check_ids(
    scope: &PlanScope<'_>,
    change: &Change,
    index: usize,
    judged: &[JudgedWrite<'_, '_>],
) -> Result<(), Failure> {
    let (step, first) = (&judged[index], &judged[0]);
    let hangs = hangs_on_new(index, judged);
    for id in step.subject_ids() {
        match &id.value {
            // The new one has a number that nobody knows yet, and its name may be another's number.
            IdValue::Subject | IdValue::Known(_)
                if index > 0 && makes_new(first) && is_number_name(last_name(&id.at)) =>
            {
                return Err(plugin_fault(
                    change,
                    format!(
                        "`{}` of its request is one that is there, and a new one is made",
                        id.at
                    ),
                ));
            }
            IdValue::Subject => {}
            IdValue::Known(text) if is_subject(id, text, &change.subject.id) => {}
            // What an undo takes back it was told by the answer that made it; its proposal was held
            // to that.
            IdValue::Known(_) if scope.takes_back || hangs => {}
            IdValue::Known(text) => {
                return Err(plugin_fault(
                    change,
                    format!("`{}` of its request is `{text}`, which is not its subject", id.at),
                ));
            }
            IdValue::FromResponse(pointer) => {
                let same_kind = kind(step) == kind(first);
                if index == 0 || !same_kind || !is_new_number(pointer, first) {
                    return Err(from_answer(change, &id.at, pointer));
                }
            }
            IdValue::Unreadable => return Err(names_nothing(change, &id.at)),
        }
    }
    for part in step.parts() {
        match &part.value {
            IdValue::FromResponse(pointer)
                if !(index > 0 && is_number_of(part, pointer, first)) =>
            {
                return Err(from_answer(change, &part.at, pointer));
            }
            IdValue::Unreadable => return Err(names_nothing(change, &part.at)),
            IdValue::Known(text)
                if plain(last_name(&part.at)) == "parentid" && *text != change.subject.id =>
            {
                return Err(plugin_fault(
                    change,
                    format!("`{}` of its request is not its subject", part.at),
                ));
            }
            _ => {}
        }
    }
    step.fields().iter().try_for_each(|field| check_member(change, step, field))
}

/// That no value of an address is filled from an answer, but where the catalogue says that it names
/// something: of a route whose parameters mean nothing to it, nobody would know where the request goes.
pub(super) fn check_filled_path(
    change: &Change,
    step: &Step,
    write: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    let named = write.subject_ids().iter().chain(write.parts()).filter(|named| {
        named.at.starts_with('{') && matches!(named.value, IdValue::FromResponse(_))
    });
    let mut filled = step.path.iter().filter_map(|binding| match &binding.value {
        BindingSource::FromResponse(pointer) => Some((&binding.name, pointer)),
        _ => None,
    });
    match filled.nth(named.count()) {
        Some((name, pointer)) => Err(from_answer(change, &format!("{{{name}}}"), pointer)),
        None => Ok(()),
    }
}

/// Whether a step is about what the first one makes: it names that by the number in its answer.
pub(super) fn hangs_on_new(index: usize, judged: &[JudgedWrite<'_, '_>]) -> bool {
    let (step, first) = (&judged[index], &judged[0]);
    index > 0
        && step.subject_ids().iter().chain(step.parts()).any(|named| match &named.value {
            IdValue::FromResponse(pointer) => {
                is_number_of(named, pointer, first)
                    || kind(step) == kind(first) && is_new_number(pointer, first)
            }
            _ => false,
        })
}

/// Whether an answer has the number of what is new there. Anything else of an answer may be what the
/// plugin itself wrote: a rule can be called `5`.
fn is_new_number(pointer: &str, first: &JudgedWrite<'_, '_>) -> bool {
    let answers = first.route().and_then(|route| route.answers());
    answers.is_some_and(|answers| answers.as_str() == pointer)
}

/// The same, of a place that is named after that number.
fn is_number_of(place: &NamedId<'_>, pointer: &str, first: &JudgedWrite<'_, '_>) -> bool {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    is_new_number(pointer, first) && same_name(last_name(&place.at), name)
}

fn kind<'j>(write: &'j JudgedWrite<'_, '_>) -> &'j str {
    write.route().map_or("", |route| route.subject().kind.as_str())
}

/// Whether a write makes something to which the store gives its number.
pub(super) fn makes_new(write: &JudgedWrite<'_, '_>) -> bool {
    write.route().is_some_and(|route| {
        route.answers().is_some()
            && !route.subject().ids.is_empty()
            && route.subject().ids.iter().all(|id| matches!(id, IdPlace::Body(_)))
    })
}

/// A member of a body that could make the request one about something else: the number that the
/// store gives, or a view.
fn check_member(
    change: &Change,
    step: &JudgedWrite<'_, '_>,
    field: &BodyField<'_>,
) -> Result<(), Failure> {
    let Some(route) = step.route() else { return Ok(()) };
    let is_named = || step.subject_ids().iter().any(|id| id.at == field.at);
    if route.is_scope(&field.names) {
        let global = match field.value.as_deref() {
            Some(Value::Number(number)) => number.as_u64() == Some(0),
            Some(Value::String(text)) => text == "0",
            _ => false,
        };
        if !global {
            return Err(plugin_fault(
                change,
                format!(
                    "`{}` of its request is another view of the store than the plan's",
                    field.at
                ),
            ));
        }
    }
    let gives = route.is_new_id(&field.names) || is_own_number(field);
    if gives && field.value.as_deref() != Some(&Value::Null) && !is_named() {
        return Err(plugin_fault(
            change,
            format!("`{}` of its request names another one than its subject", field.at),
        ));
    }
    Ok(())
}

/// Whether a member is the number of the very thing that a body is about: `/product/id`, or is a part
/// of what stands where that number should.
fn is_own_number(field: &BodyField<'_>) -> bool {
    let [root, name, within @ ..] = field.names.as_slice() else { return false };
    let (root, name) = (plain(root), plain(name));
    (field.kind == FieldKind::Identifier || !within.is_empty())
        && (name == "id" || name == "entityid" || name == format!("{root}id"))
}

fn from_answer(change: &Change, at: &str, pointer: &str) -> Failure {
    plugin_fault(
        change,
        format!("`{at}` of its request would be what an answer has at `{pointer}`"),
    )
}

fn names_nothing(change: &Change, at: &str) -> Failure {
    plugin_fault(change, format!("`{at}` of its request names nothing that can be read"))
}

/// The last name of a place: of `{sku}` it is `sku`, of `/prices/0/sku` too.
fn last_name(at: &str) -> &str {
    let last = at.rsplit('/').next().unwrap_or(at);
    last.trim_start_matches('{').trim_end_matches('}')
}

/// The name of a number that the store gives: `id`, `entity_id`, `ruleId`.
pub(super) fn is_number_name(name: &str) -> bool {
    plain(name).ends_with("id")
}

/// Whether an id is the subject's. Skus are compared as the database does.
fn is_subject(id: &NamedId<'_>, text: &str, subject: &str) -> bool {
    text == subject || (plain(last_name(&id.at)).ends_with("sku") && same_sku(text, subject))
}

/// Whether a step of an undo is about the change's subject, or about what the change makes.
///
/// # Errors
/// What it is about instead: a fault of the plugin.
pub(super) fn check_undo_ids(
    change: &Change,
    step: &Step,
    undo: &JudgedWrite<'_, '_>,
    first: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    let takes_back =
        undo.route().zip(first.route()).is_some_and(|(undo, first)| undo.takes_back(first));
    let is_new = |pointer: &str| takes_back && is_new_number(pointer, first);
    for id in undo.subject_ids().iter().chain(undo.parts()) {
        let wrong = match &id.value {
            IdValue::Known(_) | IdValue::Subject
                if makes_new(first) && is_number_name(last_name(&id.at)) =>
            {
                "one that is there".to_owned()
            }
            IdValue::Subject => continue,
            IdValue::Known(text) if is_subject(id, text, &change.subject.id) => continue,
            IdValue::FromResponse(pointer) if is_new(pointer) => continue,
            IdValue::Known(_) if undo.parts().contains(id) => continue,
            IdValue::Known(text) => format!("`{text}`"),
            IdValue::FromResponse(pointer) => format!("what an answer has at `{pointer}`"),
            IdValue::Unreadable => "nothing that can be read".to_owned(),
        };
        return Err(plugin_fault(
            change,
            format!("`{}` of its undo would be {wrong}, which is not its subject", id.at),
        ));
    }
    for binding in &step.body_bindings {
        let BodySource::FromResponse(pointer) = &binding.value else { continue };
        if !is_new(pointer.as_str()) {
            return Err(from_answer(change, binding.at.as_str(), pointer.as_str()));
        }
    }
    Ok(())
}

/// What two subjects of a plan may not have in common.
pub(crate) fn subject_key(change: &Change) -> String {
    let folded = fold(&change.subject.id);
    let is_number = !folded.is_empty() && folded.bytes().all(|byte| byte.is_ascii_digit());
    let key = if is_number { folded.trim_start_matches('0') } else { &folded };
    format!("{}\n{key}", change.subject.kind)
}

/// The document of the subject itself, in what a search may have wrapped in a list.
pub(super) fn subject_document<'o>(lookup: &Lookup, here: Option<&'o Value>) -> Option<&'o Value> {
    let here = here?;
    if !lookup.one.path.is_empty() || lookup.one_of_a_list().is_some() {
        return Some(here);
    }
    match here.get("items").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => Some(only),
        _ => None,
    }
}
