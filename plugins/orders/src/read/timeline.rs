//! What happened to an order, in one line of time.

use serde_json::{Map, Value, json};
use souk_sdk::{Context, Failure, Read, Route, SearchPage};

use super::picked;
use crate::answer::members;
use crate::clock::Zones;
use crate::order::{Order, documents};
use crate::routes::{CREDITMEMOS, INVOICES, SHIPMENTS, TRANSACTIONS};

/// What was made of an order, and what of it could not be read.
pub(crate) struct Made {
    pub(crate) invoices: Vec<Value>,
    pub(crate) shipments: Vec<Value>,
    pub(crate) creditmemos: Vec<Value>,
    pub(crate) transactions: Vec<Value>,
    /// `[{what, why}]`: nothing is claimed about these.
    pub(crate) unread: Vec<Value>,
}

/// The tables of documents, and what each calls its id.
const TABLES: [(&str, Route<0>, &str); 4] = [
    ("invoices", INVOICES, "entity_id"),
    ("shipments", SHIPMENTS, "entity_id"),
    ("creditmemos", CREDITMEMOS, "entity_id"),
    ("transactions", TRANSACTIONS, "transaction_id"),
];

impl Made {
    /// Reads all of it, at once.
    ///
    /// # Errors
    /// Only that a read cannot be written; what the store refuses is told in `unread`.
    pub(crate) fn read(context: &Context, order: &Order) -> Result<Self, Failure> {
        let reads: Vec<Read> = TABLES
            .iter()
            .map(|(_, route, id)| documents(route, order.id(), id))
            .collect::<Result<_, _>>()?;
        let mut answers = context.get_all::<SearchPage<Value>>(&reads).into_iter();
        let mut unread = Vec::new();
        let mut next = |what: &str| match answers.next() {
            Some(Ok(found)) => {
                if found.total_count > found.items.len() as u64 {
                    let why = format!(
                        "the store answered {} of {}",
                        found.items.len(),
                        found.total_count
                    );
                    unread.push(json!({"what": what, "why": why}));
                }
                found.items
            }
            Some(Err(failure)) => {
                unread.push(json!({"what": what, "why": failure.message}));
                Vec::new()
            }
            None => Vec::new(),
        };
        let [invoices, shipments, creditmemos, transactions] = TABLES.map(|(what, ..)| next(what));
        Ok(Self { invoices, shipments, creditmemos, transactions, unread })
    }

    /// All of it and the order's own comments, oldest first. Comments on documents are theirs.
    pub(crate) fn timeline(&self, order: &Order, zones: &Zones) -> Vec<Value> {
        let mut entries = vec![entry("placed", order.fields(), &["increment_id", "grand_total"])];
        let comments = order.value("status_histories").as_array().into_iter().flatten();
        entries.extend(comments.filter_map(Value::as_object).map(comment));
        let documents = [
            ("invoice", &self.invoices, &INVOICE_FIELDS[..]),
            ("shipment", &self.shipments, &["increment_id", "total_qty"][..]),
            ("creditmemo", &self.creditmemos, &CREDITMEMO_FIELDS[..]),
            ("transaction", &self.transactions, &TRANSACTION_FIELDS[..]),
        ];
        for (kind, list, fields) in documents {
            for document in list.iter().filter_map(Value::as_object) {
                let mut told = entry(kind, document, fields);
                told.insert("lines".to_owned(), lines(document));
                if kind == "transaction" {
                    told.remove("lines");
                }
                entries.push(told);
                entries.extend(tracks(document));
                let comments = document.get("comments").and_then(Value::as_array);
                entries.extend(comments.into_iter().flatten().filter_map(Value::as_object).map(
                    |written| {
                        let mut told = comment(written);
                        told.insert("on".to_owned(), kind.into());
                        told
                    },
                ));
            }
        }
        in_time(entries, order, zones)
    }
}

/// Kinds of entries as they follow from each other.
const KINDS: [&str; 7] =
    ["placed", "transaction", "invoice", "shipment", "track", "creditmemo", "comment"];

const INVOICE_FIELDS: [&str; 6] = [
    "increment_id",
    "state",
    "grand_total",
    "shipping_amount",
    "order_currency_code",
    "transaction_id",
];

const CREDITMEMO_FIELDS: [&str; 8] = [
    "increment_id",
    "invoice_id",
    "grand_total",
    "shipping_amount",
    "adjustment_positive",
    "adjustment_negative",
    "order_currency_code",
    "transaction_id",
];

const TRANSACTION_FIELDS: [&str; 5] =
    ["transaction_id", "txn_id", "parent_txn_id", "txn_type", "is_closed"];

fn entry(kind: &str, from: &Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    let mut entry = members(json!({ "kind": kind }));
    for (name, member) in [("at", "created_at"), ("id", "entity_id")] {
        if let Some(value) = from.get(member).filter(|value| !value.is_null()) {
            entry.insert(name.to_owned(), value.clone());
        }
    }
    entry.extend(picked(from, fields));
    entry
}

fn comment(from: &Map<String, Value>) -> Map<String, Value> {
    let fields =
        ["comment", "status", "is_customer_notified", "is_visible_on_front", "entity_name"];
    entry("comment", from, &fields)
}

fn lines(document: &Map<String, Value>) -> Value {
    let items = document.get("items").and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(Value::as_object)
        .map(|item| Value::Object(picked(item, &["order_item_id", "sku", "qty"])))
        .collect()
}

fn tracks(shipment: &Map<String, Value>) -> impl Iterator<Item = Map<String, Value>> {
    let tracks = shipment.get("tracks").and_then(Value::as_array).into_iter().flatten();
    tracks.filter_map(Value::as_object).map(|track| {
        let mut told = entry("track", track, &["track_number", "carrier_code", "title"]);
        if let Some(shipment) = track.get("parent_id") {
            told.insert("shipment_id".to_owned(), shipment.clone());
        }
        told
    })
}

/// Sorted by time; each with the store view's own time.
fn in_time(mut entries: Vec<Map<String, Value>>, order: &Order, zones: &Zones) -> Vec<Value> {
    let store = crate::order::id_of(order.fields().get("store_id"));
    let at = |entry: &Map<String, Value>| {
        entry.get("at").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    // Of one second, what came of a thing stands after it.
    let rank = |entry: &Map<String, Value>| {
        let kind = entry.get("kind").and_then(Value::as_str).unwrap_or_default();
        KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len())
    };
    let id = |entry: &Map<String, Value>| crate::order::id_of(entry.get("id"));
    entries.sort_by_cached_key(|entry| (at(entry), rank(entry), id(entry)));
    entries
        .into_iter()
        .map(|mut entry| {
            if let Some(local) = zones.local(store, &at(&entry)) {
                entry.insert("at_local".to_owned(), local.into());
            }
            Value::Object(entry)
        })
        .collect()
}
