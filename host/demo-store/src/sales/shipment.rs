//! Shipments: goods that leave a source, with their tracking numbers.

use serde_json::{Value, json};

use super::history::Remarks;
use super::line::{self, RequestedQuantities};
use super::lookup;
use super::order;
use super::quantities::Quantities;
use super::states::{self, After, Can};
use super::stock;
use crate::amount::Amount;
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::numbers::{Document, Numbers, Part};
use crate::shop::{Shop, StoreId};

/// What a request to ship says beside items and remarks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parcel {
    /// Tracking numbers as given.
    pub(crate) tracks: Vec<Doc>,
    /// The source to ship from; the stock's own when none is named.
    pub(crate) source: Option<String>,
}

/// What is shipped: the places of order items and how many. More than is left becomes what is left.
fn lines(order: &Doc, asked: &RequestedQuantities) -> Vec<(usize, Amount)> {
    let items = order.docs("items");
    let whole = items
        .iter()
        .enumerate()
        .filter(|(_, item)| !order::is_part(item) && !order::is_virtual_item(item));
    whole
        .filter_map(|(place, item)| {
            let left = Quantities::of(item).to_ship();
            let wanted = match asked.of(item) {
                Some(quantity) => quantity.min(left),
                None if asked.is_everything() => left,
                None => Amount::ZERO,
            };
            let quantity = order::counted(item, wanted);
            (quantity > Amount::ZERO).then_some((place, quantity))
        })
        .collect()
}

fn validate(order: &Doc, lines: &[(usize, Amount)], tracks: &[Doc]) -> Result<(), Refusal> {
    let mut messages = Vec::new();
    if !states::is_open_to(order, Can::Ship) {
        messages.push(format!(
            "A shipment cannot be created when an order has a status of {}",
            order.text("status")
        ));
    } else if !states::has_to_ship(order) {
        messages.push("The order does not allow a shipment to be created.".to_owned());
    }
    if lines.is_empty() {
        messages.push("You can't create a shipment without products.".to_owned());
    }
    for track in tracks {
        if track.text("track_number").is_empty() {
            messages.push("Please enter a tracking number.".to_owned());
        }
    }
    lookup::refuse("Shipment", &messages)
}

/// Ships what is asked for; the shipment's id.
///
/// # Errors
/// Magento's refusals: nothing to ship, a state that allows no shipment, a track without a number, a
/// source that has not got the goods.
pub(crate) fn make(
    shop: &mut Shop,
    order: u64,
    asked: &RequestedQuantities,
    parcel: &Parcel,
    remarks: &Remarks,
    now: &str,
) -> Result<u64, Refusal> {
    let mut order = lookup::order_of(shop, order)?;
    let lines = lines(&order, asked);
    validate(&order, &lines, &parcel.tracks)?;
    let source = parcel.source.clone().unwrap_or_else(|| stock::source_of(shop, &order));
    // Ids are used up even when the goods turn out to be missing.
    let id = shop.shipments.take_id();
    let store = StoreId::try_from(order.id("store_id")).unwrap_or(0);
    let increment = shop.sales_numbers.increment(Document::Shipment, store);
    let goods: Vec<stock::Goods> = lines
        .iter()
        .map(|(place, quantity)| (order.docs("items")[*place].text("sku"), *quantity))
        .collect();
    if !stock::has_all(shop, &source, &goods) {
        return Err(Refusal::bad("Could not save a shipment, see error log for details"));
    }
    let mut shipment = line::header(&order, id, &increment, now);
    shipment.take_over(&order, &["customer_id"]);
    shipment.set_amount("total_qty", lines.iter().map(|(_, quantity)| *quantity).sum());
    shipment.put("packages", json!([]));
    let items = lines.iter().map(|(place, quantity)| {
        let number = shop.sales_numbers.next(Part::ShipmentItem);
        document_item(order.docs("items")[*place], number, id, *quantity)
    });
    shipment.put("items", line::list(items));
    let tracks = parcel
        .tracks
        .iter()
        .map(|given| track(&mut shop.sales_numbers, given, id, order.id("entity_id"), now));
    shipment.put("tracks", line::list(tracks));
    remarks.write(&mut shipment, &mut shop.sales_numbers, Part::ShipmentComment, now);
    shipment.put("extension_attributes", json!({ "source_code": source }));
    register(&mut order, &lines, now);
    states::settle(&mut order, After::Delivery);
    order.put("updated_at", now);
    stock::take(shop, &source, &goods);
    stock::release(shop, &order, &goods);
    shop.shipments.put(shipment);
    shop.orders.put(order);
    Ok(id)
}

fn document_item(item: &Doc, id: u64, parent: u64, quantity: Amount) -> Doc {
    let mut doc = Doc::new();
    doc.put("entity_id", id);
    doc.put("parent_id", parent);
    doc.put("order_item_id", item.id("item_id"));
    doc.take_over(item, &["name", "sku", "product_id", "price", "weight"]);
    doc.set_amount("qty", quantity);
    doc
}

fn register(order: &mut Doc, lines: &[(usize, Amount)], now: &str) {
    let wholes: Vec<(u64, Amount)> = lines
        .iter()
        .map(|(place, quantity)| (order.docs("items")[*place].id("item_id"), *quantity))
        .collect();
    order::each_item(order, |item| {
        let own = if order::is_part(item) { item.id("parent_item_id") } else { item.id("item_id") };
        if let Some((_, quantity)) = wholes.iter().find(|(id, _)| *id == own) {
            item.add_amount("qty_shipped", *quantity);
            item.put("updated_at", now);
        }
    });
}

fn track(numbers: &mut Numbers, given: &Doc, shipment: u64, order: u64, now: &str) -> Doc {
    let mut doc = Doc::new();
    doc.put("order_id", order);
    doc.put("created_at", now);
    doc.put("entity_id", numbers.next(Part::Track));
    doc.put("parent_id", shipment);
    doc.put("updated_at", now);
    for field in ["weight", "qty", "description", "track_number", "title", "carrier_code"] {
        doc.put(field, given.value(field).clone());
    }
    doc
}

/// Adds a tracking number to a shipment; what was saved.
///
/// # Errors
/// When there is no such shipment, or it is not of the order that is named, or none is named.
pub(crate) fn add_track(shop: &mut Shop, given: &Doc, now: &str) -> Result<Doc, Refusal> {
    let refused = || Refusal::bad("Could not save the shipment tracking.");
    let (parent, order) = (given.id("parent_id"), given.id("order_id"));
    let shipment = shop.shipments.get_mut(parent).ok_or_else(refused)?;
    if shipment.id("order_id") != order || order == 0 {
        return Err(refused());
    }
    let doc = track(&mut shop.sales_numbers, given, parent, order, now);
    super::history::push(shipment, "tracks", Value::Object(doc.clone()));
    Ok(doc)
}

/// Takes a tracking number away, if it is there.
pub(crate) fn remove_track(shop: &mut Shop, id: u64) {
    for shipment in shop.shipments.iter_mut() {
        if let Some(tracks) = shipment.get_mut("tracks").and_then(Value::as_array_mut) {
            tracks.retain(|track| crate::php::id_of(&track["entity_id"]) != id);
        }
    }
}
