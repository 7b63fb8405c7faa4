//! Quantities at sources, and what can be sold of them.

use serde_json::{Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::inventory::{field_error, invalid};
use super::route::{HandlerResult, Route, read, write};
use crate::call::Call;
use crate::document::Doc;
use crate::php;
use crate::refusal::Refusal;
use crate::search::Criteria;
use crate::shop::{ALL, Product, Shop};

const ITEM: &str = "Magento_InventoryApi::source_item";
const SALES: &str = "Magento_InventorySalesApi::stock";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/inventory/source-items", ITEM, list),
    write("POST", "/V1/inventory/source-items", ITEM, save),
    write("POST", "/V1/inventory/source-items-delete", ITEM, delete),
    write("POST", "/V1/inventory/bulk-product-source-assign", ITEM, assign),
    write("POST", "/V1/inventory/bulk-product-source-unassign", ITEM, unassign),
    write("POST", "/V1/inventory/bulk-product-source-transfer", ITEM, transfer),
    read("/V1/inventory/get-product-salable-quantity/{sku}/{stockId}", SALES, salable_quantity),
    read("/V1/inventory/is-product-salable/{sku}/{stockId}", SALES, |shop, call| {
        is_salable(shop, &call.text("sku"), call.id("stockId")).map(Value::Bool)
    }),
    read("/V1/inventory/are-products-salable", SALES, are_salable),
    read(
        "/V1/inventory/is-product-salable-for-requested-qty/{sku}/{stockId}/{requestedQty}",
        SALES,
        salable_for,
    ),
    read(
        "/V1/stockItems/{productSku}",
        "Magento_CatalogInventory::cataloginventory",
        |shop, call| {
            Ok(Value::Object(with_stock_item(shop, &call.text("productSku"))?.stock_item.clone()))
        },
    ),
    write(
        "PUT",
        "/V1/products/{productSku}/stockItems/{itemId}",
        "Magento_CatalogInventory::cataloginventory",
        put_stock_item,
    ),
];

const ITEMS: Entity = Entity {
    columns: "source_item_id:n sku source_code quantity:n status:n",
    unknown: UnknownColumn::Internal,
};

fn list(shop: &Shop, call: &Call) -> HandlerResult {
    let criteria = Criteria::read(&call.query, &shop.attributes)?;
    let mut rows: Vec<&Doc> = shop.source_items.iter().filter_map(Value::as_object).collect();
    // A condition on SKUs is answered from the index that begins with the source.
    if criteria.filtered_fields().any(|field| field == Some("sku")) {
        rows.sort_by_key(|row| row.get("source_code").map(php::text_of));
    }
    ITEMS.list(shop, call, rows.into_iter(), plain)
}

fn empty_input() -> Refusal {
    Refusal::bad("Input data is empty")
}

/// Saves all items or none. SKUs are not checked, quantities may be negative.
fn save(shop: &mut Shop, call: &Call) -> HandlerResult {
    let items = call.list("sourceItems");
    if items.is_empty() {
        return Err(empty_input());
    }
    check(shop, &items)?;
    let known = |item: &Value| {
        shop.sources.iter().any(|source| source["source_code"] == item["source_code"])
    };
    if !items.iter().all(known) {
        return Err(Refusal::bad("Could not save Source Item"));
    }
    for item in items {
        let (sku, source) = (php::text_of(&item["sku"]), php::text_of(&item["source_code"]));
        shop.set_source_item(
            &sku,
            &source,
            php::number_of(&item["quantity"]),
            php::truthy(&item["status"]),
        );
        if source == "default" {
            to_stock_item(shop, &sku);
        }
    }
    Ok(json!([]))
}

