//! `orders_tracking`

use serde_json::{Value, json};
use souk_sdk::{Context, Failure, SearchPage};

use super::picked;
use crate::answer::{Answer, Shape, members};
use crate::clock::Zones;
use crate::order::{Plain, documents, id_of};
use crate::routes::SHIPMENTS;

pub(crate) struct Parcels;

impl Shape for Parcels {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object"},
        "shipments": {"type": "array", "items": {"type": "object"}, "description": "What was sent, when, from which source, with which tracking numbers. Magento does not know where a parcel is now: ask the carrier with the number."},
        "left_to_ship": {"type": "array", "items": {"type": "object"}}"#;
    const REQUIRED: &'static str = r#""order", "shipments", "left_to_ship""#;
}

pub(crate) fn tracking(asked: &Plain, context: &Context) -> Result<Answer<Parcels>, Failure> {
    let order = asked.which().read(context)?;
    let zones = Zones::where_readable(context);
    let found: SearchPage<Value> = context.get(&documents(&SHIPMENTS, order.id(), "entity_id")?)?;
    let store = id_of(order.fields().get("store_id"));
    let shipments: Vec<Value> = found
        .items
        .iter()
        .filter_map(Value::as_object)
        .map(|shipment| {
            let mut told =
                picked(shipment, &["entity_id", "increment_id", "created_at", "total_qty"]);
            let at = shipment.get("created_at").and_then(Value::as_str).unwrap_or_default();
            if let Some(local) = zones.local(store, at) {
                told.insert("created_local".to_owned(), local.into());
            }
            if let Some(source) = shipment
                .get("extension_attributes")
                .and_then(|more| more.get("source_code"))
                .filter(|source| !source.is_null())
            {
                told.insert("source_code".to_owned(), source.clone());
            }
            for (list, fields) in [
                ("items", &["order_item_id", "sku", "name", "qty"][..]),
                ("tracks", &["entity_id", "carrier_code", "title", "track_number"][..]),
            ] {
                let rows = shipment.get(list).and_then(Value::as_array).into_iter().flatten();
                let rows = rows.filter_map(Value::as_object);
                told.insert(
                    list.to_owned(),
                    rows.map(|row| Value::Object(picked(row, fields))).collect(),
                );
            }
            Value::Object(told)
        })
        .collect();
    let left: Vec<Value> = order
        .whole_items()
        .filter(|item| item.to_ship().is_positive())
        .map(|item| {
            json!({"order_item_id": item.id(), "sku": item.sku(), "qty": item.to_ship().json()})
        })
        .collect();
    Ok(Answer::new(members(json!({
        "order": picked(order.fields(), &["entity_id", "increment_id", "state", "status", "shipping_description"]),
        "shipments": shipments,
        "left_to_ship": left,
    }))))
}
