//! `orders_add_track`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use souk_sdk::{
    ApplyContext, BindingSource, ChangeBuilder, EntityId, Failure, Lookup, Method, SearchPage,
    StoreView, element,
};

use super::ship::Track;
use super::{Outcome, carry_out};
use crate::answer::Answer;
use crate::order::{documents, id_of, which};
use crate::routes::{ADD_TRACK, SHIPMENT, SHIPMENTS, TRACK};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The order's entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// The order's number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// The shipment's entity id, where the order has several; see `orders_tracking`.
    shipment_id: Option<EntityId>,
    /// The tracking number.
    track: Track,
}

pub(crate) fn add(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    asked.track.check("track")?;
    let found: SearchPage<Value> = context.get(&documents(&SHIPMENTS, order.id(), "entity_id")?)?;
    let ids: Vec<u64> = found.items.iter().map(|one| id_of(one.get("entity_id"))).collect();
    let wanted = asked.shipment_id.map(EntityId::get);
    let listed = || ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let shipment = match (wanted, &ids[..]) {
        (Some(id), _) if ids.contains(&id) => id,
        (None, [only]) => *only,
        (_, []) => {
            return Err(Failure::argument("order_id", format!("{} has no shipment", order.name()))
                .remedy("make one with `orders_ship`, which takes tracks too"));
        }
        (Some(id), _) => {
            let message = format!("the shipment {id} is not one of {}", order.name());
            return Err(
                Failure::argument("shipment_id", message).remedy(format!("one of: {}", listed()))
            );
        }
        (None, _) => {
            let message = format!("{} has several shipments", order.name());
            return Err(Failure::argument("shipment_id", message)
                .remedy(format!("say which: {}", listed())));
        }
    };
    let known =
        found.items.iter().filter(|one| id_of(one.get("entity_id")) == shipment).any(|one| {
            let tracks = one.get("tracks").and_then(Value::as_array).into_iter().flatten();
            tracks.into_iter().any(|track| track["track_number"] == asked.track.number.as_str())
        });
    if known {
        let message = format!("the shipment {shipment} already has this tracking number");
        return Err(Failure::argument("track/number", message));
    }
    let change = change(order.id(), shipment, &asked.track);
    let lookup = Lookup::one(SHIPMENT.read_by([BindingSource::Subject]).at(StoreView::Global));
    let summary = format!("add a tracking number to shipment {shipment} of {}", order.name());
    Ok(carry_out(context, summary, lookup, change)?.answer())
}

fn change(order: u64, shipment: u64, track: &Track) -> ChangeBuilder {
    let mut change = ChangeBuilder::of("shipment", shipment.to_string()).only_if_absent();
    let step = change.step(ADD_TRACK.step(Method::Post, [], StoreView::Global));
    // Without the order that the shipment is of, Magento refuses (`orders_more.jsonl`).
    change.constant(step, "/entity/order_id", order.into());
    change.constant(step, "/entity/parent_id", shipment.into());
    let place = track_place(&track.number);
    let number = Value::from(track.number.as_str());
    change.set(step, "track_number", "/entity/track_number", &place, number);
    change.constant(step, "/entity/title", track.title.as_str().into());
    change.constant(step, "/entity/carrier_code", track.carrier_code.as_str().into());
    let made = BindingSource::FromResponse("/entity_id".to_owned());
    change.undo_step(TRACK.step(Method::Delete, [made], StoreView::Global));
    change
}

/// Where a track stands in a shipment.
fn track_place(number: &str) -> String {
    ["/tracks/", &element("track_number", number), "/track_number"].concat()
}
