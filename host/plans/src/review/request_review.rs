//! Requests of an item, with everything that goes out with them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_model::plan::{BodySource, Change, Constant, Expectation, PlanItem, Step};
use souk_model::{Binding, BindingSource, visible};

use super::sent_body::SentBody;
use crate::body::value_before;

/// The requests of an item or of its undo. Each of the lists beside them names its request by number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestsReview {
    /// Each as `PUT /V1/products/TEN-001 at all`, with the values that stand in the address.
    pub requests: Vec<String>,
    /// Values of an address that are not the subject.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parameters: Vec<ParameterReview>,
    /// Values of the bodies that no field stands for.
    #[serde(default)]
    pub constants: Vec<Constant>,
    /// What the host puts into the bodies.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fills: Vec<BodyFill>,
    /// Answers of success that count as a refusal.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failure_responses: Vec<FailureResponseReview>,
}

/// A value of an address that is not the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterReview {
    /// The request, counted from 0.
    pub step: usize,
    /// `path` or `query`.
    pub part: String,
    /// The parameter's name.
    pub name: String,
    /// Its value, where it is known before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// Where it comes from, where it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
}

/// A value that the host puts into a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BodyFill {
    /// The request, counted from 0.
    pub step: usize,
    /// The place in its body.
    pub at: String,
    /// Where it comes from: "`price` as it was before", "the subject", "`/id` of the response to the
    /// first request".
    pub source: String,
    /// Where the host read it, of what it read of the subject: the field's name is the plugin's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub read_at: Option<String>,
    /// The value, where it is known before; null is one.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "some_value")]
    pub value: Option<Value>,
}

/// An answer of success that counts as a refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureResponseReview {
    /// The request, counted from 0.
    pub step: usize,
    /// The place in its response.
    pub at: String,
    /// What stands there then; none: anything.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "some_value")]
    pub equals: Option<Value>,
}

/// A member that is there has a value, and null is one.
fn some_value<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

impl RequestsReview {
    /// The requests that make the change.
    pub(super) fn of_change(item: &PlanItem) -> Self {
        Self { constants: shown_constants(&item.constants), ..Self::of(item, &item.change.steps) }
    }

    /// The requests that take it back, of whose bodies no field stands for anything.
    pub(super) fn of_undo(item: &PlanItem, steps: &[Step]) -> Self {
        let mut constants = Vec::new();
        for (step, body) in bodies(steps) {
            for (at, value) in body.constants(&[]) {
                constants.push(Constant { step, at, value: value.clone() });
            }
        }
        Self { constants: shown_constants(&constants), ..Self::of(item, steps) }
    }

    fn of(item: &PlanItem, steps: &[Step]) -> Self {
        let change = &item.change;
        let mut review = Self::default();
        for (number, step) in steps.iter().enumerate() {
            review.requests.push(souk_policy::request_line(step, &change.subject.id));
            for (part, bindings) in [("path", &step.path), ("query", &step.query)] {
                let shown = bindings.iter().filter_map(|binding| parameter(number, part, binding));
                review.parameters.extend(shown);
            }
            let refusals = step.failure_responses.iter().map(|failure| FailureResponseReview {
                step: number,
                at: visible::line(failure.at.as_str()).into_owned(),
                equals: failure.equals.clone(),
            });
            review.failure_responses.extend(refusals);
        }
        for (number, body) in bodies(steps) {
            for (at, binding) in body.fills() {
                let source = &steps[number].body_bindings[*binding].value;
                review.fills.push(fill(item, number, at, source));
            }
        }
        review
    }
}

/// The bodies of those steps that have one. A change whose bodies are unclear was refused before.
fn bodies(steps: &[Step]) -> impl Iterator<Item = (usize, SentBody)> {
    let body = |(number, step): (usize, &Step)| Some((number, SentBody::of(step).ok()??));
    steps.iter().enumerate().filter_map(body)
}

fn shown_constants(constants: &[Constant]) -> Vec<Constant> {
    let shown = |constant: &Constant| Constant {
        at: visible::line(&constant.at).into_owned(),
        ..constant.clone()
    };
    constants.iter().map(shown).collect()
}

fn parameter(step: usize, part: &str, binding: &Binding) -> Option<ParameterReview> {
    let (value, source) = match &binding.value {
        BindingSource::Subject => return None,
        BindingSource::Text(text) => (Some(text.clone()), None),
        BindingSource::FromResponse(pointer) => (None, Some(of_response(pointer))),
    };
    let name = visible::line(&binding.name).into_owned();
    Some(ParameterReview { step, part: part.to_owned(), name, value, source })
}

fn fill(item: &PlanItem, step: usize, at: &str, source: &BodySource) -> BodyFill {
    let (source, read_at, value) = match source {
        BodySource::Before(field) => {
            let edit = item.change.edits.iter().find(|edit| edit.field == *field);
            (
                format!("`{}` as it was before", visible::line(field)),
                edit.map(|edit| visible::line(edit.at.as_str()).into_owned()),
                Some(value_before(item, field)),
            )
        }
        BodySource::Subject => {
            ("the subject".to_owned(), None, Some(Value::from(item.change.subject.id.clone())))
        }
        BodySource::FromResponse(pointer) => (of_response(pointer.as_str()), None, None),
    };
    BodyFill { step, at: visible::line(at).into_owned(), source, read_at, value }
}

fn of_response(pointer: &str) -> String {
    match pointer {
        "" => "the response to the first request".to_owned(),
        pointer => format!("`{}` of the response to the first request", visible::line(pointer)),
    }
}

/// The places of a step's body that the change's fields stand for. A value to which a field gives
/// another name than its place has is not among them: a plugin that calls a price `name` shows a
/// price.
pub(super) fn covered_places(change: &Change, step: usize, body: &Value) -> Vec<String> {
    let mut covered = Vec::new();
    for edit in &change.edits {
        let Expectation::AsSent(pointers) = &edit.after else { continue };
        for pointer in pointers.iter().filter(|pointer| pointer.step == step) {
            if is_named(pointer.at.as_str(), &edit.field) && is_named(edit.at.as_str(), &edit.field)
            {
                covered.extend(pointer.at.pointer_in(body));
            }
        }
    }
    covered
}

/// Whether a place is of the field of this name: its last member, or the value of the attribute, is
/// called that.
fn is_named(at: &str, field: &str) -> bool {
    let mut tokens = at.rsplit('/');
    match tokens.next() {
        Some("value") if field != "value" => tokens
            .next()
            .and_then(|token| token.strip_prefix('[')?.strip_suffix(']')?.split_once('='))
            .is_some_and(|(_, code)| code == field),
        last => last == Some(field),
    }
}
