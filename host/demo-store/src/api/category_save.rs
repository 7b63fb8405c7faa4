//! Saving, moving and deleting categories, and their links to products.

use serde_json::{Map, Value, json};

use super::categories::{CATEGORIES, by_id};
use super::product_values::keeps_old_urls;
use super::products::no_such_product;
use super::route::{HandlerResult, Route, write};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::category::{CUSTOM_ATTRIBUTES, TREE_ROOT};
use crate::shop::product::CategoryLink;
use crate::shop::rewrites::Kind;
use crate::shop::{ALL, Category, Shop, StoreId};
use crate::url_key::url_key;

pub(super) const ROUTES: &[Route] = &[
    write("POST", "/V1/categories", CATEGORIES, create),
    write("PUT", "/V1/categories/{id}", CATEGORIES, update),
    write("DELETE", "/V1/categories/{categoryId}", CATEGORIES, delete),
    write("PUT", "/V1/categories/{categoryId}/move", CATEGORIES, move_category),
    write("POST", "/V1/categories/{categoryId}/products", CATEGORIES, link_product),
    write("PUT", "/V1/categories/{categoryId}/products", CATEGORIES, link_product),
    write("DELETE", "/V1/categories/{categoryId}/products/{sku}", CATEGORIES, unlink_product),
];

fn unsaved(reason: &str) -> Refusal {
    Refusal::bad("Could not save category: %1").with(json!([reason]))
}

fn update(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.text("id");
    if !php::is_numeric(&id) {
        return Err(Refusal::bad(format!(
            "Error occurred during \"id\" processing. The \"{id}\" value's type is invalid. \
             The \"int\" type was expected. Verify and try again."
        )));
    }
    save_existing(shop, call, &Value::from(php::int_of(call.argument("id"))))
}

fn create(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("category");
    if let Some(id) = given.get("id").filter(|id| php::truthy(id)) {
        return save_existing(shop, call, id);
    }
    let parent = match given.get("parent_id").filter(|parent| php::truthy(parent)) {
        Some(parent) => by_id(shop, parent)?.id,
        None => default_parent(shop, call.store)?,
    };
    let named = given.get("name").map(php::text_of).unwrap_or_default();
    if named.is_empty() {
        return Err(unsaved(
            "The \"Name\" attribute value is empty. Set the attribute and try again.",
        ));
    }
    if given.get("is_active").is_none_or(Value::is_null) {
        return Err(unsaved(
            "The \"Is Active\" attribute value is empty. Set the attribute and try again.",
        ));
    }
    let siblings = shop.categories.children(parent);
    let position = siblings.iter().map(|sibling| sibling.position).max().unwrap_or(0) + 1;
    let mut category = Category {
        id: shop.categories.next_id,
        parent,
        position,
        created_at: call.stamp(),
        updated_at: call.stamp(),
        ..Category::default()
    };
    shop.categories.next_id += 1;
    category.values.set("include_in_menu", ALL, json!(true));
    category.values.set("is_anchor", ALL, json!("1"));
    apply(&mut category, &given, ALL);
    category.position = position;
    if category.values.get("url_key", ALL).is_none() {
        category.values.set("url_key", ALL, Value::String(url_key(&named)));
    }
    finish(shop, call, category)
}

/// The parent of a category that names none: the root of the store's group, which "all" has not.
fn default_parent(shop: &Shop, store: StoreId) -> Result<u64, Refusal> {
    if store == ALL {
        return Err(Refusal::no_such_entity("id", "0"));
    }
    Ok(shop.stores.root_category(store))
}

fn save_existing(shop: &mut Shop, call: &Call, id: &Value) -> HandlerResult {
    let mut category = by_id(shop, id)?.clone();
    let mut given = call.object("category");
    given.shift_remove("parent_id");
    if given.get("name").is_some_and(|name| php::text_of(name).is_empty() && !name.is_null()) {
        return Err(unsaved(
            "The \"Name\" attribute value is empty. Set the attribute and try again.",
        ));
    }
    if given
        .get("available_sort_by")
        .and_then(Value::as_array)
        .is_some_and(|fields| !fields.is_empty())
    {
        return Err(unsaved(
            "Default Product Listing Sort by does not exist in Available Product Listing Sort By.",
        ));
    }
    apply(&mut category, &given, call.store);
    category.updated_at = call.stamp();
    finish(shop, call, category)
}

/// Writes what is given into the scope; null takes a value away, empty text empties it.
fn apply(category: &mut Category, given: &Map<String, Value>, store: StoreId) {
    for field in ["name", "is_active", "include_in_menu"] {
        match given.get(field) {
            Some(Value::Null) => category.values.clear(field, store),
            Some(value) => category.values.set(field, store, value.clone()),
            None => {}
        }
    }
    if let Some(position) = given.get("position").filter(|position| !position.is_null()) {
        category.position = php::int_of(position);
    }
    for pair in given.get("custom_attributes").and_then(Value::as_array).into_iter().flatten() {
        let code = php::text_of(&pair["attribute_code"]);
        if !CUSTOM_ATTRIBUTES.contains(&code.as_str()) {
            continue;
        }
        let value = php::text_of(&pair["value"]);
        match (code.as_str(), &pair["value"]) {
            (_, Value::Null) => category.values.clear(&code, store),
            ("url_key", _) => category.values.set(&code, store, Value::String(url_key(&value))),
            _ => category.values.set(&code, store, Value::String(value)),
        }
    }
}

