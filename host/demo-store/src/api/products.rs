//! Reading products.

use serde_json::{Value, json};

use super::route::{HandlerResult, Route, read};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::search::{Cell, Criteria, Filter, Page};
use crate::shop::{ALL, Backend, Product, Shop, StoreId};

/// The resource of everything about products.
pub(super) const PRODUCTS: &str = "Magento_Catalog::products";

pub(super) const ROUTES: &[Route] =
    &[read("/V1/products", PRODUCTS, list), read("/V1/products/{sku}", PRODUCTS, get)];

/// The product that a SKU in a path means.
pub(super) fn by_sku<'a>(shop: &'a Shop, sku: &str) -> Result<&'a Product, Refusal> {
    shop.products.by_sku(sku).ok_or_else(no_such_product)
}

/// The 404 of the product repository.
pub(super) fn no_such_product() -> Refusal {
    Refusal::missing(
        "The product that was requested doesn't exist. Verify the product and try again.",
    )
}

fn get(shop: &Shop, call: &Call) -> HandlerResult {
    let product = by_sku(shop, &call.text("sku"))?;
    let store = match call.query.get("storeId") {
        Some(id) => StoreId::try_from(php::id_of(id)).unwrap_or(call.store),
        None => call.store,
    };
    let mut shown = product.show(store, &shop.attributes, true);
    if shop.website_prices
        && store != ALL
        && let Some(tiers) = shown.get_mut("tier_prices")
    {
        *tiers = tiers_of(tiers, shop.stores.website_of(store));
    }
    Ok(shown)
}

/// The group prices that a website has, each as its own, where prices are kept per website.
fn tiers_of(tiers: &Value, website: u32) -> Value {
    let all = tiers.as_array().into_iter().flatten();
    all.filter_map(|tier| {
        let of = &tier["extension_attributes"]["website_id"];
        let mut own = tier.clone();
        own["extension_attributes"]["website_id"] = website.into();
        [0, u64::from(website)].contains(&php::id_of(of)).then_some(own)
    })
    .collect()
}

fn list(shop: &Shop, call: &Call) -> HandlerResult {
    let criteria = Criteria::read(&call.query, &shop.attributes)?;
    for field in criteria.filtered_fields() {
        let known = field.is_some_and(|field| is_field(shop, field));
        if !known {
            return Err(Refusal::bad(
                "The \"%1\" attribute name is invalid. Reset the name and try again.",
            )
            .with(json!([field])));
        }
    }
    let page = search(shop, &criteria, call);
    let items =
        page.rows.iter().map(|product| product.show(call.store, &shop.attributes, false)).collect();
    Ok(criteria.answer(items, page.total))
}

/// The products of a search: filtered, sorted, paged, with the oddities of the product collection.
fn search<'a>(shop: &'a Shop, criteria: &Criteria, call: &Call) -> Page<&'a Product> {
    let store = call.store;
    let mut rows: Vec<&Product> = shop
        .products
        .iter()
        .filter(|product| criteria.accepts(|filter| accepts(shop, product, filter, store)))
        .collect();
    if scans_sku_index(criteria) {
        rows.sort_by(|left, right| crate::collate::compare(&left.sku, &right.sku));
    }
    let by_price =
        store != ALL && criteria.sorts.iter().any(|sort| sort.field.as_deref() == Some("price"));
    if by_price {
        // The sort joins the price index and loses every product that is not in it.
        let website = shop.stores.website_of(store);
        rows.retain(|product| {
            product.is_on(website) && shop.products.is_price_indexed(product, store)
        });
    }
    let now = call.stamp();
    criteria.sort(&mut rows, |product, field| {
        if field == "price" && by_price {
            shop.products.lowest_price(product, store, &now).map_or(Cell::Null, Cell::Number)
        } else {
            cell(shop, product, field, store)
        }
    });
    criteria.page(rows)
}

/// Without a sort order the database answers an inequality on SKUs in the order of the SKU index.
fn scans_sku_index(criteria: &Criteria) -> bool {
    criteria.sorts.is_empty()
        && matches!(criteria.groups.as_slice(), [group] if matches!(group.as_slice(), [filter]
            if filter.field.as_deref() == Some("sku") && matches!(filter.condition.as_str(), "neq" | "nin")))
}

fn is_field(shop: &Shop, field: &str) -> bool {
    matches!(
        field,
        "entity_id"
            | "category_id"
            | "website_id"
            | "store_id"
            | "store"
            | "type_id"
            | "attribute_set_id"
    ) || shop.attributes.get(field).is_some()
}

fn accepts(shop: &Shop, product: &Product, filter: &Filter, store: StoreId) -> bool {
    let field = filter.field.as_deref().unwrap_or_default();
    // These choose a view in the collection and do not filter.
    if matches!(field, "store_id" | "store") {
        return true;
    }
    let cell = cell(shop, product, field, store);
    if filter.accepts(&cell) {
        return true;
    }
    // An unknown condition reaches the database together with the field's name, and both are compared.
    !filter.is_known() && Filter { value: field.to_owned(), ..filter.clone() }.accepts(&cell)
}

fn cell(shop: &Shop, product: &Product, field: &str, store: StoreId) -> Cell {
    #[expect(clippy::cast_precision_loss, reason = "ids are small")]
    let id = |id: u64| Cell::Number(id as f64);
    match field {
        "entity_id" => id(product.id),
        "sku" => Cell::Text(product.sku.clone()),
        "type_id" => Cell::Text(product.type_id.clone()),
        "attribute_set_id" => id(product.attribute_set),
        "created_at" => Cell::Date(product.created_at.clone()),
        "updated_at" => Cell::Date(product.updated_at.clone()),
        "website_id" => Cell::Many(product.websites.iter().map(u32::to_string).collect()),
        "category_id" | "category_ids" => {
            Cell::Many(product.categories.iter().map(|link| link.category.to_string()).collect())
        }
        "quantity_and_stock_status" => Cell::Number(1.0),
        _ => {
            let value = product.values.get(field, store).filter(|value| !value.is_null());
            match shop.attributes.get(field).map(|attribute| attribute.backend) {
                Some(Backend::Int | Backend::Decimal) => Cell::number(value),
                Some(Backend::Datetime) => Cell::date(value),
                Some(Backend::Text | Backend::Static) => {
                    value.map_or(Cell::Null, |value| Cell::Text(php::text_of(value)))
                }
                None => Cell::Null,
            }
        }
    }
}
