//! Parts of a product with routes of their own: websites, links to other products, images to read. What
//! writes here saves the whole product, in the scope of the call, with all that follows from it.

use serde_json::{Map, Value, json};

use super::product_save;
use super::products::{PRODUCTS, by_sku};
use super::route::{HandlerResult, Route, read, write};
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::{Product, Shop};

pub(super) const ROUTES: &[Route] = &[
    write("POST", "/V1/products/{sku}/websites", PRODUCTS, add_website),
    write("PUT", "/V1/products/{sku}/websites", PRODUCTS, add_website),
    write("DELETE", "/V1/products/{sku}/websites/{websiteId}", PRODUCTS, remove_website),
    read("/V1/products/{sku}/links/{type}", PRODUCTS, links),
    write("POST", "/V1/products/{sku}/links", PRODUCTS, |shop, call| {
        add_links(shop, call, &call.list("items"))
    }),
    write("PUT", "/V1/products/{sku}/links", PRODUCTS, |shop, call| {
        add_links(shop, call, &[Value::Object(call.object("entity"))])
    }),
    write("DELETE", "/V1/products/{sku}/links/{type}/{linkedProductSku}", PRODUCTS, remove_link),
    read("/V1/products/{sku}/media", PRODUCTS, |shop, call| {
        let product = by_sku(shop, &call.text("sku"))?;
        Ok(product.media.iter().map(|entry| product.show_media(entry, call.store)).collect())
    }),
    read("/V1/products/{sku}/media/{entryId}", PRODUCTS, |shop, call| {
        let product = by_sku(shop, &call.text("sku"))?;
        let entry = product.media.iter().find(|entry| entry.id == call.id("entryId"));
        let shown = entry.map(|entry| product.show_media(entry, call.store));
        shown.ok_or_else(|| Refusal::missing("The image doesn't exist. Verify and try again."))
    }),
];

/// Saves a loaded product with one part changed. A product without images tells so, and loses in the
/// scope of the call what stands for them.
fn save_with(shop: &mut Shop, call: &Call, sku: &str, part: &str, value: Value) -> HandlerResult {
    let mut given = Map::new();
    given.insert(part.to_owned(), value);
    if shop.products.by_sku(sku).is_some_and(|product| product.media.is_empty()) {
        given.insert("media_gallery_entries".to_owned(), json!([]));
    }
    product_save::save(shop, call, sku, given)?;
    Ok(Value::Bool(true))
}

fn save_websites(shop: &mut Shop, call: &Call, sku: &str, websites: &[u32]) -> HandlerResult {
    save_with(shop, call, sku, "extension_attributes", json!({ "website_ids": websites }))
}

fn add_website(shop: &mut Shop, call: &Call) -> HandlerResult {
    let link = call.object("productWebsiteLink");
    // The SKU in the body is the one that counts.
    let named = link.get("sku").map_or_else(|| call.text("sku"), php::text_of);
    let product = by_sku(shop, &named)?;
    let (id, sku, mut websites) = (product.id, product.sku.clone(), product.websites.clone());
    let given = link.get("website_id").cloned().unwrap_or_default();
    let website = u32::try_from(php::id_of(&given)).unwrap_or(0);
    if !shop.stores.website_ids().contains(&website) {
        return Err(Refusal::bad("Could not assign product \"%1\" to websites \"%2\"")
            .with(json!([id.to_string(), given])));
    }
    if !websites.contains(&website) {
        websites.push(website);
    }
    save_websites(shop, call, &sku, &websites)
}

fn remove_website(shop: &mut Shop, call: &Call) -> HandlerResult {
    let product = by_sku(shop, &call.text("sku"))?;
    let (sku, mut websites) = (product.sku.clone(), product.websites.clone());
    websites.retain(|website| u64::from(*website) != call.id("websiteId"));
    save_websites(shop, call, &sku, &websites)
}

fn is_link_type(name: &str) -> bool {
    matches!(name, "related" | "upsell" | "crosssell" | "associated")
}

fn unknown_type(name: &str) -> Refusal {
    Refusal::missing("The \"%1\" link type is unknown. Verify the type and try again.")
        .with(json!([name]))
}

fn links(shop: &Shop, call: &Call) -> HandlerResult {
    let product = by_sku(shop, &call.text("sku"))?;
    let wanted = call.text("type");
    if !is_link_type(&wanted) {
        return Err(unknown_type(&wanted));
    }
    let of_type = |link: &&Value| link["link_type"] == wanted.as_str();
    Ok(product.links.iter().filter(of_type).cloned().collect())
}

/// Adds links, or gives those that are there a new position.
fn add_links(shop: &mut Shop, call: &Call, items: &[Value]) -> HandlerResult {
    by_sku(shop, &call.text("sku"))?;
    let Some(first) = items.first() else {
        return Err(Refusal::bad("Invalid value of \"%value\" provided for the %fieldName field.")
            .with(json!({ "fieldName": "items", "value": "empty array" })));
    };
    for item in items {
        let name = php::text_of(&item["link_type"]);
        if !is_link_type(&name) {
            return Err(Refusal::missing(
                "The \"%1\" link type wasn't found. Verify the type and try again.",
            )
            .with(json!([name])));
        }
        // This lookup, unlike others, minds the case.
        let linked = php::text_of(&item["linked_product_sku"]);
        if shop.products.by_sku(&linked).is_none_or(|product| product.sku != linked) {
            return Err(Refusal::bad(
                "The linked products data is invalid. Verify the data and try again.",
            ));
        }
    }
    // The links name their owner, whatever the path says.
    let owner = by_sku(shop, &php::text_of(&first["sku"]))?;
    let (sku, mut links) = (owner.sku.clone(), owner.links.clone());
    let others = items.iter().filter(|item| item["linked_product_sku"] != sku.as_str());
    for item in others {
        let kind = shop
            .products
            .by_sku(&php::text_of(&item["linked_product_sku"]))
            .map(|product: &Product| product.type_id.clone());
        let mut link = item.clone();
        link["linked_product_type"] = json!(kind);
        let same = |known: &&mut Value| {
            known["link_type"] == link["link_type"]
                && known["linked_product_sku"] == link["linked_product_sku"]
        };
        match links.iter_mut().find(same) {
            Some(known) => *known = link,
            None => links.push(link),
        }
    }
    save_with(shop, call, &sku, "product_links", Value::Array(links))
}

fn remove_link(shop: &mut Shop, call: &Call) -> HandlerResult {
    let (kind, linked) = (call.text("type"), call.text("linkedProductSku"));
    if !is_link_type(&kind) {
        return Err(unknown_type(&kind));
    }
    let product = by_sku(shop, &call.text("sku"))?;
    let (sku, mut links) = (product.sku.clone(), product.links.clone());
    let before = links.len();
    links.retain(|link| {
        link["link_type"] != kind.as_str() || link["linked_product_sku"] != linked.as_str()
    });
    if links.len() == before {
        return Err(Refusal::missing("Product %1 doesn't have linked %2 as %3")
            .with(json!([sku, linked, kind])));
    }
    save_with(shop, call, &sku, "product_links", Value::Array(links))
}
