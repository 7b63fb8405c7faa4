//! What the shop's tables hold, for whoever wants to see that nothing but what was meant has changed:
//! products with their values scope by scope, pages, blocks, cart price rules and coupons, orders and
//! shipments.

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
        "coupons": table(&shop.coupons, "coupon_id"),
        "orders": table(&shop.orders, "entity_id"),
        "shipments": table(&shop.shipments, "entity_id"),
    })
}

fn table(table: &Table, id: &str) -> Value {
    let row = |doc: &Doc| {
        let mut row = doc.clone();
        row.retain(|field, _| !matches!(field.as_str(), "update_time" | "updated_at"));
        (row.get(id).map(ToString::to_string).unwrap_or_default(), Value::Object(row))
    };
    Value::Object(table.iter().map(row).collect())
}
