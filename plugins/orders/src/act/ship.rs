//! `orders_ship`

use souk_sdk::magento::{LIST_LIMIT, PRODUCTS};
use souk_sdk::prelude::*;

use super::apply::{ActReply, DocumentNote, apply, order_change, post};
use super::document_items::{IN_PARTS, check_length, expect_added, is_all, name_items};
use crate::item_quantity::{ItemQuantity, ItemQuantityArgs, all_left, resolve};
use crate::item_role::{DocumentSide, ShippedAs};
use crate::miscounted_bundle;
use crate::order::{Order, OrderItem};
use crate::order_ref::OrderRef;
use crate::routes::{FIND_ORDER, NEW_SHIPMENTS, SHIP};
use crate::sales_document::DocumentKind;
use crate::shipping_source::{SHIPPING_SOURCES, SourceBook};
use crate::state::{OrderAct, require, require_shippable};

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
    /// Which items and how many. Without it all that is left: what was refunded or canceled is not. A
    /// bundle is named itself or by its parts, as it ships.
    #[schemars(length(min = 1))]
    items: Option<Vec<ItemQuantityArgs>>,
    /// Tracking numbers.
    #[serde(default)]
    tracks: Vec<TrackArgs>,
    /// The inventory source to ship from, one of the website's stock. Without it the first of them that
    /// has all of the goods.
    #[schemars(length(min = 1))]
    source_code: Option<String>,
    #[serde(flatten)]
    note: DocumentNote,
}

/// Ship an order
///
/// Makes a shipment of an order: of all that is left, or of some items, with tracking numbers, from
/// a source. The goods leave the source's stock. `preview: true` shows what would be sent.
#[action(
    apply,
    tier = risk,
    reads(FIND_ORDER, PRODUCTS, SHIPPING_SOURCES),
    changes(NEW_SHIPMENTS), keywords("dispatch", "send out", "parcel", "fulfil", "shipment"))]
pub(crate) fn ship(args: &ShipArgs, context: &ApplyContext) -> ActReply {
    let mut order = args.order.read(context)?;
    order.learn_shipping(context)?;
    let parcel = Parcel { tracks: &args.tracks, source: args.source_code.as_deref() };
    let mut sources = SourceBook::default();
    let items = args.items.as_deref();
    let change = ship_change(context, &order, items, parcel, &mut sources, &args.note)?;
    let mut outcome = apply(context, &order, "ship", change)?;
    outcome.put_made(&order, DocumentKind::Shipment);
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
/// When its state does not allow it, or an item, a quantity, a track or the source is wrong.
pub(crate) fn ship_change(
    context: &Context,
    order: &Order,
    items: Option<&[ItemQuantityArgs]>,
    parcel: Parcel<'_>,
    sources: &mut SourceBook,
    note: &DocumentNote,
) -> Result<ChangeBuilder, Failure> {
    match items {
        // What was refunded can be named, and is not shipped otherwise.
        Some(_) => require_shippable(order)?,
        None => require(order, OrderAct::Ship)?,
    }
    let mut change = order_change(order);
    let step = change.step(post(&SHIP));
    let quantities = match items {
        Some(items) => named(order, items)?,
        None => all(order),
    };
    let is_all = is_all(&quantities, &all_left(order, OrderItem::shippable));
    let has_unnameable = has_unknown_bundle(order) || miscounted_bundle::has_any(order);
    let is_unnamed = items.is_none() && has_unnameable;
    if is_unnamed || is_all && !has_unnameable && quantities.len() > LIST_LIMIT {
        // Without a list Magento takes all that is left, however its bundles ship: also what nobody named.
        if !is_all {
            return Err(unnameable(order));
        }
        expect_added(&mut change, &quantities, "qty_shipped");
    } else {
        check_length(context, "items", quantities.len(), IN_PARTS)?;
        name_items(&mut change, step, &quantities, "qty_shipped");
    }
    let mut tracks: Vec<Value> = Vec::new();
    for (index, track) in parcel.tracks.iter().enumerate() {
        track.check(&format!("tracks/{index}"))?;
        tracks.push(json!({
            "track_number": track.number, "title": track.title, "carrier_code": track.carrier_code,
        }));
    }
    if !tracks.is_empty() {
        check_length(context, "tracks", tracks.len(), "add the others with `orders_add_track`")?;
        change.constant(step, "/tracks", tracks.into());
    }
    let source = sources.choose(context, order, &quantities, parcel.source)?;
    if let Some(code) = source.code {
        change.constant(step, "/arguments/extension_attributes/source_code", code.into());
    }
    note.write(&mut change, step);
    if let Some(warning) = source.warning {
        change.warn(warning);
    }
    warn_of_refunded(&mut change, &quantities);
    if items.is_some()
        && let Some(warning) = miscounted_bundle::warning_of_leaving_behind(order)
    {
        change.warn(warning);
    }
    if order.due.is_positive() {
        change.warn(format!("{} {} of the order are not paid yet", order.due, order.currency()));
    }
    change.cannot_be_undone("Magento cannot take a shipment back; the goods left the source");
    Ok(change)
}

/// What is named, and how many of each.
fn named<'order>(
    order: &'order Order,
    items: &[ItemQuantityArgs],
) -> Result<Vec<ItemQuantity<'order>>, Failure> {
    // A bundle that Magento has miscounted is refused for that, and not for its quantity.
    let left = |item: &OrderItem| item.shippable().max(item.to_ship());
    let quantities = resolve(order, items, DocumentSide::Goods, left, "ship")?;
    let is_refused = |line: &&ItemQuantity<'_>| {
        miscounted_bundle::is_miscounted(line.item) && line.quantity > line.item.shippable()
    };
    match quantities.iter().find(is_refused) {
        Some(line) => Err(miscounted_bundle::refused_by_name(order, line.item)),
        None => Ok(quantities),
    }
}

/// All that is left.
fn all(order: &Order) -> Vec<ItemQuantity<'_>> {
    let mut all = all_left(order, OrderItem::to_ship);
    all.retain(|line| !miscounted_bundle::is_miscounted(line.item));
    all.extend(miscounted_bundle::parts_left(order));
    all
}

fn has_unknown_bundle(order: &Order) -> bool {
    order.items().iter().any(|item| item.role.shipped_as == ShippedAs::Unknown)
}

/// Of an order with a bundle whose product is gone no item can be left out.
fn unnameable(order: &Order) -> Failure {
    let message = format!(
        "{} has a bundle whose product is gone, so that its items cannot be named, and some of it was refunded or canceled",
        order.name()
    );
    Failure::unavailable(message).remedy("ship it in the store's administration")
}

fn warn_of_refunded(change: &mut ChangeBuilder, quantities: &[ItemQuantity<'_>]) {
    // What is taken along with something else has nothing of its own to ship.
    let own = quantities.iter().filter(|line| line.item.role.shipped_as != ShippedAs::Another);
    for ItemQuantity { item, quantity } in own {
        let refunded = *quantity - item.to_ship();
        if refunded.is_positive() {
            change.warn(format!(
                "{refunded} of `{}` were refunded or canceled and are shipped all the same",
                item.sku()
            ));
        }
    }
}
