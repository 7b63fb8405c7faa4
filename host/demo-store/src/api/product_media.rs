//! A product's images: entries, roles and labels.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::php;
use crate::refusal::Refusal;
use crate::shop::product::{IMAGE_ROLES, MediaEntry};
use crate::shop::{ALL, Product, Scoped, Shop, StoreId};

/// Roles that have a label attribute and that a list of entries decides.
const LABELLED_ROLES: [&str; 3] = ["image", "small_image", "thumbnail"];

/// Applies `media_gallery_entries` of a save, and what every save does to roles and labels.
pub(super) fn apply(
    shop: &mut Shop,
    product: &mut Product,
    given: &Map<String, Value>,
    store: StoreId,
) -> Result<(), Refusal> {
    if let Some(entries) = given.get("media_gallery_entries").and_then(Value::as_array) {
        let is_new = product.id == 0;
        let mut kept = Vec::new();
        for entry in entries {
            kept.push(apply_entry(shop, product, entry, store)?);
        }
        if !entries.is_empty() {
            product.media.retain(|known| kept.contains(&known.id));
        }
        assign_roles(product, entries, &kept, store, is_new);
    }
    label_roles(product, store);
    Ok(())
}

fn apply_entry(
    shop: &mut Shop,
    product: &mut Product,
    entry: &Value,
    store: StoreId,
) -> Result<u64, Refusal> {
    let id = php::id_of(&entry["id"]);
    let known = product.media.iter().any(|known| known.id == id);
    let id = if known { id } else { add_entry(shop, product, entry)? };
    if let Some(known) = product.media.iter_mut().find(|known| known.id == id) {
        for field in ["label", "position", "disabled"] {
            if let Some(value) = entry.get(field).filter(|value| !value.is_null()) {
                let scope = if known.values.own(field, ALL).is_none() { ALL } else { store };
                known.values.set(field, scope, value.clone());
            }
        }
    }
    Ok(id)
}

/// Adds a new file; its name gets a number when it is taken.
fn add_entry(shop: &mut Shop, product: &mut Product, entry: &Value) -> Result<u64, Refusal> {
    let content = entry["content"]["base64_encoded_data"].as_str().unwrap_or_default();
    let refused = || Refusal::bad("The image content must be valid base64 encoded data.");
    let bytes = BASE64_STANDARD.decode(content).map_err(|_| refused())?;
    let is_image = [&b"\x89PNG"[..], b"\xff\xd8\xff", b"GIF8", b"RIFF"]
        .iter()
        .any(|magic| bytes.starts_with(magic));
    if !is_image {
        return Err(refused());
    }
    let name = php::text_of(&entry["content"]["name"]);
    let file = free_file(shop, product, &name);
    let id = shop.take_media_id();
    let mut values = Scoped::default();
    values.set("label", ALL, entry.get("label").cloned().unwrap_or(Value::Null));
    values.set(
        "position",
        ALL,
        entry.get("position").filter(|at| !at.is_null()).cloned().unwrap_or(json!(1)),
    );
    values.set("disabled", ALL, json!(entry.get("disabled").is_some_and(php::truthy)));
    product.media.push(MediaEntry {
        id,
        kind: entry["media_type"].as_str().unwrap_or("image").to_owned(),
        file,
        values,
        content: Some(content.to_owned()),
    });
    Ok(id)
}

fn free_file(shop: &Shop, product: &Product, name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "png"));
    let letter =
        |at: usize| stem.chars().nth(at).filter(|letter| letter.is_alphanumeric()).unwrap_or('_');
    let directory = format!("/{}/{}", letter(0).to_lowercase(), letter(1).to_lowercase());
    let taken = |file: &str| {
        product.media.iter().any(|entry| entry.file == file)
            || shop.products.iter().flat_map(|other| &other.media).any(|entry| entry.file == file)
    };
    let mut file = format!("{directory}/{stem}.{extension}");
    let mut number = 0;
    while taken(&file) {
        number += 1;
        file = format!("{directory}/{stem}_{number}.{extension}");
    }
    file
}

/// Roles follow the entries' `types`; a role that no entry takes is `no_selection`.
fn assign_roles(
    product: &mut Product,
    entries: &[Value],
    ids: &[u64],
    store: StoreId,
    is_new: bool,
) {
    let file_of = |product: &Product, id: u64| {
        product.media.iter().find(|known| known.id == id).map(|known| known.file.clone())
    };
    for role in IMAGE_ROLES {
        let holder = entries.iter().zip(ids).find(|(entry, _)| {
            entry["types"].as_array().is_some_and(|types| types.iter().any(|given| given == role))
        });
        let file = holder.and_then(|(_, id)| file_of(product, *id));
        match file {
            Some(file) => product.values.set(role, store, Value::String(file)),
            None if entries.is_empty() && product.values.get(role, store).is_some() => {}
            None if role == "swatch_image" && (!is_new || entries.is_empty()) => {}
            None => {
                product.values.set(role, store, json!("no_selection"));
                product.values.clear(&format!("{role}_label"), store);
            }
        }
    }
}

/// Every save writes the labels of the images in their roles into the scope it saves.
fn label_roles(product: &mut Product, store: StoreId) {
    for role in LABELLED_ROLES {
        let file = product.text(role, store);
        let label = product
            .media
            .iter()
            .find(|entry| entry.file == file)
            .and_then(|entry| entry.values.get("label", store))
            .filter(|label| !label.is_null())
            .cloned();
        let attribute = format!("{role}_label");
        if let Some(label) = label
            && product.values.get(&attribute, store) != Some(&label)
        {
            product.values.set(&attribute, store, label);
        }
    }
}
