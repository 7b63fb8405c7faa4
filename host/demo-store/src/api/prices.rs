//! The price lists: base prices, costs, special prices, many rows at a time. Good rows are written, bad
//! ones are told about in an answer that says 200.

use serde_json::{Value, json};

use super::products::PRODUCTS;
use super::route::{HandlerResult, Route, read_by_post, write};
use crate::call::Call;
use crate::php;
use crate::shop::attribute::datetime;
use crate::shop::{ALL, Product, Shop, StoreId};

pub(super) const ROUTES: &[Route] = &[
    write("POST", "/V1/products/base-prices", PRODUCTS, |shop, call| save(shop, call, BASE)),
    read_by_post("/V1/products/base-prices-information", PRODUCTS, |shop, call| {
        list(shop, call, BASE)
    }),
    write("POST", "/V1/products/cost", PRODUCTS, |shop, call| save(shop, call, COST)),
    read_by_post("/V1/products/cost-information", PRODUCTS, |shop, call| list(shop, call, COST)),
    write("POST", "/V1/products/cost-delete", PRODUCTS, delete_costs),
    write("POST", "/V1/products/special-price", PRODUCTS, save_specials),
    read_by_post("/V1/products/special-price-information", PRODUCTS, list_specials),
    write("POST", "/V1/products/special-price-delete", PRODUCTS, delete_specials),
];

/// A list of one number per product and store.
#[derive(Clone, Copy)]
struct List {
    /// The attribute, which rows have as a field too.
    code: &'static str,
    /// The types of products that have it.
    types: &'static [&'static str],
}

const BASE: List = List { code: "price", types: &["simple", "virtual", "downloadable", "bundle"] };
const COST: List = List { code: "cost", types: &["simple", "virtual", "downloadable"] };

/// Text for an error's parameters; null stays null.
fn shown(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { Value::String(php::text_of(value)) }
}

/// The store view of a row; `None` when there is no such view.
fn store_of(shop: &Shop, row: &Value) -> Option<StoreId> {
    if row["store_id"].is_null() {
        return None;
    }
    let store = StoreId::try_from(php::int_of(&row["store_id"])).ok()?;
    (store == ALL || shop.stores.view(store).is_some()).then_some(store)
}

fn is_amount(value: &Value) -> bool {
    !value.is_null() && php::number_of(value) >= 0.0
}

fn save(shop: &mut Shop, call: &Call, list: List) -> HandlerResult {
    let mut errors = Vec::new();
    for row in call.list("prices") {
        let (sku, amount) = (php::text_of(&row["sku"]), &row[list.code]);
        let known = shop.products.by_sku(&sku);
        if known.is_none_or(|product| !list.types.contains(&product.type_id.as_str())) {
            errors.push(invalid_attribute("SKU", &row["sku"]));
            continue;
        }
        let store = store_of(shop, &row);
        if !is_amount(amount) {
            errors.push(if list.code == "price" {
                invalid_attribute("Price", amount)
            } else {
                let row_id = row_id(&row);
                let text = php::text_of(amount);
                json!({
                    "message": format!("Invalid attribute Cost = {text}. {row_id}"),
                    "parameters": [shown(amount), sku, shown(&row["store_id"])]
                })
            });
        }
        let Some(store) = store else {
            errors.push(json!({
                "message": format!("Requested store is not found. {}", row_id(&row)),
                "parameters": [sku, shown(&row["store_id"])]
            }));
            continue;
        };
        if is_amount(amount) {
            set(shop, list, &sku, store, amount);
        }
    }
    Ok(Value::Array(errors))
}

fn invalid_attribute(name: &str, value: &Value) -> Value {
    json!({
        "message": "Invalid attribute %fieldName = %fieldValue.", "parameters": [name, shown(value)]
    })
}

fn row_id(row: &Value) -> String {
    format!(
        "Row ID: SKU = {}, Store ID: {}.",
        php::text_of(&row["sku"]),
        php::text_of(&row["store_id"])
    )
}

/// A price for a view is one for its website, or for all where prices are global. A cost is taken for the
/// view that was named, whatever its scope.
fn set(shop: &mut Shop, list: List, sku: &str, store: StoreId, amount: &Value) {
    let is_price = list.code == "price";
    let stores = match store {
        store if !is_price => vec![store],
        store if store != ALL && shop.website_prices => {
            shop.stores.views_of(shop.stores.website_of(store))
        }
        _ => vec![ALL],
    };
    let amount = php::number_of(amount);
    let value = if is_price { php::number(amount) } else { Value::String(format!("{amount:.6}")) };
    if let Some(product) = shop.products.by_sku_mut(sku) {
        for store in stores {
            product.values.set(list.code, store, value.clone());
        }
    }
}

/// The products that a request names, each once, in the order of their ids.
fn named<'a>(shop: &'a Shop, call: &Call) -> Vec<&'a Product> {
    let skus = call.list("skus");
    let mut products: Vec<&Product> =
        skus.iter().filter_map(|sku| shop.products.by_sku(&php::text_of(sku))).collect();
    products.sort_by_key(|product| product.id);
    products.dedup_by_key(|product| product.id);
    products
}

