//! The store against a second real one: Magento 2.4.7-p3 with taxed shipping, discounts, two currencies,
//! bundles and gateways (`golden/live2_*.jsonl`).
//!
//! A file is scenes. Each begins with what the store had (`seed`: lists that are added to those of
//! `golden/state.json`, everything else in its place), and goes on with exchanges in their order. Answers
//! that show an order are kept as what changed since the last one that did. What answers merely repeat
//! (items under `shipping_assignments`, parents under parts) was left out when they were recorded, and is
//! not compared.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;
use crate::replay::{difference, golden};

/// A line of a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Scene {
        scene: String,
        #[serde(default)]
        seed: Map<String, Value>,
        /// What the store has trouble with meanwhile.
        faults: Option<Value>,
    },
    Exchange(Exchange),
}

/// One recorded exchange.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    /// The recording and the place in it.
    at: String,
    /// Method and target.
    request: String,
    body: Option<Value>,
    status: u16,
    /// The answer, where it is compared.
    answer: Option<Value>,
    /// The order that the answer shows, whose last answer it is compared with…
    order: Option<u64>,
    /// … but for these: a pointer and a value, or none where it is gone.
    #[serde(default)]
    changes: Vec<(String, Option<Value>)>,
}

/// What the store said otherwise than recorded.
#[derive(Default)]
struct Score {
    exchanges: usize,
    compared: usize,
    statuses: Vec<String>,
    bodies: Vec<String>,
}

/// Members of answers that differ from store to store: numbers it gives out, and its gateway's.
const OWN: &[&str] = &[
    "entity_id",
    "increment_id",
    "parent_id",
    "transaction_id",
    "txn_id",
    "parent_txn_id",
    "last_trans_id",
    "additional_information",
];

/// What answers repeat, and what a seed was spared.
const REPEATED: &[&str] = &["parent_item", "shipping_assignments", "total"];

/// A state with what a scene adds to it.
fn seeded(state: &Value, shop: &Map<String, Value>, seed: &Map<String, Value>) -> Vec<u8> {
    let mut state = state.clone();
    for table in ["orders", "invoices", "shipments", "creditmemos", "transactions"] {
        state[table] = json!([]);
    }
    for (name, value) in shop.iter().chain(seed) {
        match (state[name].as_array_mut(), value) {
            (Some(list), Value::Array(more)) => {
                for row in more {
                    list.retain(|known| !is_same(known, row));
                    list.push(row.clone());
                }
            }
            _ => state[name] = value.clone(),
        }
    }
    state.to_string().into_bytes()
}

/// Whether two rows are the same thing.
fn is_same(one: &Value, other: &Value) -> bool {
    let keys: &[&str] = match one {
        _ if one.get("quantity").is_some() => &["sku", "source_code"],
        _ if one.get("priority").is_some() => &["stock_id", "source_code"],
        _ if one.get("stock_id").is_some() => &["stock_id"],
        _ if one.get("source_code").is_some() => &["source_code"],
        _ => &["entity_id"],
    };
    keys.iter().all(|key| one.get(*key).is_some() && one.get(*key) == other.get(*key))
}

/// Replays a file of scenes.
async fn replay_scenes(file: &str) -> Score {
    let state: Value =
        serde_json::from_slice(&std::fs::read(golden("state.json")).unwrap()).unwrap();
    let lines = std::fs::read_to_string(golden(file)).unwrap();
    let mut shop = Map::new();
    let mut score = Score::default();
    let mut scene: Option<(String, Store, Replies)> = None;
    for line in lines.lines() {
        match serde_json::from_str(line).unwrap() {
            // What stands before all scenes is there in each.
            Line::Scene { scene, seed, .. } if scene.is_empty() => shop = seed,
            Line::Scene { scene: name, seed, faults } => {
                let mut store = DemoStore::from_state(&seeded(&state, &shop, &seed)).unwrap();
                if let Some(faults) = faults {
                    store = store.with_faults(faults.to_string().as_bytes()).unwrap();
                }
                let replies = Replies::of(&seed);
                scene = Some((name, Store::start(store).await, replies));
            }
            Line::Exchange(exchange) => {
                let (name, store, replies) = scene.as_mut().expect("exchanges follow a scene");
                score.play(name, store, replies, &exchange).await;
            }
        }
    }
    score
}

/// What is known of earlier answers: orders as last shown, and the numbers that the recorded store gave to
/// new documents with those that ours has.
struct Replies {
    orders: BTreeMap<u64, Value>,
    ids: Vec<(String, String)>,
}

impl Replies {
    fn of(seed: &Map<String, Value>) -> Self {
        let orders = seed.get("orders").and_then(Value::as_array).cloned().unwrap_or_default();
        let known = orders.into_iter().map(|mut order| {
            as_shown(&mut order);
            (order["entity_id"].as_u64().unwrap_or_default(), order)
        });
        Self { orders: known.collect(), ids: Vec::new() }
    }

