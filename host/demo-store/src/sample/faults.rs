//! Deliberate faults, so that whoever looks after the shop has something to find.

use serde_json::{Value, json};

use super::{GERMAN, TRADE};
use crate::shop::{ALL, Product, Shop};

/// Sold out, though shown.
const SOLD_OUT: [&str; 6] =
    ["TEN-005", "SLP-004", "COK-009", "LIT-005", "BOK-002", "JKT-FINCH-OCHRE-M"];
/// Switched off and forgotten.
const DISABLED: [&str; 4] = ["DAY-004", "BTL-007", "CND-003", "FIX-005"];
/// Without a picture.
const NO_PICTURE: [&str; 5] = ["MUG-006", "ACC-007", "BOK-005", "TRK-007", "COK-010"];
/// In no category.
const NO_CATEGORY: [&str; 4] = ["LIT-006", "FIX-001", "BLK-004", "ACC-008"];
/// Free by mistake.
const FREE: [&str; 2] = ["MUG-004", "BOT-008"];
/// Without meta data, description or both.
const NO_META: [&str; 6] = ["CND-001", "CND-002", "ACC-001", "ACC-002", "BTL-006", "BOK-003"];
const NO_DESCRIPTION: [&str; 4] = ["BLK-002", "DAY-006", "TRK-006", "BTL-008"];

/// Plants the faults.
pub(super) fn plant(shop: &mut Shop) {
    on(shop, &SOLD_OUT, |product| {
        product.stock_item.insert("qty".to_owned(), json!(0));
        product.stock_item.insert("is_in_stock".to_owned(), json!(false));
    });
    on(shop, &DISABLED, |product| product.values.set("status", ALL, json!(2)));
    on(shop, &NO_PICTURE, |product| {
        product.media.clear();
        for role in ["image", "small_image", "thumbnail", "swatch_image"] {
            product.values.clear(role, ALL);
        }
    });
    on(shop, &NO_CATEGORY, |product| product.categories.clear());
    on(shop, &FREE, |product| product.values.set("price", ALL, json!(0)));
    on(shop, &NO_META, |product| {
        for code in ["meta_title", "meta_description"] {
            product.values.clear(code, ALL);
            product.values.clear(code, GERMAN);
        }
    });
    on(shop, &NO_DESCRIPTION, |product| {
        product.values.clear("description", ALL);
        product.values.clear("short_description", ALL);
    });
    // A "sale" above the price, one that ended, and an English text in the German view.
    on(shop, &["DAY-002"], |product| product.values.set("special_price", ALL, json!("129.000000")));
    on(shop, &["SLP-006"], |product| {
        product.values.set("special_price", ALL, json!("79.000000"));
        product.values.set("special_from_date", ALL, json!("2025-11-20 00:00:00"));
        product.values.set("special_to_date", ALL, json!("2025-11-30 00:00:00"));
    });
    on(shop, &["BLK-001"], |product| {
        product.values.set("name", GERMAN, Value::String("Harbour Wool Blanket".to_owned()));
        product.values.set("description", TRADE, json!(""));
    });
}

fn on(shop: &mut Shop, skus: &[&str], change: impl Fn(&mut Product)) {
    for sku in skus {
        if let Some(product) = shop.products.by_sku_mut(sku) {
            change(product);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_in_a_product_that_exists() {
        let shop = super::super::shop();
        let skus =
            [&SOLD_OUT[..], &DISABLED, &NO_PICTURE, &NO_CATEGORY, &FREE, &NO_META, &NO_DESCRIPTION]
                .concat();
        for sku in skus {
            assert!(shop.products.by_sku(sku).is_some(), "{sku}");
        }
    }
}
