//! Products, and where their attributes live.

use schemars::json_schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::filter::field_name;
use crate::core::Failure;
use crate::magento::{Decimal, projection};

/// The fields that Magento keeps at a product's top level (`products_get.jsonl`). Every other
/// attribute, core or the shop's own, is an entry of `custom_attributes`.
const TOP_LEVEL: [&str; 17] = [
    "id",
    "sku",
    "name",
    "attribute_set_id",
    "price",
    "status",
    "visibility",
    "type_id",
    "created_at",
    "updated_at",
    "weight",
    "extension_attributes",
    "product_links",
    "options",
    "media_gallery_entries",
    "tier_prices",
    "custom_attributes",
];

const CUSTOM: &str = "custom_attributes";

/// Attributes that Magento sets by itself, from others or for its own pages.
const DERIVED: [&str; 5] = [
    "options_container",
    "required_options",
    "has_options",
    "msrp_display_actual_price_type",
    "gift_message_available",
];

/// Attributes that name the image of a role; each image names its roles, too.
const IMAGE_ROLES: [&str; 4] = ["image", "small_image", "thumbnail", "swatch_image"];

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A product as the store answers it.
///
/// Its accessors take an attribute's code and look where Magento keeps it, so a plugin never has to
/// know that `name` stands at the top while `url_key` stands among the custom attributes.
///
/// ```
/// # let text = r#"{"sku": "A", "price": 19.99, "custom_attributes": [
/// #   {"attribute_code": "special_price", "value": "9.500000"}]}"#;
/// let product: souk_sdk::magento::Product = serde_json::from_str(text).unwrap();
/// assert_eq!(product.sku(), "A");
/// assert!(product.decimal("special_price") < product.decimal("price"));
/// assert_eq!(
///     souk_sdk::magento::Product::place("special_price"),
///     "/custom_attributes/[attribute_code=special_price]/value"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Product(Map<String, Value>);

impl Product {
    /// Whether Magento keeps this attribute at the top level and not among the custom attributes.
    /// It may have its own fields in brackets: `extension_attributes[website_ids]`.
    #[must_use]
    pub fn is_top_level(code: &str) -> bool {
        TOP_LEVEL.contains(&head(code))
    }

    /// Where an attribute stands in a product, as a place of the contract.
    #[must_use]
    pub fn place(code: &str) -> String {
        if Self::is_top_level(code) {
            ["/", code].concat()
        } else {
            ["/custom_attributes/[attribute_code=", code, "]/value"].concat()
        }
    }

    /// The `fields` parameter that brings these attributes of a search's items, and nothing else.
    /// Of custom attributes it brings all, since Magento cannot choose among them:
    /// [`keep_only`](Self::keep_only) does.
    ///
    /// # Errors
    /// When one of them is not a field's name.
    pub fn projection(codes: &[&str]) -> Result<String, Failure> {
        let (mut fields, custom): (Vec<&str>, Vec<&str>) =
            codes.iter().partition(|code| Self::is_top_level(code));
        for code in &custom {
            field_name(code)?;
        }
        if !custom.is_empty() && !names_all_custom(codes) {
            fields.push("custom_attributes");
        }
        projection(fields)
    }

    /// Drops the custom attributes that are not among `codes`, unless those ask for all of them by
    /// `custom_attributes`.
    pub fn keep_only(&mut self, codes: &[&str]) {
        if names_all_custom(codes) {
            return;
        }
        if let Some(Value::Array(entries)) = self.0.get_mut(CUSTOM) {
            entries.retain(|entry| {
                entry["attribute_code"].as_str().is_some_and(|has| codes.contains(&has))
            });
        }
    }

    /// Drops all fields but these, attributes among them.
    pub fn choose(&mut self, codes: &[&str]) {
        let has_custom = codes.iter().any(|code| !Self::is_top_level(code));
        self.0.retain(|name, _| {
            (name == CUSTOM && has_custom) || codes.iter().any(|code| head(code) == name)
        });
        self.keep_only(codes);
    }

    /// Drops what tells nobody anything: what is empty, what Magento derives from the rest, and the
    /// roles of images, which stand at the images.
    pub fn drop_waste(&mut self) {
        self.0.retain(|_, value| !is_empty(value));
        let has_links = self.0.get("extension_attributes").is_some_and(|extension| {
            extension.get("category_links").is_some_and(|links| !is_empty(links))
        });
        if let Some(Value::Array(entries)) = self.0.get_mut(CUSTOM) {
            entries.retain(|entry| {
                let code = entry["attribute_code"].as_str().unwrap_or_default();
                let derived = DERIVED.contains(&code) || (has_links && code == "category_ids");
                !derived && !IMAGE_ROLES.contains(&code) && !is_empty(&entry["value"])
            });
        }
    }

    /// The sku; empty where the answer left it out.
    #[must_use]
    pub fn sku(&self) -> &str {
        self.text("sku").unwrap_or_default()
    }

