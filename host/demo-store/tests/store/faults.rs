//! Faults on demand.

use serde_json::json;
use souk_demo_store::DemoStore;

use crate::client::Store;

const TENT: &str = "/rest/all/V1/products/TEN-002";

async fn price(store: &Store) -> f64 {
    store.call("GET", TENT, None).await.body["price"].as_f64().unwrap()
}

async fn put_price(store: &Store, price: f64) -> std::io::Result<crate::client::Answer> {
    let body = json!({ "product": { "price": price } }).to_string();
    store.send("PUT", TENT, &[store.bearer()], Some(&body)).await
}

#[tokio::test]
async fn a_dropped_write_took_effect_or_not_as_asked() {
    let faults = json!({ "rules": [
        { "method": "PUT", "fault": "drop-before", "times": 1 },
        { "method": "PUT", "fault": "drop-after", "times": 1 },
    ]});
    let store = DemoStore::sample().with_faults(faults.to_string().as_bytes()).unwrap();
    let store = Store::start(store).await;
    let before = price(&store).await;
    assert!(put_price(&store, 11.0).await.is_err());
    assert_eq!(price(&store).await, before);
    assert!(put_price(&store, 12.0).await.is_err());
    assert_eq!(price(&store).await, 12.0);
    assert_eq!(put_price(&store, 13.0).await.unwrap().status, 200);
}

#[tokio::test]
async fn answers_can_be_spoilt_or_refused_and_the_log_tells() {
    let store = Store::start(DemoStore::sample()).await;
    let faults = json!({ "rules": [
        { "path": "/V1/modules", "fault": "too-many-requests", "retry_after": "2" },
        { "path": "/V1/store/websites", "fault": "unavailable" },
        { "path": "/V1/products/", "skip": 1, "times": 1, "fault": "truncate" },
        { "path": "/V1/store/storeViews", "every": 2, "fault": "not-json" },
    ]});
    assert_eq!(store.call("PUT", "/__demo/faults", Some(faults)).await.status, 200);
    store.call("DELETE", "/__demo/requests", None).await;
    let busy = store.call("GET", "/rest/V1/modules", None).await;
    assert_eq!(busy.status, 429);
    assert!(busy.head.contains("retry-after: 2"), "{}", busy.head);
    assert_eq!(store.call("GET", "/rest/V1/store/websites", None).await.status, 503);
    assert!(store.send("GET", TENT, &[store.bearer()], None).await.is_ok());
    assert!(store.send("GET", TENT, &[store.bearer()], None).await.is_err());
    assert!(store.send("GET", TENT, &[store.bearer()], None).await.is_ok());
    assert!(store.call("GET", "/rest/V1/store/storeViews", None).await.body.is_array());
    assert!(store.call("GET", "/rest/V1/store/storeViews", None).await.body.is_string());
    let log = store.call("GET", "/__demo/requests", None).await.body;
    let seen: Vec<(u64, &str)> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|request| {
            (request["status"].as_u64().unwrap(), request["fault"].as_str().unwrap_or(""))
        })
        .collect();
    let expected = [
        (429, "too-many-requests"),
        (503, "unavailable"),
        (200, ""),
        (200, "truncate"),
        (200, ""),
        (200, ""),
        (200, "not-json"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(store.call("DELETE", "/__demo/faults", None).await.status, 204);
    assert_eq!(store.call("GET", "/rest/V1/modules", None).await.status, 200);
}

#[test]
fn rules_that_cannot_be_meant_are_refused() {
    for rules in [
        json!([{ "fault": "explode" }]),
        json!([{ "rate": 2 }]),
        json!([{ "every": 0 }]),
        json!([{ "pth": "/V1" }]),
    ] {
        let faults = json!({ "rules": rules }).to_string();
        assert!(DemoStore::sample().with_faults(faults.as_bytes()).is_err(), "{faults}");
    }
}
