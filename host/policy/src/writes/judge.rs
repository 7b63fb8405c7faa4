//! A step, judged by where it goes and what its body holds.

use std::borrow::Cow;

use serde_json::Value;
use souk_model::plan::{BodySource, Step};
use souk_model::{BindingSource, Tier};

use super::body::BodyReader;
use super::catalogue::WriteCatalogue;
use super::field::{BodyContents, BodyField, Unreadable};
use super::names::same_name;
use super::number::UnreadableReason;
use super::route::{IdPlace, WriteRoute, is_place};
use super::shape::FieldKind;
use super::target::{RequestForm, WriteTarget, parameter, stands_for_parameter};

/// What a place holds that names a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdValue<'s> {
    /// This.
    Known(String),
    /// The subject's id, which the host fills in.
    Subject,
    /// What an answer of the store says, which nobody knows before.
    FromResponse(&'s str),
    /// What is no name: a list, an object, a flag, null.
    Unreadable,
}

/// A place of a request that names what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedId<'s> {
    /// Where: a pointer into the body, or `{name}` of the path.
    pub at: String,
    /// What it says.
    pub value: IdValue<'s>,
}

/// A write, judged: what it is, whatever the plugin calls it.
#[derive(Debug)]
pub struct JudgedWrite<'c, 's> {
    route: Option<&'c WriteRoute>,
    form: RequestForm,
    fields: Vec<BodyField<'s>>,
    unreadable: Vec<Unreadable>,
    rows: usize,
    ids: Vec<NamedId<'s>>,
    parts: Vec<NamedId<'s>>,
    tier: Tier,
}

impl WriteCatalogue {
    /// Judges a step of a change of this subject by where it goes and what its body holds.
    #[must_use]
    pub fn judge<'c, 's>(&'c self, step: &'s Step, subject: &'s str) -> JudgedWrite<'c, 's> {
        JudgedWrite::of(self, step, subject)
    }
}

impl<'c, 's> JudgedWrite<'c, 's> {
    fn of(catalogue: &'c WriteCatalogue, step: &'s Step, subject: &'s str) -> Self {
        let target = WriteTarget::of(step, subject);
        let route = catalogue.find(&step.upstream, step.method, &target);
        let FilledBody { body: filled_body, filled, misplaced } = FilledBody::of(step);
        let reader = BodyReader {
            shapes: catalogue.shapes(),
            shape: route.and_then(|route| route.body),
            rows: route.map_or(&[], |route| &route.rows),
            filled: &filled,
            bulk: target.form == RequestForm::AsyncBulk,
        };
        let BodyContents { mut fields, mut unreadable, rows } = match &filled_body {
            None => reader.read(step.body.as_ref()),
            Some(body) => reader.read(Some(body)).into_owned(),
        };
        unreadable.extend(misplaced);
        if let Some(route) = route {
            name_parameters(route, &mut fields);
            path_fields(route, &target, &mut fields, &mut unreadable);
        }
        let places = |places: &[IdPlace]| {
            let named = places.iter().flat_map(|place| match route {
                Some(route) => named_ids(route, place, step, &target, &fields),
                None => Vec::new(),
            });
            named.collect::<Vec<_>>()
        };
        let (ids, parts) = match route {
            Some(route) => (places(&route.subject.ids), places(&route.subject.parts)),
            None => (Vec::new(), Vec::new()),
        };
        let tier = route.map_or(Tier::Critical, |route| tier_of(route, &fields, &unreadable));
        Self { route, form: target.form, fields, unreadable, rows, ids, parts, tier }
    }

