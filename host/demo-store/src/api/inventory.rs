//! Multi-source inventory: sources, stocks and the links between them.

use serde_json::{Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read, write};
use crate::call::Call;
use crate::document::{Doc, doc};
use crate::php;
use crate::refusal::{Refusal, RefusalBody};
use crate::shop::Shop;

/// The stock that every shop has.
const DEFAULT_STOCK: u64 = 1;
/// The source that every shop has.
const DEFAULT_SOURCE: &str = "default";

const SOURCE: &str = "Magento_InventoryApi::source";
const STOCK: &str = "Magento_InventoryApi::stock";
const LINK: &str = "Magento_InventoryApi::stock_source_link";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/inventory/sources", SOURCE, list_sources),
    read("/V1/inventory/sources/{sourceCode}", SOURCE, get_source),
    write("POST", "/V1/inventory/sources", SOURCE, create_source),
    write("PUT", "/V1/inventory/sources/{sourceCode}", SOURCE, update_source),
    read("/V1/inventory/stocks", STOCK, |shop, call| {
        STOCKS.list(shop, &with_criteria(call), shop.stocks.iter(), plain)
    }),
    read("/V1/inventory/stocks/{stockId}", STOCK, get_stock),
    write("POST", "/V1/inventory/stocks", STOCK, |shop, call| save_stock(shop, call, None)),
    write("PUT", "/V1/inventory/stocks/{stockId}", STOCK, |shop, call| {
        save_stock(shop, call, Some(call.id("stockId")))
    }),
    write("DELETE", "/V1/inventory/stocks/{stockId}", STOCK, delete_stock),
    read("/V1/inventory/stock-source-links", LINK, list_links),
    write("POST", "/V1/inventory/stock-source-links", LINK, save_links),
    write("POST", "/V1/inventory/stock-source-links-delete", LINK, delete_links),
    read(
        "/V1/inventory/get-sources-assigned-to-stock-ordered-by-priority/{stockId}",
        LINK,
        assigned_sources,
    ),
    read(
        "/V1/inventory/stock-resolver/{type}/{code}",
        "Magento_InventorySalesApi::stock",
        resolve_stock,
    ),
];

const SOURCES: Entity = Entity {
    columns: "source_code name enabled:n description latitude:n longitude:n country_id region_id:n region city \
        street postcode contact_name email phone fax use_default_carrier_config:n",
    unknown: UnknownColumn::Internal,
};
const STOCKS: Entity = Entity { columns: "stock_id:n name", unknown: UnknownColumn::Internal };
const LINKS: Entity =
    Entity { columns: "stock_id:n source_code priority:n", unknown: UnknownColumn::Internal };

/// These lists may be asked for without criteria.
fn with_criteria(call: &Call) -> Call {
    let mut call = call.clone();
    call.query.entry("searchCriteria").or_insert_with(|| json!(""));
    call
}

/// "Validation Failed", with the reasons beside it.
pub(super) fn invalid(message: &str, errors: Vec<Value>) -> Refusal {
    let mut refusal = Refusal::bad(message);
    if let RefusalBody::Message(body) = &mut refusal.body {
        body.insert("errors".to_owned(), Value::Array(errors));
    }
    refusal
}

pub(super) fn field_error(message: &str, field: &str) -> Value {
    json!({ "message": message, "parameters": { "field": field } })
}

fn list_sources(shop: &Shop, call: &Call) -> HandlerResult {
    let mut rows: Vec<&Doc> = shop.sources.iter().filter_map(Value::as_object).collect();
    rows.sort_by_key(|source| source.get("source_code").map(php::text_of));
    SOURCES.list(shop, &with_criteria(call), rows.into_iter(), plain)
}

fn get_source(shop: &Shop, call: &Call) -> HandlerResult {
    let code = call.text("sourceCode");
    shop.sources.iter().find(|source| source["source_code"] == code.as_str()).cloned().ok_or_else(
        || {
            Refusal::missing("Source with code \"%value\" does not exist.")
                .with(json!({ "value": code }))
        },
    )
}

fn create_source(shop: &mut Shop, call: &Call) -> HandlerResult {
    save_source(shop, call.object("source"), false)
}

fn update_source(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut given = call.object("source");
    given.insert("source_code".to_owned(), Value::String(call.text("sourceCode")));
    save_source(shop, given, true)
}

