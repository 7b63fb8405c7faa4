//! The addresses inside a customer.

use serde_json::{Map, Value, json};

use super::route::HandlerResult;
use crate::call::Call;
use crate::document::Doc;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// Regions of the one country that demands one, by Magento's ids.
const GERMAN_REGIONS: std::ops::RangeInclusive<u64> = 79..=94;

/// One address, whoever's it is.
pub(super) fn get(shop: &Shop, call: &Call) -> HandlerResult {
    let id = call.id("addressId");
    shop.customers
        .iter()
        .filter_map(|customer| customer.get("addresses").and_then(Value::as_array))
        .flatten()
        .find(|address| php::id_of(&address["id"]) == id)
        .cloned()
        .ok_or_else(|| Refusal::no_such_entity("addressId", id))
}

/// Replaces a customer's addresses: those that are not given are gone.
pub(super) fn replace(shop: &mut Shop, customer: &mut Doc, given: &[Value]) -> Result<(), Refusal> {
    let customer_id = customer.get("id").map_or(0, php::id_of);
    let known: Vec<Value> =
        customer.get("addresses").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut next = shop
        .customers
        .iter()
        .filter_map(|customer| customer.get("addresses").and_then(Value::as_array))
        .flatten()
        .map(|address| php::id_of(&address["id"]))
        .max()
        .unwrap_or(0)
        .max(shop.last_address)
        + 1;
    let mut kept = Vec::with_capacity(given.len());
    for address in given {
        check(address)?;
        let id = php::id_of(&address["id"]);
        let before = known.iter().find(|known| php::id_of(&known["id"]) == id);
        if id > 0 && before.is_none() {
            return Err(Refusal::bad(
                "Provided customer ID \"%customer_id\" isn't related to current customer address.",
            )
            .with(json!({ "customer_id": customer_id })));
        }
        let id = if id > 0 {
            id
        } else {
            next += 1;
            next - 1
        };
        kept.push(shown(address, before, id, customer_id));
    }
    shop.last_address = next - 1;
    for role in ["default_billing", "default_shipping"] {
        match kept.iter().find(|address| address[role] == true) {
            Some(address) => {
                customer.insert(role.to_owned(), Value::String(php::text_of(&address["id"])))
            }
            None => customer.shift_remove(role),
        };
    }
    customer.insert("addresses".to_owned(), Value::Array(kept));
    Ok(())
}

fn shown(address: &Value, before: Option<&Value>, id: u64, customer_id: u64) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), id.into());
    shown.insert("customer_id".to_owned(), customer_id.into());
    let region = &address["region"];
    let region_id = php::id_of(&region["region_id"]);
    shown.insert(
        "region".to_owned(),
        json!({ "region_code": region["region_code"], "region": region["region"], "region_id": region_id }),
    );
    if !region.is_null() {
        shown.insert("region_id".to_owned(), region_id.into());
    }
    for (field, value) in address.as_object().into_iter().flatten() {
        let known = matches!(field.as_str(), "id" | "customer_id" | "region" | "region_id");
        if !known && !value.is_null() && *value != Value::Bool(false) {
            shown.insert(field.clone(), value.clone());
        }
    }
    for role in ["default_shipping", "default_billing"] {
        if address.get(role).is_none() && before.is_some_and(|before| before[role] == true) {
            shown.insert(role.to_owned(), json!(true));
        }
    }
    Value::Object(shown)
}

/// What the database adds when an address is read back: the region it does not have.
pub(super) fn complete(customer: &mut Doc) {
    let addresses = customer.get_mut("addresses").and_then(Value::as_array_mut);
    for address in addresses.into_iter().flatten().filter_map(Value::as_object_mut) {
        address.entry("region_id").or_insert(json!(0));
    }
}

fn check(address: &Value) -> Result<(), Refusal> {
    for (field, shown) in [
        ("firstname", "firstname"),
        ("lastname", "lastname"),
        ("street", "street"),
        ("city", "city"),
        ("telephone", "telephone"),
        ("postcode", "postcode"),
        ("country_id", "countryId"),
    ] {
        if !php::truthy(&address[field]) {
            return Err(Refusal::required(shown));
        }
    }
    let invalid = |field: &str, value: &str| {
        Refusal::bad("Invalid value of \"%value\" provided for the %fieldName field.")
            .with(json!({ "fieldName": field, "value": value }))
    };
    let country = php::text_of(&address["country_id"]);
    if country.len() != 2 || country.starts_with('X') {
        return Err(invalid("countryId", &country));
    }
    let region = php::id_of(&address["region"]["region_id"]);
    if country == "DE" && region > 0 && !GERMAN_REGIONS.contains(&region) {
        return Err(invalid("regionId", &region.to_string()));
    }
    Ok(())
}