    /// Its entry; `None`: the catalogue does not know where it goes.
    #[must_use]
    pub const fn route(&self) -> Option<&'c WriteRoute> {
        self.route
    }

    /// How it is carried out.
    #[must_use]
    pub const fn form(&self) -> RequestForm {
        self.form
    }

    /// Every value of its body, and those of its path that are more than a name.
    #[must_use]
    pub fn fields(&self) -> &[BodyField<'s>] {
        &self.fields
    }

    /// All that cannot be judged; where there is anything, no limit can be said to hold.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// How many rows it writes, at least 1.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Where it names its subject, and what it says there. For a list of rows one for each row.
    #[must_use]
    pub fn subject_ids(&self) -> &[NamedId<'s>] {
        &self.ids
    }

    /// Where it names what else it is about.
    #[must_use]
    pub fn parts(&self) -> &[NamedId<'s>] {
        &self.parts
    }

    /// How much harm it can do: of what is not known, the most.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.tier
    }
}

/// A body with a member in every place that the host will put something into.
#[derive(Default)]
struct FilledBody {
    /// `None`: nothing is filled in, and the step's own body is all.
    body: Option<Value>,
    /// Pointers to the places.
    filled: Vec<String>,
    /// Places that are not there.
    misplaced: Vec<Unreadable>,
}

impl FilledBody {
    fn of(step: &Step) -> Self {
        let mut filled = Self::default();
        if step.body_bindings.is_empty() {
            return filled;
        }
        let mut body = step.body.clone().unwrap_or_default();
        for binding in &step.body_bindings {
            let put =
                binding.at.find(&body).is_some() || binding.at.put(&mut body, Value::Null).is_ok();
            match binding.at.pointer_in(&body).filter(|_| put) {
                Some(pointer) => filled.filled.push(pointer),
                None => filled.misplaced.push(Unreadable {
                    at: binding.at.as_str().to_owned(),
                    reason: UnreadableReason::FilledIn,
                }),
            }
        }
        filled.body = Some(body);
        filled
    }
}

/// Magento takes a member of the body with a parameter's name for the parameter.
fn name_parameters(route: &WriteRoute, fields: &mut [BodyField<'_>]) {
    for field in fields.iter_mut().filter(|field| field.kind == FieldKind::Unknown) {
        if let [name] = &field.names[..]
            && route.route.parameters().any(|parameter| same_name(parameter, name))
        {
            field.kind = FieldKind::Identifier;
        }
    }
}

/// Values in the path that are more than names: a price, a quantity.
fn path_fields<'s>(
    route: &WriteRoute,
    target: &WriteTarget<'s>,
    fields: &mut Vec<BodyField<'s>>,
    unreadable: &mut Vec<Unreadable>,
) {
    for (name, spec) in &route.path_values {
        let text = route.parameter_position(name).and_then(|at| target.segment(at));
        let field = BodyField {
            at: format!("{{{name}}}"),
            name: name.clone().into(),
            value: text.map(|text| Cow::Owned(Value::from(text))),
            kind: spec.kind,
            limit: spec.limit(spec.kind),
            as_text: true,
            names: Vec::new(),
            body: 0,
            row: 0,
        };
        // Of a bulk route it stands in each body, where no entry describes it.
        let read = match target.form {
            RequestForm::AsyncBulk => Err(UnreadableReason::FilledIn),
            RequestForm::Immediate | RequestForm::Async => field.number().map(drop),
        };
        if let Err(reason) = read {
            unreadable.push(Unreadable { at: field.at.clone(), reason });
        }
        fields.push(field);
    }
}

/// What stands at a place that names something.
fn named_ids<'s>(
    route: &WriteRoute,
    place: &IdPlace,
    step: &'s Step,
    target: &WriteTarget<'s>,
    fields: &[BodyField<'s>],
) -> Vec<NamedId<'s>> {
    let in_body = |names: &[String]| {
        // A whole list of names may be filled in later.
        let list = names.split_last().filter(|(last, _)| *last == "*").map(|(_, list)| list);
        let here = fields.iter().filter(|field| {
            is_place(&field.names, names)
                || field.value.is_none() && list.is_some_and(|list| is_place(&field.names, list))
        });
        here.map(|field| NamedId { at: field.at.clone(), value: body_id(field, step) }).collect()
    };
    match place {
        IdPlace::Body(names) => in_body(names),
        IdPlace::Path(name) => {
            // Magento takes a member of the body with the parameter's name for the parameter.
            let mut named: Vec<NamedId<'s>> = in_body(std::slice::from_ref(name));
            let position = route.parameter_position(name);
            let value = match position.and_then(|at| target.segment(at)) {
                // Of a bulk route only each body names it; what else stands in the path is a name all the
                // same, whatever a store makes of it.
                Some(text)
                    if target.form == RequestForm::AsyncBulk && stands_for_parameter(text) =>
                {
                    return named;
                }
                Some(text) => IdValue::Known(text.to_owned()),
                None => path_source(step, position, target),
            };
            named.insert(0, NamedId { at: format!("{{{name}}}"), value });
            named
        }
    }
}

