//! The sample shop's categories.

use serde_json::json;

use super::data::Data;
use super::rows;
use crate::php;
use crate::shop::{ALL, Category, Shop, StoreId};
use crate::url_key::url_key;

/// The category that every Magento has above all others.
const ROOT: u64 = 1;

/// Makes the categories, each under its parent, in the order of the table.
pub(super) fn fill(shop: &mut Shop, data: &Data, german: StoreId) {
    let stocked = data.stocked_at();
    let mut root = Category {
        id: ROOT,
        created_at: stocked.clone(),
        updated_at: stocked.clone(),
        ..Category::default()
    };
    root.values.set("name", ALL, json!("Root Catalog"));
    root.values.set("include_in_menu", ALL, json!(true));
    shop.categories.put(root);
    for row in &data.categories {
        let parent = row.parent.as_deref().map_or(ROOT, |parent| id_of(data, parent));
        let category = category(shop, row, parent, &stocked, german);
        shop.categories.put(category);
    }
}

/// The id of the category of this name. That there is one was checked.
pub(super) fn id_of(data: &Data, name: &str) -> u64 {
    data.categories.iter().find(|row| *row.name == *name).map_or(ROOT, |row| row.id)
}

fn category(
    shop: &Shop,
    row: &rows::Category,
    parent: u64,
    stocked: &str,
    german: StoreId,
) -> Category {
    let mut category = Category {
        id: row.id,
        parent,
        position: i64::try_from(shop.categories.children(parent).len()).unwrap_or(0) + 1,
        created_at: stocked.to_owned(),
        updated_at: stocked.to_owned(),
        ..Category::default()
    };
    let values = &mut category.values;
    values.set("name", ALL, json!(*row.name));
    values.set("name", german, json!(*row.german));
    values.set("is_active", ALL, json!(row.active));
    values.set("include_in_menu", ALL, json!(row.in_menu));
    if parent == ROOT {
        return category;
    }
    let name = &row.name;
    values.set("is_anchor", ALL, json!("1"));
    values.set("url_key", ALL, json!(url_key(name)));
    values.set("url_key", german, json!(url_key(&row.german)));
    values.set("meta_title", ALL, json!(format!("{name} | Fjord & Field")));
    values.set("description", ALL, json!(format!("<p>{name}, chosen by people who use it.</p>")));
    let above = shop.categories.path(parent).into_iter().skip(2).filter_map(|parent| {
        Some(php::text_of(shop.categories.get(parent)?.values.get("url_key", ALL)?))
    });
    let path = above.chain([url_key(name)]).collect::<Vec<_>>().join("/");
    values.set("url_path", ALL, json!(path));
    category
}