/// Creates a source or updates the one with the same code, whichever way it came.
fn save_source(shop: &mut Shop, given: Doc, must_exist: bool) -> HandlerResult {
    let text = |field: &str| given.get(field).map(php::text_of).unwrap_or_default();
    let code = text("source_code");
    let known = shop.sources.iter().position(|source| source["source_code"] == code.as_str());
    let unsaved = || Refusal::bad("Could not save Source");
    if must_exist && known.is_none() {
        return Err(unsaved());
    }
    let mut errors: Vec<Value> = ["source_code", "name", "postcode", "country_id"]
        .into_iter()
        .filter(|field| text(field).trim().is_empty())
        .map(|field| field_error("\"%field\" can not be empty.", field))
        .collect();
    if code.contains(char::is_whitespace) {
        errors.push(field_error("\"%field\" can not contain whitespaces.", "source_code"));
    }
    if code == DEFAULT_SOURCE && given.get("enabled") == Some(&Value::Bool(false)) {
        errors.push(json!({ "message": "Default source can not be disabled.", "parameters": [] }));
    }
    if !errors.is_empty() {
        return Err(invalid("Validation Failed", errors));
    }
    let country = text("country_id");
    if code.chars().any(|letter| letter.is_ascii_uppercase()) || !is_country(&country) {
        return Err(unsaved());
    }
    let name = text("name");
    let mut source =
        known.and_then(|at| shop.sources[at].as_object().cloned()).unwrap_or_else(|| {
            doc(json!({ "enabled": true, "use_default_carrier_config": true, "carrier_links": [] }))
        });
    let shown =
        given.get("extension_attributes").and_then(Value::as_object).cloned().unwrap_or_default();
    source.extend(
        given
            .into_iter()
            .filter(|(field, value)| !value.is_null() && field != "extension_attributes"),
    );
    // The name shown to customers is the given one, else the source's own, whatever it was before.
    let pickup = source
        .get("extension_attributes")
        .map_or(json!(false), |known| known["is_pickup_location_active"].clone());
    let mut extension = doc(json!({ "is_pickup_location_active": pickup, "frontend_name": name }));
    extension.extend(shown);
    source.insert("extension_attributes".to_owned(), Value::Object(extension));
    match known {
        Some(at) => shop.sources[at] = Value::Object(source),
        None => shop.sources.push(Value::Object(source)),
    }
    Ok(json!([]))
}

/// Two capital letters that ISO has given to a country, or near enough: `XX` and `ZZ` are nobody's.
fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|byte| byte.is_ascii_uppercase())
        && !code.starts_with('X')
        && code != "ZZ"
}

fn get_stock(shop: &Shop, call: &Call) -> HandlerResult {
    let id = call.id("stockId");
    shop.stocks.get(id).map(plain).ok_or_else(|| {
        Refusal::missing("Stock with id \"%value\" does not exist.").with(json!({ "value": id }))
    })
}

fn channels(stock: &Doc) -> Vec<Value> {
    let channels = stock
        .get("extension_attributes")
        .and_then(|extension| extension["sales_channels"].as_array());
    channels.cloned().unwrap_or_default()
}

fn set_channels(stock: &mut Doc, mut channels: Vec<Value>) {
    channels
        .sort_by_key(|channel| (php::text_of(&channel["type"]), php::text_of(&channel["code"])));
    stock.insert("extension_attributes".to_owned(), json!({ "sales_channels": channels }));
}

/// Saves a stock. Its channels are exactly those given: they are taken from other stocks, and a
/// website that loses its stock falls back to the default one.
fn save_stock(shop: &mut Shop, call: &Call, id: Option<u64>) -> HandlerResult {
    let given = call.object("stock");
    let name = given.get("name").map(php::text_of).unwrap_or_default();
    if name.trim().is_empty() {
        return Err(invalid(
            "Validation Failed",
            vec![field_error("\"%field\" can not be empty.", "name")],
        ));
    }
    let wanted = channels(&given);
    let is_website = |channel: &Value| channel["type"] == "website";
    for channel in wanted.iter().filter(|channel| is_website(channel)) {
        let code = php::text_of(&channel["code"]);
        if !shop.stores.websites.iter().any(|website| website["code"] == code.as_str()) {
            let error = json!({ "message": "The website with code \"%code\" does not exist.", "parameters": { "code": code } });
            return Err(invalid("Validation Failed", vec![error]));
        }
    }
    let same_name = |stock: &Doc| {
        stock.get("name").is_some_and(|known| *known == name.as_str())
            && stock.get("stock_id").map(php::id_of) != id
    };
    if shop.stocks.find(same_name).is_some() {
        return Err(Refusal::bad("Could not save Stock"));
    }
    for other in shop.stocks.iter_mut() {
        let mut left = channels(other);
        left.retain(|channel| !wanted.contains(channel));
        set_channels(other, left);
    }
    let mut stock = doc(json!({ "name": name }));
    set_channels(&mut stock, wanted);
    let id = match id {
        Some(id) => {
            stock.insert("stock_id".to_owned(), id.into());
            shop.stocks.put(stock);
            id
        }
        None => shop.stocks.insert(stock),
    };
    let sold: Vec<Value> = shop
        .stocks
        .iter()
        .flat_map(channels)
        .filter(is_website)
        .map(|channel| channel["code"].clone())
        .collect();
    let orphans: Vec<Value> = shop
        .stores
        .websites
        .iter()
        .filter(|website| php::id_of(&website["id"]) != 0 && !sold.contains(&website["code"]))
        .map(|website| json!({ "type": "website", "code": website["code"] }))
        .collect();
    if let Some(default) = shop.stocks.get_mut(DEFAULT_STOCK) {
        let mut all = channels(default);
        all.extend(orphans);
        set_channels(default, all);
    }
    Ok(id.into())
}

