//! CMS pages and blocks. Their content is the same in all views; only where they show differs.

use serde_json::{Map, Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read, write};
use crate::call::Call;
use crate::document::Doc;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::attribute::datetime;
use crate::shop::{ALL, Shop, Table};
use crate::url_key::url_key;

/// The store views in which a page or block shows, kept beside its fields.
const STORES: &str = "_stores";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/cmsPage/search", "Magento_Cms::page", |shop, call| {
        PAGES.list(shop, call, shop.pages.iter(), plain)
    }),
    read("/V1/cmsPage/{pageId}", "Magento_Cms::page", |shop, call| {
        get(&shop.pages, Kind::Page, call.argument("pageId"))
    }),
    write("POST", "/V1/cmsPage", "Magento_Cms::save", |shop, call| create(shop, call, Kind::Page)),
    write("PUT", "/V1/cmsPage/{id}", "Magento_Cms::save", |shop, call| {
        update(shop, call, Kind::Page)
    }),
    write("DELETE", "/V1/cmsPage/{pageId}", "Magento_Cms::page_delete", |shop, call| {
        delete(shop, Kind::Page, call.argument("pageId"))
    }),
    read("/V1/cmsBlock/search", "Magento_Cms::block", |shop, call| {
        BLOCKS.list(shop, call, shop.blocks.iter(), plain)
    }),
    read("/V1/cmsBlock/{blockId}", "Magento_Cms::block", |shop, call| {
        get(&shop.blocks, Kind::Block, call.argument("blockId"))
    }),
    write("POST", "/V1/cmsBlock", "Magento_Cms::block", |shop, call| {
        create(shop, call, Kind::Block)
    }),
    write("PUT", "/V1/cmsBlock/{id}", "Magento_Cms::block", |shop, call| {
        update(shop, call, Kind::Block)
    }),
    write("DELETE", "/V1/cmsBlock/{blockId}", "Magento_Cms::block", |shop, call| {
        delete(shop, Kind::Block, call.argument("blockId"))
    }),
];

const PAGES: Entity = Entity {
    columns: "page_id=id:n identifier title page_layout meta_title meta_keywords meta_description content_heading \
        content creation_time:d update_time:d is_active=active:n sort_order:n store_id=_stores:s custom_theme \
        custom_root_template layout_update_xml",
    unknown: UnknownColumn::Internal,
};

const BLOCKS: Entity = Entity {
    columns: "block_id=id:n identifier title content creation_time:d update_time:d is_active=active:n \
        store_id=_stores:s",
    unknown: UnknownColumn::Internal,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Block,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Block => "block",
        }
    }

    fn table(self, shop: &mut Shop) -> &mut Table {
        match self {
            Self::Page => &mut shop.pages,
            Self::Block => &mut shop.blocks,
        }
    }

    fn missing(self, id: &Value) -> Refusal {
        Refusal::missing(format!("The CMS {} with the \"%1\" ID doesn't exist.", self.name()))
            .with(json!([id]))
    }
}

fn get(table: &Table, kind: Kind, id: &Value) -> HandlerResult {
    table.get(php::id_of(id)).map(plain).ok_or_else(|| kind.missing(id))
}

fn delete(shop: &mut Shop, kind: Kind, id: &Value) -> HandlerResult {
    kind.table(shop).remove(php::id_of(id)).ok_or_else(|| kind.missing(id))?;
    Ok(Value::Bool(true))
}

fn create(shop: &mut Shop, call: &Call, kind: Kind) -> HandlerResult {
    let mut given = call.object(kind.name());
    given.retain(|_, value| !value.is_null());
    given.shift_remove("id");
    let stores = vec![call.store];
    prepare(shop, call, kind, &mut given, None, &stores)?;
    let mut kept = given.clone();
    // Told nothing, the answer says inactive while the database's default is active.
    given.entry("active").or_insert(Value::Bool(false));
    kept.entry("active").or_insert(Value::Bool(true));
    cut_to_columns(&mut kept);
    for (field, value) in [("creation_time", call.stamp()), ("update_time", call.stamp())] {
        kept.entry(field).or_insert(Value::String(value));
    }
    if kind == Kind::Page {
        let order = kept.get("sort_order").map_or(0, php::int_of);
        kept.insert("sort_order".to_owned(), Value::String(order.to_string()));
    }
    kept.insert(STORES.to_owned(), json!(stores));
    let id = kind.table(shop).insert(kept);
    let mut shown = Map::new();
    shown.insert("id".to_owned(), id.into());
    shown.extend(given);
    Ok(Value::Object(with_midnight(shown)))
}

