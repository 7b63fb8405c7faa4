//! Tier prices, many rows at a time: lower prices from a quantity on, for a group and a website.

use serde_json::{Value, json};

use super::products::{PRODUCTS, no_such_product};
use super::route::{HandlerResult, Route, read_by_post, write};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::{ALL, Shop};

pub(super) const ROUTES: &[Route] = &[
    write("POST", "/V1/products/tier-prices", PRODUCTS, |shop, call| save(shop, call, false)),
    write("PUT", "/V1/products/tier-prices", PRODUCTS, |shop, call| save(shop, call, true)),
    write("POST", "/V1/products/tier-prices-delete", PRODUCTS, delete),
    read_by_post("/V1/products/tier-prices-information", PRODUCTS, list),
];

/// The group that stands for all groups.
const ALL_GROUPS: u64 = 32_000;

/// A row, read.
struct Tier {
    sku: String,
    group: u64,
    website: u64,
    quantity: f64,
    price: f64,
    is_discount: bool,
}

impl Tier {
    /// As a product has it.
    fn stored(&self, base: f64) -> Value {
        let mut extension = json!({ "website_id": self.website });
        let mut value = self.price;
        if self.is_discount {
            value = php::round(base * (1.0 - self.price / 100.0), 4);
            extension["percentage_value"] = php::number(self.price);
        }
        json!({
            "customer_group_id": self.group, "qty": php::number(self.quantity), "value": php::number(value),
            "extension_attributes": extension
        })
    }

    /// Whether a product's tier is for the same group, website and quantity.
    fn replaces(&self, known: &Value) -> bool {
        php::id_of(&known["customer_group_id"]) == self.group
            && php::id_of(&known["extension_attributes"]["website_id"]) == self.website
            && (php::number_of(&known["qty"]) - self.quantity).abs() < f64::EPSILON
    }
}

/// The rows that can be used, and the complaints about the others.
///
/// # Errors
/// One unknown SKU fails the whole request.
fn read_rows(shop: &Shop, call: &Call) -> Result<(Vec<Tier>, Vec<Value>), Refusal> {
    let given = call.list("prices");
    let required = ["price", "price_type", "website_id", "sku", "customer_group", "quantity"];
    if given.iter().any(|row| required.iter().any(|field| row[*field].is_null())) {
        return Err(Refusal::internal(call.seed));
    }
    let mut tiers = Vec::new();
    let mut errors = Vec::new();
    for row in &given {
        if shop.products.by_sku(&php::text_of(&row["sku"])).is_none() {
            return Err(no_such_product());
        }
        match read_row(shop, row) {
            Ok(tier) => tiers.push(tier),
            Err(error) => errors.push(error),
        }
    }
    Ok((tiers, errors))
}

fn read_row(shop: &Shop, row: &Value) -> Result<Tier, Value> {
    let text = |field: &str| php::text_of(&row[field]);
    // The placeholders are never filled in, and the parameters have no names to fill them by.
    let error = |what: &str, first: Option<String>| {
        let id = ["sku", "website_id", "customer_group", "quantity"].map(text);
        json!({
            "message": format!(
                "{what} Row ID: SKU = %SKU, Website ID: %websiteId, Customer Group: %customerGroup, Quantity: %qty."
            ),
            "parameters": first.into_iter().chain(id).collect::<Vec<_>>()
        })
    };
    let (price, kind) = (php::number_of(&row["price"]), text("price_type"));
    if price < 0.0 || kind == "discount" && price > 100.0 {
        return Err(error("Invalid attribute Price = %price.", Some(text("price"))));
    }
    if !matches!(kind.as_str(), "fixed" | "discount") {
        return Err(error("Invalid attribute Price Type = %priceType.", Some(kind)));
    }
    let quantity = php::number_of(&row["quantity"]);
    if quantity < 1.0 {
        return Err(error("Invalid attribute Quantity = %qty.", None));
    }
    let website = php::id_of(&row["website_id"]);
    let is_website = website == 0
        || shop.stores.website_ids().into_iter().any(|known| u64::from(known) == website);
    if !is_website {
        return Err(error("Invalid attribute Website ID = %websiteId.", None));
    }
    let group = group_id(shop, &text("customer_group"))
        .ok_or_else(|| error("No such entity with Customer Group = %customerGroup.", None))?;
    Ok(Tier { sku: text("sku"), group, website, quantity, price, is_discount: kind == "discount" })
}

fn group_id(shop: &Shop, name: &str) -> Option<u64> {
    if name.eq_ignore_ascii_case("all groups") {
        return Some(ALL_GROUPS);
    }
    let group = shop.groups.find(|group| {
        group
            .get("code")
            .and_then(Value::as_str)
            .is_some_and(|code| code.eq_ignore_ascii_case(name))
    })?;
    group.get("id").map(php::id_of)
}

fn group_name(shop: &Shop, id: u64) -> String {
    if id == ALL_GROUPS {
        return "all groups".to_owned();
    }
    let code = shop.groups.get(id).and_then(|group| group.get("code"));
    code.map(php::text_of).unwrap_or_default()
}

fn save(shop: &mut Shop, call: &Call, replaces_all: bool) -> HandlerResult {
    let (tiers, errors) = read_rows(shop, call)?;
    if replaces_all {
        for tier in &tiers {
            if let Some(product) = shop.products.by_sku_mut(&tier.sku) {
                product.tier_prices.clear();
            }
        }
    }
    for tier in tiers {
        let Some(product) = shop.products.by_sku_mut(&tier.sku) else { continue };
        let stored = tier.stored(product.number("price", ALL).unwrap_or(0.0));
        match product.tier_prices.iter_mut().find(|known| tier.replaces(known)) {
            Some(known) => *known = stored,
            None => product.tier_prices.push(stored),
        }
    }
    Ok(Value::Array(errors))
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let (tiers, errors) = read_rows(shop, call)?;
    for tier in tiers {
        if let Some(product) = shop.products.by_sku_mut(&tier.sku) {
            product.tier_prices.retain(|known| !tier.replaces(known));
        }
    }
    Ok(Value::Array(errors))
}

fn list(shop: &Shop, call: &Call) -> HandlerResult {
    let skus = call.list("skus");
    let mut products: Vec<_> =
        skus.iter().filter_map(|sku| shop.products.by_sku(&php::text_of(sku))).collect();
    products.sort_by_key(|product| product.id);
    let rows = products.iter().flat_map(|product| {
        product.tier_prices.iter().map(|tier| {
            let percent = tier["extension_attributes"].get("percentage_value");
            json!({
                "price": percent.unwrap_or(&tier["value"]),
                "price_type": if percent.is_some() { "discount" } else { "fixed" },
                "website_id": tier["extension_attributes"]["website_id"], "sku": product.sku,
                "customer_group": group_name(shop, php::id_of(&tier["customer_group_id"])), "quantity": tier["qty"]
            })
        })
    });
    Ok(rows.collect())
}
