//! From what a plugin asks to what may be sent.

use souk_model::{Binding, Grant, Method, Read, Route, Source, StoreView};

use crate::refusal::shown;
use crate::{Refusal, encode};

/// A request that a grant allows, in the form in which it is sent.
///
/// Only [`permit`] makes one, and a back end takes nothing else, so what was checked and what is
/// sent cannot differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted {
    upstream: String,
    method: Method,
    route: Route,
    path: String,
    query: String,
    at: StoreView,
}

impl Permitted {
    /// The back end's name in the operator's configuration.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The encoded path that follows `/rest/{store}`: `/V1/products/LAB%2F1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The encoded query, without `?`; empty where there is none. Names and values hold only
    /// unreserved characters and `%XX`; each parameter has exactly one `=`.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Which view of the store is asked. A code in it has Magento's form but may not exist.
    #[must_use]
    pub const fn at(&self) -> &StoreView {
        &self.at
    }

    /// The route as granted, for logs and metrics.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }
}

/// Decides whether an action with these grants may make this read, and encodes it.
///
/// The route is compared with the grants as text, never as a pattern. Each parameter becomes one
/// encoded segment of the path, each of the query one encoded `name=value`.
///
/// ```
/// use souk_model::{Binding, Grant, Method, Read, StoreView};
/// use souk_policy::permit;
///
/// let route = "/V1/products/{sku}";
/// let grant =
///     Grant { upstream: "magento".into(), method: Method::Get, route: route.parse().unwrap() };
/// let read = Read {
///     upstream: "magento".into(),
///     route: route.into(),
///     path: vec![Binding::text("sku", "LAB/1 + 50%")],
///     query: vec![Binding::text("fields", "sku,name")],
///     at: StoreView::Global,
/// };
/// let permitted = permit(&[grant], &read).unwrap();
/// assert_eq!(permitted.path(), "/V1/products/LAB%2F1%20%2B%2050%25");
/// assert_eq!(permitted.query(), "fields=sku%2Cname");
/// assert_eq!(permit(&[], &read).unwrap_err().rule, "grant");
/// ```
///
/// # Errors
/// A refusal by the rule `grant`, `parameters`, `path-segment`, `query` or `store-view`.
pub fn permit(grants: &[Grant], read: &Read) -> Result<Permitted, Refusal> {
    let grant = matching(grants, read)?;
    check_store_view(&read.at)?;
    Ok(Permitted {
        upstream: grant.upstream.clone(),
        method: grant.method,
        path: path(&grant.route, &read.path)?,
        query: query(&read.query)?,
        route: grant.route.clone(),
        at: read.at.clone(),
    })
}

fn matching<'a>(grants: &'a [Grant], read: &Read) -> Result<&'a Grant, Refusal> {
    let granted = grants.iter().find(|grant| {
        grant.method == Method::Get
            && grant.upstream == read.upstream
            && grant.route.as_str() == read.route
    });
    granted.ok_or_else(|| {
        Refusal::new(
            "grant",
            format!(
                "the action has no grant for `GET {}` on `{}`",
                shown(&read.route),
                shown(&read.upstream)
            ),
            "an action reaches only the routes it declares, spelt exactly so; its author must \
             declare this one",
        )
    })
}

/// Magento's own rule for store codes: letters, digits and `_`, a letter first, in either case.
fn check_store_view(at: &StoreView) -> Result<(), Refusal> {
    let StoreView::View(code) = at else {
        return Ok(());
    };
    let first = code.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let rest = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if first && rest && code.len() <= MAX_STORE_CODE {
        return Ok(());
    }
    Err(Refusal::new(
        "store-view",
        format!("`{}` cannot be the code of a store view", shown(code)),
        "a code has letters, digits and `_`, and begins with a letter; \
         `scope_list_websites_stores` lists those of the store",
    ))
}

/// The length of Magento's column for store codes.
const MAX_STORE_CODE: usize = 32;

/// PHP's `max_input_vars`: it drops further parameters without a word.
const MAX_PARAMETERS: usize = 1000;

/// No server takes more in a value, in bytes before encoding. Back ends have limits of their own,
/// on the whole address; this one bounds what a plugin can make the host encode.
const MAX_VALUE: usize = 16 * 1024;

fn path(route: &Route, bindings: &[Binding]) -> Result<String, Refusal> {
    let mut path = String::with_capacity(route.as_str().len() + 32);
    let mut used = 0;
    for segment in route.segments() {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            None => path.push_str(segment),
            Some(name) => {
                encode::push(&mut path, segment_value(route, name, bindings)?);
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
) -> Result<&'a str, Refusal> {
    let mut bound = bindings.iter().filter(|binding| binding.name == name);
    let binding =
        bound.next().ok_or_else(|| parameters(format!("`{name}` of `{route}` has no value")))?;
    if bound.next().is_some() {
        return Err(parameters(format!("`{name}` of `{route}` has two values")));
    }
    let value = text(binding)?;
    let wrong = |why: &str| {
        Refusal::new(
            "path-segment",
            format!("the value of `{name}` in `{route}` {why}: `{}`", shown(value)),
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
    if encode::climbs(value) {
        return Err(wrong("holds a `.` or `..` segment"));
    }
    Ok(value)
}

fn query(bindings: &[Binding]) -> Result<String, Refusal> {
    if bindings.len() > MAX_PARAMETERS {
        return Err(Refusal::new(
            "query",
            format!("the query has {} parameters, more than {MAX_PARAMETERS}", bindings.len()),
            "ask for less at once",
        ));
    }
    let mut query = String::with_capacity(bindings.len() * 64);
    for (index, binding) in bindings.iter().enumerate() {
        let value = text(binding)?;
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
        encode::push(&mut query, value);
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

fn text(binding: &Binding) -> Result<&str, Refusal> {
    match &binding.value {
        Source::Text(text) => Ok(text),
        Source::Subject | Source::Answered(_) => Err(parameters(format!(
            "`{}` takes its value from a change, and this is a plain read",
            shown(&binding.name)
        ))),
    }
}

fn parameters(message: String) -> Refusal {
    Refusal::new(
        "parameters",
        message,
        "each `{name}` of the route needs exactly one text; this is for the plugin's author",
    )
}

#[cfg(test)]
mod tests;
