//! What became of asynchronous requests.

use serde_json::{Value, json};

use super::bulk_topics::topic;
use super::entity::{Entity, UnknownColumn};
use super::route::{HandlerResult, Route, read};
use crate::call::{Call, stamp};
use crate::document::Doc;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::Shop;
use crate::shop::bulk::{Bulk, Operation, Outcome};

const BULKS: &str = "Magento_Logging::system_magento_logging_bulk_operations";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/bulk", BULKS, list),
    read("/V1/bulk/{bulkUuid}/status", BULKS, |shop, call| Ok(show(of(shop, call)?, false))),
    read("/V1/bulk/{bulkUuid}/detailed-status", BULKS, |shop, call| {
        Ok(show(of(shop, call)?, true))
    }),
    read("/V1/bulk/{bulkUuid}/operation-status/{status}", BULKS, count),
];

fn of<'a>(shop: &'a Shop, call: &Call) -> Result<&'a Bulk, Refusal> {
    let uuid = call.text("bulkUuid");
    shop.bulks.get(&uuid).ok_or_else(|| {
        Refusal::missing("Bulk uuid %bulkUuid not exist").with(json!({ "bulkUuid": uuid }))
    })
}

fn show(bulk: &Bulk, detailed: bool) -> Value {
    let operations = bulk.operations.iter().enumerate().map(|(id, operation)| {
        if detailed { show_operation(bulk, id, operation) } else { brief(id, operation) }
    });
    json!({
        "operations_list": operations.map(Value::Object).collect::<Vec<_>>(),
        "user_type": bulk.user_type,
        "bulk_id": bulk.uuid,
        "description": format!("Topic {}", topic(&bulk.method, &bulk.template)),
        "start_time": stamp(bulk.accepted),
        "user_id": 1,
        "operation_count": bulk.operations.len(),
    })
}

fn brief(id: usize, operation: &Operation) -> Doc {
    let code = (operation.outcome == Outcome::Failed).then_some(0);
    let mut doc = Doc::new();
    doc.insert("id".to_owned(), id.into());
    doc.insert("status".to_owned(), (operation.outcome as u8).into());
    doc.insert("result_message".to_owned(), json!(operation.message));
    doc.insert("error_code".to_owned(), json!(code));
    doc
}

/// With what was asked for, while that is not done, and with what was answered.
fn show_operation(bulk: &Bulk, id: usize, operation: &Operation) -> Doc {
    let asked = (operation.outcome != Outcome::Done).then(|| {
        php::json(&json!({
            "entity_id": null, "entity_link": "", "meta_information": php::json(&operation.item),
            "store_id": bulk.store.to_string()
        }))
    });
    let mut doc = brief(id, operation);
    doc.insert("bulk_uuid".to_owned(), json!(bulk.uuid));
    doc.insert("topic_name".to_owned(), json!(topic(&bulk.method, &bulk.template)));
    doc.insert("serialized_data".to_owned(), json!(asked));
    doc.insert("result_serialized_data".to_owned(), json!(operation.result));
    doc
}

fn count(shop: &Shop, call: &Call) -> HandlerResult {
    let status = call.id("status");
    let operations = shop.bulks.get(&call.text("bulkUuid")).map(|bulk| bulk.operations.as_slice());
    let matching =
        operations.unwrap_or_default().iter().filter(|known| known.outcome as u64 == status);
    Ok(json!(matching.count()))
}

const OPERATIONS: Entity = Entity {
    columns: "id:n bulk_uuid topic_name status:n result_message error_code:n start_time:d",
    unknown: UnknownColumn::Internal,
};

/// Every operation of every bulk.
fn list(shop: &Shop, call: &Call) -> HandlerResult {
    let rows: Vec<Doc> = shop
        .bulks
        .list
        .iter()
        .flat_map(|bulk| {
            bulk.operations.iter().enumerate().map(|(id, operation)| {
                let mut doc = show_operation(bulk, id, operation);
                doc.insert("start_time".to_owned(), stamp(bulk.accepted).into());
                doc
            })
        })
        .collect();
    OPERATIONS.list(shop, call, rows.iter(), |doc| {
        let mut doc = doc.clone();
        let start = doc.shift_remove("start_time");
        doc.insert("extension_attributes".to_owned(), json!({ "start_time": start }));
        Value::Object(doc)
    })
}
