//! From bindings to an encoded path and query.

use std::borrow::Cow;

use serde_json::Value;
use souk_model::{Binding, BindingSource, Pointer, Route};

use crate::refusal::shown;
use crate::{Refusal, encode};

/// PHP's `max_input_vars`: it drops further parameters without a word.
pub(super) const MAX_PARAMETERS: usize = 1000;

/// No server takes more in a value, in bytes before encoding. Back ends have limits of their own,
/// on the whole address; this one bounds what a plugin can make the host encode.
pub(super) const MAX_VALUE: usize = 16 * 1024;

/// What bindings may draw their values from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The id of the change's subject; `None` outside a change.
    pub(super) subject: Option<&'a str>,
    /// The answer to the change's first step.
    pub(super) answered: Answered<'a>,
}

/// What is known of the answer to a change's first step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answered<'a> {
    /// This request is not a step, or is the first: it can have no part of an answer.
    Never,
    /// There will be an answer. What it holds is judged when it is there.
    Later,
    /// This answer.
    Now(&'a Value),
}

/// Stands for a value that is not known yet: any answer worth having passes as this does.
const UNKNOWN: &str = "0";

impl<'a> Values<'a> {
    /// A plain read: texts only.
    pub(super) const TEXTS: Self = Self { subject: None, answered: Answered::Never };

    /// A read about one subject.
    pub(super) const fn of_subject(subject: &'a str) -> Self {
        Self { subject: Some(subject), answered: Answered::Never }
    }

    fn text(self, binding: &'a Binding) -> Result<Cow<'a, str>, Refusal> {
        match &binding.value {
            BindingSource::Text(text) => Ok(text.into()),
            BindingSource::Subject => self.subject.map(Into::into).ok_or_else(|| {
                parameters(format!(
                    "`{}` is to be a subject's id, and this request is not about one subject",
                    shown(&binding.name)
                ))
            }),
            BindingSource::FromResponse(place) => self.answered(&binding.name, place),
        }
    }

    fn answered(self, name: &str, place: &str) -> Result<Cow<'a, str>, Refusal> {
        let name = shown(name);
        let parsed: Pointer = place
            .parse()
            .map_err(|error| parameters(format!("`{name}` cannot have its value: {error}")))?;
        let answer = match self.answered {
            Answered::Now(answer) => answer,
            Answered::Later => return Ok(UNKNOWN.into()),
            Answered::Never => {
                return Err(parameters(format!(
                    "`{name}` is to come from the answer to the change's first step, and there is \
                     none to take it from"
                )));
            }
        };
        let wrong = |why: &str| {
            Refusal::new(
                "answered",
                format!(
                    "`{name}` was to be what the first step answered at `{}`, {why}",
                    shown(place)
                ),
                "the store answered otherwise than the plugin's author expected; see what it did \
                 before anything else is sent",
            )
        };
        match parsed.find(answer) {
            Some(Value::String(text)) => Ok(text.as_str().into()),
            Some(Value::Number(number)) => Ok(number.to_string().into()),
            Some(_) => Err(wrong("which is neither a text nor a number")),
            None => Err(wrong("and nothing is there")),
        }
    }
}

/// The route with its parameters filled in: `/V1/products/LAB%2F1`.
pub(super) fn path(
    route: &Route,
    bindings: &[Binding],
    values: Values<'_>,
) -> Result<String, Refusal> {
    let mut path = String::with_capacity(route.as_str().len() + 32);
    let mut used = 0;
    for segment in route.segments() {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(name) => {
                encode::push(&mut path, &segment_value(route, name, bindings, values)?);
                used += 1;
            }
        }
    }
    if used == bindings.len() {
        return Ok(path);
    }
    let extra = bindings.iter().find(|b| route.parameters().all(|name| name != b.name));
    let extra = extra.map_or("", |binding| &binding.name);
    Err(parameters(format!("`{}` has no parameter `{}`", route, shown(extra))))
}

/// The value of one parameter of the path: bound exactly once, to a text that is one segment.
fn segment_value<'a>(
    route: &Route,
    name: &str,
    bindings: &'a [Binding],
    values: Values<'a>,
) -> Result<Cow<'a, str>, Refusal> {
    let mut bound = bindings.iter().filter(|binding| binding.name == name);
    let binding =
        bound.next().ok_or_else(|| parameters(format!("`{name}` of `{route}` has no value")))?;
    if bound.next().is_some() {
        return Err(parameters(format!("`{name}` of `{route}` has two values")));
    }
    let value = values.text(binding)?;
    let wrong = |why: &str| {
        Refusal::new(
            "path-segment",
            format!("the value of `{name}` in `{route}` {why}: `{}`", shown(&value)),
            "a parameter of a path is one segment: give the plain value of one thing",
        )
    };
    if value.is_empty() {
        return Err(wrong("is empty"));
    }
    if value.len() > MAX_VALUE {
        return Err(wrong("is too long"));
    }
    if value.chars().any(char::is_control) {
        return Err(wrong("holds a control character"));
    }
    if encode::climbs(&value) {
        return Err(wrong("holds a `.` or `..` segment"));
    }
    Ok(value)
}

/// The query, each parameter as `name=value`.
pub(super) fn query(bindings: &[Binding], values: Values<'_>) -> Result<String, Refusal> {
    if bindings.len() > MAX_PARAMETERS {
        return Err(Refusal::new(
            "query",
            format!("the query has {} parameters, more than {MAX_PARAMETERS}", bindings.len()),
            "ask for less at once",
        ));
    }
    let mut query = String::with_capacity(bindings.len() * 64);
    for (index, binding) in bindings.iter().enumerate() {
        let value = values.text(binding)?;
        check_query_name(binding)?;
        if value.len() > MAX_VALUE {
            return Err(bad_query(binding, "has a value that is too long"));
        }
        if value.chars().any(char::is_control) {
            return Err(bad_query(binding, "has a value with a control character"));
        }
        if bindings[..index].iter().any(|earlier| earlier.name == binding.name) {
            return Err(bad_query(binding, "occurs twice"));
        }
        if index > 0 {
            query.push('&');
        }
        encode::push(&mut query, &binding.name);
        query.push('=');
        encode::push(&mut query, &value);
    }
    Ok(query)
}

/// Names that Magento takes for something else than a parameter of the route are refused:
/// `oauth_…` for part of the signature (it searches for the word anywhere in a name), `___store`
/// for a change of store view.
fn check_query_name(binding: &Binding) -> Result<(), Refusal> {
    let name = &binding.name;
    if name.is_empty() || name.len() > MAX_VALUE || name.chars().any(char::is_control) {
        return Err(bad_query(binding, "has no proper name"));
    }
    if name.to_ascii_lowercase().contains("oauth_") || name.starts_with("___") {
        return Err(bad_query(binding, "has a name that Magento keeps for itself"));
    }
    Ok(())
}

fn bad_query(binding: &Binding, why: &str) -> Refusal {
    Refusal::new(
        "query",
        format!("the query parameter `{}` {why}", shown(&binding.name)),
        "a query has plain names, each once",
    )
}

fn parameters(message: String) -> Refusal {
    Refusal::new(
        "parameters",
        message,
        "each `{name}` of the route needs exactly one value; this is for the plugin's author",
    )
}
