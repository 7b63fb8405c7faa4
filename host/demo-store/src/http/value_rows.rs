//! What the shop's tables hold, for whoever wants to see that nothing but what was meant has changed:
//! products with their values scope by scope, pages, blocks and cart price rules.

use serde_json::{Map, Value, json};

use crate::document::Doc;
use crate::shop::{Shop, Table};

/// The rows, without the times of saves.
pub(super) fn value_rows(shop: &Shop) -> Value {
    let products = shop.products.iter().map(|product| {
        let rows = json!({
            "values": product.values,
            "categories": product.categories,
            "websites": product.websites,
        });
        (product.sku.clone(), rows)
    });
    json!({
        "products": products.collect::<Map<_, _>>(),
        "pages": table(&shop.pages, "id"),
        "blocks": table(&shop.blocks, "id"),
        "rules": table(&shop.rules, "rule_id"),
    })
}

fn table(table: &Table, id: &str) -> Value {
    let row = |doc: &Doc| {
        let mut row = doc.clone();
        row.retain(|field, _| field != "update_time");
        (row.get(id).map(ToString::to_string).unwrap_or_default(), Value::Object(row))
    };
    Value::Object(table.iter().map(row).collect())
}
