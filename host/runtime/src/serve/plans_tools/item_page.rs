//! A page of a plan's items as models read it: what most of them share is said once.

use serde_json::{Map, Value, json};
use souk_plans::ItemReview;

/// Members that are often the same for most items of a plan, and long.
const SHARED: [&str; 6] = ["kind", "writes", "constants", "retry", "undo", "plugin_warnings"];

/// Items, and the members that most of them have alike. An item that has another names its own, and one
/// that has none says null: with the shared ones put in where it names nothing it is the whole review.
pub(super) struct ItemPage {
    pub(super) items: Vec<Map<String, Value>>,
    /// Empty where items share nothing, and for a single one.
    pub(super) every_item: Map<String, Value>,
}

impl ItemPage {
    pub(super) fn of(reviews: &[ItemReview]) -> Self {
        Self::of_items(reviews.iter().map(without_empty).collect())
    }

    fn of_items(mut items: Vec<Map<String, Value>>) -> Self {
        let mut every_item = Map::new();
        if items.len() > 1 {
            for name in SHARED {
                let Some(value) = of_most(&items, name) else { continue };
                for item in &mut items {
                    if item.get(name) == Some(&value) {
                        item.shift_remove(name);
                    } else if !item.contains_key(name) {
                        item.insert(name.to_owned(), Value::Null);
                    }
                }
                every_item.insert(name.to_owned(), value);
            }
        }
        Self { items, every_item }
    }
}

/// What more than half of the items have as this member.
fn of_most(items: &[Map<String, Value>], name: &str) -> Option<Value> {
    let mut counts: Vec<(&Value, usize)> = Vec::new();
    for value in items.iter().filter_map(|item| item.get(name)) {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let most = counts.into_iter().find(|(_, count)| 2 * count > items.len());
    most.map(|(value, _)| value.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_share_is_said_once_and_each_item_can_be_made_whole_again() {
        let item = |undo: Value, kind: Option<&str>| {
            let mut item = Map::from_iter([("undo".to_owned(), undo)]);
            item.extend(kind.map(|kind| ("kind".to_owned(), kind.into())));
            item
        };
        let restore = || json!({"how": "restore"});
        let whole = vec![
            item(restore(), Some("product")),
            item(restore(), Some("product")),
            item(json!({"how": "steps"}), None),
        ];
        let page = ItemPage::of_items(whole.clone());
        assert_eq!(json!(page.every_item), json!({"kind": "product", "undo": {"how": "restore"}}));
        let (own, none) = (json!({"how": "steps"}), Value::Null);
        assert_eq!(json!(page.items), json!([{}, {}, {"undo": own, "kind": none}]));
        let again = page.items.iter().map(|item| {
            let mut again = page.every_item.clone();
            again.extend(item.clone());
            again.retain(|_, value| !value.is_null());
            again
        });
        assert!(again.eq(whole));
        let apart = [item(restore(), Some("a")), item(json!({"how": "steps"}), Some("b"))];
        assert!(ItemPage::of_items(apart.to_vec()).every_item.is_empty());
    }
}
