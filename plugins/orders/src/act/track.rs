//! `orders_add_track`

use souk_sdk::core::element;
use souk_sdk::prelude::*;

use super::apply::{ActReply, apply_to, lookup};
use super::ship::TrackArgs;
use crate::order_ref::OrderRef;
use crate::routes::{ADD_TRACK, FIND_ORDER, SHIPMENT, SHIPMENTS, TRACK, TRACKS};
use crate::sales_document::DocumentKind;

#[args]
#[derive(Debug)]
pub(crate) struct AddTrackArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// The shipment's entity id, where the order has several; see `orders_tracking`.
    shipment_id: Option<EntityId>,
    /// The tracking number.
    track: TrackArgs,
}

/// Add a tracking number
///
/// Adds a tracking number to a shipment of an order.
#[action(
    apply,
    reads(FIND_ORDER, SHIPMENTS),
    changes(TRACKS),
    keywords("tracking number", "parcel number", "carrier")
)]
pub(crate) fn add_track(args: &AddTrackArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    args.track.check("track")?;
    let kind = DocumentKind::Shipment;
    let shipments = kind.all_of(context, &order)?;
    if shipments.is_empty() {
        return Err(Failure::argument("order_id", format!("{} has no shipment", order.name()))
            .remedy("make one with `orders_ship`, which takes tracks too"));
    }
    let id = args.shipment_id.map(EntityId::get);
    let shipment = kind.choose(&order, &shipments, id, "shipment_id")?;
    let id = shipment.id("entity_id");
    if shipment.rows("tracks").any(|track| track.text("track_number") == args.track.number) {
        let message = format!("the shipment {id} already has this tracking number");
        return Err(Failure::argument("track/number", message));
    }
    let change = track_change(order.id, id, &args.track);
    let summary = format!("add a tracking number to shipment {id} of {}", order.name());
    Ok(apply_to(context, summary, lookup(&SHIPMENT), change)?.result())
}

fn track_change(order: u64, shipment: u64, track: &TrackArgs) -> ChangeBuilder {
    let mut change = ChangeBuilder::of("shipment", shipment.to_string()).only_if_absent();
    let step = change.step(ADD_TRACK.step(Method::Post, [], StoreView::Global));
    // Without the order that the shipment is of, Magento refuses (`orders_more.jsonl`).
    change.constant(step, "/entity/order_id", order.into());
    change.constant(step, "/entity/parent_id", shipment.into());
    let pointer = ["/tracks/", &element("track_number", &track.number), "/track_number"].concat();
    change.set(step, "track_number", "/entity/track_number", &pointer, json!(track.number));
    change.constant(step, "/entity/title", json!(track.title));
    change.constant(step, "/entity/carrier_code", json!(track.carrier_code));
    let created = BindingSource::FromResponse("/entity_id".to_owned());
    change.undo_step(TRACK.step(Method::Delete, [created], StoreView::Global));
    change
}
