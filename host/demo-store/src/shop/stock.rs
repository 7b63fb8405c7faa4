//! Stock: the legacy stock item that a product carries. Sources and stocks are beside it.

use serde_json::{Value, json};

use super::load::doc;
use super::table::Doc;
use crate::php;

/// A product's legacy stock item with everything left to configuration.
pub(crate) fn stock_item(
    item_id: u64,
    product_id: u64,
    quantity: Option<f64>,
    in_stock: bool,
) -> Doc {
    doc(json!({
        "item_id": item_id, "product_id": product_id, "stock_id": 1,
        "qty": quantity.map_or(Value::Null, php::number), "is_in_stock": in_stock, "is_qty_decimal": false,
        "show_default_notification_message": false, "use_config_min_qty": true, "min_qty": 0,
        "use_config_min_sale_qty": 1, "min_sale_qty": 1, "use_config_max_sale_qty": true, "max_sale_qty": 10000,
        "use_config_backorders": true, "backorders": 0, "use_config_notify_stock_qty": true, "notify_stock_qty": 1,
        "use_config_qty_increments": true, "qty_increments": 0, "use_config_enable_qty_inc": true,
        "enable_qty_increments": false, "use_config_manage_stock": true, "manage_stock": true,
        "low_stock_date": null, "is_decimal_divided": false, "stock_status_changed_auto": 0
    }))
}
