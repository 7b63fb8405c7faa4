//! From bindings to an encoded path and query.

use std::borrow::Cow;

use souk_model::{Binding, Route};

use super::binding_values::{BindingValues, bad_parameters};
use super::encode;
use crate::refusal::Refusal;
use crate::text::printable;

/// PHP's `max_input_vars`: it drops further parameters without a word.
pub(super) const MAX_PARAMETERS: usize = 1000;

/// No server takes more in a value, in bytes before encoding. Back ends have limits of their own,
/// on the whole address; this one bounds what a plugin can make the host encode.
pub(super) const MAX_VALUE: usize = 16 * 1024;

/// The route with its parameters filled in: `/V1/products/LAB%2F1`.
pub(super) fn path(
    route: &Route,
    bindings: &[Binding],
    values: BindingValues<'_>,
) -> Result<String, Refusal> {
    let mut path = String::with_capacity(route.as_str().len() + 32);
    let mut used = 0;
    for segment in route.segments() {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(name) => {
                encode::push_encoded(&mut path, &segment_value(route, name, bindings, values)?);
                used += 1;
            }
        }
    }
    if used == bindings.len() {
        return Ok(path);
    }
    let extra = bindings.iter().find(|b| route.parameters().all(|name| name != b.name));
    let extra = extra.map_or("", |binding| &binding.name);
    Err(bad_parameters(format!("`{}` has no parameter `{}`", route, printable(extra))))
}

/// The value of one parameter of the path: bound exactly once, to a text that is one segment.
fn segment_value<'a>(
    route: &Route,
    name: &str,
    bindings: &'a [Binding],
    values: BindingValues<'a>,
) -> Result<Cow<'a, str>, Refusal> {
    let mut bound = bindings.iter().filter(|binding| binding.name == name);
    let binding = bound
        .next()
        .ok_or_else(|| bad_parameters(format!("`{name}` of `{route}` has no value")))?;
    if bound.next().is_some() {
        return Err(bad_parameters(format!("`{name}` of `{route}` has two values")));
    }
    let value = values.text(binding)?;
    let wrong = |why: &str| {
        Refusal::new(
            "path-segment",
            format!("the value of `{name}` in `{route}` {why}: `{}`", printable(&value)),
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
    if encode::has_dot_segment(&value) {
        return Err(wrong("holds a `.` or `..` segment"));
    }
    Ok(value)
}

/// The query, each parameter as `name=value`.
pub(super) fn query(bindings: &[Binding], values: BindingValues<'_>) -> Result<String, Refusal> {
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
        encode::push_encoded(&mut query, &binding.name);
        query.push('=');
        encode::push_encoded(&mut query, &value);
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
        format!("the query parameter `{}` {why}", printable(&binding.name)),
        "a query has plain names, each once",
    )
}