/// All the values of an attribute that are set somewhere.
fn rows<'a>(shop: &Shop, product: &'a Product, code: &str) -> Vec<(StoreId, &'a Value)> {
    let stores = std::iter::once(ALL).chain(shop.stores.all_views());
    stores
        .filter_map(|store| Some((store, product.values.own(code, store)?)))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn list(shop: &Shop, call: &Call, list: List) -> HandlerResult {
    let products = named(shop, call);
    let rows = products.iter().flat_map(|product| {
        rows(shop, product, list.code).into_iter().map(|(store, value)| {
            json!({
                list.code: php::number(php::number_of(value)), "store_id": store, "sku": product.sku
            })
        })
    });
    Ok(rows.collect())
}

fn delete_costs(shop: &mut Shop, call: &Call) -> HandlerResult {
    let skus: Vec<String> = named(shop, call).iter().map(|product| product.sku.clone()).collect();
    let stores: Vec<StoreId> = std::iter::once(ALL).chain(shop.stores.all_views()).collect();
    for sku in skus {
        if let Some(product) = shop.products.by_sku_mut(&sku) {
            stores.iter().for_each(|store| product.values.clear("cost", *store));
        }
    }
    Ok(Value::Bool(true))
}

/// A complaint about a row of special prices. The parameters of the row end each one.
fn special_error(row: &Value, what: &str, first: Option<Value>) -> Value {
    let id = ["sku", "store_id", "price_from", "price_to"].map(|field| shown(&row[field]));
    let [sku, store, from, to] = id.each_ref().map(php::text_of);
    json!({
        "message": format!("{what} Row ID: SKU = {sku}, Store ID: {store}, Price From: {from}, Price To: {to}."),
        "parameters": first.into_iter().chain(id).collect::<Vec<_>>()
    })
}

/// What is wrong with a row of special prices.
fn special_errors(shop: &Shop, row: &Value) -> Vec<Value> {
    if shop.products.by_sku(&php::text_of(&row["sku"])).is_none() {
        let what =
            "The product that was requested doesn't exist. Verify the product and try again.";
        return vec![special_error(row, what, None)];
    }
    let mut errors = Vec::new();
    if !shop.website_prices && php::int_of(&row["store_id"]) != 0 {
        let what = "Could not change non global Price when price scope is global.";
        errors.push(special_error(row, what, None));
    }
    if store_of(shop, row).is_none() {
        errors.push(special_error(row, "Requested store is not found.", None));
    }
    if !is_amount(&row["price"]) {
        let price = php::text_of(&row["price"]);
        let what = format!("Invalid attribute Price = {price}.");
        errors.push(special_error(row, &what, Some(shown(&row["price"]))));
    }
    // The message names the end whichever of the two is wrong.
    for (field, name) in [("price_from", "Price From"), ("price_to", "Price To")] {
        if !row[field].is_null() && !is_moment(&php::text_of(&row[field])) {
            let what = format!("Invalid attribute {name} = {}.", php::text_of(&row["price_to"]));
            errors.push(special_error(row, &what, Some(json!(name))));
        }
    }
    errors
}

/// `YYYY-MM-DD hh:mm:ss`, nothing less.
fn is_moment(text: &str) -> bool {
    text.len() == 19 && jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).is_ok()
}

const DAYS: [(&str, &str); 2] =
    [("special_from_date", "price_from"), ("special_to_date", "price_to")];

fn save_specials(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut errors = Vec::new();
    for row in call.list("prices") {
        let wrong = special_errors(shop, &row);
        let Some(store) = store_of(shop, &row).filter(|_| wrong.is_empty()) else {
            errors.extend(wrong);
            continue;
        };
        if let Some(product) = shop.products.by_sku_mut(&php::text_of(&row["sku"])) {
            let price = format!("{:.6}", php::number_of(&row["price"]));
            product.values.set("special_price", store, Value::String(price));
            for (code, field) in DAYS {
                if !row[field].is_null() {
                    let day = Value::String(datetime(&php::text_of(&row[field])));
                    product.values.set(code, store, day);
                }
            }
        }
    }
    Ok(Value::Array(errors))
}

/// The values are joined without regard to their stores: each price comes with each first day and each
/// last day there is, so views with days of their own multiply the rows.
fn list_specials(shop: &Shop, call: &Call) -> HandlerResult {
    let mut answer = Vec::new();
    for product in named(shop, call) {
        let days = |code: &str| {
            let days: Vec<Value> =
                rows(shop, product, code).into_iter().map(|(_, day)| day.clone()).collect();
            if days.is_empty() { vec![Value::Null] } else { days }
        };
        for (store, price) in rows(shop, product, "special_price") {
            for from in days("special_from_date") {
                for to in days("special_to_date") {
                    answer.push(json!({
                        "price": php::number(php::number_of(price)), "store_id": store, "sku": product.sku,
                        "price_from": from, "price_to": to
                    }));
                }
            }
        }
    }
    Ok(Value::Array(answer))
}

/// Deletes the special price of a product and store, whatever price and days the row says.
fn delete_specials(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut errors = Vec::new();
    for row in call.list("prices") {
        let wrong = special_errors(shop, &row);
        let Some(store) = store_of(shop, &row).filter(|_| wrong.is_empty()) else {
            errors.extend(wrong);
            continue;
        };
        if let Some(product) = shop.products.by_sku_mut(&php::text_of(&row["sku"])) {
            for code in ["special_price", "special_from_date", "special_to_date"] {
                product.values.clear(code, store);
            }
        }
    }
    Ok(Value::Array(errors))
}
