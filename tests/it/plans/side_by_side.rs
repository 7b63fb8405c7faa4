//! A slow store, and large plans.

use futures::StreamExt;
use serde_json::{Value, json};
use souk_tests::{LoggedRequest, Mcp};

use super::{Shop, commit, id};

impl Shop {
    /// Makes this many products under skus that begin with `BULK-`.
    async fn stock(&self, count: usize) {
        let make = |n: usize| {
            let product = json!({
                "sku": format!("BULK-{n:05}"), "name": format!("Peg {n}"), "price": 1,
                "type_id": "simple", "attribute_set_id": 4, "status": 1, "visibility": 4,
            });
            async move { self.store.post("/all/V1/products", &json!({"product": product})).await }
        };
        futures::stream::iter(0..count).map(make).buffer_unordered(16).count().await;
        self.store.forget_requests().await;
    }

    /// A host on stdio that lets a change be of this many subjects, logged in.
    async fn host_for(&self, count: usize) -> Mcp {
        self.souk().env("MCP_MAX_SKUS_PER_BULK", count.to_string()).logged_in().await
    }
}

/// Proposes a meta title for all of the stock.
async fn propose(client: &Mcp, count: usize) -> String {
    let proposed = client
        .answer(
            "catalog_prepare_bulk_update",
            json!({
                "match": {"sku_prefix": "BULK-"},
                "updates": {"meta_title": "Pegs"},
                "scope": {"scope": "global"},
            }),
        )
        .await;
    assert_eq!(proposed["affected_count"], count, "{proposed}");
    id(&proposed).to_owned()
}

/// With how many others each of these requests was under way, in the middle of its own time.
fn beside(log: &[LoggedRequest]) -> Vec<usize> {
    let under_way = |at: f64| {
        log.iter().filter(|other| other.time <= at && at < other.time + other.ms / 1e3).count()
    };
    log.iter().map(|request| under_way(request.time + request.ms / 2e3) - 1).collect()
}

#[tokio::test]
async fn a_slow_store_is_written_to_side_by_side() {
    const COUNT: usize = 500;
    let shop = Shop::new("").await;
    shop.stock(COUNT).await;
    let client = shop.host_for(COUNT).await;
    let plan = propose(&client, COUNT).await;
    shop.store.faults(&json!([{"delay_ms": 50}])).await;
    let done = commit(&client, &plan).await;
    shop.store.faults(&json!([])).await;
    assert_eq!(done["success_count"], COUNT, "{done}");
    let writes = shop.writes().await;
    assert_eq!(writes.len(), COUNT);
    let beside = beside(&writes);
    let crowded = beside.iter().filter(|&&others| others >= 8).count();
    eprintln!("{crowded} of {COUNT} writes were under way beside eight others or more");
    assert!(crowded > COUNT * 8 / 10, "{beside:?}");
    // The store's own limit, which keeps a shop alive.
    assert!(beside.iter().all(|&others| others < 16), "{beside:?}");
}

#[tokio::test]
async fn a_plan_of_thousands_is_proposed_looked_through_and_committed_in_little_memory() {
    const COUNT: usize = 5_000;
    const MOST: u64 = 20 << 20;
    let shop = Shop::new("").await;
    shop.stock(COUNT).await;
    let client = shop.host_for(COUNT).await;
    // What is idle has served: the plugins are loaded, a connection stands.
    client.tools().await;
    client.answer("catalog_get_product", json!({"sku": "BULK-00000"})).await;
    client.process().forget_peak();
    let idle = client.process().resident();
    let plan = propose(&client, COUNT).await;
    let proposed = client.process().peak();
    let (mut seen, mut after) = (0, Value::Null);
    loop {
        let mut asked = json!({"plan_id": plan, "page_size": 50});
        if !after.is_null() {
            asked["after"] = after;
        }
        let page = client.answer("plans_get", asked).await;
        seen += page["items"].as_array().unwrap().len();
        after = page["next_after"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, COUNT);
    let listed = client.process().peak();
    let done = commit(&client, &plan).await;
    assert_eq!(done["success_count"], COUNT, "{done}");
    let committed = client.process().peak();
    let above = |peak: u64| peak.saturating_sub(idle) >> 10;
    eprintln!(
        "idle {} KiB; above that at most {} when proposed, {} when listed, {} when committed",
        idle >> 10,
        above(proposed),
        above(listed),
        above(committed)
    );
    assert!(committed <= idle + MOST, "{} KiB above idle", above(committed));
}