    /// A target with the numbers of documents that ours has.
    fn target(&self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path: Vec<&str> = path
            .split('/')
            .map(|segment| {
                let mut ids = self.ids.iter();
                ids.find(|(recorded, _)| recorded == segment).map_or(segment, |(_, own)| own)
            })
            .collect();
        let path = path.join("/");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

impl Score {
    async fn play(
        &mut self,
        scene: &str,
        store: &Store,
        replies: &mut Replies,
        exchange: &Exchange,
    ) {
        let (method, target) = exchange.request.split_once(' ').unwrap();
        let is_document = target.contains("creditmemo/") || target.contains("shipment/");
        let target = if is_document { replies.target(target) } else { target.to_owned() };
        let encoded = target.replace('[', "%5B").replace(']', "%5D").replace(' ', "%20");
        let answer = store.call(method, &encoded, exchange.body.clone()).await;
        self.exchanges += 1;
        let named = format!("{} ({scene}) {}", exchange.at, exchange.request);
        if answer.status != exchange.status {
            self.statuses.push(format!(
                "{named}: {}, not {}: {}",
                answer.status, exchange.status, answer.body
            ));
        }
        if let (Some(Value::String(recorded)), Value::String(own)) =
            (&exchange.answer, &answer.body)
            && recorded.parse::<u64>().is_ok()
        {
            // The number of a new document.
            replies.ids.push((recorded.clone(), own.clone()));
            return;
        }
        let mut recorded = match (exchange.order, &exchange.answer) {
            (Some(order), _) => {
                let known = replies.orders.entry(order).or_default();
                for (pointer, value) in &exchange.changes {
                    set(known, pointer, value.clone());
                }
                known.clone()
            }
            (None, Some(answer)) => answer.clone(),
            (None, None) => return,
        };
        let mut own = answer.body;
        self.compared += 1;
        for value in [&mut recorded, &mut own] {
            without_transaction_ids(value);
            crate::replay::remove(value, OWN);
            crate::replay::remove(value, REPEATED);
        }
        if let Some(difference) = difference(&recorded, &own, "") {
            self.bodies.push(format!("{named}: {difference}"));
        }
    }
}

/// An order of a seed as an answer shows it: without what the store only notes for itself, and with the
/// newest comment first.
fn as_shown(order: &mut Value) {
    if let Some(comments) = order["status_histories"].as_array_mut() {
        comments.reverse();
    }
    for item in order["items"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
    {
        item.retain(|name, _| !name.starts_with('_'));
    }
}

/// Takes the gateway's numbers out of texts.
fn without_transaction_ids(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((before, _)) = text.split_once("Transaction ID:") {
                *text = before.to_owned();
            }
        }
        Value::Object(object) => object.values_mut().for_each(without_transaction_ids),
        Value::Array(list) => list.iter_mut().for_each(without_transaction_ids),
        _ => {}
    }
}

/// Sets or takes away what a pointer leads to.
fn set(document: &mut Value, pointer: &str, value: Option<Value>) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        *document = value.unwrap_or_default();
        return;
    };
    match (document.pointer_mut(parent), value) {
        (Some(Value::Object(object)), Some(value)) => {
            object.insert(last.to_owned(), value);
        }
        (Some(Value::Object(object)), None) => {
            object.shift_remove(last);
        }
        (Some(Value::Array(list)), Some(value)) => list[last.parse::<usize>().unwrap()] = value,
        (other, _) => panic!("{pointer}: {other:?}"),
    }
}

/// Every status as recorded, and at least this part of the bodies, in percent.
fn assert_alike(score: &Score, least: usize) {
    let alike = score.compared - score.bodies.len();
    let differences: Vec<&str> =
        score.statuses.iter().chain(&score.bodies).map(String::as_str).collect();
    assert!(
        score.statuses.is_empty() && alike * 100 >= score.compared * least,
        "{alike} of {} bodies are alike:\n{}",
        score.compared,
        differences.join("\n")
    );
}

#[tokio::test]
async fn orders_of_a_second_store_are_answered_as_recorded() {
    let score = replay_scenes("live2_orders.jsonl").await;
    assert!(score.exchanges >= 200, "{} exchanges", score.exchanges);
    assert_alike(&score, 100);
}

/// What is voided, declined or partly captured, what documents show, and stock below nothing.
#[tokio::test]
async fn sales_and_stock_of_a_second_store_are_answered_as_recorded() {
    let score = replay_scenes("live2_sales.jsonl").await;
    assert!(score.exchanges >= 55, "{} exchanges", score.exchanges);
    assert_alike(&score, 100);
}

#[tokio::test]
async fn products_and_rules_of_a_second_store_are_answered_as_recorded() {
    let score = replay_scenes("live2_catalogue.jsonl").await;
    assert!(score.exchanges >= 60, "{} exchanges", score.exchanges);
    assert_alike(&score, 100);
}
