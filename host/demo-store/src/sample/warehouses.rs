//! Where the sample shop's goods are: two stocks for two websites, from three sources.

use serde_json::{Value, json};

use super::story::Story;
use crate::php;
use crate::shop::load::doc;
use crate::shop::{ALL, Shop};

/// Puts up sources and stocks, and spreads the goods over them.
pub(super) fn write(story: &mut Story<'_>) {
    sources(story.shop);
    stocks(story.shop);
    for (code, name, city, postcode, enabled) in [
        ("leipzig", "Leipzig Trade Hub", "Leipzig", "04109", true),
        ("popup-oslo", "Pop-up Oslo", "Oslo", "0150", false),
    ] {
        story.tell("POST", "/V1/inventory/sources", ALL, json!({ "source": {
            "source_code": code, "name": name, "enabled": enabled, "city": city, "postcode": postcode,
            "country_id": if code == "leipzig" { "DE" } else { "NO" }, "use_default_carrier_config": true,
            "carrier_links": []
        }}));
    }
    story.tell(
        "POST",
        "/V1/inventory/stocks",
        ALL,
        json!({ "stock": {
            "name": "Trade Stock",
            "extension_attributes": { "sales_channels": [{ "type": "website", "code": "trade" }] }
        }}),
    );
    story.tell(
        "POST",
        "/V1/inventory/stock-source-links",
        ALL,
        json!({ "links": [
            { "stock_id": 2, "source_code": "leipzig", "priority": 1 },
            { "stock_id": 2, "source_code": "popup-oslo", "priority": 2 }
        ]}),
    );
    spread(story.shop);
}

/// The source and the stock that every Magento has.
fn sources(shop: &mut Shop) {
    shop.sources = vec![json!({
        "carrier_links": [], "country_id": "DE", "description": "Default Source", "enabled": true,
        "extension_attributes": { "frontend_name": "", "is_pickup_location_active": false },
        "latitude": 0, "longitude": 0, "name": "Hamburg Warehouse", "postcode": "20457", "city": "Hamburg",
        "source_code": "default", "use_default_carrier_config": true
    })];
}

fn stocks(shop: &mut Shop) {
    shop.stocks.put(doc(json!({
        "stock_id": 1, "name": "Default Stock",
        "extension_attributes": { "sales_channels": [{ "type": "website", "code": "base" }] }
    })));
    shop.stock_links = vec![json!({ "stock_id": 1, "source_code": "default", "priority": 1 })];
}

/// Everything is in Hamburg; what the trade buys is in Leipzig as well, but for a few.
fn spread(shop: &mut Shop) {
    let mut rows: Vec<(String, &str, f64, bool)> = Vec::new();
    for product in shop.products.iter().filter(|product| product.keeps_stock()) {
        let quantity = product.stock_item.get("qty").map_or(0.0, php::number_of);
        let in_stock = product.stock_item.get("is_in_stock").is_some_and(php::truthy);
        rows.push((product.sku.clone(), "default", quantity, in_stock));
        if product.websites.contains(&2) && product.id % 7 != 0 {
            let there = (quantity * 3.0).round();
            rows.push((product.sku.clone(), "leipzig", there, there > 0.0));
        }
    }
    // Built at once: looking each row up would take longer than the rest of the shop.
    shop.source_items = rows
        .into_iter()
        .map(|(sku, source, quantity, in_stock)| -> Value {
            json!({
                "sku": sku, "source_code": source, "quantity": php::number(quantity),
                "status": i32::from(in_stock)
            })
        })
        .collect();
}
