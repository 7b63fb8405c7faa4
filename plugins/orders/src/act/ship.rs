//! `orders_ship`

use souk_sdk::prelude::*;

use super::apply::{ActReply, DocumentNote, apply, order_change, post};
use super::document_items::name_items;
use crate::item_quantity::ItemQuantityArgs;
use crate::order::{Order, OrderItem};
use crate::order_ref::OrderRef;
use crate::routes::{FIND_ORDER, NEW_SHIPMENTS, SHIP, SHIPMENTS};
use crate::sales_document::DocumentKind;
use crate::state::{OrderAct, require};

/// A tracking number.
#[args]
#[derive(Debug, Clone)]
pub(crate) struct TrackArgs {
    /// The number that the carrier gave.
    #[schemars(length(min = 1))]
    pub(crate) number: String,
    /// The carrier's code in the store: `dhl`, `ups`, `fedex`, `usps`; `custom` for any other.
    #[schemars(length(min = 1))]
    pub(crate) carrier_code: String,
    /// The carrier's name as customers read it.
    #[schemars(length(min = 1))]
    pub(crate) title: String,
}

impl TrackArgs {
    /// Checks it.
    pub(crate) fn check(&self, argument: &str) -> Result<(), Failure> {
        for (name, text) in
            [("number", &self.number), ("carrier_code", &self.carrier_code), ("title", &self.title)]
        {
            if text.trim().is_empty() {
                let place = [argument, name].join("/");
                return Err(Failure::argument(&place, format!("a track needs its `{name}`")));
            }
        }
        Ok(())
    }
}

#[args]
#[derive(Debug)]
pub(crate) struct ShipArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// Which items and how many. Without it all that is left.
    #[schemars(length(min = 1))]
    items: Option<Vec<ItemQuantityArgs>>,
    /// Tracking numbers.
    #[serde(default)]
    tracks: Vec<TrackArgs>,
    /// The inventory source to ship from. Without it the store chooses.
    #[schemars(length(min = 1))]
    source_code: Option<String>,
    #[serde(flatten)]
    note: DocumentNote,
}

/// Ship an order
///
/// Makes a shipment of an order: of all that is left, or of some items, with tracking numbers, from
/// a source. The goods leave the source's stock. `preview: true` shows what would be sent.
#[action(apply, tier = risk, reads(FIND_ORDER, SHIPMENTS), changes(NEW_SHIPMENTS))]
pub(crate) fn ship(args: &ShipArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    let parcel = Parcel { tracks: &args.tracks, source: args.source_code.as_deref() };
    let change = ship_change(&order, args.items.as_deref(), parcel, &args.note)?;
    let mut outcome = apply(context, &order, "ship", change)?;
    outcome.put_newest(context, &order, DocumentKind::Shipment, |_| true)?;
    Ok(outcome.result())
}

/// What is said of a parcel beside its items.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parcel<'a> {
    pub(crate) tracks: &'a [TrackArgs],
    pub(crate) source: Option<&'a str>,
}

/// The change that ships these items, or all that is left.
///
/// # Errors
/// When its state does not allow it, or an item, a quantity or a track is wrong.
pub(crate) fn ship_change(
    order: &Order,
    items: Option<&[ItemQuantityArgs]>,
    parcel: Parcel<'_>,
    note: &DocumentNote,
) -> Result<ChangeBuilder, Failure> {
    require(order, OrderAct::Ship)?;
    let mut change = order_change(order);
    let step = change.step(post(&SHIP));
    let words = ("ship", "shipped", "qty_shipped");
    name_items(&mut change, step, order, items, OrderItem::to_ship, words)?;
    let mut tracks: Vec<Value> = Vec::new();
    for (index, track) in parcel.tracks.iter().enumerate() {
        track.check(&format!("tracks/{index}"))?;
        tracks.push(json!({
            "track_number": track.number, "title": track.title, "carrier_code": track.carrier_code,
        }));
    }
    if !tracks.is_empty() {
        change.constant(step, "/tracks", tracks.into());
    }
    if let Some(source) = parcel.source {
        change.constant(step, "/arguments/extension_attributes/source_code", source.into());
    }
    note.write(&mut change, step);
    if order.total_due.is_positive() {
        change.warn(format!(
            "{} {} of the order are not paid yet",
            order.total_due,
            order.currency()
        ));
    }
    change.cannot_be_undone("Magento cannot take a shipment back; the goods left the source");
    Ok(change)
}
