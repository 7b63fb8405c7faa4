//! How many requests a call takes: the store is one that others need, too. Within a call the same GET
//! is sent once; what tells how a write ended is always read anew.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, confirmed};

/// An order that is not paid and not shipped.
const ORDER: u32 = 42;

struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    async fn new() -> Self {
        Self { store: DemoStore::start().await, home: Home::new() }
    }

    async fn host(&self) -> Mcp {
        let souk = self.home.souk(["serve", "--max-tier", "critical"]).on(&self.store);
        // What a login finds out in the background is no part of a call.
        souk.env("SOUK_PROBE", "false").logged_in().await
    }

    /// What a call that goes well sends to the store: `GET /rest/all/V1/orders/41`.
    async fn sent(&self, client: &Mcp, tool: &str, arguments: Value) -> Vec<String> {
        self.store.forget_requests().await;
        client.answer(tool, arguments).await;
        let log = self.store.requests().await;
        log.iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }
}

fn reads(log: &[String]) -> Vec<&str> {
    let reads = log.iter().filter(|line| line.starts_with("GET "));
    reads.map(String::as_str).collect()
}

#[tokio::test]
async fn an_act_on_an_order_reads_it_writes_and_reads_it_back() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    for (tool, arguments) in [
        ("orders_hold", json!({"order_id": ORDER})),
        ("orders_unhold", json!({"order_id": ORDER})),
        ("orders_cancel", json!({"order_id": 34})),
    ] {
        let log = shop.sent(&client, tool, confirmed(arguments)).await;
        let write = log.iter().position(|line| line.starts_with("POST ")).unwrap();
        let (before, after) = (&log[..write], &log[write + 1..]);
        assert!(before.len() <= 2, "{tool}: {log:#?}");
        assert_eq!(reads(after).len(), 1, "{tool}: {log:#?}");
        assert_eq!(after.len(), 1, "{tool}: {log:#?}");
        // The read-back asks what was asked before, and asks it all the same.
        assert!(before.contains(&after[0]), "{tool}: {log:#?}");
    }
}

#[tokio::test]
async fn what_precedes_a_write_is_read_again_where_the_store_was_slow() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let route = format!("/V1/orders/{ORDER}");
    let slow = json!([{"method": "GET", "path": route, "times": 1, "delay_ms": 600}]);
    shop.store.faults(&slow).await;
    let log = shop.sent(&client, "orders_hold", confirmed(json!({"order_id": ORDER}))).await;
    let write = log.iter().position(|line| line.starts_with("POST ")).unwrap();
    let order = |line: &&String| line.contains(&route);
    assert_eq!(log[..write].iter().filter(order).count(), 2, "{log:#?}");
    assert_eq!(log[write + 1..].iter().filter(order).count(), 1, "{log:#?}");
}

#[tokio::test]
async fn a_plan_is_prepared_without_asking_anything_twice() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let every_tent = json!({"sku_prefix": "TEN-"});
    for (tool, arguments) in [
        (
            "catalog_prepare_bulk_update",
            json!({"match": every_tent, "updates": {"meta_title": "Tents"}, "scope": {"scope": "global"}}),
        ),
        (
            "pricing_prepare_bulk_price_update",
            json!({"match": every_tent, "price_updates": {"price": 77}, "scope": {"scope": "global"}}),
        ),
        (
            "seo_prepare_bulk_update_url_keys",
            json!({"match": {"sku_list": ["MUG-001"]}, "url_key_transform": {"prefix": "new-"},
                   "scope": {"store_view_code": "de"}}),
        ),
        ("diagnostics_product_display_check", json!({"sku": "TEN-001"})),
    ] {
        let log = shop.sent(&client, tool, arguments).await;
        let rest: Vec<&String> = log.iter().filter(|line| line.contains("/rest/")).collect();
        let again: Vec<_> =
            rest.iter().enumerate().filter(|(at, line)| rest[..*at].contains(line)).collect();
        assert!(again.is_empty(), "{tool} asks again: {again:#?}");
    }
}

#[tokio::test]
async fn one_call_is_not_answered_from_another() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let asked = json!({"order_id": ORDER});
    let mut first = shop.sent(&client, "orders_get", asked.clone()).await;
    let mut second = shop.sent(&client, "orders_get", asked).await;
    assert!(!first.is_empty());
    // What is asked together arrives in any order.
    first.sort();
    second.sort();
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_circle_of_redirects_keeps_no_worker_of_the_store() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let row = |path: &str, to: &str| json!({"store": "default", "path": path, "to": to});
    shop.store
        .redirects(&json!([
            row("round", "about"),
            row("about", "round"),
            row("out", "https://elsewhere.example/x"),
            row("dead", "nowhere.html"),
        ]))
        .await;
    let asked = json!({"urls": ["round", "out", "dead"], "store_view_code": "default"});
    let report = client.answer("seo_report_redirect_chains", asked.clone()).await;
    assert_eq!(report["chains"][0]["path"], json!(["round", "about", "round"]));
    assert_eq!(report["chains"][0]["ends"], "loop");
    let ends: Vec<&Value> =
        report["redirects"].as_array().unwrap().iter().map(|chain| &chain["ends"]).collect();
    assert_eq!(ends, ["outside", "dead_end"], "{report}");
    // Magento's GraphQL would follow the circle for ever: it is not asked about it.
    let log = shop.sent(&client, "seo_report_redirect_chains", asked).await;
    assert!(!log.iter().any(|line| line.contains("/graphql")), "{log:#?}");
    let foreign = json!({"urls": ["https://evil.example/round"]});
    let refusal = client.refusal("seo_report_redirect_chains", foreign).await;
    assert!(refusal.contains("not an address of this store"), "{refusal}");
}

#[tokio::test]
async fn a_store_that_limits_its_input_is_asked_for_no_more() {
    let store = DemoStore::start_with(&["--input-limits"]).await;
    let shop = Shop { store, home: Home::new() };
    let client = shop.host().await;
    shop.store.forget_requests().await;
    for (tool, arguments) in [
        ("catalog_search_products", json!({})),
        ("cms_search_pages", json!({})),
        ("promotions_search_rules", json!({})),
        ("orders_search", json!({})),
        ("orders_stuck", json!({})),
        ("orders_get", json!({"order_id": ORDER})),
        ("orders_why", json!({"order_id": ORDER})),
        ("diagnostics_inventory_salable_report", json!({"sku": "TEN-001"})),
        ("diagnostics_product_display_check", json!({"sku": "TEN-001"})),
        (
            "catalog_prepare_bulk_update",
            json!({"match": {"sku_prefix": "TEN-"}, "updates": {"meta_title": "x"}, "scope": {"scope": "global"}}),
        ),
        ("orders_invoice", confirmed(json!({"order_id": ORDER}))),
        ("orders_ship", confirmed(json!({"order_id": ORDER}))),
    ] {
        if let Ok(refusal) = client.refused_or_answered(tool, arguments).await {
            assert!(!refusal.contains("Maximum"), "{tool}: {refusal}");
        }
    }
    for request in shop.store.requests().await {
        assert_ne!(request.status, 400, "{} {}", request.method, request.target);
        // Of a search without a page only the first twenty would come.
        let is_search = request.target.contains("searchCriteria");
        assert!(!is_search || request.target.contains("pageSize"), "{}", request.target);
    }
}