/// Days of a theme are dates in the table, but the answer of a save has them as it handed them over.
fn with_midnight(mut shown: Doc) -> Doc {
    for field in ["custom_theme_from", "custom_theme_to"] {
        if let Some(Value::String(day)) = shown.get_mut(field) {
            *day = datetime(day);
        }
    }
    shown
}

/// The database cuts texts to their columns without a word.
fn cut_to_columns(doc: &mut Doc) {
    for (field, longest) in [("identifier", 100), ("title", 255), ("meta_title", 255)] {
        if let Some(Value::String(text)) = doc.get_mut(field) {
            *text = text.chars().take(longest).collect();
        }
    }
}

fn update(shop: &mut Shop, call: &Call, kind: Kind) -> HandlerResult {
    let id = call.text("id");
    if !php::is_numeric(&id) {
        return Err(Refusal::bad(format!(
            "Error occurred during \"id\" processing. The \"{id}\" value's type is invalid. \
             The \"int\" type was expected. Verify and try again."
        )));
    }
    let id = php::id_of(call.argument("id"));
    let given = call.object(kind.name());
    let known = kind.table(shop).get(id).cloned().ok_or_else(|| kind.missing(&Value::from(id)))?;
    let stores: Vec<u32> = known
        .get(STORES)
        .and_then(Value::as_array)
        .map(|stores| stores.iter().map(|id| u32::try_from(php::id_of(id)).unwrap_or(0)).collect())
        .unwrap_or_else(|| vec![ALL]);
    let mut saved = known;
    // A page that is not told its URL key takes it from the title again.
    if kind == Kind::Page {
        saved.insert("identifier".to_owned(), Value::String(String::new()));
    }
    for (field, value) in given {
        match (field.as_str(), value) {
            ("id" | "update_time", _) => {}
            (_, Value::Null) => {
                saved.shift_remove(&field);
            }
            (_, value) => {
                saved.insert(field, value);
            }
        }
    }
    let checked_at = if kind == Kind::Block { vec![call.store] } else { stores };
    prepare(shop, call, kind, &mut saved, Some(id), &checked_at)?;
    saved.insert("update_time".to_owned(), Value::String(call.stamp()));
    let mut shown = saved.clone();
    shown.retain(|field, _| field != "update_time");
    cut_to_columns(&mut saved);
    kind.table(shop).put(saved);
    Ok(plain(&with_midnight(shown)))
}

/// Checks a page or block as a whole; a page without URL key gets one.
fn prepare(
    shop: &mut Shop,
    call: &Call,
    kind: Kind,
    doc: &mut Doc,
    id: Option<u64>,
    stores: &[u32],
) -> Result<(), Refusal> {
    match kind {
        Kind::Page => prepare_page(shop, doc, id, stores),
        Kind::Block => prepare_block(shop, call, doc, id),
    }
}

