//! Routes and grants: what an action may ask of a back end.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::PointerPattern;

/// An HTTP method that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum WriteMethod {
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

/// An HTTP method that a grant can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Method {
    /// GET
    Get,
    /// Any of those that change something.
    Write(WriteMethod),
}

impl Method {
    /// The method as HTTP spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Write(WriteMethod::Post) => "POST",
            Self::Write(WriteMethod::Put) => "PUT",
            Self::Write(WriteMethod::Patch) => "PATCH",
            Self::Write(WriteMethod::Delete) => "DELETE",
        }
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.as_str().to_owned()
    }
}

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "GET" => Self::Get,
            "POST" => Self::Write(WriteMethod::Post),
            "PUT" => Self::Write(WriteMethod::Put),
            "PATCH" => Self::Write(WriteMethod::Patch),
            "DELETE" => Self::Write(WriteMethod::Delete),
            _ => return Err(format!("`{text}` is no HTTP method that a grant can name")),
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A route template: `/V1/products/{sku}`.
///
/// The grammar, parsed once and with nothing ambiguous in it:
///
/// | form | meaning |
/// |---|---|
/// | `/word` | this segment; letters, digits, `-`, `_` and single dots inside |
/// | `/{name}` | any one segment; `name` is letters, digits and `_`, unique in the route |
///
/// ```
/// use souk_model::Route;
/// assert!("/V1/products/{sku}".parse::<Route>().is_ok());
/// for wrong in ["V1/products", "/V1//products", "/V1/../x", "/V1/%2e", "/V1/x?y", "/V1/{a}{b}", "/V1/a{b}", "/{a}/{a}", "/V1/"] {
///     assert!(wrong.parse::<Route>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Route(String);

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{route}` is not a route: {why}")]
pub struct InvalidRoute {
    route: String,
    why: &'static str,
}

impl Route {
    /// The route as it was written; grants are compared by this text alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The route's segments, parameters in their braces.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').skip(1)
    }

    /// The names of the route's parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments().filter_map(parameter)
    }
}

/// The name inside `{name}`, if the segment is a parameter.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let wrong = |why| InvalidRoute { route: text.chars().take(200).collect(), why };
        let Some(rest) = text.strip_prefix('/') else {
            return Err(wrong("it must begin with `/`"));
        };
        let mut seen = Vec::new();
        for segment in rest.split('/') {
            let word = parameter(segment);
            let body = word.unwrap_or(segment);
            if body.is_empty() {
                return Err(wrong("a segment is empty"));
            }
            let allowed = |c: char| {
                c.is_ascii_alphanumeric() || c == '_' || (word.is_none() && (c == '-' || c == '.'))
            };
            if !body.chars().all(allowed) {
                return Err(wrong(
                    "a segment is a word of letters, digits, `-`, `_` and `.`, or one `{name}`",
                ));
            }
            if word.is_none() && (body.contains("..") || body == ".") {
                return Err(wrong("a segment may not be or hold `..` or be `.`"));
            }
            if let Some(name) = word {
                if seen.contains(&name) {
                    return Err(wrong("a parameter's name occurs twice"));
                }
                seen.push(name);
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.0
    }
}

impl TryFrom<String> for Route {
    type Error = InvalidRoute;

    fn try_from(text: String) -> Result<Self, InvalidRoute> {
        text.parse()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request that an action may make: a method on a route of a named back end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The back end's name in the operator's configuration.
    pub upstream: String,
    /// The method.
    pub method: Method,
    /// The route, compared as text.
    pub route: Route,
    /// Of a write: all that its body may hold. `None`: anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fields: Option<Vec<PointerPattern>>,
}

impl Grant {
    /// The back end that is meant where a plugin names none: the store.
    pub const STORE: &'static str = "magento";

    /// A grant of a whole method on a route; of a write, whatever its body holds.
    pub fn new(upstream: impl Into<String>, method: Method, route: Route) -> Self {
        Self { upstream: upstream.into(), method, route, fields: None }
    }

    /// Whether whatever the other allows this one allows, too. Patterns of fields count as themselves:
    /// one that merely lies within another is not looked for.
    ///
    /// ```
    /// # use souk_model::{Grant, Method, WriteMethod};
    /// let all = Grant::new("magento", Method::Write(WriteMethod::Put), "/V1/products/{sku}".parse().unwrap());
    /// let name = Grant { fields: Some(vec!["/product/name".parse().unwrap()]), ..all.clone() };
    /// assert!(all.covers(&name) && name.covers(&name) && !name.covers(&all));
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let is_same = (&self.upstream, self.method, &self.route)
            == (&other.upstream, other.method, &other.route);
        is_same
            && match (&self.fields, &other.fields) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(own), Some(others)) => others.iter().all(|field| own.contains(field)),
            }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} on {}", self.method, self.route, self.upstream)?;
        match self.fields.as_deref() {
            None => Ok(()),
            Some([]) => f.write_str(", without a body"),
            Some(fields) => {
                for (number, field) in fields.iter().enumerate() {
                    let before = if number == 0 { ", only" } else { "," };
                    write!(f, "{before} `{field}`")?;
                }
                Ok(())
            }
        }
    }
}
