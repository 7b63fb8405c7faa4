//! A product: what is global, what is per store view, and how an answer shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::attribute::Attributes;
use super::scope::{Scoped, StoreId};
use crate::php;

/// The image roles, in the order in which answers list them.
pub(crate) const IMAGE_ROLES: [&str; 4] = ["image", "small_image", "thumbnail", "swatch_image"];

/// A product's place in a category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CategoryLink {
    /// The category.
    pub(crate) category: u64,
    /// The product's position in it.
    pub(crate) position: i64,
}

/// An image or video of a product: the file is global, label, position and visibility per view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MediaEntry {
    /// Its id.
    pub(crate) id: u64,
    /// `image` or `external-video`.
    pub(crate) kind: String,
    /// Its path under the media directory.
    pub(crate) file: String,
    /// `label`, `position`, `disabled`.
    pub(crate) values: Scoped,
    /// The file's content in base64, where the shop has it.
    #[serde(default)]
    pub(crate) content: Option<String>,
}

/// One product.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Product {
    /// `entity_id`.
    pub(crate) id: u64,
    /// Stock-keeping unit; unique without case and accents.
    pub(crate) sku: String,
    /// The attribute set.
    pub(crate) attribute_set: u64,
    /// `simple`, `configurable`, …; also nonsense, which Magento accepts.
    pub(crate) type_id: String,
    /// When it was created.
    pub(crate) created_at: String,
    /// When it was last saved.
    pub(crate) updated_at: String,
    /// Attribute values, `name`, `price`, `status`, `visibility` and `weight` among them.
    pub(crate) values: Scoped,
    /// The websites it is sold on.
    pub(crate) websites: Vec<u32>,
    /// The categories it is in.
    pub(crate) categories: Vec<CategoryLink>,
    /// Related, up-sell, cross-sell and grouped products, as answered.
    pub(crate) links: Vec<Value>,
    /// Custom options, as answered.
    pub(crate) options: Vec<Value>,
    /// Images and videos.
    pub(crate) media: Vec<MediaEntry>,
    /// Tier prices, as answered.
    pub(crate) tier_prices: Vec<Value>,
    /// The legacy stock item, as answered by a single read.
    pub(crate) stock_item: Map<String, Value>,
    /// What types of products add to `extension_attributes`: children, options.
    pub(crate) extension: Map<String, Value>,
}

impl Product {
    /// The product as a reader at `store` sees it. `detail` adds what only a single read shows.
    pub(crate) fn show(&self, store: StoreId, attributes: &Attributes, detail: bool) -> Value {
        let mut shown = Map::with_capacity(20);
        let mut put = |field: &str, value: Value| {
            shown.insert(field.to_owned(), value);
        };
        put("id", self.id.into());
        put("sku", Value::String(self.sku.clone()));
        let value =
            |code: &str| self.values.get(code, store).filter(|value| !value.is_null()).cloned();
        if let Some(name) = value("name") {
            put("name", name);
        }
        put("attribute_set_id", self.attribute_set.into());
        for field in ["price", "status", "visibility"] {
            if let Some(value) = value(field) {
                put(field, value);
            }
        }
        put("type_id", Value::String(self.type_id.clone()));
        put("created_at", Value::String(self.created_at.clone()));
        put("updated_at", Value::String(self.updated_at.clone()));
        if let Some(weight) = value("weight") {
            put("weight", weight);
        }
        put("extension_attributes", self.show_extension(detail));
        put("product_links", Value::Array(self.links.clone()));
        put("options", Value::Array(self.options.clone()));
        put(
            "media_gallery_entries",
            self.media.iter().map(|entry| self.show_media(entry, store)).collect(),
        );
        put("tier_prices", Value::Array(self.tier_prices.clone()));
        put("custom_attributes", self.show_custom(store, attributes));
        Value::Object(shown)
    }

    fn show_extension(&self, detail: bool) -> Value {
        let mut extension = Map::new();
        extension.insert("website_ids".to_owned(), json!(self.websites));
        if !self.categories.is_empty() {
            let links = self
                .categories
                .iter()
                .map(|link| json!({ "position": link.position, "category_id": link.category.to_string() }));
            extension.insert("category_links".to_owned(), links.collect());
        }
        if detail && !self.stock_item.is_empty() {
            extension.insert("stock_item".to_owned(), Value::Object(self.stock_item.clone()));
        }
        extension.extend(self.extension.iter().map(|(name, value)| (name.clone(), value.clone())));
        Value::Object(extension)
    }

    /// A media entry as a reader at `store` sees it; its roles are those whose attribute names its file.
    pub(crate) fn show_media(&self, entry: &MediaEntry, store: StoreId) -> Value {
        let value = |name: &str| entry.values.get(name, store).cloned().unwrap_or(Value::Null);
        let types: Vec<&str> = IMAGE_ROLES
            .into_iter()
            .filter(|role| {
                self.values.get(role, store).and_then(Value::as_str) == Some(entry.file.as_str())
            })
            .collect();
        json!({
            "id": entry.id,
            "media_type": entry.kind,
            "label": value("label"),
            "position": value("position"),
            "disabled": value("disabled"),
            "types": types,
            "file": entry.file,
        })
    }

    fn show_custom(&self, store: StoreId, attributes: &Attributes) -> Value {
        let pair = |code: &str, value: Value| json!({ "attribute_code": code, "value": value });
        let mut shown = Vec::with_capacity(24);
        for code in attributes.custom_order() {
            if code == "category_ids" {
                let ids =
                    self.categories.iter().map(|link| Value::String(link.category.to_string()));
                shown.push(pair(code, ids.collect()));
            } else if let Some(value) =
                self.values.get(code, store).filter(|value| !value.is_null())
            {
                shown.push(pair(code, value.clone()));
            }
        }
        Value::Array(shown)
    }

    /// A numeric attribute, `None` when it has no value.
    pub(crate) fn number(&self, code: &str, store: StoreId) -> Option<f64> {
        self.values.get(code, store).filter(|value| !value.is_null()).map(php::number_of)
    }

    /// The text of an attribute, empty when it has no value.
    pub(crate) fn text(&self, code: &str, store: StoreId) -> String {
        self.values.get(code, store).map(php::text_of).unwrap_or_default()
    }

    /// Whether it is enabled in the view.
    pub(crate) fn is_enabled(&self, store: StoreId) -> bool {
        self.number("status", store) == Some(1.0)
    }

    /// Whether stock is kept for the product itself, not for its children.
    pub(crate) fn keeps_stock(&self) -> bool {
        !matches!(self.type_id.as_str(), "configurable" | "grouped" | "bundle")
    }
}
