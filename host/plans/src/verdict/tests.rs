//! What a read after sending makes of an item.

use serde_json::json;
use souk_model::plan::{BodyPointer, Change, Edit, Expectation, Step, Subject, Undo};
use souk_model::{Binding, BindingSource, StoreView};

use super::*;
use crate::review;

/// A product as a view and the global scope show it.
fn observed(here: &str, global: &str) -> ObservedState {
    let shown = |name: &str| Some(json!({"name": name}));
    ObservedState { here: shown(here), global: shown(global), inherits: true, own_memo: None }
}

/// A change of the name in a view, of a product that shows these.
fn rename(to: &str, before: &ObservedState) -> PlanItem {
    let at = |text: &str| text.parse().unwrap();
    let change = Change {
        subject: Subject { kind: "product".into(), id: "TEN-001".into(), label: None },
        edits: vec![Edit {
            field: "name".into(),
            at: at("/name"),
            after: Expectation::AsSent(vec![BodyPointer { step: 0, at: at("/product/name") }]),
        }],
        steps: vec![Step {
            upstream: "magento".into(),
            method: WriteMethod::Put,
            route: "/V1/products/{sku}".into(),
            path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
            query: Vec::new(),
            view: StoreView::View("de".into()),
            body: Some(json!({"product": {"name": to}})),
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }],
        retry: Retry::Idempotent,
        undo: Undo::Restore,
        warnings: Vec::new(),
    };
    review::review(0, change, before).unwrap().unwrap()
}

fn ended(item: &PlanItem, after: ObservedState) -> (ItemState, String) {
    let entry = verdict(item, &SendResult::Accepted, Some(&Ok(after)));
    (entry.state, entry.failure.map(|failure| failure.message).unwrap_or_default())
}

#[test]
fn what_went_to_all_views_instead_of_the_one_has_failed_and_says_so() {
    let before = observed("Zelt", "Tent");
    let item = rename("Kuppelzelt", &before);
    assert_eq!(ended(&item, observed("Kuppelzelt", "Tent")).0, ItemState::Done);
    // The attribute was made a global one: what the view had of its own goes on showing.
    let (state, said) = ended(&item, observed("Zelt", "Kuppelzelt"));
    assert_eq!(state, ItemState::Failed);
    assert!(said.contains("is `\"Kuppelzelt\"` for all store views"), "{said}");
    assert!(said.contains("still `\"Zelt\"` in this one"), "{said}");
    // What no read tells of stays unknown: it may come yet.
    assert_eq!(ended(&item, before).0, ItemState::Unknown);
}
