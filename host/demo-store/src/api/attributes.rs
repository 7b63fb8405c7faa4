//! Attributes and the other short lists that never change: of products, of categories, types, tax classes.

use serde_json::{Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read};
use crate::call::Call;
use crate::document::{Doc, doc};
use crate::php;
use crate::refusal::Refusal;
use crate::search::Criteria;
use crate::shop::Shop;

const ATTRIBUTES: &str = "Magento_Catalog::attributes_attributes";
const SETS: &str = "Magento_Catalog::sets";
const PRODUCTS: &str = "Magento_Catalog::catalog";
const CATEGORIES: &str = "Magento_Catalog::categories";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/products/attributes", ATTRIBUTES, |shop, call| {
        ENTITY.list(shop, call, product_attributes(shop), plain)
    }),
    read("/V1/products/attributes/{attributeCode}", ATTRIBUTES, |shop, call| {
        product_attribute(shop, call).map(plain)
    }),
    read("/V1/products/attributes/{attributeCode}/options", ATTRIBUTES, |shop, call| {
        product_attribute(shop, call).map(options)
    }),
    read("/V1/products/attribute-sets/sets/list", SETS, |shop, call| {
        let criteria = Criteria::read(&call.query, &shop.attributes)?;
        let page = criteria.page(shop.attribute_sets.clone());
        Ok(criteria.answer(page.rows, page.total))
    }),
    read("/V1/products/attribute-sets/{attributeSetId}/attributes", SETS, of_set),
    read("/V1/products/types", PRODUCTS, |_, _| {
        Ok(TYPES.iter().map(|(name, label)| json!({ "name": name, "label": label })).collect())
    }),
    read("/V1/products/links/types", PRODUCTS, |_, _| {
        Ok(LINKS.iter().map(|(code, name)| json!({ "code": code, "name": name })).collect())
    }),
    read("/V1/categories/attributes", CATEGORIES, |shop, call| {
        let attributes: Vec<Doc> = category_attributes().collect();
        ENTITY.list(shop, call, attributes.iter(), plain)
    }),
    read("/V1/categories/attributes/{attributeCode}", CATEGORIES, |_, call| {
        category_attribute(call).map(Value::Object)
    }),
    read("/V1/categories/attributes/{attributeCode}/options", CATEGORIES, |_, call| {
        category_attribute(call).map(|attribute| options(&attribute))
    }),
    read("/V1/taxClasses/search", "Magento_Tax::manage_tax", |shop, call| {
        let classes: Vec<Doc> =
            [(2, "Taxable Goods", "PRODUCT"), (3, "Retail Customer", "CUSTOMER")]
                .into_iter()
                .map(|(id, name, kind)| {
                    doc(json!({ "class_id": id, "class_name": name, "class_type": kind }))
                })
                .collect();
        TAX_CLASSES.list(shop, call, classes.iter(), plain)
    }),
];

const ENTITY: Entity = Entity {
    columns: "attribute_code attribute_id:n entity_type_id:n frontend_input backend_type is_user_defined:n \
        is_required:n is_unique:n is_visible:n is_filterable:n is_searchable:n is_comparable:n \
        frontend_label=default_frontend_label position:n",
    unknown: UnknownColumn::Internal,
};

const TAX_CLASSES: Entity =
    Entity { columns: "class_id:n class_name class_type", unknown: UnknownColumn::Internal };

const TYPES: [(&str, &str); 6] = [
    ("simple", "Simple Product"),
    ("virtual", "Virtual Product"),
    ("downloadable", "Downloadable Product"),
    ("bundle", "Bundle Product"),
    ("grouped", "Grouped Product"),
    ("configurable", "Configurable Product"),
];

const LINKS: [(u8, &str); 4] = [(1, "related"), (5, "crosssell"), (4, "upsell"), (3, "associated")];

fn product_attributes(shop: &Shop) -> impl Iterator<Item = &Doc> {
    shop.attributes.iter().filter_map(|attribute| attribute.doc.as_object())
}

fn product_attribute<'a>(shop: &'a Shop, call: &Call) -> Result<&'a Doc, Refusal> {
    let code = call.text("attributeCode");
    let known = shop.attributes.get(&code).and_then(|attribute| attribute.doc.as_object());
    known.ok_or_else(|| no_such_attribute(&code))
}

fn no_such_attribute(code: &str) -> Refusal {
    Refusal::missing(
        "The attribute with a \"%1\" attributeCode doesn't exist. Verify the attribute and try again.",
    )
    .with(json!([code]))
}

fn options(attribute: &Doc) -> Value {
    attribute.get("options").cloned().unwrap_or_else(|| json!([]))
}

/// What an attribute set lists of each attribute: not how the catalog uses it.
const OF_SET: [&str; 14] = [
    "attribute_id",
    "attribute_code",
    "frontend_input",
    "entity_type_id",
    "is_required",
    "options",
    "is_user_defined",
    "default_frontend_label",
    "frontend_labels",
    "backend_type",
    "source_model",
    "default_value",
    "is_unique",
    "validation_rules",
];

