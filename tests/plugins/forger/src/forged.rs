//! The contract's records as JSON. Nothing is checked here: that is the host's to do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use souk_sdk::bindings::souk::plugin::plans as contract;
use souk_sdk::bindings::souk::plugin::types::Route;
use souk_sdk::core::{Binding, Method, Read, StoreSet, StoreView};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BindingSource {
    Text(String),
    Subject,
    FromResponse(String),
}

impl BindingSource {
    fn contract(&self) -> souk_sdk::core::BindingSource {
        match self {
            Self::Text(text) => souk_sdk::core::BindingSource::Text(text.clone()),
            Self::Subject => souk_sdk::core::BindingSource::Subject,
            Self::FromResponse(pointer) => {
                souk_sdk::core::BindingSource::FromResponse(pointer.clone())
            }
        }
    }
}

type Bindings = BTreeMap<String, BindingSource>;

fn bindings(given: &Bindings) -> Vec<Binding> {
    let bind = |(name, value): (&String, &BindingSource)| Binding {
        name: name.clone(),
        value: value.contract(),
    };
    given.iter().map(bind).collect()
}

/// `all`, `session`, or the code of a view.
fn view(code: Option<&str>) -> StoreView {
    match code {
        None | Some("all") => StoreView::Global,
        Some("session") => StoreView::SessionDefault,
        Some(code) => StoreView::View(code.to_owned()),
    }
}

fn route(upstream: Option<&String>, template: &str) -> Route {
    Route { upstream: upstream.cloned(), template: template.to_owned() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    #[serde(default)]
    upstream: Option<String>,
    route: String,
    #[serde(default)]
    path: Bindings,
    #[serde(default)]
    query: Bindings,
    #[serde(default)]
    view: Option<String>,
}

impl Asking {
    fn contract(&self) -> Read {
        Read {
            route: route(self.upstream.as_ref(), &self.route),
            path: bindings(&self.path),
            query: bindings(&self.query),
            view: view(self.view.as_deref()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Many {
    read: Asking,
    ids: String,
    items: String,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intent {
    #[serde(default)]
    summary: Option<String>,
    one: Asking,
    #[serde(default)]
    many: Option<Many>,
    #[serde(default)]
    view: Option<String>,
    #[serde(default)]
    inherits: bool,
}

impl Intent {
    pub(crate) fn contract(&self) -> contract::Intent {
        let batch = |many: &Many| contract::Batch {
            read: many.read.contract(),
            ids: many.ids.clone(),
            items: many.items.clone(),
            id: many.id.clone(),
        };
        contract::Intent {
            summary: self.summary.clone().unwrap_or_else(|| "forged".to_owned()),
            view: view(self.view.as_deref()),
            lookup: contract::Lookup {
                one: self.one.contract(),
                many: self.many.as_ref().map(batch),
                inherits: self.inherits,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    kind: String,
    id: String,
    #[serde(default)]
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expectation {
    AsSent(Vec<(u8, String)>),
    SetByStore(Value),
    Removed,
    Unverifiable(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    field: String,
    at: String,
    after: Expectation,
}

impl Edit {
    fn contract(&self) -> contract::Edit {
        let pointer =
            |(step, at): &(u8, String)| contract::BodyPointer { step: *step, at: at.clone() };
        contract::Edit {
            field: self.field.clone(),
            at: self.at.clone(),
            after: match &self.after {
                Expectation::AsSent(pointers) => {
                    contract::Expectation::AsSent(pointers.iter().map(pointer).collect())
                }
                Expectation::SetByStore(value) => {
                    contract::Expectation::SetByStore(StoreSet::exactly(value))
                }
                Expectation::Removed => contract::Expectation::Removed,
                Expectation::Unverifiable(value) => {
                    contract::Expectation::Unverifiable(value.to_string())
                }
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodySource {
    Before(String),
    Subject,
    FromResponse(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyBinding {
    at: String,
    value: BodySource,
}

impl BodyBinding {
    fn contract(&self) -> contract::BodyBinding {
        contract::BodyBinding {
            at: self.at.clone(),
            value: match &self.value {
                BodySource::Before(field) => contract::BodySource::Before(field.clone()),
                BodySource::Subject => contract::BodySource::Subject,
                BodySource::FromResponse(pointer) => {
                    contract::BodySource::FromResponse(pointer.clone())
                }
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureResponse {
    at: String,
    #[serde(default)]
    equals: Option<Value>,
}

/// A request; a body that is a text is handed over as it is, JSON or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    upstream: Option<String>,
    method: String,
    route: String,
    #[serde(default)]
    path: Bindings,
    #[serde(default)]
    query: Bindings,
    #[serde(default)]
    view: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    body_bindings: Vec<BodyBinding>,
    #[serde(default)]
    failure_responses: Vec<FailureResponse>,
}

impl Step {
    fn contract(&self, stuffing: &str) -> contract::Step {
        let response = |response: &FailureResponse| contract::FailureResponse {
            at: response.at.clone(),
            equals: response.equals.as_ref().map(Value::to_string),
        };
        let body = self.body.as_ref().map(|body| match body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        });
        contract::Step {
            method: match self.method.as_str() {
                "POST" => Method::Post,
                "PATCH" => Method::Patch,
                "DELETE" => Method::Delete,
                _ => Method::Put,
            },
            route: route(self.upstream.as_ref(), &self.route),
            path: bindings(&self.path),
            query: bindings(&self.query),
            view: view(self.view.as_deref()),
            body: body.map(|body| body.replace("{stuffing}", stuffing)),
            body_bindings: self.body_bindings.iter().map(BodyBinding::contract).collect(),
            failure_responses: self.failure_responses.iter().map(response).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Undo {
    Restore,
    Steps(Vec<Step>),
    None(String),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Retry {
    #[default]
    Idempotent,
    IfAbsent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    subject: Subject,
    edits: Vec<Edit>,
    steps: Vec<Step>,
    #[serde(default)]
    retry: Retry,
    #[serde(default)]
    undo: Option<Undo>,
    #[serde(default)]
    warnings: Vec<String>,
}

impl Change {
    pub(crate) fn contract(&self, suffix: &str, stuffing: &str) -> contract::Change {
        let steps = |steps: &[Step]| steps.iter().map(|step| step.contract(stuffing)).collect();
        contract::Change {
            subject: contract::Subject {
                kind: self.subject.kind.clone(),
                id: format!("{}{suffix}", self.subject.id),
                label: self.subject.label.clone(),
            },
            edits: self.edits.iter().map(Edit::contract).collect(),
            steps: steps(&self.steps),
            retry: match self.retry {
                Retry::Idempotent => contract::Retry::Idempotent,
                Retry::IfAbsent => contract::Retry::IfAbsent,
            },
            undo: match &self.undo {
                None | Some(Undo::Restore) => contract::Undo::Restore,
                Some(Undo::Steps(undo)) => contract::Undo::Steps(steps(undo)),
                Some(Undo::None(why)) => contract::Undo::None(why.clone()),
            },
            warnings: self.warnings.clone(),
        }
    }
}
