//! `orders_ship`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use souk_sdk::{ApplyContext, ChangeBuilder, EntityId, Failure};

use super::document::{bundle, expect, newest, write};
use super::{Outcome, Remarks, afterwards, carry_out, changing, lookup, post};
use crate::answer::Answer;
use crate::lines::{AskedItem, all_left, resolve};
use crate::order::{Item, Order, documents, which};
use crate::routes::{SHIP, SHIPMENTS};
use crate::state::{Act, check};

/// A tracking number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Track {
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

impl Track {
    /// Checks it.
    ///
    /// # Errors
    /// When a part of it is empty.
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Its entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// Which items and how many. Without it all that is left.
    #[schemars(length(min = 1))]
    items: Option<Vec<AskedItem>>,
    /// Tracking numbers.
    #[serde(default)]
    tracks: Vec<Track>,
    /// The inventory source to ship from. Without it the store chooses.
    #[schemars(length(min = 1))]
    source_code: Option<String>,
    /// Whether the customer gets an e-mail.
    #[serde(default)]
    notify: bool,
    /// A comment on the shipment.
    #[schemars(length(min = 1))]
    comment: Option<String>,
    /// Whether the customer sees the comment.
    #[serde(default)]
    comment_visible: bool,
}

pub(crate) fn ship(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    let remarks = Remarks {
        notify: asked.notify,
        comment: asked.comment.as_deref(),
        visible: asked.comment_visible,
    };
    let parcel = Parcel { tracks: &asked.tracks, source: asked.source_code.as_deref() };
    let change = change(&order, asked.items.as_deref(), parcel, remarks)?;
    let summary = format!("ship {}", order.name());
    let mut happened = carry_out(context, summary, lookup(), change)?;
    if happened.done {
        let read = documents(&SHIPMENTS, order.id(), "entity_id")?;
        happened.with("shipment", newest(&afterwards(context, &read)));
    }
    Ok(happened.answer())
}

/// What is said of a parcel beside its items.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parcel<'a> {
    pub(crate) tracks: &'a [Track],
    pub(crate) source: Option<&'a str>,
}

/// The change that ships these items, or all that is left.
///
/// # Errors
/// When its state does not allow it, or an item, a quantity or a track is wrong.
pub(crate) fn change(
    order: &Order,
    items: Option<&[AskedItem]>,
    parcel: Parcel<'_>,
    remarks: Remarks<'_>,
) -> Result<ChangeBuilder, Failure> {
    check(order, Act::Ship).map_err(|why| why.failure(order, "ship"))?;
    let mut change = changing(order);
    let step = change.step(post(&SHIP));
    let left = |item: &Item<'_>| item.to_ship();
    let lines = match items {
        Some(_) if order.has_bundle() => return Err(bundle(order, "shipped")),
        Some(items) => resolve(order, items, left, "ship")?,
        None => all_left(order, left),
    };
    expect(&mut change, &lines, "qty_shipped");
    // Of bundles only Magento knows which items count: without a list it ships all that is left.
    if !order.has_bundle() {
        write(&mut change, step, &lines);
    }
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
    remarks.write(&mut change, step);
    if order.amount("total_due").is_positive() {
        change.warn(format!(
            "{} {} of the order are not paid yet",
            order.amount("total_due"),
            order.currency()
        ));
    }
    change.cannot_be_undone("Magento cannot take a shipment back; the goods left the source");
    Ok(change)
}
