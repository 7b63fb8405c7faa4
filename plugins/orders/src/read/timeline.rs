//! What happened to an order, in the order of time.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView, object};
use crate::order::Order;
use crate::sales_document::DocumentKind;
use crate::time_zones::StoreTimeZones;

/// The documents that were made from an order, and what of them could not be read.
pub(super) struct OrderHistory {
    documents: Vec<(DocumentKind, Vec<JsonObject>)>,
    /// `[{what, why}]`: nothing is claimed about these.
    pub(super) unread: Vec<Value>,
}

impl OrderHistory {
    /// Reads all of it, at once.
    ///
    /// # Errors
    /// Only that a read cannot be written; what the store refuses is in `unread`.
    pub(super) fn read(context: &Context, order: &Order) -> Result<Self, Failure> {
        let reads: Vec<Read> =
            DocumentKind::ALL.iter().map(|kind| kind.read_of(order)).collect::<Result<_, _>>()?;
        let mut history = Self { documents: Vec::new(), unread: Vec::new() };
        for (kind, page) in DocumentKind::ALL.into_iter().zip(context.get_all(&reads)) {
            let page: Result<SearchPage<JsonObject>, Failure> = page;
            let why = match page {
                Err(failure) => Some(failure.message),
                Ok(page) => {
                    let (read, all) = (page.items.len(), page.total_count);
                    history.documents.push((kind, page.items));
                    (all > read as u64).then(|| format!("the store answered {read} of {all}"))
                }
            };
            if let Some(why) = why {
                let what = [kind.as_str(), "s"].concat();
                history.unread.push(json!({"what": what, "why": why}));
            }
        }
        Ok(history)
    }

    /// All of it and the order's own comments, oldest first. Comments on documents are theirs.
    pub(super) fn timeline(&self, order: &Order, zones: &StoreTimeZones) -> Vec<Value> {
        let head = &order.document;
        let mut entries = vec![entry("placed", head, "increment_id grand_total")];
        entries.extend(head.rows("status_histories").map(comment));
        for (kind, documents) in &self.documents {
            for document in documents {
                let mut own = entry(kind.as_str(), document, fields(*kind));
                if *kind != DocumentKind::Transaction {
                    let lines = document.rows("items");
                    let lines = lines.map(|line| line.pick("order_item_id sku qty").into());
                    own.put("lines", Some(lines.collect::<Vec<Value>>()));
                }
                entries.push(own);
                entries.extend(document.rows("tracks").map(|track| {
                    let mut entry = entry("track", track, "track_number carrier_code title");
                    entry.put("shipment_id", track.get("parent_id").cloned());
                    entry
                }));
                entries.extend(document.rows("comments").map(|row| {
                    let mut entry = comment(row);
                    entry.put("on", Some(kind.as_str()));
                    entry
                }));
            }
        }
        in_time(entries, head.id("store_id"), zones)
    }
}

/// Kinds of entries as they follow from each other.
const KINDS: [&str; 7] =
    ["placed", "transaction", "invoice", "shipment", "track", "creditmemo", "comment"];

const fn fields(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Invoice => {
            "increment_id state grand_total shipping_amount order_currency_code transaction_id"
        }
        DocumentKind::Shipment => "increment_id total_qty",
        DocumentKind::CreditMemo => {
            "increment_id invoice_id grand_total shipping_amount adjustment_positive \
             adjustment_negative order_currency_code transaction_id"
        }
        DocumentKind::Transaction => "transaction_id txn_id parent_txn_id txn_type is_closed",
    }
}

fn entry(kind: &str, from: &JsonObject, fields: &str) -> JsonObject {
    let mut entry = object(json!({ "kind": kind }));
    for (name, member) in [("at", "created_at"), ("id", "entity_id")] {
        entry.put(name, from.get(member).filter(|value| !value.is_null()).cloned());
    }
    entry.extend(from.pick(fields));
    entry
}

fn comment(from: &JsonObject) -> JsonObject {
    let fields = "comment status is_customer_notified is_visible_on_front entity_name";
    entry("comment", from, fields)
}

/// Sorted by time; each with the store view's own time.
fn in_time(mut entries: Vec<JsonObject>, store: u64, zones: &StoreTimeZones) -> Vec<Value> {
    // Of one second, what came of a thing stands after it.
    let rank = |entry: &JsonObject| {
        KINDS.iter().position(|kind| *kind == entry.text("kind")).unwrap_or(KINDS.len())
    };
    entries.sort_by_cached_key(|entry| (entry.text("at").to_owned(), rank(entry), entry.id("id")));
    let local = |mut entry: JsonObject| {
        entry.put("at_local", zones.local(store, entry.text("at")));
        Value::Object(entry)
    };
    entries.into_iter().map(local).collect()
}