fn prepare_page(
    shop: &mut Shop,
    doc: &mut Doc,
    id: Option<u64>,
    stores: &[u32],
) -> Result<(), Refusal> {
    let unsaved = |reason: &str| Refusal::bad("Could not save the page: %1").with(json!([reason]));
    let text = |doc: &Doc, field: &str| doc.get(field).map(php::text_of).unwrap_or_default();
    check_layout(doc, id.and_then(|id| shop.pages.get(id)))?;
    let title = text(doc, "title");
    if title.is_empty() {
        return Err(Refusal::bad("Required field \"%1\" is empty.").with(json!(["title"])));
    }
    let mut identifier = text(doc, "identifier");
    if identifier.is_empty() {
        identifier = url_key(&title);
    }
    if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unsaved(
            "The page URL key can't use only numbers. Add letters or words and try again.",
        ));
    }
    if !is_page_key(&identifier) {
        return Err(unsaved(
            "The page URL key can't use capital letters or disallowed symbols. Remove the letters and symbols and try again.",
        ));
    }
    let views = shop.stores.all_views();
    let expanded =
        |stores: &[u32]| if stores.contains(&ALL) { views.clone() } else { stores.to_vec() };
    let own = expanded(stores);
    let taken = shop.pages.iter().any(|other| {
        let theirs: Vec<u32> = stores_of(other);
        other.get("id").map(php::id_of) != id
            && text(other, "identifier") == identifier
            && expanded(&theirs).iter().any(|store| own.contains(store))
    });
    if taken {
        if id.is_none() {
            // The row was made and taken back; its id is gone.
            shop.pages.take_id();
        }
        return Err(unsaved("URL key for specified store already exists."));
    }
    doc.insert("identifier".to_owned(), Value::String(identifier));
    Ok(())
}

fn stores_of(doc: &Doc) -> Vec<u32> {
    match doc.get(STORES).and_then(Value::as_array) {
        Some(stores) => {
            stores.iter().map(|id| u32::try_from(php::id_of(id)).unwrap_or(0)).collect()
        }
        None => vec![ALL],
    }
}

/// Layout updates can no longer be saved; what is not even XML is told so.
fn check_layout(doc: &Doc, known: Option<&Doc>) -> Result<(), Refusal> {
    let broken = Refusal::bad("Could not save the page: %1")
        .with(json!(["Something went wrong while saving the page."]));
    for field in ["layout_update_xml", "custom_layout_update_xml"] {
        let given = doc.get(field).map(php::text_of).unwrap_or_default();
        if given.is_empty() || known.and_then(|known| known.get(field)) == doc.get(field) {
            continue;
        }
        let balanced = given.matches('<').count() == given.matches('>').count();
        return Err(if balanced { broken } else { Refusal::bad("Layout update is invalid") });
    }
    for field in ["custom_theme_from", "custom_theme_to"] {
        let given = doc.get(field).map(php::text_of).unwrap_or_default();
        if !given.is_empty() && !given.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(broken);
        }
    }
    Ok(())
}

/// `[a-z0-9][a-z0-9_/-]+`, and then perhaps one extension.
fn is_page_key(key: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
    };
    let (stem, extension) =
        key.split_once('.').map_or((key, None), |(stem, extension)| (stem, Some(extension)));
    let starts = stem
        .as_bytes()
        .first()
        .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
    starts
        && stem.len() > 1
        && stem.bytes().all(|byte| allowed(byte) || byte == b'/')
        && extension.is_none_or(|extension| !extension.is_empty() && extension.bytes().all(allowed))
}

fn prepare_block(shop: &Shop, call: &Call, doc: &Doc, id: Option<u64>) -> Result<(), Refusal> {
    let identifier = doc.get("identifier").map(php::text_of).unwrap_or_default();
    let taken = shop.blocks.iter().any(|other| {
        other.get("id").map(php::id_of) != id
            && other.get("identifier").map(php::text_of).unwrap_or_default() == identifier
            && stores_of(other).contains(&call.store)
    });
    if taken {
        return Err(Refusal::bad(
            "A block identifier with the same properties already exists in the selected store.",
        ));
    }
    for column in ["identifier", "title"] {
        if doc.get(column).is_none_or(Value::is_null) {
            let (active, mark) =
                if doc.contains_key("active") { (", `is_active`", ", ?") } else { ("", "") };
            return Err(Refusal::bad(format!(
                "SQLSTATE[23000]: Integrity constraint violation: 1048 Column '{column}' cannot be null, query was: \
                 INSERT INTO `cms_block` (`block_id`, `title`, `identifier`, `content`{active}) VALUES (?, ?, ?, ?{mark})"
            )));
        }
    }
    Ok(())
}
