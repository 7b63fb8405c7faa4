//! The products and what is computed over them: SKU index, price index, membership in categories.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::product::Product;
use super::scope::{ALL, StoreId};
use crate::collate;
use crate::php;

/// All products, found by id and by SKU.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Rows", into = "Rows")]
pub(crate) struct Products {
    rows: BTreeMap<u64, Product>,
    by_sku: HashMap<String, u64>,
    next_id: u64,
}

#[derive(Serialize, Deserialize)]
struct Rows {
    rows: Vec<Product>,
    next_id: u64,
}

impl From<Rows> for Products {
    fn from(rows: Rows) -> Self {
        let mut products = Self { next_id: rows.next_id, ..Self::default() };
        rows.rows.into_iter().for_each(|product| products.put(product));
        products
    }
}

impl From<Products> for Rows {
    fn from(products: Products) -> Self {
        Self { next_id: products.next_id, rows: products.rows.into_values().collect() }
    }
}

impl Products {
    /// The product with this SKU, whatever its case, accents and trailing blanks.
    pub(crate) fn by_sku(&self, sku: &str) -> Option<&Product> {
        self.rows.get(self.by_sku.get(&collate::fold(sku))?)
    }

    /// The same, to be changed; its SKU must stay.
    pub(crate) fn by_sku_mut(&mut self, sku: &str) -> Option<&mut Product> {
        self.rows.get_mut(self.by_sku.get(&collate::fold(sku))?)
    }

    /// One product.
    pub(crate) fn get(&self, id: u64) -> Option<&Product> {
        self.rows.get(&id)
    }

    /// All, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Product> {
        self.rows.values()
    }

    /// All, to be changed; SKUs must stay.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Product> {
        self.rows.values_mut()
    }

    /// Adds or replaces a product.
    pub(crate) fn put(&mut self, product: Product) {
        self.next_id = self.next_id.max(product.id + 1);
        self.by_sku.insert(collate::fold(&product.sku), product.id);
        self.rows.insert(product.id, product);
    }

    /// Removes a product.
    pub(crate) fn remove(&mut self, sku: &str) -> Option<Product> {
        self.rows.remove(&self.by_sku.remove(&collate::fold(sku))?)
    }

    /// An id for a new product. Failed saves use ids up as well.
    pub(crate) fn take_id(&mut self) -> u64 {
        self.next_id = self.next_id.max(1) + 1;
        self.next_id - 1
    }

    /// The lowest price of a product in a view as the price index has it: with special and tier
    /// prices, and for composites the cheapest part. `None` when it has no price at all.
    pub(crate) fn lowest_price(&self, product: &Product, store: StoreId, now: &str) -> Option<f64> {
        let least = |prices: &mut dyn Iterator<Item = f64>| prices.reduce(f64::min);
        match product.type_id.as_str() {
            "configurable" => {
                least(&mut self.children(product).filter_map(|child| own_price(child, store, now)))
            }
            "grouped" => least(
                &mut self.associated(product).filter_map(|child| own_price(child, store, now)),
            ),
            "bundle" => {
                least(&mut self.parts(product).filter_map(|child| own_price(child, store, now)))
            }
            _ => own_price(product, store, now),
        }
    }

    /// The variants of a configurable product.
    pub(crate) fn children<'a>(
        &'a self,
        product: &'a Product,
    ) -> impl Iterator<Item = &'a Product> {
        let ids = product.extension.get("configurable_product_links").and_then(Value::as_array);
        ids.into_iter().flatten().filter_map(|id| self.get(php::id_of(id)))
    }

    fn associated<'a>(&'a self, product: &'a Product) -> impl Iterator<Item = &'a Product> {
        product
            .links
            .iter()
            .filter(|link| link["link_type"] == "associated")
            .filter_map(|link| self.by_sku(link["linked_product_sku"].as_str()?))
    }

    fn parts<'a>(&'a self, product: &'a Product) -> impl Iterator<Item = &'a Product> {
        let options = product.extension.get("bundle_product_options").and_then(Value::as_array);
        options
            .into_iter()
            .flatten()
            .filter_map(|option| option["product_links"].as_array())
            .flatten()
            .filter_map(|link| self.by_sku(link["sku"].as_str()?))
    }

    /// What a composite product is made of: variants, associated products or bundle parts.
    pub(crate) fn parts_of<'a>(
        &'a self,
        product: &'a Product,
    ) -> impl Iterator<Item = &'a Product> {
        self.children(product).chain(self.associated(product)).chain(self.parts(product))
    }

    /// Whether the price index has the product: it is enabled, and in stock itself or through a part.
    pub(crate) fn is_price_indexed(&self, product: &Product, store: StoreId) -> bool {
        product.is_enabled(store) && in_stock(product)
    }
}

fn in_stock(product: &Product) -> bool {
    product.stock_item.get("is_in_stock").is_none_or(php::truthy)
}

fn own_price(product: &Product, store: StoreId, now: &str) -> Option<f64> {
    let mut price = product.number("price", store)?;
    if let Some(special) = product.number("special_price", store) {
        let today = now.get(..10).unwrap_or(now);
        let from = product.text("special_from_date", store);
        let to = product.text("special_to_date", store);
        let begun = from.is_empty() || from.get(..10).is_none_or(|from| from <= today);
        let ended = !to.is_empty() && to.get(..10).is_some_and(|to| to < today);
        if begun && !ended {
            price = price.min(special);
        }
    }
    let tiers = product
        .tier_prices
        .iter()
        .filter(|tier| matches!(php::id_of(&tier["customer_group_id"]), 0 | 32000));
    Some(tiers.map(|tier| php::number_of(&tier["value"])).fold(price, f64::min))
}

impl Product {
    /// Whether it is sold on the website; on none (0) everything is.
    pub(crate) fn is_on(&self, website: u32) -> bool {
        website == ALL || self.websites.contains(&website)
    }
}
