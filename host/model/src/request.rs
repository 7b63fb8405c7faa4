//! A read as a plugin asks for it, before policy has looked at it.

use serde::{Deserialize, Serialize};

/// Which view of the store a request addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreView {
    /// The session's default scope, or the store's own default where none is set. Reads only.
    SessionDefault,
    /// Global values: `/rest/all/…`.
    Global,
    /// One store view, by its code.
    View(String),
}

/// Where a path or query parameter gets its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindingSource {
    /// This text.
    Text(String),
    /// The id of the change's subject. Only inside a proposed change.
    Subject,
    /// What stands at this pointer in the response to the change's first step.
    FromResponse(String),
}

/// A value for one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The parameter's name: of a `{name}` in the route, or of the query.
    pub name: String,
    /// Its value, not yet encoded.
    pub value: BindingSource,
}

impl Binding {
    /// A parameter with a text value.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: BindingSource::Text(value.into()) }
    }
}

/// A GET on a named back end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The back end's name in the operator's configuration.
    pub upstream: String,
    /// The route, exactly as a grant of the action spells it.
    pub route: String,
    /// One binding for each `{name}` of the route.
    pub path: Vec<Binding>,
    /// The query, in order.
    pub query: Vec<Binding>,
    /// Which view of the store is asked.
    pub view: StoreView,
}