/// Computes the URL path, checks that it is free, and keeps the category.
fn finish(shop: &mut Shop, call: &Call, mut category: Category) -> HandlerResult {
    let scopes = if call.store == ALL { shop.stores.all_views() } else { vec![call.store] };
    for store in scopes {
        let path = shop.categories.url_path(&category, store);
        let taken = shop.categories.iter().any(|other| {
            other.id != category.id
                && other.parent == category.parent
                && shop.categories.url_path(other, store) == path
        });
        if !path.is_empty() && taken {
            return Err(unsaved("URL key for specified store already exists."));
        }
    }
    if shop.categories.path(category.parent).len() > 1 {
        let path = shop.categories.url_path(&category, call.store);
        let scope =
            if category.values.own("url_key", call.store).is_some() { call.store } else { ALL };
        category.values.set("url_path", scope, Value::String(path));
    }
    let id = category.id;
    shop.categories.put(category);
    shop.address_category(id, keeps_old_urls(&call.object("category")));
    shown(shop, id, call.store)
}

fn shown(shop: &Shop, id: u64, store: StoreId) -> HandlerResult {
    Ok(shop
        .categories
        .get(id)
        .map_or(Value::Null, |category| shop.categories.show(category, store)))
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let category = by_id(shop, call.argument("categoryId"))?;
    let id = category.id;
    if id == TREE_ROOT || shop.stores.is_root_category(id) {
        return Err(Refusal::bad("Cannot delete category with id %1").with(json!([id.to_string()])));
    }
    let gone = shop.categories.remove(id);
    for id in &gone {
        shop.rewrites.forget(Kind::Category, *id);
        shop.rewrites.forget_through(*id);
    }
    for product in shop.products.iter_mut() {
        product.categories.retain(|link| !gone.contains(&link.category));
    }
    Ok(Value::Bool(true))
}

/// Moves a category. Positions are pushed along, gaps and all, as the database is told to.
fn move_category(shop: &mut Shop, call: &Call) -> HandlerResult {
    let category = by_id(shop, call.argument("categoryId"))?;
    let target = by_id(shop, call.argument("parentId"))?;
    let (id, old_parent, old_position, parent) =
        (category.id, category.parent, category.position, target.id);
    if id == parent {
        return Err(Refusal::bad("Could not move category"));
    }
    if shop.categories.path(parent).contains(&id) {
        return Err(Refusal::bad(
            "Operation do not allow to move a parent category to any of children category",
        ));
    }
    let last = shop.categories.active_children(parent, call.store).pop();
    let after = match (call.arguments.get("afterId").map(php::id_of), last) {
        (None, last) => last,
        (Some(after), Some(last)) if after > last => Some(last),
        (after, _) => after,
    };
    for other in shop
        .categories
        .iter_mut()
        .filter(|other| other.parent == old_parent && other.position > old_position)
    {
        other.position -= 1;
    }
    let after = after.filter(|after| *after > 0).and_then(|after| shop.categories.get(after));
    let position = after.map_or(1, |after| after.position + 1);
    for other in shop
        .categories
        .iter_mut()
        .filter(|other| other.parent == parent && other.position >= position)
    {
        other.position += 1;
    }
    if let Some(category) = shop.categories.get_mut(id) {
        category.parent = parent;
        category.position = position;
        category.updated_at = call.stamp();
    }
    // The URL path is computed anew only by a move among the same siblings; another loses it.
    let path = shop
        .categories
        .get(id)
        .map(|category| shop.categories.url_path(category, ALL))
        .unwrap_or_default();
    if let Some(category) = shop.categories.get_mut(id) {
        if parent == old_parent {
            category.values.set("url_path", ALL, Value::String(path));
        } else {
            category.values.clear("url_path", ALL);
        }
    }
    // A move keeps the old addresses of categories, unasked; those of products through them go.
    shop.address_category(id, true);
    for moved in shop.categories.descendants(id).into_iter().chain([id]) {
        shop.rewrites.forget_through(moved);
    }
    Ok(Value::Bool(true))
}

/// Adds or updates a link; the category is the one in the body.
fn link_product(shop: &mut Shop, call: &Call) -> HandlerResult {
    let link = call.object("productLink");
    let category = by_id(shop, link.get("category_id").unwrap_or(&Value::Null))?.id;
    let sku = match link.get("sku") {
        Some(Value::String(sku)) if !sku.is_empty() => sku.clone(),
        _ => return Err(Refusal::crash()),
    };
    let position = link.get("position").map_or(0, php::int_of);
    let product = shop.products.by_sku_mut(&sku).ok_or_else(no_such_product)?;
    match product.categories.iter_mut().find(|known| known.category == category) {
        Some(known) => known.position = position,
        None => product.categories.push(CategoryLink { category, position }),
    }
    let id = product.id;
    shop.address_product(id, false);
    save_unchanged(shop, call, category);
    Ok(Value::Bool(true))
}

/// A link is saved with its category, which then gets back the URL path that a move took.
fn save_unchanged(shop: &mut Shop, call: &Call, id: u64) {
    let Some(category) = shop.categories.get(id) else { return };
    let path = shop.categories.url_path(category, ALL);
    if let Some(category) = shop.categories.get_mut(id) {
        category.updated_at = call.stamp();
        if category.values.get("url_path", ALL).is_none() && !path.is_empty() {
            category.values.set("url_path", ALL, Value::String(path));
        }
    }
}

fn unlink_product(shop: &mut Shop, call: &Call) -> HandlerResult {
    let category = by_id(shop, call.argument("categoryId"))?.id;
    let product = shop.products.by_sku_mut(&call.text("sku")).ok_or_else(no_such_product)?;
    if !product.categories.iter().any(|link| link.category == category) {
        return Err(Refusal::bad("The category doesn't contain the specified product."));
    }
    product.categories.retain(|link| link.category != category);
    let id = product.id;
    shop.address_product(id, false);
    save_unchanged(shop, call, category);
    Ok(Value::Bool(true))
}
