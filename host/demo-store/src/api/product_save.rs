//! Saving products: which one, what a new one starts with, and what comes after.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::product_values::{ConsumedIds, ProductSave, ProductSaveError, applies, keeps_old_urls};
use super::products::{PRODUCTS, no_such_product};
use super::route::{HandlerResult, Route, write};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::rewrites::Kind;
use crate::shop::stock::stock_item;
use crate::shop::{ALL, Product, Shop};

/// The longest SKU.
const LONGEST_SKU: usize = 64;

pub(super) const ROUTES: &[Route] = &[
    write("POST", "/V1/products", PRODUCTS, post),
    write("PUT", "/V1/products/{sku}", PRODUCTS, put),
    write("DELETE", "/V1/products/{sku}", PRODUCTS, delete),
];

fn post(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("product");
    let sku = given.get("sku").map(php::text_of).unwrap_or_default();
    if sku.is_empty() {
        return Err(Refusal::crash());
    }
    save(shop, call, sku.trim(), given)
}

fn put(shop: &mut Shop, call: &Call) -> HandlerResult {
    if php::truthy(call.argument("saveOptions")) {
        return Err(Refusal::crash());
    }
    save(shop, call, &call.text("sku"), call.object("product"))
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let product = shop.products.remove(&call.text("sku")).ok_or_else(no_such_product)?;
    shop.source_items.retain(|item| item["sku"] != product.sku.as_str());
    shop.rewrites.forget(Kind::Product, product.id);
    Ok(Value::Bool(true))
}

/// Creates or updates a product in the scope of the call; what it is answered as.
pub(super) fn save(
    shop: &mut Shop,
    call: &Call,
    sku: &str,
    given: Map<String, Value>,
) -> HandlerResult {
    let existing = shop.products.by_sku(sku).cloned();
    let is_new = existing.is_none();
    let cause = existing.as_ref().map(|product| shop.cause_of_addresses(product));
    let named_alike = given.get("sku").is_some_and(|named| php::text_of(named) == sku);
    let mut product = match existing {
        Some(product) => product,
        None => blank(shop, call, sku, &given)?,
    };
    // A new product's values are global wherever it was created.
    let store = if is_new { ALL } else { call.store };
    let mut save = ProductSave { shop, call, store, is_new, given };
    let applied = save.apply(&mut product);
    let ProductSave { given, .. } = save;
    if let Err(ProductSaveError { refusal, used_up }) = applied {
        if is_new {
            use_up(shop, used_up);
        }
        return Err(refusal);
    }
    product.updated_at = call.stamp();
    if is_new {
        product.id = shop.products.take_id();
        product.created_at = call.stamp();
        product.stock_item.insert("product_id".to_owned(), product.id.into());
    }
    after_stock(shop, call, &mut product, &given, is_new);
    number_options(shop, &mut product);
    let mut shown = product.show(call.store, &shop.attributes, true);
    let (id, is_moved) = (product.id, cause != Some(shop.cause_of_addresses(&product)));
    shop.products.put(product);
    if is_moved {
        shop.address_product(id, keeps_old_urls(&given));
    }
    if let Some(shown) = shown.as_object_mut().filter(|_| named_alike) {
        // The repository answers from what it was given: what it was not told it has not loaded.
        for field in ["product_links", "tier_prices"] {
            if !given.contains_key(field) {
                shown.shift_remove(field);
            }
        }
    }
    Ok(shown)
}

fn use_up(shop: &mut Shop, used_up: ConsumedIds) {
    if used_up != ConsumedIds::Nothing {
        shop.products.take_id();
    }
    if used_up == ConsumedIds::ProductAndStockItemId {
        shop.take_stock_item_id();
    }
}