fn delete_stock(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("stockId");
    if id == DEFAULT_STOCK {
        return Err(Refusal::bad("Default Stock could not be deleted."));
    }
    let stock = shop.stocks.get(id).ok_or_else(|| {
        Refusal::missing(
            "There is no stock with \"%fieldValue\" for \"%fieldName\". Verify and try again.",
        )
        .with(json!({ "fieldName": "stock_id", "fieldValue": id }))
    })?;
    if !channels(stock).is_empty() {
        return Err(Refusal::bad("Stock has at least one sale channel and could not be deleted."));
    }
    shop.stocks.remove(id);
    shop.stock_links.retain(|link| php::id_of(&link["stock_id"]) != id);
    Ok(json!([]))
}

fn list_links(shop: &Shop, call: &Call) -> HandlerResult {
    let rows = shop.stock_links.iter().filter_map(Value::as_object);
    LINKS.list(shop, &with_criteria(call), rows, plain)
}

fn save_links(shop: &mut Shop, call: &Call) -> HandlerResult {
    let links = call.list("links");
    if links.is_empty() {
        return Err(Refusal::bad("Input data is empty"));
    }
    let mut errors = Vec::new();
    for link in &links {
        if php::int_of(&link["priority"]) <= 0 {
            errors.push(field_error("\"%field\" should be greater then 0.", "priority"));
        }
        if php::id_of(&link["stock_id"]) == DEFAULT_STOCK || link["source_code"] == DEFAULT_SOURCE {
            errors.push(json!({
                "message": "Can not save link related to Default Source or Default Stock", "parameters": []
            }));
        }
    }
    if !errors.is_empty() {
        return Err(invalid("Validation Failed", errors));
    }
    let known = |link: &Value| {
        shop.stocks.get(php::id_of(&link["stock_id"])).is_some()
            && shop.sources.iter().any(|source| source["source_code"] == link["source_code"])
    };
    if !links.iter().all(known) {
        return Err(Refusal::bad("Could not save StockSourceLinks"));
    }
    for link in links {
        let same = |other: &&mut Value| {
            other["stock_id"] == link["stock_id"] && other["source_code"] == link["source_code"]
        };
        let row = json!({
            "stock_id": link["stock_id"], "source_code": link["source_code"], "priority": link["priority"]
        });
        match shop.stock_links.iter_mut().find(same) {
            Some(known) => *known = row,
            None => shop.stock_links.push(row),
        }
    }
    Ok(json!([]))
}

fn delete_links(shop: &mut Shop, call: &Call) -> HandlerResult {
    let links = call.list("links");
    if links.is_empty() {
        return Err(Refusal::bad("Input data is empty"));
    }
    shop.stock_links.retain(|known| {
        !links.iter().any(|link| {
            known["stock_id"] == link["stock_id"] && known["source_code"] == link["source_code"]
        })
    });
    Ok(json!([]))
}

fn assigned_sources(shop: &Shop, call: &Call) -> HandlerResult {
    let stock = call.id("stockId");
    let mut links: Vec<&Value> =
        shop.stock_links.iter().filter(|link| php::id_of(&link["stock_id"]) == stock).collect();
    links.sort_by_key(|link| php::int_of(&link["priority"]));
    let source = |link: &Value| {
        shop.sources.iter().find(|source| source["source_code"] == link["source_code"]).cloned()
    };
    Ok(links.into_iter().filter_map(source).collect())
}

fn resolve_stock(shop: &Shop, call: &Call) -> HandlerResult {
    let channel = json!({ "type": call.text("type"), "code": call.text("code") });
    let sells = |stock: &Doc| {
        channels(stock)
            .iter()
            .any(|known| known["type"] == channel["type"] && known["code"] == channel["code"])
    };
    let admin = channel["type"] == "website" && channel["code"] == "admin";
    let found = if admin { shop.stocks.get(DEFAULT_STOCK) } else { shop.stocks.find(sells) };
    found.map(plain).ok_or_else(|| Refusal::missing("No linked stock found"))
}
