//! The contract's records as JSON. Nothing is checked here: that is the host's to do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use souk_sdk::bindings::souk::plugin::plans as contract;
use souk_sdk::{Binding, Method, Read, StoreView};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Text(String),
    Subject,
    RawObject(String),
}

impl Source {
    fn contract(&self) -> souk_sdk::Source {
        match self {
            Self::Text(text) => souk_sdk::Source::Text(text.clone()),
            Self::Subject => souk_sdk::Source::Subject,
            Self::RawObject(place) => souk_sdk::Source::Answered(place.clone()),
        }
    }
}

type Bindings = BTreeMap<String, Source>;

fn bindings(given: &Bindings) -> Vec<Binding> {
    let bind =
        |(name, value): (&String, &Source)| Binding { name: name.clone(), value: value.contract() };
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

fn magento() -> String {
    "magento".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    #[serde(default = "magento")]
    upstream: String,
    route: String,
    #[serde(default)]
    path: Bindings,
    #[serde(default)]
    query: Bindings,
    #[serde(default)]
    at: Option<String>,
}

impl Asking {
    fn contract(&self) -> Read {
        Read {
            upstream: self.upstream.clone(),
            route: self.route.clone(),
            path: bindings(&self.path),
            query: bindings(&self.query),
            at: view(self.at.as_deref()),
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
    one: Asking,
    #[serde(default)]
    many: Option<Many>,
    #[serde(default)]
    at: Option<String>,
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
            summary: "forged".to_owned(),
            at: view(self.at.as_deref()),
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
enum After {
    SentRequest(Vec<(u8, String)>),
    Expected(Value),
    Absent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    field: String,
    at: String,
    after: After,
}

impl Edit {
    fn contract(&self) -> contract::Edit {
        let spot = |(step, at): &(u8, String)| contract::Spot { step: *step, at: at.clone() };
        contract::Edit {
            field: self.field.clone(),
            at: self.at.clone(),
            after: match &self.after {
                After::Sent(spots) => contract::After::Sent(spots.iter().map(spot).collect()),
                After::Expected(value) => contract::After::Expected(value.to_string()),
                After::Absent => contract::After::Absent,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Filling {
    Before(String),
    Subject,
    RawObject(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    at: String,
    content: Filling,
}

impl Fill {
    fn contract(&self) -> contract::Fill {
        contract::Fill {
            at: self.at.clone(),
            content: match &self.content {
                Filling::Before(field) => contract::Filling::Before(field.clone()),
                Filling::Subject => contract::Filling::Subject,
                Filling::Answered(place) => contract::Filling::Answered(place.clone()),
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    at: String,
    #[serde(default)]
    equals: Option<Value>,
}

/// A request; a body that is a text is handed over as it is, JSON or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default = "magento")]
    upstream: String,
    method: String,
    route: String,
    #[serde(default)]
    path: Bindings,
    #[serde(default)]
    query: Bindings,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    fills: Vec<Fill>,
    #[serde(default)]
    refused_when: Vec<Refusal>,
}

impl Step {
    fn contract(&self, stuffing: &str) -> contract::Step {
        let refusal = |refusal: &Refusal| contract::Refusal {
            at: refusal.at.clone(),
            equals: refusal.equals.as_ref().map(Value::to_string),
        };
        let body = self.body.as_ref().map(|body| match body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        });
        contract::Step {
            upstream: self.upstream.clone(),
            method: match self.method.as_str() {
                "POST" => Method::Post,
                "PATCH" => Method::Patch,
                "DELETE" => Method::Delete,
                _ => Method::Put,
            },
            route: self.route.clone(),
            path: bindings(&self.path),
            query: bindings(&self.query),
            at: view(self.at.as_deref()),
            body: body.map(|body| body.replace("{stuffing}", stuffing)),
            fills: self.fills.iter().map(Fill::contract).collect(),
            refused_when: self.refused_when.iter().map(refusal).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Undo {
    Reverse,
    Steps(Vec<Step>),
    Impossible(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    subject: Subject,
    edits: Vec<Edit>,
    steps: Vec<Step>,
    #[serde(default)]
    only_if_absent: bool,
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
            repetition: if self.only_if_absent {
                contract::Repetition::OnlyIfAbsent
            } else {
                contract::Repetition::Harmless
            },
            undo: match &self.undo {
                None | Some(Undo::Reverse) => contract::Undoing::Reverse,
                Some(Undo::Steps(undo)) => contract::Undoing::Steps(steps(undo)),
                Some(Undo::Impossible(why)) => contract::Undoing::Impossible(why.clone()),
            },
            warnings: self.warnings.clone(),
        }
    }
}