/// A product that does not exist yet, with the defaults of its attribute set.
fn blank(
    shop: &Shop,
    call: &Call,
    sku: &str,
    given: &Map<String, Value>,
) -> Result<Product, Refusal> {
    let set = given.get("attribute_set_id").map_or(0, php::id_of);
    if !shop.attribute_sets.iter().any(|known| php::id_of(&known["attribute_set_id"]) == set) {
        return Err(Refusal::bad("Invalid product data: %1")
            .with(json!(["Invalid attribute set entity type"])));
    }
    if sku.chars().count() > LONGEST_SKU {
        return Err(Refusal::bad("SKU length should be 64 characters maximum."));
    }
    let type_id = given.get("type_id").map_or_else(|| "simple".to_owned(), php::text_of);
    let websites = match call.store {
        ALL => shop.stores.website_ids(),
        store => vec![shop.stores.website_of(store)],
    };
    let mut product = Product {
        sku: sku.to_owned(),
        attribute_set: set,
        websites,
        stock_item: stock_item(0, 0, None, false),
        type_id,
        ..Product::default()
    };
    for attribute in shop.attributes.iter().filter(|attribute| applies(attribute, &product.type_id))
    {
        let default = &attribute.doc["default_value"];
        if php::truthy(default) || default == "0" {
            let value = match attribute.code.as_str() {
                "status" | "visibility" => php::number(php::number_of(default)),
                _ => attribute.normalise(default),
            };
            product.values.set(&attribute.code, ALL, value);
        }
    }
    for flag in ["required_options", "has_options"] {
        product.values.set(flag, ALL, json!("0"));
    }
    Ok(product)
}

/// Keeps the legacy stock item and the default source's item in step, as saving a product does.
fn after_stock(
    shop: &mut Shop,
    call: &Call,
    product: &mut Product,
    given: &Map<String, Value>,
    is_new: bool,
) {
    let stock_given = given
        .get("extension_attributes")
        .is_some_and(|extension| extension.get("stock_item").is_some());
    // Each save uses up an id, and a new item that was described is saved twice.
    let item_id = shop.take_stock_item_id();
    if is_new {
        if stock_given {
            shop.take_stock_item_id();
        }
        product.stock_item.insert("item_id".to_owned(), item_id.into());
        if !product.keeps_stock() || !is_known_type(&product.type_id) {
            product.stock_item.insert("qty".to_owned(), json!(0));
        }
    }
    let quantity = product.stock_item.get("qty").map_or(0.0, php::number_of);
    let in_stock = product.stock_item.get("is_in_stock").is_some_and(php::truthy);
    if !is_new && (quantity < 1.0 || !in_stock) && product.keeps_stock() {
        product.stock_item.insert("low_stock_date".to_owned(), Value::String(call.stamp()));
    }
    if product.keeps_stock() && (stock_given || is_new) {
        shop.set_source_item(&product.sku, "default", quantity, in_stock || is_new && !stock_given);
    }
}

/// Completes the options of a configurable product: ids, the product's id, and of the values only those
/// that a variant has. Such a product has no price of its own.
fn number_options(shop: &mut Shop, product: &mut Product) {
    if product.type_id != "configurable" {
        return;
    }
    product.values.clear("price", ALL);
    product.values.set("price", ALL, json!(0));
    let links = product.extension.get("configurable_product_links").and_then(Value::as_array);
    let variants: Vec<u64> = links.into_iter().flatten().map(php::id_of).collect();
    let Some(mut options) = product.extension.get("configurable_product_options").cloned() else {
        return;
    };
    for option in options.as_array_mut().into_iter().flatten() {
        if option["id"].is_null() {
            let id = shop.take_option_id();
            option["id"] = id.into();
        }
        option["product_id"] = product.id.into();
        let attribute = php::id_of(&option["attribute_id"]);
        let code = shop
            .attributes
            .iter()
            .find(|known| php::id_of(&known.doc["attribute_id"]) == attribute)
            .map(|known| known.code.clone())
            .unwrap_or_default();
        let mut values: Vec<u64> = variants
            .iter()
            .filter_map(|variant| shop.products.get(*variant)?.values.get(&code, ALL))
            .map(php::id_of)
            .collect();
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(*value));
        // Those that were there keep their order.
        let before: Vec<u64> = option["values"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| php::id_of(&value["value_index"]))
            .collect();
        values.sort_by_key(|value| {
            before.iter().position(|known| known == value).unwrap_or(before.len())
        });
        option["values"] = values.iter().map(|value| json!({ "value_index": value })).collect();
    }
    product.extension.insert("configurable_product_options".to_owned(), options);
}

fn is_known_type(type_id: &str) -> bool {
    matches!(type_id, "simple" | "virtual" | "downloadable" | "configurable" | "grouped" | "bundle")
}