fn check(shop: &Shop, items: &[Value]) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    let mut first = None;
    let mut complain = |shown: String, error: Value| {
        first.get_or_insert(shown);
        errors.push(error);
    };
    for item in items {
        for field in ["quantity", "status"] {
            if item[field].is_null() {
                complain(
                    format!("\"{field}\" should be numeric."),
                    field_error("\"%field\" should be numeric.", field),
                );
            }
        }
        if !item["status"].is_null() && !matches!(php::int_of(&item["status"]), 0 | 1) {
            complain(
                "\"status\" should a known status.".to_owned(),
                field_error("\"%field\" should a known status.", "status"),
            );
        }
    }
    for item in items {
        if let Some((shown, error)) = bundle_conflict(shop, item) {
            complain(shown, error);
        }
    }
    match first {
        None => Ok(()),
        Some(first) => Err(invalid(&format!("Validation Failed: {first}"), errors)),
    }
}

/// Parts of a bundle that ships together must be at one and the same source.
fn bundle_conflict(shop: &Shop, item: &Value) -> Option<(String, Value)> {
    let (sku, source) = (php::text_of(&item["sku"]), php::text_of(&item["source_code"]));
    let part_of = |bundle: &&Product| {
        let options = bundle.extension.get("bundle_product_options").and_then(Value::as_array);
        options
            .into_iter()
            .flatten()
            .filter_map(|option| option["product_links"].as_array())
            .flatten()
            .any(|link| link["sku"] == sku.as_str())
    };
    let bundle = shop
        .products
        .iter()
        .filter(|product| {
            product.type_id == "bundle" && product.number("shipment_type", ALL) == Some(0.0)
        })
        .find(part_of)?;
    let elsewhere = shop
        .source_items
        .iter()
        .any(|known| known["sku"] == sku.as_str() && known["source_code"] != source.as_str());
    if !elsewhere {
        return None;
    }
    let base = shop
        .stores
        .configs
        .first()
        .map(|config| php::text_of(&config["base_url"]))
        .unwrap_or_default();
    let link = format!("{base}catalog/product/edit/id/{}/", bundle.id);
    let form = "Not able to assign \"%1\" to product \"%2\", as it is part of bundle product <a href=\"%3\">\"%4\"</a> \
        with shipment type \"Ship Together\" and has multiple sources or different source as other bundle selections.";
    let parameters = [source, sku, link, bundle.sku.clone()];
    let mut shown = form.to_owned();
    for (at, value) in parameters.iter().enumerate() {
        shown = shown.replace(&format!("%{}", at + 1), value);
    }
    Some((shown, json!({ "message": form, "parameters": parameters })))
}

/// Brings the legacy stock item in step with the default source.
pub(super) fn to_stock_item(shop: &mut Shop, sku: &str) {
    let row = shop
        .source_items
        .iter()
        .find(|item| item["sku"] == sku && item["source_code"] == "default");
    let quantity = row.map_or(0.0, |row| php::number_of(&row["quantity"]));
    let status = row.is_some_and(|row| php::truthy(&row["status"]));
    if let Some(product) = shop.products.by_sku_mut(sku) {
        product.stock_item.insert("qty".to_owned(), php::number(quantity));
        product.stock_item.insert("is_in_stock".to_owned(), json!(status && quantity > 0.0));
    }
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let items = call.list("sourceItems");
    if items.is_empty() {
        return Err(empty_input());
    }
    for item in &items {
        remove(shop, &php::text_of(&item["sku"]), &php::text_of(&item["source_code"]));
    }
    Ok(json!([]))
}

fn remove(shop: &mut Shop, sku: &str, source: &str) -> bool {
    let before = shop.source_items.len();
    shop.source_items.retain(|known| !(known["sku"] == sku && known["source_code"] == source));
    let removed = shop.source_items.len() < before;
    if removed && source == "default" {
        to_stock_item(shop, sku);
    }
    removed
}

fn check_sources(shop: &Shop, codes: &[String]) -> Result<(), Refusal> {
    let unknown = codes
        .iter()
        .find(|code| !shop.sources.iter().any(|source| source["source_code"] == code.as_str()));
    match unknown {
        None => Ok(()),
        Some(code) => Err(invalid(
            "Validation Failed",
            vec![
                json!({ "message": "Source %sourceCode does not exist", "parameters": { "sourceCode": code } }),
            ],
        )),
    }
}

