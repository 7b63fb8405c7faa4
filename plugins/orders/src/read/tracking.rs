//! `orders_tracking`

use souk_sdk::magento::STORE_CONFIGS;
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView};
use crate::order_ref::OrderRef;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::{FIND_ORDER, SHIPMENTS};
use crate::sales_document::DocumentKind;
use crate::time_zones::{StoreTimeZones, ZoneNeed};
use crate::untrusted::UNTRUSTED;

pub(crate) struct TrackingResult;

impl ResultSchema for TrackingResult {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object"},
        "shipments": {"type": "array", "items": {"type": "object"}, "description": "What was sent, when, from which source, with which tracking numbers. Magento does not know where a parcel is now: ask the carrier with the number."},
        "left_to_ship": {"type": "array", "items": {"type": "object"}}"#;
    const REQUIRED: &'static str = "order shipments left_to_ship";
}

/// Track an order
///
/// Shows what of an order was sent, when, from where and with which tracking numbers, and what is
/// left to ship.
#[action(query, reads(FIND_ORDER, SHIPMENTS, STORE_CONFIGS), note = UNTRUSTED, keywords("where is the parcel", "delivery status", "shipped yet"))]
pub(crate) fn tracking(args: &OrderRef, context: &Context) -> OrdersReply<TrackingResult> {
    let order = args.read(context)?;
    let store = order.document.id("store_id");
    let shipments = DocumentKind::Shipment.all_of(context, &order)?;
    let zones = StoreTimeZones::read(context, ZoneNeed::of(false, !shipments.is_empty()))?;
    let shipments = shipments.iter().map(|shipment| {
        let mut view = shipment.pick("entity_id increment_id created_at total_qty");
        view.put("created_local", zones.local(store, shipment.text("created_at")));
        let extension = shipment.get("extension_attributes");
        let source = extension.and_then(|more| more.get("source_code"));
        view.put("source_code", source.filter(|source| !source.is_null()).cloned());
        for (list, fields) in [
            ("items", "order_item_id sku name qty"),
            ("tracks", "entity_id carrier_code title track_number"),
        ] {
            let rows: Vec<Value> = shipment.rows(list).map(|row| row.pick(fields).into()).collect();
            view.put(list, Some(rows));
        }
        view
    });
    let shipments: Vec<JsonObject> = shipments.collect();
    let left = order.items().iter().filter(|item| item.to_ship().is_positive());
    let left = left
        .map(|item| json!({"order_item_id": item.id, "sku": item.sku(), "qty": item.to_ship()}));
    Ok(OrdersResult::from(json!({
        "order": order.document.pick("entity_id increment_id state status shipping_description"),
        "shipments": shipments,
        "left_to_ship": left.collect::<Vec<_>>(),
    })))
}
