//! Websites, store groups, store views and their configuration.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scope::{ALL, StoreId};
use crate::php;

/// The store's own structure. Documents are kept as the API answers them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stores {
    /// Store views, the admin one (id 0) among them.
    #[serde(rename = "storeViews")]
    pub(crate) views: Vec<Value>,
    /// Store groups.
    #[serde(rename = "storeGroups")]
    pub(crate) groups: Vec<Value>,
    /// Websites.
    pub(crate) websites: Vec<Value>,
    /// Configuration of each store view: locale, currency, base URLs.
    #[serde(rename = "storeConfigs")]
    pub(crate) configs: Vec<Value>,
}

impl Stores {
    /// The store view that a path segment names: `all` is the global scope, `admin` is no store view.
    pub(crate) fn by_code(&self, code: &str) -> Option<StoreId> {
        if code == "all" {
            return Some(ALL);
        }
        self.views
            .iter()
            .find(|view| view["code"] == code && number(&view["id"]) != ALL)
            .map(|view| number(&view["id"]))
    }

    /// The store view of a path that names none: the default one of the first website.
    pub(crate) fn default_view(&self) -> StoreId {
        let website = self.websites.iter().find(|website| number(&website["id"]) != 0);
        let group = website.and_then(|website| self.group(number(&website["default_group_id"])));
        group.map_or(1, |group| number(&group["default_store_id"]))
    }

    /// The website of a store view; 0 for the global scope.
    pub(crate) fn website_of(&self, store: StoreId) -> u32 {
        self.view(store).map_or(0, |view| number(&view["website_id"]))
    }

    /// The store views of a website.
    pub(crate) fn views_of(&self, website: u32) -> Vec<StoreId> {
        self.views
            .iter()
            .filter(|view| number(&view["website_id"]) == website && number(&view["id"]) != ALL)
            .map(|view| number(&view["id"]))
            .collect()
    }

    /// Every store view but the admin one.
    pub(crate) fn all_views(&self) -> Vec<StoreId> {
        self.views.iter().map(|view| number(&view["id"])).filter(|id| *id != ALL).collect()
    }

    /// The root category of the store view's group: the tree root when none is set.
    pub(crate) fn root_category(&self, store: StoreId) -> u64 {
        let group = self.view(store).and_then(|view| self.group(number(&view["store_group_id"])));
        match group.map_or(0, |group| u64::from(number(&group["root_category_id"]))) {
            0 => 1,
            root => root,
        }
    }

    /// Whether a category is the root of a store group.
    pub(crate) fn is_root_category(&self, category: u64) -> bool {
        self.groups.iter().any(|group| u64::from(number(&group["root_category_id"])) == category)
    }

    /// Ids of the websites, without the admin one.
    pub(crate) fn website_ids(&self) -> Vec<u32> {
        self.websites.iter().map(|website| number(&website["id"])).filter(|id| *id != 0).collect()
    }

    /// The code of a website.
    pub(crate) fn website_code(&self, id: u32) -> Option<&str> {
        self.websites.iter().find(|website| number(&website["id"]) == id)?["code"].as_str()
    }

    /// The document of a store view.
    pub(crate) fn view(&self, store: StoreId) -> Option<&Value> {
        self.views.iter().find(|view| number(&view["id"]) == store)
    }

    fn group(&self, id: u32) -> Option<&Value> {
        self.groups.iter().find(|group| number(&group["id"]) == id)
    }
}

fn number(value: &Value) -> u32 {
    u32::try_from(php::id_of(value)).unwrap_or(0)
}

impl Stores {
    /// Where the storefront is, with a slash at the end.
    pub(crate) fn base_url(&self) -> String {
        let told = self.configs.iter().find_map(|config| config["base_link_url"].as_str());
        told.unwrap_or("http://127.0.0.1/").to_owned()
    }

    /// Makes every base URL start with `base`, which ends with a slash.
    pub(crate) fn set_base_url(&mut self, base: &str) {
        let suffixes = [
            ("base_url", ""),
            ("base_link_url", ""),
            ("base_static_url", "static/"),
            ("base_media_url", "media/"),
        ];
        for config in self.configs.iter_mut().filter_map(Value::as_object_mut) {
            for (field, suffix) in suffixes {
                let url = Value::String(format!("{base}{suffix}"));
                config.insert(format!("secure_{field}"), url.clone());
                config.insert(field.to_owned(), url);
            }
        }
    }
}