fn texts(call: &Call, name: &str) -> Vec<String> {
    call.list(name).iter().map(php::text_of).collect()
}

/// Gives the SKUs an empty row at each source; how many rows were made.
fn assign(shop: &mut Shop, call: &Call) -> HandlerResult {
    let (skus, codes) = (texts(call, "skus"), texts(call, "sourceCodes"));
    check_sources(shop, &codes)?;
    let mut made = 0;
    if skus.iter().any(|sku| shop.products.by_sku(sku).is_none()) {
        return Err(Refusal::crash());
    }
    for sku in &skus {
        if shop.products.by_sku(sku).is_none_or(|product| !product.keeps_stock()) {
            continue;
        }
        for code in &codes {
            let known = shop
                .source_items
                .iter()
                .any(|item| item["sku"] == sku.as_str() && item["source_code"] == code.as_str());
            if !known {
                shop.set_source_item(sku, code, 0.0, false);
                made += 1;
            }
        }
    }
    Ok(json!(made))
}

fn unassign(shop: &mut Shop, call: &Call) -> HandlerResult {
    let (skus, codes) = (texts(call, "skus"), texts(call, "sourceCodes"));
    check_sources(shop, &codes)?;
    let mut gone = 0;
    for sku in &skus {
        for code in &codes {
            gone += i32::from(remove(shop, sku, code));
        }
    }
    Ok(json!(gone))
}

/// Moves everything of the SKUs from one source to another.
fn transfer(shop: &mut Shop, call: &Call) -> HandlerResult {
    let (origin, destination) = (call.text("originSource"), call.text("destinationSource"));
    let refused = |message: &str, parameters: Value| {
        invalid(
            "Validation Error: Select different sources for origin and destination.",
            vec![json!({ "message": message, "parameters": parameters })],
        )
    };
    if origin == destination {
        return Err(refused("Cannot transfer a source on itself", json!([])));
    }
    for (code, message) in [
        (&origin, "Origin source %sourceCode does not exist"),
        (&destination, "Destination source %sourceCode does not exist"),
    ] {
        if !shop.sources.iter().any(|source| source["source_code"] == code.as_str()) {
            return Err(refused(message, json!({ "sourceCode": code })));
        }
    }
    let skus = texts(call, "skus");
    if skus.iter().any(|sku| shop.products.by_sku(sku).is_none()) {
        return Err(Refusal::crash());
    }
    let row = |shop: &Shop, sku: &str, code: &str| {
        shop.source_items
            .iter()
            .find(|item| item["sku"] == sku && item["source_code"] == code)
            .cloned()
    };
    if skus.iter().any(|sku| row(shop, sku, &origin).is_none()) {
        return Err(Refusal::internal(call.seed));
    }
    for sku in &skus {
        let moved = row(shop, sku, &origin).map_or(0.0, |row| php::number_of(&row["quantity"]));
        let there =
            row(shop, sku, &destination).map_or(0.0, |row| php::number_of(&row["quantity"]));
        shop.set_source_item(sku, &destination, there + moved, there + moved > 0.0);
        if php::truthy(call.argument("unassignFromOrigin")) {
            remove(shop, sku, &origin);
        } else {
            shop.set_source_item(sku, &origin, 0.0, false);
        }
        to_stock_item(shop, sku);
    }
    Ok(Value::Bool(true))
}

/// The product with exactly this SKU; this API knows no folding.
fn exactly<'a>(shop: &'a Shop, sku: &str) -> Option<&'a Product> {
    shop.products.by_sku(sku).filter(|product| product.sku == sku)
}

fn no_source_items() -> Refusal {
    Refusal::bad("Can't check requested quantity for products without Source Items support.")
}

fn no_stock() -> Refusal {
    Refusal::bad("Could not receive Stock Item data")
}

