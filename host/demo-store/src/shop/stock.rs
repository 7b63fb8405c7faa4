//! Stock: the legacy stock item that a product carries, quantities at sources, and what can be sold.

use serde_json::{Value, json};

use super::contents::Shop;
use super::product::Product;
use super::reservation::Reservation;
use crate::collate;
use crate::document::{Doc, doc};
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

impl Product {
    /// The quantity at which it is out of stock: below nothing where it can be ordered back.
    pub(crate) fn stock_threshold(&self) -> f64 {
        let field = |name: &str| self.stock_item.get(name);
        match field("use_config_min_qty") {
            Some(own) if !php::truthy(own) => field("min_qty").map_or(0.0, php::number_of),
            _ => 0.0,
        }
    }
}

impl Shop {
    /// Uses up an id of a legacy stock item: every save of a product does.
    pub(crate) fn take_stock_item_id(&mut self) -> u64 {
        self.next_stock_item = self.next_stock_item.max(1) + 1;
        self.next_stock_item - 1
    }

    /// An id for a new option of a configurable product.
    pub(crate) fn take_option_id(&mut self) -> u64 {
        self.last_option += 1;
        self.last_option
    }

    /// An id for a new image.
    pub(crate) fn take_media_id(&mut self) -> u64 {
        self.next_media = self.next_media.max(1) + 1;
        self.next_media - 1
    }

    /// Sets what a source has of a SKU; the row is made when there is none.
    pub(crate) fn set_source_item(
        &mut self,
        sku: &str,
        source: &str,
        quantity: f64,
        in_stock: bool,
    ) {
        let row = json!({
            "sku": sku, "source_code": source, "quantity": php::number(quantity), "status": i32::from(in_stock)
        });
        let known = self
            .source_items
            .iter_mut()
            .find(|item| item["sku"] == sku && item["source_code"] == source);
        match known {
            Some(known) => *known = row,
            None => self.source_items.push(row),
        }
    }

    /// The codes of the enabled sources of a stock.
    fn sources_of(&self, stock: u64) -> Vec<&str> {
        self.stock_links
            .iter()
            .filter(|link| php::id_of(&link["stock_id"]) == stock)
            .filter_map(|link| link["source_code"].as_str())
            .filter(|code| {
                self.sources
                    .iter()
                    .any(|source| source["source_code"] == *code && source["enabled"] == true)
            })
            .collect()
    }

    /// What a stock has of a SKU at its sources, in stock only.
    pub(crate) fn stock_quantity(&self, sku: &str, stock: u64) -> f64 {
        let sources = self.sources_of(stock);
        let sku = collate::fold(sku);
        self.source_items
            .iter()
            .filter(|item| item["sku"].as_str().is_some_and(|known| collate::fold(known) == sku))
            .filter(|item| item["source_code"].as_str().is_some_and(|code| sources.contains(&code)))
            .filter(|item| php::truthy(&item["status"]))
            .map(|item| php::number_of(&item["quantity"]))
            .sum()
    }

    /// Whether the stock has a row for the SKU at all.
    pub(crate) fn is_assigned(&self, sku: &str, stock: u64) -> bool {
        let sources = self.sources_of(stock);
        let sku = collate::fold(sku);
        self.source_items.iter().any(|item| {
            item["sku"].as_str().is_some_and(|known| collate::fold(known) == sku)
                && item["source_code"].as_str().is_some_and(|code| sources.contains(&code))
        })
    }

    /// What can still be sold: quantities less what orders hold back, down to the product's threshold.
    pub(crate) fn salable_quantity(&self, product: &Product, stock: u64) -> f64 {
        let has = self.stock_quantity(&product.sku, stock);
        if !self.is_assigned(&product.sku, stock) {
            return 0.0;
        }
        (has + self.reserved(&product.sku, stock) - product.stock_threshold()).max(0.0)
    }

    /// Whether a stock sells a product; of a composite one its parts decide.
    pub(crate) fn can_sell(&self, product: &Product, stock: u64) -> bool {
        if product.keeps_stock() {
            return self.salable_quantity(product, stock) > 0.0
                && self.stock_quantity(&product.sku, stock) > product.stock_threshold();
        }
        self.products.parts_of(product).any(|part| self.can_sell(part, stock))
    }

    /// The sum of reservations of a SKU in a stock: negative while orders wait.
    pub(crate) fn reserved(&self, sku: &str, stock: u64) -> f64 {
        let matching =
            self.reservations.iter().filter(|known| known.sku == sku && known.stock == stock);
        matching.map(|known| known.quantity).sum()
    }

    /// Holds back (negative) or gives back (positive) a quantity.
    pub(crate) fn reserve(&mut self, sku: &str, stock: u64, quantity: f64) {
        self.reservations.push(Reservation { sku: sku.to_owned(), stock, quantity });
    }

    /// The stock that sells to a website.
    pub(crate) fn stock_of_website(&self, code: &str) -> u64 {
        let sells = |stock: &&Doc| {
            stock
                .get("extension_attributes")
                .and_then(|extension| extension["sales_channels"].as_array())
                .is_some_and(|channels| {
                    channels
                        .iter()
                        .any(|channel| channel["type"] == "website" && channel["code"] == code)
                })
        };
        let found = self.stocks.iter().find(sells).and_then(|stock| stock.get("stock_id"));
        found.map_or(1, php::id_of)
    }
}
