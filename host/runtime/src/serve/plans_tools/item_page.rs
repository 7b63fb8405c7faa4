//! A page of a plan's items as models read it: what all of them share is said once.

use serde_json::{Map, Value, json};
use souk_plans::ItemReview;

/// Members that are often the same for all items of a plan, and long.
const SHARED: [&str; 6] = ["kind", "writes", "constants", "retry", "undo", "plugin_warnings"];

/// Items, and the members that all of them have alike. An item with those put back is the whole
/// review of it.
pub(super) struct ItemPage {
    pub(super) items: Vec<Map<String, Value>>,
    /// Empty where items share nothing, and for a single one.
    pub(super) every_item: Map<String, Value>,
}

impl ItemPage {
    pub(super) fn of(reviews: &[ItemReview]) -> Self {
        let mut items: Vec<Map<String, Value>> = reviews.iter().map(without_empty).collect();
        let mut every_item = Map::new();
        if items.len() > 1 {
            for name in SHARED {
                let first = items[0].get(name).cloned();
                let Some(value) = first else { continue };
                if items.iter().all(|item| item.get(name) == Some(&value)) {
                    for item in &mut items {
                        item.shift_remove(name);
                    }
                    every_item.insert(name.to_owned(), value);
                }
            }
        }
        Self { items, every_item }
    }
}

/// An item without what it does not have, and without its own subject at each of its changes.
fn without_empty(review: &ItemReview) -> Map<String, Value> {
    let Value::Object(mut item) = json!(review) else { return Map::new() };
    item.retain(|_, value| {
        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
    });
    let subject = item.get("subject").cloned();
    if let Some(Value::Array(changes)) = item.get_mut("changes") {
        for change in changes.iter_mut().filter_map(Value::as_object_mut) {
            if change.get("subject") == subject.as_ref() {
                change.shift_remove("subject");
            }
        }
    }
    item
}
