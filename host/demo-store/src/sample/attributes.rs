//! The sample shop's product attributes: Magento's usual ones and four of the shop's own.

use serde_json::{Value, json};

use crate::shop::Attributes;

/// code | label | input | backend | scope | options, values counted from the number before the colon.
const TABLE: &str = "\
name|Product Name|text|varchar|store|
sku|SKU|text|static|global|
description|Description|textarea|text|store|
short_description|Short Description|textarea|text|store|
price|Price|price|decimal|global|
special_price|Special Price|price|decimal|global|
special_from_date|Special Price From Date|date|datetime|website|
special_to_date|Special Price To Date|date|datetime|website|
cost|Cost|price|decimal|global|
weight|Weight|weight|decimal|global|
manufacturer|Manufacturer|select|int|global|
meta_title|Meta Title|text|varchar|store|
meta_keyword|Meta Keywords|textarea|text|store|
meta_description|Meta Description|textarea|varchar|store|
image|Base|media_image|varchar|store|
small_image|Small|media_image|varchar|store|
thumbnail|Thumbnail|media_image|varchar|store|
swatch_image|Swatch|media_image|varchar|store|
media_gallery|Media Gallery|gallery|static|global|
tier_price|Tier Price|text|decimal|website|
color|Color|select|int|global|10:Moss,Slate,Ochre,Brick,Ink,Sand
news_from_date|Set Product as New from Date|date|datetime|website|
news_to_date|Set Product as New to Date|date|datetime|website|
status|Enable Product|select|int|website|1:Enabled,Disabled
visibility|Visibility|select|int|store|1:Not Visible Individually,Catalog,Search,Catalog and Search
category_ids|Categories|text|static|global|
options_container|Display Product Options In|select|varchar|store|
required_options|Required Options|text|static|global|
has_options|Has Options|text|static|global|
image_label|Image Label|text|varchar|store|
small_image_label|Small Image Label|text|varchar|store|
thumbnail_label|Thumbnail Label|text|varchar|store|
created_at|Created Date|date|static|global|
updated_at|Updated Date|date|static|global|
country_of_manufacture|Country of Manufacture|select|varchar|website|
quantity_and_stock_status|Quantity|select|int|global|0:Out of Stock,In Stock
url_key|URL Key|text|varchar|store|
url_path|URL Path|text|varchar|store|
msrp|Manufacturer's Suggested Retail Price|price|decimal|global|
msrp_display_actual_price_type|Display Actual Price|select|varchar|website|
price_type|Dynamic Price|boolean|int|global|
sku_type|Dynamic SKU|boolean|int|global|
weight_type|Dynamic Weight|boolean|int|global|
price_view|Price View|select|int|global|0:Price Range,As Low as
shipment_type|Ship Bundle Items|select|int|global|0:Together,Separately
gift_message_available|Allow Gift Message|select|varchar|global|
tax_class_id|Tax Class|select|int|website|0:None,,Taxable Goods
size|Size|select|int|global|20:XS,S,M,L,XL
material|Material|select|int|global|30:Merino wool,Organic cotton,Recycled nylon,Waxed canvas,Steel,Aluminium,Beech
brand|Brand|select|int|global|40:Fjord & Field,Halden,Nordlys,Kestrel Works
care_notes|Care Notes|textarea|text|store|
";

/// Codes of the shop's own attributes.
const OWN: [&str; 5] = ["color", "size", "material", "brand", "care_notes"];

/// The attributes, with the shop's own in the order in which answers list them.
pub(super) fn attributes() -> Attributes {
    let docs: Vec<Value> =
        TABLE.lines().zip(73u64..).filter_map(|(line, id)| doc(line, id)).collect();
    let evidence = ["tax_class_id", "brand", "material", "size", "care_notes"];
    Attributes::new(&docs, std::iter::once(evidence.to_vec()))
}

fn doc(line: &str, id: u64) -> Option<Value> {
    let fields: Vec<&str> = line.split('|').collect();
    let [code, label, input, backend, scope, options] = fields[..] else {
        return None;
    };
    let (first, labels) = options.split_once(':').unwrap_or(("0", ""));
    let first: usize = first.parse().unwrap_or(0);
    let mut values: Vec<Value> = labels
        .split(',')
        .enumerate()
        .filter(|(_, label)| !label.is_empty())
        .map(|(at, label)| json!({ "label": label, "value": (first + at).to_string() }))
        .collect();
    let own = OWN.contains(&code);
    if own && !values.is_empty() {
        values.insert(0, json!({ "label": " ", "value": "" }));
    }
    Some(json!({
        "is_wysiwyg_enabled": code == "description", "is_html_allowed_on_front": code == "description",
        "used_for_sort_by": matches!(code, "name" | "price"), "is_filterable": own && input == "select",
        "is_filterable_in_search": false, "is_used_in_grid": own, "is_visible_in_grid": own,
        "is_filterable_in_grid": own, "position": 0, "apply_to": [], "is_searchable": "1",
        "is_visible_in_advanced_search": "0", "is_comparable": "0", "is_used_for_promo_rules": "0",
        "is_visible_on_front": "0", "used_in_product_listing": "0", "is_visible": true, "scope": scope,
        "attribute_id": id, "attribute_code": code, "frontend_input": input, "entity_type_id": "4",
        "is_required": matches!(code, "name" | "sku" | "price"), "options": values, "is_user_defined": own,
        "default_frontend_label": label, "frontend_labels": [], "backend_type": backend, "is_unique": "0",
        "validation_rules": []
    }))
}
