//! The store against recordings of a real Magento 2.4.7 (`golden/`, a selection: every write that matters,
//! and reads with short answers).

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use souk_demo_store::DemoStore;

use crate::client::Store;

/// One recorded exchange.
#[derive(Deserialize)]
struct Exchange {
    seq: u32,
    tag: String,
    /// Method and target.
    request: String,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    body: Option<String>,
    status: u16,
    /// Where the answer is compared and not only its status.
    answer: Option<Value>,
    /// Fields that are not compared, wherever they stand: ids of a store with more in it.
    #[serde(default)]
    apart_from: Vec<String>,
}

/// A file of recordings.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Recordings made one after the other on one store are replayed so.
async fn replay(suites: &[&str]) {
    let state = std::fs::read(golden("state.json")).unwrap();
    let store = Store::start(DemoStore::from_state(&state).unwrap()).await;
    let mut differences = Vec::new();
    for suite in suites {
        let lines = std::fs::read_to_string(golden(&format!("{suite}.jsonl"))).unwrap();
        for line in lines.lines() {
            let exchange: Exchange = serde_json::from_str(line).unwrap();
            if let Some(difference) = play(&store, &exchange).await {
                differences
                    .push(format!("{suite}:{} {}: {difference}", exchange.seq, exchange.tag));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn play(store: &Store, exchange: &Exchange) -> Option<String> {
    let (method, target) = exchange.request.split_once(' ')?;
    let mut headers: Vec<(&str, String)> =
        exchange.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    if !exchange.anonymous {
        headers.push(store.bearer());
    }
    let answer = store.send(method, target, &headers, exchange.body.as_deref()).await.unwrap();
    if answer.status != exchange.status {
        return Some(format!("status {}, not {}: {}", answer.status, exchange.status, answer.body));
    }
    let mut recorded = exchange.answer.clone()?;
    let mut got = answer.body;
    for value in [&mut recorded, &mut got] {
        remove(value, &exchange.apart_from);
    }
    difference(&recorded, &got, "")
}

/// Takes fields away, at every depth.
pub(crate) fn remove(value: &mut Value, fields: &[impl AsRef<str>]) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| !fields.iter().any(|field| field.as_ref() == name));
            object.values_mut().for_each(|value| remove(value, fields));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| remove(value, fields)),
        _ => {}
    }
}

/// Where two answers differ: times are alike, and numbers however they are written.
pub(crate) fn difference(recorded: &Value, got: &Value, path: &str) -> Option<String> {
    match (recorded, got) {
        (Value::Object(recorded), Value::Object(given)) => {
            let extra = given.keys().find(|name| !recorded.contains_key(*name));
            if let Some(extra) = extra {
                return Some(format!("{path}.{extra} is extra"));
            }
            recorded.iter().find_map(|(name, value)| match given.get(name) {
                None => Some(format!("{path}.{name} is missing")),
                Some(other) => difference(value, other, &format!("{path}.{name}")),
            })
        }
        (Value::Array(recorded), Value::Array(given)) if recorded.len() == given.len() => recorded
            .iter()
            .zip(given)
            .zip(0..)
            .find_map(|((value, other), at)| difference(value, other, &format!("{path}[{at}]"))),
        (Value::String(recorded), Value::String(given)) if shape(recorded) == shape(given) => None,
        (Value::Number(recorded), Value::Number(given)) if recorded.as_f64() == given.as_f64() => {
            None
        }
        _ if recorded == got => None,
        _ => Some(format!("{path} is {got}, not {recorded}")),
    }
}

/// A text with the digits of its times and report ids taken away.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for word in text.split(' ') {
        let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
        let is_day = word.len() == 10 && digits(word) == 8 && word.matches('-').count() == 2;
        let is_time = word.len() == 8 && digits(word) == 6 && word.matches(':').count() == 2;
        shape.push_str(match word {
            _ if is_day => "day",
            _ if is_time => "time",
            _ if word.starts_with("webapi-") => "report",
            word => word,
        });
        shape.push(' ');
    }
    shape
}

#[tokio::test]
async fn reads_and_writes_in_one_go_are_answered_as_recorded() {
    replay(&[
        "stores",
        "products_search",
        "products_get",
        "categories",
        "inventory",
        "cms",
        "products_put",
        "cms_store_semantics",
        "products_roundtrip",
        "customers",
        "salesrules",
        "errors",
        "orders",
    ])
    .await;
}

#[tokio::test]
async fn a_write_in_one_view_does_to_the_others_what_was_recorded() {
    replay(&["special_from_drift"]).await;
    replay(&["store_scope_side_effects"]).await;
}

#[tokio::test]
async fn categories_are_written_as_recorded() {
    replay(&["categories_write"]).await;
}

#[tokio::test]
async fn pages_and_blocks_are_written_as_recorded() {
    replay(&["cms_write"]).await;
}

#[tokio::test]
async fn rules_and_coupons_are_written_as_recorded() {
    replay(&["promotions_write"]).await;
}

#[tokio::test]
async fn stock_is_written_as_recorded() {
    replay(&["inventory_write"]).await;
}

#[tokio::test]
async fn orders_go_through_their_states_as_recorded() {
    replay(&["orders_more"]).await;
}

#[tokio::test]
async fn addresses_lead_where_they_were_recorded_to() {
    replay(&["graphql"]).await;
    replay(&["graphql_moves"]).await;
}
