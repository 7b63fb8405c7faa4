//! What a plugin says in the contract's types: its JSON, and its proposals.

use serde_json::Value;
use souk_model::visible;

use super::review;
use crate::guest::bindings::souk::plugin::{plans as wit, types};
use crate::guest::plan_conversions;
use crate::json;

/// Values of one text that are taken.
const VALUES: usize = 10_000;

/// A plugin's JSON, and read as such, its proposal in the contract's words.
pub(super) fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let parsed = json::parse(text, VALUES);
    let other = serde_json::from_str::<Value>(text);
    match (&parsed, &other) {
        (Ok(parsed), Ok(other)) => {
            assert_eq!(parsed, other);
            let written = parsed.to_string();
            assert_eq!(json::parse(&written, usize::MAX).as_ref().ok(), Some(parsed));
        }
        // The host is stricter, never laxer.
        (Ok(_), Err(error)) => panic!("taken, and it is no JSON: {error}"),
        (Err(_), _) => {}
    }
    let Ok(value) = parsed else { return false };
    if let Ok(intent) = plan_conversions::intent(intent(&value["intent"])) {
        assert!(visible::is_visible(&intent.summary) && !intent.summary.contains('\n'));
    }
    let change = match plan_conversions::change(change(&value["change"])) {
        Ok(change) => change,
        Err(failure) => {
            assert!(visible::is_visible(&failure.render()), "{failure}");
            return false;
        }
    };
    for text in change.warnings.iter().chain(&change.subject.label) {
        assert!(visible::is_visible(text) && !text.contains('\n'), "{text:?}");
    }
    let kept = serde_json::to_value(&change).expect("a change can be kept");
    let again = serde_json::from_value(kept).expect("and is read back");
    assert_eq!(change, again);
    let here = value.get("here").cloned();
    review::check(change, here, value.get("global").cloned(), &value["response"])
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list<T>(value: &Value, one: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(one).collect()
}

fn binding(value: &Value) -> types::Binding {
    let source = match value.get("response") {
        Some(pointer) => types::BindingSource::FromResponse(text(pointer)),
        None => match value.get("text") {
            Some(given) => types::BindingSource::Text(text(given)),
            None => types::BindingSource::Subject,
        },
    };
    types::Binding { name: text(&value["name"]), value: source }
}

fn view(value: &Value) -> types::StoreView {
    match value.as_str() {
        None => types::StoreView::Global,
        Some("session") => types::StoreView::SessionDefault,
        Some(code) => types::StoreView::View(code.to_owned()),
    }
}

fn route(value: &Value) -> types::Route {
    types::Route { upstream: value.get("upstream").map(text), template: text(&value["route"]) }
}

fn read(value: &Value) -> types::Read {
    types::Read {
        route: route(value),
        path: list(&value["path"], binding),
        query: list(&value["query"], binding),
        view: view(&value["view"]),
    }
}

fn intent(value: &Value) -> wit::Intent {
    wit::Intent {
        summary: text(&value["summary"]),
        view: view(&value["view"]),
        lookup: wit::Lookup {
            one: read(&value["one"]),
            many: value.get("many").map(|many| wit::Batch {
                read: read(many),
                ids: text(&many["ids"]),
                items: text(&many["items"]),
                id: text(&many["id"]),
            }),
            inherits: value["inherits"] == true,
        },
    }
}

fn body_binding(value: &Value) -> wit::BodyBinding {
    let source = match (value.get("before"), value.get("response")) {
        (Some(field), _) => wit::BodySource::Before(text(field)),
        (None, Some(pointer)) => wit::BodySource::FromResponse(text(pointer)),
        (None, None) => wit::BodySource::Subject,
    };
    wit::BodyBinding { at: text(&value["at"]), value: source }
}

fn step(value: &Value) -> wit::Step {
    wit::Step {
        method: match value["method"].as_str() {
            Some("POST") => types::WriteMethod::Post,
            Some("PATCH") => types::WriteMethod::Patch,
            Some("DELETE") => types::WriteMethod::Delete,
            _ => types::WriteMethod::Put,
        },
        route: route(value),
        path: list(&value["path"], binding),
        query: list(&value["query"], binding),
        view: view(&value["view"]),
        body: value.get("body").map(Value::to_string),
        body_bindings: list(&value["body_bindings"], body_binding),
        failure_responses: list(&value["failure_responses"], |failure| wit::FailureResponse {
            at: text(&failure["at"]),
            equals: failure.get("equals").map(text),
        }),
    }
}

fn edit(value: &Value) -> wit::Edit {
    let after = match (value.get("as_sent"), value.get("set_by_store"), value.get("unverifiable")) {
        (Some(places), _, _) => wit::Expectation::AsSent(list(places, |place| wit::BodyPointer {
            step: place["step"].as_u64().and_then(|step| u8::try_from(step).ok()).unwrap_or(0),
            at: text(&place["at"]),
        })),
        (None, Some(value), _) => wit::Expectation::SetByStore(wit::StoreSet {
            value: value.to_string(),
            tolerance: value.get("tolerance").map(text),
        }),
        (None, None, Some(value)) => wit::Expectation::Unverifiable(text(value)),
        (None, None, None) => wit::Expectation::Removed,
    };
    wit::Edit { field: text(&value["field"]), at: text(&value["at"]), after }
}

fn change(value: &Value) -> wit::Change {
    wit::Change {
        subject: wit::Subject {
            kind: text(&value["kind"]),
            id: text(&value["id"]),
            label: value.get("label").map(text),
        },
        edits: list(&value["edits"], edit),
        steps: list(&value["steps"], step),
        retry: match value["retry"].as_str() {
            Some("if_absent") => wit::Retry::IfAbsent,
            _ => wit::Retry::Idempotent,
        },
        undo: match (value.get("undo"), value.get("none")) {
            (Some(steps), _) => wit::Undo::Steps(list(steps, step)),
            (None, Some(why)) => wit::Undo::None(text(why)),
            (None, None) => wit::Undo::Restore,
        },
        warnings: list(&value["warnings"], text),
    }
}
