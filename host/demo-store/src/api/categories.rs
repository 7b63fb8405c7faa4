//! Reading the category tree.

use serde_json::{Value, json};

use super::route::{HandlerResult, Route, read};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::search::{Cell, Criteria};
use crate::shop::category::TREE_ROOT;
use crate::shop::{Category, Shop, StoreId};

/// The resource of everything about categories.
pub(super) const CATEGORIES: &str = "Magento_Catalog::categories";

/// What is added to the position of a product that is in a category only through one below it.
const INHERITED_POSITION: i64 = 10_000;

pub(super) const ROUTES: &[Route] = &[
    read("/V1/categories", CATEGORIES, tree),
    read("/V1/categories/list", CATEGORIES, list),
    read("/V1/categories/{categoryId}", CATEGORIES, get),
    read("/V1/categories/{categoryId}/products", CATEGORIES, products),
];

/// The category with this id.
pub(super) fn by_id<'a>(shop: &'a Shop, id: &Value) -> Result<&'a Category, Refusal> {
    shop.categories.get(php::id_of(id)).ok_or_else(|| Refusal::no_such_entity("id", id.clone()))
}

fn get(shop: &Shop, call: &Call) -> HandlerResult {
    let category = by_id(shop, call.argument("categoryId"))?;
    Ok(shop.categories.show(category, call.store))
}

fn tree(shop: &Shop, call: &Call) -> HandlerResult {
    let root = match call.query.get("rootCategoryId").filter(|root| php::truthy(root)) {
        Some(root) => by_id(shop, &Value::from(php::int_of(root)))?,
        None => by_id(shop, &Value::from(shop.stores.root_category(call.store)))?,
    };
    let depth = call.query.get("depth").map(php::int_of).filter(|depth| *depth > 0);
    Ok(branch(shop, root, call.store, depth))
}

fn branch(shop: &Shop, category: &Category, store: StoreId, depth: Option<i64>) -> Value {
    let children: Vec<Value> = if depth == Some(0) {
        Vec::new()
    } else {
        let below = depth.map(|depth| depth - 1);
        shop.categories
            .children(category.id)
            .into_iter()
            .map(|child| branch(shop, child, store, below))
            .collect()
    };
    let value = |code: &str| category.values.get(code, store).cloned().unwrap_or(Value::Null);
    json!({
        "id": category.id,
        "parent_id": category.parent,
        "name": value("name"),
        "is_active": value("is_active"),
        "position": category.position,
        "level": shop.categories.path(category.id).len().saturating_sub(1),
        "product_count": product_count(shop, category, store),
        "children_data": children,
    })
}

/// How many products are in the category; in an anchor also those below it.
fn product_count(shop: &Shop, category: &Category, store: StoreId) -> usize {
    let places = places(shop, category.id, store);
    shop.products
        .iter()
        .filter(|product| product.categories.iter().any(|link| places.contains(&link.category)))
        .count()
}

/// The category and, when it is an anchor, everything active below it.
fn places(shop: &Shop, id: u64, store: StoreId) -> Vec<u64> {
    let mut places = vec![id];
    if shop.categories.is_anchor(id) {
        let below = shop.categories.descendants(id).into_iter();
        places.extend(below.filter(|id| shop.categories.is_active(*id, store)));
    }
    places
}

/// The products that the category shows in this store view.
fn products(shop: &Shop, call: &Call) -> HandlerResult {
    let category = by_id(shop, call.argument("categoryId"))?;
    let places = places(shop, category.id, call.store);
    let website = shop.stores.website_of(call.store);
    let mut shown = Vec::new();
    for product in shop
        .products
        .iter()
        .filter(|product| product.is_on(website) && product.is_enabled(call.store))
    {
        let own = product
            .categories
            .iter()
            .find(|link| link.category == category.id)
            .map(|link| link.position);
        let inherited = || {
            let links = product.categories.iter().filter(|link| places.contains(&link.category));
            links.map(|link| link.position + INHERITED_POSITION).min()
        };
        if let Some(position) = own.or_else(inherited) {
            shown.push(json!({
                "sku": product.sku, "position": position, "category_id": category.id.to_string()
            }));
        }
    }
    Ok(Value::Array(shown))
}

const TEXT_FIELDS: [&str; 9] = [
    "name",
    "url_key",
    "url_path",
    "description",
    "meta_title",
    "meta_keywords",
    "meta_description",
    "display_mode",
    "image",
];
const FLAG_FIELDS: [&str; 3] = ["is_active", "include_in_menu", "is_anchor"];
const OWN_FIELDS: [&str; 8] = [
    "entity_id",
    "parent_id",
    "position",
    "level",
    "path",
    "children_count",
    "created_at",
    "updated_at",
];

fn list(shop: &Shop, call: &Call) -> HandlerResult {
    let criteria = Criteria::read(&call.query, &shop.attributes)?;
    for field in criteria.filtered_fields() {
        let known = field.is_some_and(|field| {
            TEXT_FIELDS.contains(&field)
                || FLAG_FIELDS.contains(&field)
                || OWN_FIELDS.contains(&field)
        });
        if !known {
            return Err(Refusal::bad(
                "The \"%1\" attribute name is invalid. Reset the name and try again.",
            )
            .with(json!([field])));
        }
    }
    let rows: Vec<&Category> = shop.categories.iter().collect();
    let page = criteria.apply(rows, |category, field| cell(shop, category, field, call.store));
    let items =
        page.rows.iter().map(|category| shop.categories.show(category, call.store)).collect();
    Ok(criteria.answer(items, page.total))
}

fn cell(shop: &Shop, category: &Category, field: &str, store: StoreId) -> Cell {
    #[expect(clippy::cast_precision_loss, reason = "ids and counts are small")]
    let number = |number: u64| Cell::Number(number as f64);
    let path = || shop.categories.path(category.id);
    match field {
        "entity_id" => number(category.id),
        "parent_id" => number(category.parent),
        "position" => number(u64::try_from(category.position).unwrap_or(0)),
        "level" => number(path().len().saturating_sub(1) as u64),
        "path" => Cell::Text(path().iter().map(u64::to_string).collect::<Vec<_>>().join("/")),
        "children_count" => number(shop.categories.descendants(category.id).len() as u64),
        "created_at" => Cell::Date(category.created_at.clone()),
        "updated_at" => Cell::Date(category.updated_at.clone()),
        _ if category.id == TREE_ROOT && field == "is_active" => Cell::Null,
        _ if FLAG_FIELDS.contains(&field) => category
            .values
            .get(field, store)
            .map_or(Cell::Null, |flag| Cell::Number(f64::from(u8::from(php::truthy(flag))))),
        _ => Cell::of(category.values.get(field, store)),
    }
}