fn salable_quantity(shop: &Shop, call: &Call) -> HandlerResult {
    let product = exactly(shop, &call.text("sku")).ok_or_else(Refusal::crash)?;
    if !product.keeps_stock() {
        return Err(no_source_items());
    }
    let stock = call.id("stockId");
    shop.stocks.get(stock).ok_or_else(no_stock)?;
    Ok(php::number(shop.salable_quantity(product, stock)))
}

fn is_salable(shop: &Shop, sku: &str, stock: u64) -> Result<bool, Refusal> {
    let Some(product) = exactly(shop, sku) else { return Ok(false) };
    if shop.stocks.get(stock).is_none() {
        return if product.keeps_stock() { Ok(false) } else { Err(no_stock()) };
    }
    Ok(shop.can_sell(product, stock))
}

fn are_salable(shop: &Shop, call: &Call) -> HandlerResult {
    let Some(Value::Object(skus)) = call.query.get("skus") else {
        return Err(Refusal::required("skus"));
    };
    let stock = call.query.get("stockId").ok_or_else(|| Refusal::required("stockId"))?;
    let stock = php::id_of(stock);
    let mut answers = Vec::new();
    for sku in skus.values().map(php::text_of) {
        let salable = is_salable(shop, &sku, stock)?;
        answers.push(json!({ "sku": sku, "stock_id": stock, "salable": salable }));
    }
    Ok(Value::Array(answers))
}

fn salable_for(shop: &Shop, call: &Call) -> HandlerResult {
    let (sku, stock) = (call.text("sku"), call.id("stockId"));
    let wanted = php::number_of(call.argument("requestedQty"));
    let error = |code: &str, message: &str| {
        Ok(json!({ "salable": false, "errors": [{ "code": code, "message": message }] }))
    };
    let Some(product) = exactly(shop, &sku) else {
        return error(
            "is_any_source_item_in_stock-no_source_items_in_stock",
            "There are no source items with the in stock status",
        );
    };
    if wanted < 1.0 {
        return error("is_correct_qty-min_sale_qty", "The fewest you may purchase is 1.");
    }
    if wanted > 10_000.0 {
        return error(
            "is_correct_qty-max_sale_qty",
            "The requested qty exceeds the maximum qty allowed in shopping cart",
        );
    }
    if wanted.fract() != 0.0 {
        return error(
            "is_correct_qty-is_qty_decimal",
            "You cannot use decimal quantity for this product.",
        );
    }
    if shop.salable_quantity(product, stock) < wanted {
        return error(
            "is_salable_with_reservations-not_enough_qty",
            "The requested qty is not available",
        );
    }
    Ok(json!({ "salable": true, "errors": [] }))
}

fn with_stock_item<'a>(shop: &'a Shop, sku: &str) -> Result<&'a Product, Refusal> {
    shop.products.by_sku(sku).ok_or_else(|| {
        Refusal::missing("The Product with the \"%1\" SKU doesn't exist.").with(json!([sku]))
    })
}

/// Writes the legacy stock item and with it the default source; the item's id.
fn put_stock_item(shop: &mut Shop, call: &Call) -> HandlerResult {
    let sku = with_stock_item(shop, &call.text("productSku"))?.sku.clone();
    let given = call.object("stockItem");
    shop.take_stock_item_id();
    let Some(product) = shop.products.by_sku_mut(&sku) else { return Err(no_stock()) };
    let kept = |field: &str| !matches!(field, "item_id" | "product_id" | "stock_id");
    product
        .stock_item
        .extend(given.into_iter().filter(|(field, value)| kept(field) && !value.is_null()));
    let quantity = product.stock_item.get("qty").map_or(0.0, php::number_of);
    let in_stock = product.stock_item.get("is_in_stock").is_some_and(php::truthy);
    let id = product.stock_item.get("item_id").cloned().unwrap_or_default();
    if !in_stock {
        product.stock_item.insert("low_stock_date".to_owned(), Value::String(call.stamp()));
    }
    if product.keeps_stock() {
        shop.set_source_item(&sku, "default", quantity, in_stock);
    }
    Ok(id)
}
