//! What a review shows of a change, and what it refuses because it could not show it.

use serde_json::Value;
use serde_json::json;
use souk_model::plan::{
    BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse, FieldAfter,
    FieldBefore, PlanItem, Pointer, Retry, Step, StoreSet, Subject, Undo,
};
use souk_model::{Binding, BindingSource, Code, Failure, StoreView, WriteMethod};

use super::plan_item::review;
use super::*;
use crate::observed::ObservedState;

fn at(text: &str) -> Pointer {
    text.parse().unwrap()
}

fn edit(field: &str, lookup: &str, body: &str) -> Edit {
    let after = Expectation::AsSent(vec![BodyPointer { step: 0, at: at(body) }]);
    Edit { field: field.into(), at: at(lookup), after }
}

/// A change of a product with this body.
fn change(body: Value, edits: Vec<Edit>) -> Change {
    Change {
        subject: Subject { kind: "product".into(), id: "TEN-001".into(), label: None },
        edits,
        steps: vec![Step {
            upstream: "magento".into(),
            method: WriteMethod::Put,
            route: "/V1/products/{sku}".into(),
            path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
            query: Vec::new(),
            view: StoreView::Global,
            body: Some(body),
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }],
        retry: Retry::Idempotent,
        undo: Undo::Restore,
        warnings: Vec::new(),
    }
}

fn reviewed(change: Change) -> Result<PlanItem, Failure> {
    let here = Some(json!({"name": "Skarv", "price": 289}));
    let observed = ObservedState { here, ..ObservedState::default() };
    review(0, change, &observed).map(Option::unwrap)
}

fn shown(item: &PlanItem) -> Vec<(&str, &Value)> {
    item.constants.iter().map(|constant| (&*constant.at, &constant.value)).collect()
}

#[test]
fn what_no_edit_tells_of_is_shown_as_a_constant() {
    let body = json!({"product": {"name": "Telt", "price": 1}});
    let item = reviewed(change(body, vec![edit("name", "/name", "/product/name")])).unwrap();
    assert_eq!(shown(&item), [("/product/price", &json!(1))]);
}

#[test]
fn a_price_that_is_called_a_name_is_shown_as_a_price() {
    for lookup in ["/name", "/price"] {
        let body = json!({"product": {"price": 1}});
        let item = reviewed(change(body, vec![edit("name", lookup, "/product/price")])).unwrap();
        assert_eq!(shown(&item), [("/product/price", &json!(1))]);
    }
    let place = "/custom_attributes/[attribute_code=special_price]/value";
    let body = json!({"product": {"custom_attributes":
        [{"attribute_code": "special_price", "value": 1}]}});
    let forged = edit("name", "/name", &["/product", place].concat());
    let item = reviewed(change(body.clone(), vec![forged])).unwrap();
    assert!(shown(&item).contains(&("/product/custom_attributes/0/value", &json!(1))));
    let honest = edit("special_price", place, &["/product", place].concat());
    let item = reviewed(change(body, vec![honest])).unwrap();
    assert_eq!(shown(&item).len(), 1, "only the code: {:?}", shown(&item));
}

#[test]
fn what_stood_there_is_what_was_read() {
    let body = json!({"product": {"name": "Telt"}});
    let item = reviewed(change(body, vec![edit("name", "/name", "/product/name")])).unwrap();
    assert_eq!(item.review[0].before, FieldBefore::Value(json!("Skarv")));
    assert_eq!(item.review[0].after, FieldAfter::AsSent(json!("Telt")));
}

#[test]
fn spots_that_point_nowhere_are_the_plugins_fault() {
    let body = json!({"product": {"name": "Telt"}});
    for pointer in ["/product/title", "/product/name/x", "/1"] {
        let forged = change(body.clone(), vec![edit("name", "/name", pointer)]);
        assert_eq!(reviewed(forged).unwrap_err().code, Code::InternalError);
    }
}

#[test]
fn a_step_that_was_not_granted_is_refused() {
    let body = json!({"product": {"name": "Telt"}});
    let change = change(body, vec![edit("name", "/name", "/product/name")]);
    assert_eq!(crate::check::change(&[], &change).unwrap_err().code, Code::Forbidden);
}

/// A body with a value that the host puts into it.
fn filled(at_place: &str, value: BodySource, edits: Vec<Edit>) -> Change {
    let mut change = change(json!({"product": {"name": "Telt", "price": 0}}), edits);
    change.steps[0].body_bindings.push(BodyBinding { at: at(at_place), value });
    change
}

#[test]
fn what_the_host_puts_into_a_body_is_shown_with_its_value_and_nothing_that_it_replaces() {
    let name = || vec![edit("name", "/name", "/product/name")];
    let old = BodySource::Before("name".into());
    let item = reviewed(filled("/product/price", old, name())).unwrap();
    assert_eq!(shown(&item), [("", &Value::Null); 0]);
    let shown = ItemReview::proposed(&item).requests;
    assert_eq!(
        (&*shown.fills[0].at, &shown.fills[0].value),
        ("/product/price", &Some(json!("Skarv")))
    );
    let answered = BodySource::FromResponse(at("/id"));
    let item = reviewed(filled("/product/new", answered, name())).unwrap();
    let shown = ItemReview::proposed(&item).requests;
    assert_eq!((&*shown.fills[0].at, &shown.fills[0].value), ("/product/new", &None));
    assert!(shown.fills[0].source.contains("`/id` of the response"));
}