    /// The value of an attribute, wherever it is kept. JSON null counts as absent.
    #[must_use]
    pub fn attribute(&self, code: &str) -> Option<&Value> {
        let value = if Self::is_top_level(code) {
            self.0.get(code)
        } else {
            let entries = self.0.get("custom_attributes")?.as_array()?;
            entries.iter().find(|entry| entry["attribute_code"] == code)?.get("value")
        };
        value.filter(|value| !value.is_null())
    }

    /// An extension attribute: `website_ids`, `category_links`, `stock_item`.
    #[must_use]
    pub fn extension(&self, code: &str) -> Option<&Value> {
        self.attribute("extension_attributes")?.get(code)
    }

    /// An attribute that is text.
    #[must_use]
    pub fn text(&self, code: &str) -> Option<&str> {
        self.attribute(code)?.as_str()
    }

    /// A decimal attribute, which is a number at the top level and a string among the custom ones.
    #[must_use]
    pub fn decimal(&self, code: &str) -> Option<Decimal> {
        Decimal::of(self.attribute(code)?)
    }

    /// A whole number: an id, `status`, a select attribute's option. Custom ones come as strings.
    #[must_use]
    pub fn integer(&self, code: &str) -> Option<i64> {
        match self.attribute(code)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A list: `category_ids` comes as an array, a multi-select as text with commas.
    #[must_use]
    pub fn list(&self, code: &str) -> Vec<&str> {
        match self.attribute(code) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) if !text.is_empty() => text.split(',').collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is enabled in the view of the store that was asked (`status` 1).
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.integer("status") == Some(1)
    }

    /// Whether it has a price of its own. What configurable and grouped products cost, their parts
    /// say, and so do those of a bundle, unless its `price_type` is fixed.
    #[must_use]
    pub fn has_price(&self) -> bool {
        match self.text("type_id") {
            Some("configurable" | "grouped") => false,
            Some("bundle") => self.integer("price_type") == Some(1),
            _ => true,
        }
    }

    /// Whether it is made of options with parts in them.
    #[must_use]
    pub fn is_bundle(&self) -> bool {
        self.text("type_id") == Some("bundle")
    }

    /// Whether it has a special price of its own that is an amount: that of a bundle is a percentage.
    #[must_use]
    pub fn has_special_price(&self) -> bool {
        self.has_price() && !self.is_bundle()
    }

    /// All of it, as the store answered.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// A field's name without its own fields in brackets.
fn head(field: &str) -> &str {
    field.split_once('[').map_or(field, |(name, _)| name)
}

fn names_all_custom(codes: &[&str]) -> bool {
    codes.iter().any(|code| head(code) == "custom_attributes")
}

crate::inline_schema!(Product, |_| json_schema!({
    "type": "object",
    "properties": {
        "id": { "description": "Magento's entity id." },
        "sku": { "type": "string" },
        "name": { "description": "As the store view asked shows it." },
        "type_id": { "description": "simple, configurable, bundle, grouped, virtual, downloadable." },
        "status": { "description": "1 enabled, 2 disabled." },
        "visibility": { "description": "1 not alone, 2 catalogue, 3 search, 4 both." },
        "price": { "description": "A number; absent for grouped products." },
        "extension_attributes": { "description": "website_ids, category_links, stock_item." },
        "custom_attributes": {
            "description": "Everything else, as [{attribute_code, value}]: url_key, description, special_price, meta_title."
        }
    }
}));

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jacket() -> Product {
        serde_json::from_value(json!({
            "id": 1, "sku": "LAB-000", "name": "Alpha Jacket", "price": 19.99, "status": 1,
            "weight": null,
            "custom_attributes": [
                {"attribute_code": "special_price", "value": "9.500000"},
                {"attribute_code": "tax_class_id", "value": "2"},
                {"attribute_code": "lab_material", "value": "7,8"},
                {"attribute_code": "category_ids", "value": ["4", "7"]},
                {"attribute_code": "url_key", "value": "alpha-jacket"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn attributes_are_found_where_magento_keeps_them() {
        let product = jacket();
        assert_eq!(product.text("name"), Some("Alpha Jacket"));
        assert_eq!(product.text("url_key"), Some("alpha-jacket"));
        assert_eq!(product.decimal("price"), "19.99".parse().ok());
        assert_eq!(product.decimal("special_price"), "9.5".parse().ok());
        assert_eq!(product.integer("tax_class_id"), Some(2));
        assert_eq!(product.list("category_ids"), ["4", "7"]);
        assert_eq!(product.list("lab_material"), ["7", "8"]);
        assert_eq!(product.attribute("weight"), None);
        assert_eq!(product.attribute("meta_title"), None);
        assert!(product.is_enabled());
    }

    #[test]
    fn a_projection_asks_for_custom_attributes_once_and_keeps_those_named() {
        let codes = ["sku", "url_key", "meta_title", "extension_attributes[website_ids]"];
        assert_eq!(
            Product::projection(&codes).unwrap(),
            "items[sku,extension_attributes[website_ids],custom_attributes],total_count,search_criteria"
        );
        let mut product = jacket();
        product.keep_only(&codes);
        assert_eq!(product.as_map()["custom_attributes"].as_array().unwrap().len(), 1);
        assert_eq!(product.text("url_key"), Some("alpha-jacket"));
    }
}
