//! Where the sample shop's goods are: sources, stocks, and quantities.

use serde_json::{Value, json};

use super::data::Data;
use super::read::SampleError;
use super::story::Story;
use crate::document::doc;
use crate::php;
use crate::shop::{ALL, Shop};

/// Puts up sources and stocks, and spreads the goods over them.
///
/// # Errors
/// When the store refuses one.
pub(super) fn write(story: &mut Story<'_>, data: &Data) -> Result<(), SampleError> {
    put_up_the_first(story.shop, data);
    for source in data.sources.iter().skip(1) {
        let arguments = json!({ "source": {
            "source_code": *source.code, "name": *source.name, "enabled": source.enabled,
            "city": *source.city, "postcode": *source.postcode, "country_id": *source.country,
            "use_default_carrier_config": true, "carrier_links": []
        }});
        story.request(source, ("POST", "/V1/inventory/sources"), ALL, arguments)?;
    }
    for (stock, id) in data.stocks.iter().zip(1u64..).skip(1) {
        let arguments = json!({ "stock": {
            "name": *stock.name,
            "extension_attributes": { "sales_channels": [{ "type": "website", "code": *stock.website }] }
        }});
        story.request(stock, ("POST", "/V1/inventory/stocks"), ALL, arguments)?;
        let links = stock.sources.iter().zip(1u32..).map(|(source, priority)| {
            json!({ "stock_id": id, "source_code": **source, "priority": priority })
        });
        let arguments = json!({ "links": links.collect::<Value>() });
        story.request(stock, ("POST", "/V1/inventory/stock-source-links"), ALL, arguments)?;
    }
    spread(story.shop, data);
    Ok(())
}

/// The source and the stock that every Magento has.
fn put_up_the_first(shop: &mut Shop, data: &Data) {
    let source = data.sources.first().map(|source| {
        json!({
            "carrier_links": [], "country_id": *source.country, "description": "Default Source",
            "enabled": source.enabled,
            "extension_attributes": { "frontend_name": "", "is_pickup_location_active": false },
            "latitude": 0, "longitude": 0, "name": *source.name, "postcode": *source.postcode,
            "city": *source.city, "source_code": *source.code, "use_default_carrier_config": true
        })
    });
    shop.sources = source.into_iter().collect();
    let Some(stock) = data.stocks.first() else { return };
    shop.stocks.put(doc(json!({
        "stock_id": 1, "name": *stock.name,
        "extension_attributes": { "sales_channels": [{ "type": "website", "code": *stock.website }] }
    })));
    let links = stock.sources.iter().zip(1u32..);
    shop.stock_links = links
        .map(|(source, priority)| {
            json!({ "stock_id": 1, "source_code": **source, "priority": priority })
        })
        .collect();
}

/// Everything is at the first source; what is sold on one website is at another one as well, but for a
/// few.
fn spread(shop: &mut Shop, data: &Data) {
    let Some(first) = data.sources.first().map(|source| &*source.code) else { return };
    let rule = &data.spread;
    let website = data.website(&rule.website);
    let mut rows: Vec<(String, &str, f64, bool)> = Vec::new();
    for product in shop.products.iter().filter(|product| product.keeps_stock()) {
        let quantity = product.stock_item.get("qty").map_or(0.0, php::number_of);
        let in_stock = product.stock_item.get("is_in_stock").is_some_and(php::truthy);
        rows.push((product.sku.clone(), first, quantity, in_stock));
        let is_sold_there = product.websites.iter().any(|id| Some(*id) == website);
        if is_sold_there && product.id % rule.but_every != 0 {
            let there = (quantity * f64::from(rule.times)).round();
            rows.push((product.sku.clone(), &rule.source, there, there > 0.0));
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
