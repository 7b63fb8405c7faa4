//! The category tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::scope::{ALL, Scoped, StoreId};
use crate::php;

/// The root of everything.
pub(crate) const TREE_ROOT: u64 = 1;

/// One category. Path, level and children follow from the parents.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Category {
    /// Its id.
    pub(crate) id: u64,
    /// Its parent; 0 for the root of the tree.
    pub(crate) parent: u64,
    /// Its place among its siblings; gaps and equal ones happen.
    pub(crate) position: i64,
    /// When it was created.
    pub(crate) created_at: String,
    /// When it was last saved.
    pub(crate) updated_at: String,
    /// `name`, `is_active`, `include_in_menu` and the custom attributes.
    pub(crate) values: Scoped,
}

/// The order of `custom_attributes` of a category, as recorded.
const CUSTOM_ORDER: [&str; 17] = [
    "description",
    "image",
    "meta_title",
    "meta_keywords",
    "meta_description",
    "display_mode",
    "landing_page",
    "is_anchor",
    "path",
    "children_count",
    "custom_design",
    "custom_design_from",
    "custom_design_to",
    "page_layout",
    "url_key",
    "url_path",
    "custom_use_parent_settings",
];

/// Attributes that a category keeps; others are ignored when written.
pub(crate) const CUSTOM_ATTRIBUTES: [&str; 14] = [
    "description",
    "image",
    "meta_title",
    "meta_keywords",
    "meta_description",
    "display_mode",
    "landing_page",
    "is_anchor",
    "custom_design",
    "custom_design_from",
    "custom_design_to",
    "page_layout",
    "url_key",
    "custom_use_parent_settings",
];

/// All categories.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Categories {
    rows: BTreeMap<u64, Category>,
    /// The next id: failed saves use ids up too.
    pub(crate) next_id: u64,
}

/// One in so many rows is few to the database.
const FEW: usize = 3;

impl Categories {
    /// Adds or replaces a category.
    pub(crate) fn put(&mut self, category: Category) {
        self.next_id = self.next_id.max(category.id + 1);
        self.rows.insert(category.id, category);
    }

    /// One category.
    pub(crate) fn get(&self, id: u64) -> Option<&Category> {
        self.rows.get(&id)
    }

    /// One category, to be changed.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Category> {
        self.rows.get_mut(&id)
    }

    /// All, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Category> {
        self.rows.values()
    }

    /// All, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Category> {
        self.rows.values_mut()
    }

    /// Removes a category and everything under it; the ids that went.
    pub(crate) fn remove(&mut self, id: u64) -> Vec<u64> {
        let gone: Vec<u64> =
            self.rows.keys().copied().filter(|other| self.path(*other).contains(&id)).collect();
        for id in &gone {
            self.rows.remove(id);
        }
        gone
    }

    /// The ids from the root down to the category itself.
    pub(crate) fn path(&self, id: u64) -> Vec<u64> {
        let mut path = Vec::new();
        let mut at = id;
        while let Some(category) = self.rows.get(&at) {
            path.push(at);
            if path.len() > self.rows.len() {
                break;
            }
            at = category.parent;
        }
        path.reverse();
        path
    }

    /// The direct children in tree order: by position, then by id.
    pub(crate) fn children(&self, id: u64) -> Vec<&Category> {
        let mut children: Vec<&Category> =
            self.rows.values().filter(|category| category.parent == id).collect();
        children.sort_by_key(|category| (category.position, category.id));
        children
    }

    /// Everything below a category, without itself.
    pub(crate) fn descendants(&self, id: u64) -> Vec<u64> {
        self.rows
            .keys()
            .copied()
            .filter(|other| *other != id && self.path(*other).contains(&id))
            .collect()
    }

    /// Whether products of the categories below are shown in this one too.
    pub(crate) fn is_anchor(&self, id: u64) -> bool {
        self.get(id)
            .and_then(|category| category.values.get("is_anchor", ALL))
            .is_some_and(php::truthy)
    }

    /// Whether the category is active in the view.
    pub(crate) fn is_active(&self, id: u64, store: StoreId) -> bool {
        self.get(id)
            .and_then(|category| category.values.get("is_active", store))
            .is_some_and(php::truthy)
    }

    /// The active children's ids as answered in `children`. Nobody sorts them: the database finds few by
    /// the index of paths, which are text, and many by reading the whole table in the order of ids.
    pub(crate) fn active_children(&self, id: u64, store: StoreId) -> Vec<u64> {
        let mut children: Vec<u64> = self
            .rows
            .values()
            .filter(|child| {
                child.parent == id && child.values.get("is_active", store).is_some_and(php::truthy)
            })
            .map(|child| child.id)
            .collect();
        if self.descendants(id).len() * FEW < self.rows.len() {
            children.sort_by_key(u64::to_string);
        }
        children
    }

    /// The URL keys from below the store's root down to the category.
    pub(crate) fn url_path(&self, category: &Category, store: StoreId) -> String {
        let key = |category: &Category| {
            category.values.get("url_key", store).map(php::text_of).unwrap_or_default()
        };
        let above = self.path(category.parent).into_iter().skip(2);
        let mut keys: Vec<String> = above.filter_map(|id| self.get(id)).map(key).collect();
        keys.push(key(category));
        keys.retain(|key| !key.is_empty());
        keys.join("/")
    }

    /// The category as a reader at `store` sees it.
    pub(crate) fn show(&self, category: &Category, store: StoreId) -> Value {
        let path = self.path(category.id);
        let path_text = path.iter().map(u64::to_string).collect::<Vec<_>>().join("/");
        let children = self
            .active_children(category.id, store)
            .iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join(",");
        let mut shown = Map::new();
        let mut put = |field: &str, value: Value| {
            shown.insert(field.to_owned(), value);
        };
        let value =
            |code: &str| category.values.get(code, store).filter(|value| !value.is_null()).cloned();
        put("id", category.id.into());
        put("parent_id", category.parent.into());
        put("name", value("name").unwrap_or(Value::Null));
        if let Some(active) = value("is_active") {
            put("is_active", active);
        }
        put("position", category.position.into());
        put("level", (path.len().saturating_sub(1)).into());
        put("children", Value::String(children));
        put("created_at", Value::String(category.created_at.clone()));
        put("updated_at", Value::String(category.updated_at.clone()));
        put("path", Value::String(path_text.clone()));
        put("include_in_menu", value("include_in_menu").unwrap_or(Value::Bool(true)));
        let mut custom = Vec::new();
        for code in CUSTOM_ORDER {
            let value = match code {
                "path" => Some(Value::String(path_text.clone())),
                "children_count" => {
                    Some(Value::String(self.descendants(category.id).len().to_string()))
                }
                _ => value(code).filter(|value| value.as_str() != Some("")),
            };
            if let Some(value) = value {
                custom.push(json!({ "attribute_code": code, "value": value }));
            }
        }
        put("custom_attributes", Value::Array(custom));
        Value::Object(shown)
    }
}
