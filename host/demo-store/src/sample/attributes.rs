//! The sample shop's product attributes: Magento's usual ones and some of the shop's own.

use serde_json::{Value, json};

use super::data::Data;
use super::rows::Attribute;
use crate::shop::Attributes;

/// The shop's own attributes and the one before them, in the order in which answers list them.
const ORDER: [&str; 5] = ["tax_class_id", "brand", "material", "size", "care_notes"];

/// The attributes.
pub(super) fn attributes(data: &Data) -> Attributes {
    let docs: Vec<Value> = data.attributes.iter().map(|attribute| doc(attribute)).collect();
    Attributes::new(&docs, std::iter::once(ORDER.to_vec()))
}

fn doc(attribute: &Attribute) -> Value {
    let code = &*attribute.code;
    let options = attribute.options.0.iter();
    let mut options: Vec<Value> = options
        .map(|(value, label)| json!({ "label": label, "value": value.to_string() }))
        .collect();
    let own = attribute.own;
    if own && !options.is_empty() {
        options.insert(0, json!({ "label": " ", "value": "" }));
    }
    json!({
        "is_wysiwyg_enabled": code == "description", "is_html_allowed_on_front": code == "description",
        "used_for_sort_by": matches!(code, "name" | "price"), "is_filterable": own && &*attribute.input == "select",
        "is_filterable_in_search": false, "is_used_in_grid": own, "is_visible_in_grid": own,
        "is_filterable_in_grid": own, "position": 0, "apply_to": [], "is_searchable": "1",
        "is_visible_in_advanced_search": "0", "is_comparable": "0", "is_used_for_promo_rules": "0",
        "is_visible_on_front": "0", "used_in_product_listing": "0", "is_visible": true,
        "scope": attribute.scope, "attribute_id": attribute.id, "attribute_code": code,
        "frontend_input": *attribute.input, "entity_type_id": "4",
        "is_required": matches!(code, "name" | "sku" | "price"), "options": options, "is_user_defined": own,
        "default_frontend_label": *attribute.label, "frontend_labels": [], "backend_type": attribute.backend,
        "is_unique": "0", "validation_rules": []
    })
}
