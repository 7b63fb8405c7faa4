//! A store that fails in every way it can: nothing is called done that a read does not show.

use serde_json::{Value, json};

use super::{Shop, confirmed, in_state, items, propose};

const LEASE: &str = "[plans]\nlease_s = 1\nconcurrency = 8\nchunk = 20\n";

/// The faults of writes, each for some of the requests.
fn faults() -> Vec<(&'static str, Value)> {
    let some = |fault: &str| json!([{"method": "PUT", "rate": 0.4, "fault": fault}]);
    vec![
        (
            "429 with Retry-After",
            json!([{"method": "PUT", "every": 4, "times": 4, "fault": "too-many-requests", "retry_after": "1"}]),
        ),
        ("429", json!([{"method": "PUT", "every": 2, "times": 12, "fault": "too-many-requests"}])),
        ("503", some("unavailable")),
        ("dropped before", some("drop-before")),
        ("dropped after", some("drop-after")),
        ("truncated", some("truncate")),
        ("no JSON", some("not-json")),
        ("always 503", json!([{"method": "PUT", "fault": "unavailable"}])),
        ("always dropped before", json!([{"method": "PUT", "fault": "drop-before"}])),
        ("always dropped after", json!([{"method": "PUT", "fault": "drop-after"}])),
        (
            "reading back fails as well",
            json!([
                {"method": "PUT", "every": 2, "fault": "drop-after"},
                {"method": "GET", "skip": 1, "rate": 0.7, "fault": "drop-before"},
            ]),
        ),
    ]
}

#[tokio::test]
async fn done_is_what_a_read_shows_whatever_the_store_answers() {
    let shop = Shop::new(LEASE).await;
    let client = shop.host().await;
    let skus = shop.simple(24).await;
    let mut told = String::new();
    for (name, rules) in faults() {
        let before = shop.field("all", &skus, "meta_title").await;
        let plan = propose(&client, &skus, name).await;
        shop.store.faults(&rules).await;
        // An error is as good an answer as a partial success, if nothing is done.
        let answered = client.call("plans_commit", confirmed(&plan)).await.unwrap();
        shop.store.faults(&json!([])).await;
        let ended = items(&client, &plan).await;
        let now = shop.field("all", &skus, "meta_title").await;
        let done = in_state(&ended, "done");
        for sku in &done {
            assert_eq!(now[sku], name, "`{sku}` is called done");
        }
        for state in ["failed", "pending"] {
            for sku in in_state(&ended, state) {
                assert_eq!(now[&sku], before[&sku], "{name}: `{sku}` is called {state}");
            }
        }
        match &answered.structured_content {
            Some(outcome) => assert_eq!(outcome["success_count"], done.len(), "{name}"),
            None => assert_eq!(done, [""; 0], "{name}: {answered:?}"),
        }
        told += &format!(
            "{name}: {} done, {} failed, {} unknown, {} pending\n",
            done.len(),
            in_state(&ended, "failed").len(),
            in_state(&ended, "unknown").len(),
            in_state(&ended, "pending").len(),
        );
        // When the store is well again, resuming finishes the work.
        if done.len() < skus.len() {
            let resumed = client.answer("plans_resume", confirmed(&plan)).await;
            assert_eq!(resumed["state"], "done", "{name}: {resumed}");
        }
        let now = shop.field("all", &skus, "meta_title").await;
        assert!(now.values().all(|value| value == name), "{name}: {now:?}");
    }
    eprint!("{told}");
}
