//! Values per store view, with inheritance: the one mechanism behind products, categories and images.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The id of a store view; 0 is the "all store views" scope (`/rest/all`).
pub(crate) type StoreId = u32;

/// The global scope.
pub(crate) const ALL: StoreId = 0;

/// Named values, each global with overrides in store views.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scoped {
    global: Map<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    views: BTreeMap<StoreId, Map<String, Value>>,
}

impl Scoped {
    /// What a reader at `store` sees: the view's own value, else the global one. Absent is `None`.
    pub(crate) fn get(&self, code: &str, store: StoreId) -> Option<&Value> {
        self.own(code, store).or_else(|| self.global.get(code))
    }

    /// The value set at exactly this scope.
    pub(crate) fn own(&self, code: &str, store: StoreId) -> Option<&Value> {
        if store == ALL { self.global.get(code) } else { self.views.get(&store)?.get(code) }
    }

    /// Sets the value at exactly this scope.
    pub(crate) fn set(&mut self, code: &str, store: StoreId, value: Value) {
        self.scope(store).insert(code.to_owned(), value);
    }

    /// Takes the value away at exactly this scope: a view then inherits again.
    pub(crate) fn clear(&mut self, code: &str, store: StoreId) {
        if store == ALL {
            self.global.shift_remove(code);
        } else if let Some(view) = self.views.get_mut(&store) {
            view.shift_remove(code);
            if view.is_empty() {
                self.views.remove(&store);
            }
        }
    }

    /// Names and values set at exactly this scope.
    pub(crate) fn at(&self, store: StoreId) -> impl Iterator<Item = (&String, &Value)> {
        let map = if store == ALL { Some(&self.global) } else { self.views.get(&store) };
        map.into_iter().flatten()
    }

    fn scope(&mut self, store: StoreId) -> &mut Map<String, Value> {
        if store == ALL { &mut self.global } else { self.views.entry(store).or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_view_inherits_until_it_has_its_own_value_and_again_after() {
        let mut values = Scoped::default();
        values.set("name", ALL, json!("Shirt"));
        values.set("name", 2, json!("Hemd"));
        assert_eq!(values.get("name", 2), Some(&json!("Hemd")));
        assert_eq!(values.get("name", 1), Some(&json!("Shirt")));
        values.clear("name", 2);
        assert_eq!(values.get("name", 2), Some(&json!("Shirt")));
    }

    proptest! {
        #[test]
        fn writing_one_scope_never_changes_what_another_view_has_of_its_own(
            writes in prop::collection::vec((0u32..4, 0u8..3, prop::option::of(0i64..9)), 0..40)
        ) {
            let mut values = Scoped::default();
            let mut expected = BTreeMap::new();
            for (store, code, value) in writes {
                let code = format!("c{code}");
                match value {
                    Some(value) => { values.set(&code, store, json!(value)); expected.insert((store, code), value); }
                    None => { values.clear(&code, store); expected.remove(&(store, code)); }
                }
            }
            for store in 0..4 { for code in ["c0", "c1", "c2"] {
                let own = expected.get(&(store, code.to_owned()));
                prop_assert_eq!(values.own(code, store).cloned(), own.map(|value| json!(value)));
                let seen = own.or_else(|| expected.get(&(ALL, code.to_owned())));
                prop_assert_eq!(values.get(code, store).cloned(), seen.map(|value| json!(value)));
            } }
        }
    }
}