#[test]
fn an_edit_whose_value_the_host_would_replace_is_the_plugins_fault() {
    for place in ["/product/name", "/product", ""] {
        let edits = vec![edit("name", "/name", "/product/name")];
        let forged = filled(place, BodySource::Subject, edits);
        assert_eq!(reviewed(forged).unwrap_err().code, Code::InternalError, "{place}");
    }
    let mut nested = filled("/product/x", BodySource::Subject, vec![]);
    nested.edits = vec![edit("name", "/name", "/product/name")];
    nested.steps[0].body = Some(json!({"product": {"name": "Telt", "x": {"y": 1}}}));
    let within = BodyBinding { at: at("/product/x/y"), value: BodySource::Subject };
    nested.steps[0].body_bindings.push(within);
    assert!(reviewed(nested).is_err());
}

#[test]
fn nothing_that_goes_out_is_left_out_of_the_review() {
    let body = json!({"product": {"name": "Telt", "price": 1}});
    let mut forged = change(body, vec![edit("name", "/name", "/product/name")]);
    forged.edits.push(Edit {
        field: "status".into(),
        at: at("/status"),
        after: Expectation::SetByStore(StoreSet { value: json!(2), tolerance: None }),
    });
    forged.subject.label = Some("Skarv\n    + \"x\"\u{1b}[8m".into());
    forged.retry = Retry::IfAbsent;
    forged.warnings = (0..60).map(|n| format!("note {n}")).collect();
    let step = &mut forged.steps[0];
    step.failure_responses = vec![FailureResponse { at: at("/0/message"), equals: None }];
    let mut undo = step.clone();
    undo.method = WriteMethod::Delete;
    undo.path = vec![Binding::text("sku", "OTHER 1")];
    undo.query =
        vec![Binding { name: "id".into(), value: BindingSource::FromResponse("/rule_id".into()) }];
    undo.body_bindings =
        vec![BodyBinding { at: at("/product/name"), value: BodySource::Before("name".into()) }];
    forged.undo = Undo::Steps(vec![undo]);
    let mut item = reviewed(forged).unwrap();
    item.warnings.push("the price changes by 99 %".into());
    let review = serde_json::to_value(ItemReview::proposed(&item)).unwrap();
    let expected = json!({
        "n": 0, "subject": "TEN-001", "kind": "product",
        "label": "Skarv\\n    + \"x\"\\u{1b}[8m",
        "state": "pending", "failure": null,
        "warnings": ["the price changes by 99 %"],
        "changes": [
            {"subject": "TEN-001", "field": "name", "before": "Skarv", "after": "Telt"},
            {"subject": "TEN-001", "field": "status", "before": null, "after": 2,
                "expectation": "set_by_store",
                "note": "expected: the store sets it by itself, no request holds it"},
        ],
        "requests": ["PUT /V1/products/TEN-001 at all"],
        "constants": [{"step": 0, "at": "/product/price", "value": 1}],
        "failure_responses": [{"step": 0, "at": "/0/message"}],
        "retry": "if_absent",
        "undo": {"how": "steps", "steps": {
            "requests": ["DELETE /V1/products/OTHER%201?id={response/rule_id} at all"],
            "parameters": [
                {"step": 0, "part": "path", "name": "sku", "value": "OTHER 1"},
                {"step": 0, "part": "query", "name": "id",
                    "source": "`/rule_id` of the response to the first request"},
            ],
            "constants": [{"step": 0, "at": "/product/price", "value": 1}],
            "fills": [{"step": 0, "at": "/product/name",
                "source": "`name` as it was before", "read_at": "/name", "value": "Skarv"}],
            "failure_responses": [{"step": 0, "at": "/0/message"}],
        }},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&review[name], value, "{name}");
    }
    assert_eq!(review["plugin_warnings"].as_array().unwrap().len(), 21);
    let back: ItemReview = serde_json::from_value(review).unwrap();
    assert_eq!(back, ItemReview::proposed(&item));
}

#[test]
fn the_sample_holds_whatever_is_sent_and_no_field_names() {
    let place = "/custom_attributes/[attribute_code=meta_title]/value";
    let body = json!({"product": {"price": 1, "custom_attributes":
        [{"attribute_code": "meta_title", "value": "T"}]}});
    let honest = edit("meta_title", place, &["/product", place].concat());
    let item = reviewed(change(body, vec![honest])).unwrap();
    let rows = Value::from(sample_rows(&[ItemReview::proposed(&item)]));
    assert_eq!(
        rows,
        json!([
            {"subject": "TEN-001", "field": "meta_title", "before": null, "after": "T"},
            {"subject": "TEN-001", "field": "/product/price", "before": null, "after": 1,
                "note": "also sent, in PUT /V1/products/TEN-001 at all"},
        ])
    );
}
