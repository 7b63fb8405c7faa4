//! Asynchronous requests, from acceptance to outcome.

use std::time::Duration;

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;

const PRODUCTS: &str = "/rest/all/async/bulk/V1/products/bySku";

/// The states of a bulk's operations, once `until` accepts them.
async fn states(store: &Store, bulk: &Value, until: impl Fn(&[u64]) -> bool) -> Vec<u64> {
    let target = format!("/rest/V1/bulk/{}/status", bulk["bulk_uuid"].as_str().unwrap());
    for _ in 0..100 {
        let status = store.call("GET", &target, None).await.body;
        let operations = status["operations_list"].as_array().unwrap();
        let states: Vec<u64> =
            operations.iter().map(|operation| operation["status"].as_u64().unwrap()).collect();
        if until(&states) {
            return states;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the bulk is not done");
}

#[tokio::test]
async fn a_bulk_is_accepted_at_once_and_done_when_the_consumer_runs() {
    let store = Store::start(DemoStore::sample()).await;
    let stopped = json!({ "running": false });
    assert_eq!(store.call("PUT", "/__demo/consumer", Some(stopped)).await.status, 200);
    let items = json!([
        { "product": { "sku": "TEN-002", "price": 280 } },
        { "product": { "sku": "TEN-003", "price": -1 } },
    ]);
    let accepted = store.call("PUT", PRODUCTS, Some(items)).await;
    assert_eq!(accepted.status, 202);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(states(&store, &accepted.body, |_| true).await, [4, 4]);
    store.call("PUT", "/__demo/consumer", Some(json!({ "running": true }))).await;
    let done = |states: &[u64]| states.iter().all(|state| *state != 4);
    assert_eq!(states(&store, &accepted.body, done).await, [1, 3]);
    let tent = store.call("GET", "/rest/all/V1/products/TEN-002", None).await.body;
    assert_eq!(tent["price"], 280);
}

#[tokio::test]
async fn sales_and_bulks_outlast_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let open = || DemoStore::sample().with_data(directory.path()).unwrap();
    let first = Store::start(open()).await;
    let pending = "searchCriteria[filter_groups][0][filters][0][field]=status\
        &searchCriteria[filter_groups][0][filters][0][value]=pending";
    let found = first.call("GET", &format!("/rest/V1/orders?{pending}"), None).await.body;
    let id = found["items"][0]["entity_id"].clone();
    let invoiced =
        first.call("POST", &format!("/rest/V1/order/{id}/invoice"), Some(json!({}))).await;
    assert_eq!(invoiced.status, 200, "{}", invoiced.body);
    let items = json!([{ "product": { "sku": "TEN-002", "price": 281 } }]);
    let bulk = first.call("PUT", PRODUCTS, Some(items)).await.body;
    states(&first, &bulk, |states| states == [1]).await;
    let order = first.call("GET", &format!("/rest/V1/orders/{id}"), None).await.body;
    first.stop().await;
    let second = Store::start(open()).await;
    assert_eq!(second.call("GET", &format!("/rest/V1/orders/{id}"), None).await.body, order);
    assert_eq!(states(&second, &bulk, |_| true).await, [1]);
}