fn body_id<'s>(field: &BodyField<'s>, step: &'s Step) -> IdValue<'s> {
    match field.value.as_deref() {
        Some(Value::String(text)) => IdValue::Known(text.clone()),
        Some(Value::Number(number)) => IdValue::Known(number.to_string()),
        Some(_) => IdValue::Unreadable,
        None => {
            let body = step.body.as_ref();
            let mut sources = step.body_bindings.iter().filter(|binding| {
                let pointer = body.and_then(|body| binding.at.pointer_in(body));
                pointer.as_deref().unwrap_or(binding.at.as_str()) == field.at
            });
            match sources.next().map(|binding| &binding.value) {
                Some(BodySource::Subject) => IdValue::Subject,
                Some(BodySource::FromResponse(pointer)) => IdValue::FromResponse(pointer.as_str()),
                Some(BodySource::Before(_)) | None => IdValue::Unreadable,
            }
        }
    }
}

/// Where a parameter that is not known yet comes from.
fn path_source<'s>(
    step: &'s Step,
    position: Option<usize>,
    target: &WriteTarget<'_>,
) -> IdValue<'s> {
    let segments: Vec<&str> = step.route.split('/').filter(|part| !part.is_empty()).collect();
    let before = segments.len() - target.segments.len();
    let name = position.and_then(|at| segments.get(before + at)).and_then(|part| parameter(part));
    let binding = name.and_then(|name| step.path.iter().find(|binding| binding.name == name));
    match binding.map(|binding| &binding.value) {
        Some(BindingSource::FromResponse(pointer)) => IdValue::FromResponse(pointer),
        _ => IdValue::Unreadable,
    }
}

/// The tier of these very bodies: of a list of them each counts.
fn tier_of(route: &WriteRoute, fields: &[BodyField<'_>], unreadable: &[Unreadable]) -> Tier {
    let bodies = fields.iter().map(|field| field.body).max().map_or(1, |last| last + 1);
    let tiers = (0..bodies).map(|body| {
        let fields = fields.iter().filter(|field| field.body == body);
        tier_of_one(route, &fields.collect::<Vec<_>>(), !unreadable.is_empty())
    });
    tiers.max().unwrap_or_else(|| route.tier())
}

/// The tier of one body. One that cannot be read is taken for the worst.
fn tier_of_one(route: &WriteRoute, fields: &[&BodyField<'_>], unreadable: bool) -> Tier {
    let mut raised = route.raise.iter().filter(|raised| {
        unreadable
            || fields.iter().any(|field| {
                is_place(&field.names, &raised.at)
                    && !field.value.as_deref().is_some_and(|value| raised.unless.contains(value))
            })
    });
    let tier = raised.by_ref().map(|raised| raised.tier).fold(route.tier(), Ord::max);
    if tier > route.tier() || unreadable {
        return tier;
    }
    let lower = route.lower.iter().filter(|lower| {
        let is = |field: &BodyField<'_>, (at, wanted): &(Vec<String>, Value)| {
            is_place(&field.names, at) && field.value.as_deref() == Some(wanted)
        };
        let all = lower.only.iter().all(|only| fields.iter().any(|field| is(field, only)));
        all && fields.iter().all(|field| {
            lower.only.iter().any(|only| is(field, only))
                || lower.beside.iter().any(|at| is_place(&field.names, at))
        })
    });
    lower.map(|lower| lower.tier).fold(tier, Ord::min)
}