fn of_set(shop: &Shop, call: &Call) -> HandlerResult {
    let id = call.argument("attributeSetId").clone();
    if !shop
        .attribute_sets
        .iter()
        .any(|set| php::id_of(&set["attribute_set_id"]) == php::id_of(&id))
    {
        return Err(Refusal::no_such_entity("id", id));
    }
    let narrowed = product_attributes(shop).map(|attribute| {
        let fields = attribute.iter().filter(|(field, _)| OF_SET.contains(&field.as_str()));
        Value::Object(fields.map(|(field, value)| (field.clone(), value.clone())).collect())
    });
    Ok(narrowed.collect())
}

/// Category attributes: code | label | input | backend | scope | `!` when required | options. Their ids
/// count up from [`FIRST_CATEGORY_ATTRIBUTE`], save for those of modules that were installed later.
const CATEGORY_ATTRIBUTES: &str = "\
name|Name|text|varchar|store|!|
is_active|Is Active|select|int|store|!|1=Yes,0=No
description|Description|textarea|text|store||
image|Image|image|varchar|store||
meta_title|Page Title|text|varchar|store||
meta_keywords|Meta Keywords|textarea|text|store||
meta_description|Meta Description|textarea|text|store||
display_mode|Display Mode|select|varchar|store||PRODUCTS=Products only,PAGE=Static block only,PRODUCTS_AND_PAGE=Static block and products
landing_page|CMS Block|select|int|store||
is_anchor|Is Anchor|select|int|global||1=Yes,0=No
path|Path|text|static|global||
position|Position|text|static|global||
all_children|All Children|text|text|global||
path_in_store|Path In Store|text|text|global||
children|Children|text|text|global||
custom_design|Custom Design|select|varchar|store||
custom_design_from|Active From|date|datetime|store||
custom_design_to|Active To|date|datetime|store||
page_layout|Page Layout|select|varchar|store||
custom_layout_update|Custom Layout Update|textarea|text|store||
level|Level|text|static|global||
children_count|Children Count|text|static|global||
available_sort_by|Available Product Listing Sort By|multiselect|text|store|!|
default_sort_by|Default Product Listing Sort By|select|varchar|store|!|
include_in_menu|Include in Navigation Menu|select|int|store|!|1=Yes,0=No
custom_use_parent_settings|Use Parent Category Settings|select|int|store||1=Yes,0=No
custom_apply_to_products|Apply To Products|select|int|store||1=Yes,0=No
filter_price_range|Layered Navigation Price Step|text|decimal|store||
custom_layout_update_file|Custom Layout Update|select|varchar|store||
url_key|URL Key|text|varchar|store||
url_path||text|varchar|store||
";
const FIRST_CATEGORY_ATTRIBUTE: usize = 45;
const YES_OR_NO: &str = "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Boolean";

fn category_attributes() -> impl Iterator<Item = Doc> {
    CATEGORY_ATTRIBUTES.lines().enumerate().map(|(at, line)| {
        let cell = |index: usize| line.split('|').nth(index).unwrap_or_default();
        let options: Vec<Value> = cell(6)
            .split(',')
            .filter_map(|option| option.split_once('='))
            .map(|(value, label)| json!({ "label": label, "value": value }))
            .collect();
        let yes_or_no = cell(6).starts_with("1=Yes");
        let mut attribute = doc(json!({
            "is_wysiwyg_enabled": cell(0) == "description", "is_html_allowed_on_front": cell(0) == "description",
            "used_for_sort_by": false, "is_filterable": false, "is_filterable_in_search": false,
            "is_used_in_grid": false, "is_visible_in_grid": false, "is_filterable_in_grid": false, "position": 0,
            "apply_to": [], "is_searchable": "0", "is_visible_in_advanced_search": "0", "is_comparable": "0",
            "is_used_for_promo_rules": "0", "is_visible_on_front": "0", "used_in_product_listing": "0",
            "is_visible": true, "scope": cell(4), "attribute_id": FIRST_CATEGORY_ATTRIBUTE + at,
            "attribute_code": cell(0), "frontend_input": cell(2), "entity_type_id": "3",
            "is_required": cell(5) == "!", "options": options, "is_user_defined": false,
            "default_frontend_label": cell(1), "frontend_labels": [], "backend_type": cell(3), "is_unique": "0",
            "validation_rules": []
        }));
        if yes_or_no {
            attribute.insert("source_model".to_owned(), json!(YES_OR_NO));
        }
        attribute
    })
}

fn category_attribute(call: &Call) -> Result<Doc, Refusal> {
    let code = call.text("attributeCode");
    category_attributes()
        .find(|attribute| attribute["attribute_code"] == code.as_str())
        .ok_or_else(|| no_such_attribute(&code))
}
