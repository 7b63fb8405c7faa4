//! Product attributes: scope, backend type, and the order in which answers list them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::php;
use crate::wire::AttributeTypes;

/// Where values of an attribute live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AttributeScope {
    /// One value.
    Global,
    /// One value a website; writing in a view writes in all views of its website.
    Website,
    /// One value a store view.
    Store,
}

/// How values of an attribute are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Backend {
    /// Whole numbers: options, flags.
    Int,
    /// Decimals, six places, answered as strings.
    Decimal,
    /// Dates with time.
    Datetime,
    /// Short or long text.
    Text,
    /// A column of the product itself.
    Static,
}

/// One product attribute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attribute {
    /// Its code.
    pub(crate) code: String,
    /// Its scope.
    pub(crate) scope: AttributeScope,
    /// Its backend type.
    pub(crate) backend: Backend,
    /// Its document, as the API answers it.
    pub(crate) doc: Value,
}

impl Attribute {
    /// Reads the document of the attributes API; `None` without a code.
    pub(crate) fn read(doc: &Value) -> Option<Self> {
        let code = doc["attribute_code"].as_str()?.to_owned();
        let scope = match doc["scope"].as_str() {
            Some("store") => AttributeScope::Store,
            Some("website") => AttributeScope::Website,
            _ => AttributeScope::Global,
        };
        let backend = match doc["backend_type"].as_str() {
            Some("int") => Backend::Int,
            Some("decimal") => Backend::Decimal,
            Some("datetime") => Backend::Datetime,
            Some("static") => Backend::Static,
            _ => Backend::Text,
        };
        Some(Self { code, scope, backend, doc: doc.clone() })
    }

    /// The value as this attribute stores and answers it.
    pub(crate) fn normalise(&self, value: &Value) -> Value {
        if value.is_null() {
            return Value::Null;
        }
        match self.backend {
            Backend::Decimal => Value::String(format!("{:.6}", php::number_of(value))),
            Backend::Int => Value::String(php::int_of(value).to_string()),
            Backend::Datetime => Value::String(datetime(&php::text_of(value))),
            Backend::Text | Backend::Static => match value {
                Value::Array(items) => {
                    Value::String(items.iter().map(php::text_of).collect::<Vec<_>>().join(","))
                }
                other => Value::String(php::text_of(other)),
            },
        }
    }
}

/// Dates are answered with a time; a bare day is its midnight.
pub(crate) fn datetime(text: &str) -> String {
    let text = text.trim();
    let bare = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    if bare {
        format!("{text} 00:00:00")
    } else {
        text.replace('T', " ").trim_end_matches('Z').to_owned()
    }
}

/// All product attributes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Attributes {
    by_code: IndexMap<String, Attribute>,
    /// Codes in the order of the attribute set, which is the order of `custom_attributes`.
    order: Vec<String>,
}

/// The order of Magento's own attributes in the default set; a shop's own come after
/// `meta_description`.
const CORE_ORDER: &str = "image shipment_type small_image swatch_image thumbnail special_price special_from_date \
    gallery page_layout special_to_date cost old_id options_container minimal_price msrp custom_layout_update \
    gift_message_available url_key msrp_display_actual_price_type url_path price_view required_options has_options \
    image_label small_image_label thumbnail_label custom_design_from meta_title sku_type custom_design_to \
    meta_keyword price_type custom_design tax_class_id meta_description color manufacturer custom_layout \
    custom_layout_update_file weight_type category_ids news_from_date short_description news_to_date description \
    country_of_manufacture links_purchased_separately samples_title links_title links_exist";

/// The last core attribute before a shop's own.
const BEFORE_OWN: &str = "meta_description";

impl Attributes {
    /// Takes the attributes' documents and, as evidence of the order of the shop's own ones, the codes
    /// of some products' `custom_attributes`.
    pub(crate) fn new<'a>(docs: &[Value], evidence: impl Iterator<Item = Vec<&'a str>>) -> Self {
        let by_code: IndexMap<String, Attribute> = docs
            .iter()
            .filter_map(Attribute::read)
            .map(|attribute| (attribute.code.clone(), attribute))
            .collect();
        let mut order: Vec<String> = CORE_ORDER.split_whitespace().map(str::to_owned).collect();
        for codes in evidence {
            let mut previous = BEFORE_OWN;
            for code in codes {
                if !order.iter().any(|known| known == code) {
                    let after = |name: &str| {
                        order.iter().position(|known| known == name).map_or(0, |at| at + 1)
                    };
                    order.insert(after(previous).max(after(BEFORE_OWN)), code.to_owned());
                }
                previous = code;
            }
        }
        for code in by_code.keys() {
            if !order.contains(code) && !PRODUCT_FIELDS.contains(&code.as_str()) {
                let at = order.iter().position(|known| known == "color").unwrap_or(order.len());
                order.insert(at, code.clone());
            }
        }
        Self { by_code, order }
    }

    /// One attribute.
    pub(crate) fn get(&self, code: &str) -> Option<&Attribute> {
        self.by_code.get(code)
    }

    /// All of them, in the order of the state.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.by_code.values()
    }

    /// Prices are per website from now on; that they are is in their documents too.
    pub(crate) fn keep_prices_per_website(&mut self) {
        for attribute in self.by_code.values_mut() {
            if attribute.doc["frontend_input"] == "price" {
                attribute.scope = AttributeScope::Website;
                attribute.doc["scope"] = "website".into();
            }
        }
    }

    /// The codes that `custom_attributes` may hold, in their order.
    pub(crate) fn custom_order(&self) -> &[String] {
        &self.order
    }
}

/// Attributes that are fields of a product, or that no answer shows.
pub(crate) const PRODUCT_FIELDS: [&str; 12] = [
    "name",
    "sku",
    "price",
    "status",
    "visibility",
    "weight",
    "created_at",
    "updated_at",
    "media_gallery",
    "tier_price",
    "quantity_and_stock_status",
    "type_id",
];

impl AttributeTypes for Attributes {
    fn kind(&self, entity: &str, code: &str) -> Option<&'static str> {
        match entity {
            "catalog-data-product-interface" if code == "category_ids" => None,
            "catalog-data-product-interface" => Some(match self.get(code)?.backend {
                Backend::Int => "int",
                Backend::Decimal => "double",
                Backend::Datetime | Backend::Text => "string",
                Backend::Static => return None,
            }),
            "catalog-data-category-interface" => match code {
                "available_sort_by" | "default_sort_by" => Some("string[]"),
                "is_anchor" | "landing_page" | "custom_use_parent_settings" => Some("int"),
                _ => Some("string"),
            },
            _ => None,
        }
    }
}
