//! Shipments: goods that leave a source, with their tracking numbers.

use serde_json::{Value, json};

use super::composition::Roles;
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

/// So many of the order item at a place.
#[derive(Debug, Clone, Copy)]
struct ShippedItem {
    place: usize,
    quantity: Amount,
    /// Whether it is shipped itself, or only carried along with another item of its bundle.
    is_shipped: bool,
    /// Whether the shipment lists it. Parts that leave with their whole are counted and not listed.
    is_listed: bool,
}

/// What is shipped. More than is left becomes what is left. A bundle that is not shipped itself counts one
/// whenever a part of it is.
fn lines(order: &Doc, roles: &Roles, asked: &RequestedQuantities) -> Vec<ShippedItem> {
    let items = order.docs("items");
    let wanted = |item: &Doc| {
        if asked.is_everything() { Some(item.amount("qty_ordered")) } else { asked.of(item) }
    };
    let mut lines = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let role = roles.at(place);
        if order::is_virtual_item(item) {
            continue;
        }
        let quantity = match role.whole {
            _ if role.is_shipped => {
                wanted(item).map_or(Amount::ZERO, |wanted| wanted.min(role.to_ship(item)))
            }
            None => Amount::of(Some(&json!(1))),
            Some(whole) => {
                // Of a variant nothing is counted by itself.
                let part = wanted(items[whole]).and_then(|wholes| role.in_bundles(wholes));
                part.map_or(Amount::ZERO, |part| part.min(Quantities::of(item).to_ship()))
            }
        };
        let quantity = order::counted(item, quantity);
        if quantity > Amount::ZERO {
            let is_listed = role.is_shipped || role.whole.is_none();
            lines.push(ShippedItem { place, quantity, is_shipped: role.is_shipped, is_listed });
        }
    }
    let goes_alone = |line: &ShippedItem| {
        line.is_shipped
            || roles.at(line.place).whole.is_some()
            || lines.iter().any(|part| roles.at(part.place).whole == Some(line.place))
    };
    lines.iter().copied().filter(goes_alone).collect()
}

/// Items of bundles that are asked for where the other of bundle and parts is shipped.
fn wrong_part_of_bundle(order: &Doc, roles: &Roles, asked: &RequestedQuantities) -> Vec<String> {
    let items = order.docs("items");
    let wrong = |(place, item): (usize, &&Doc)| {
        let role = roles.at(place);
        if role.is_shipped || !role.is_in_bundle || asked.of(item).is_none() {
            return None;
        }
        let (bundle, how, what) = match role.whole {
            None => (*item, "Separately", "Bundle product options"),
            Some(whole) => (items[whole], "Together", "Bundle product itself"),
        };
        Some(format!(
            "Cannot create shipment as bundle product \"{}\" has shipment type \"{how}\". {what} should be \
             shipped instead.",
            bundle.text("sku")
        ))
    };
    items.iter().enumerate().filter_map(wrong).collect()
}

fn validate(
    order: &Doc,
    lines: &[ShippedItem],
    tracks: &[Doc],
    wrong: Vec<String>,
) -> Result<(), Refusal> {
    let mut messages = Vec::new();
    if !states::is_open_to(order, Can::Ship) {
        messages.push(format!(
            "A shipment cannot be created when an order has a status of {}",
            order.text("status")
        ));
    } else if !states::has_to_ship(order) {
        messages.push("The order does not allow a shipment to be created.".to_owned());
    }
    // Of a bundle that counts as refunded nothing is listed, though its parts would go along.
    let lists_nothing = states::has_to_ship(order) && !lines.iter().any(|line| line.is_listed);
    if lines.is_empty() || lists_nothing {
        messages.push("You can't create a shipment without products.".to_owned());
    }
    for track in tracks {
        if track.text("track_number").is_empty() {
            messages.push("Please enter a tracking number.".to_owned());
        }
    }
    messages.extend(wrong);
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
    let roles = Roles::of(&order);
    let lines = lines(&order, &roles, asked);
    let wrong = wrong_part_of_bundle(&order, &roles, asked);
    validate(&order, &lines, &parcel.tracks, wrong)?;
    let source = parcel.source.clone().unwrap_or_else(|| stock::source_of(shop, &order));
    // Ids are used up even when the goods turn out to be missing.
    let id = shop.shipments.take_id();
    let store = StoreId::try_from(order.id("store_id")).unwrap_or(0);
    let increment = shop.sales_numbers.increment(Document::Shipment, store);
    let listed = || lines.iter().filter(|line| line.is_listed);
    let goods = listed().map(|line| (line.place, line.quantity));
    let goods = stock::goods(&order, &roles, goods);
    if !stock::has_all(shop, &source, &goods) {
        return Err(Refusal::bad("Could not save a shipment, see error log for details"));
    }
    let mut shipment = line::header(&order, id, &increment, now);
    shipment.take_over(&order, &["customer_id"]);
    let shipped = lines.iter().filter(|line| line.is_shipped);
    shipment.set_amount("total_qty", shipped.map(|line| line.quantity).sum());
    shipment.put("packages", json!([]));
    let items = listed().map(|line| {
        let number = shop.sales_numbers.next(Part::ShipmentItem);
        document_item(order.docs("items")[line.place], number, id, line.quantity)
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

fn register(order: &mut Doc, lines: &[ShippedItem], now: &str) {
    let mut place = 0;
    order::each_item(order, |item| {
        if let Some(line) = lines.iter().find(|line| line.place == place) {
            item.add_amount("qty_shipped", line.quantity);
            item.put("updated_at", now);
        }
        place += 1;
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
