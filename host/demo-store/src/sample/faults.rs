//! Deliberate faults, so that whoever looks after the shop has something to find.

use serde_json::{Value, json};

use super::data::Data;
use super::rows::Fault;
use crate::shop::{ALL, Product, Shop, StoreId};

/// Makes the products wrong.
pub(super) fn plant(shop: &mut Shop, data: &Data, german: StoreId, trade: StoreId) {
    for row in &data.faults {
        if let Some(product) = shop.products.by_sku_mut(&row.sku) {
            spoil(product, row.fault, german, trade);
        }
    }
}

fn spoil(product: &mut Product, fault: Fault, german: StoreId, trade: StoreId) {
    match fault {
        Fault::SoldOut => {
            product.stock_item.insert("qty".to_owned(), json!(0));
            product.stock_item.insert("is_in_stock".to_owned(), json!(false));
        }
        Fault::Disabled => product.values.set("status", ALL, json!(2)),
        Fault::NoPicture => {
            product.media.clear();
            for role in ["image", "small_image", "thumbnail", "swatch_image"] {
                product.values.clear(role, ALL);
            }
        }
        Fault::NoCategory => product.categories.clear(),
        Fault::Free => product.values.set("price", ALL, json!(0)),
        Fault::NoMeta => {
            for code in ["meta_title", "meta_description"] {
                product.values.clear(code, ALL);
                product.values.clear(code, german);
            }
        }
        Fault::NoDescription => {
            product.values.clear("description", ALL);
            product.values.clear("short_description", ALL);
        }
        Fault::Untranslated => {
            let name = product.values.get("name", ALL).cloned().unwrap_or(Value::Null);
            product.values.set("name", german, name);
            product.values.set("description", trade, json!(""));
        }
    }
}
