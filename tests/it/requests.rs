//! How many requests a call takes: the store is one that others need, too. Within a call the same GET
//! is sent once; what tells how a write ended is always read anew.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, confirmed};

/// An order that is not paid and not shipped, one that is paid online and not shipped, and one that is
/// offline and neither.
const ORDER: u32 = 42;
const PAID: u32 = 41;
const PENDING: u32 = 34;

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
        self.log().await
    }

    async fn log(&self) -> Vec<String> {
        let log = self.store.requests().await;
        log.iter().map(|request| format!("{} {}", request.method, request.target)).collect()
    }
}

/// What was sent before the write, and after it.
fn around(log: &[String]) -> (&[String], &[String]) {
    let write = log.iter().position(|line| !line.starts_with("GET ")).unwrap();
    (&log[..write], &log[write + 1..])
}

#[tokio::test]
async fn an_act_on_an_order_reads_it_writes_and_reads_it_back() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let comment = json!({"order_id": ORDER, "comment": "Rings twice"});
    let invoice = json!({"order_id": ORDER, "capture": "offline"});
    let refund = json!({
        "order_id": PAID, "method": "offline", "adjustment_refund": 1, "return_to_stock": true,
    });
    for (tool, arguments) in [
        ("orders_hold", json!({"order_id": ORDER})),
        ("orders_unhold", json!({"order_id": ORDER})),
        ("orders_comment", comment),
        ("orders_invoice", invoice),
        ("orders_refund", refund),
        ("orders_cancel", json!({"order_id": PENDING})),
    ] {
        let log = shop.sent(&client, tool, confirmed(arguments)).await;
        let (before, after) = around(&log);
        assert_eq!(before.len(), 1, "{tool}: {log:#?}");
        // The read-back asks what was asked before, and asks it all the same.
        assert_eq!(after, before, "{tool}: {log:#?}");
    }
}

#[tokio::test]
async fn an_order_that_is_named_by_its_number_takes_a_read_more() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let number = shop.store.rest(&format!("/V1/orders/{ORDER}")).await["increment_id"].clone();
    let arguments = confirmed(json!({"increment_id": number}));
    let log = shop.sent(&client, "orders_hold", arguments).await;
    let (before, after) = around(&log);
    assert_eq!((before.len(), after.len()), (2, 1), "{log:#?}");
}

/// Money that a gateway gives back is proven by its own memo, as well as by the order: Magento answers
/// the same where it only noted the refund.
#[tokio::test]
async fn an_online_refund_reads_the_invoice_before_and_the_memo_after() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let arguments = json!({
        "order_id": PAID, "method": "online", "adjustment_refund": 1, "return_to_stock": true,
    });
    shop.store.forget_requests().await;
    let done = client.answer("orders_refund", confirmed(arguments)).await;
    let log = shop.log().await;
    let (before, after) = around(&log);
    assert_eq!((before.len(), after.len()), (2, 2), "{log:#?}");
    // What was read for the proof is what is shown.
    let memo = &done["creditmemo"];
    assert_eq!((&memo["grand_total"], &memo["order_id"]), (&json!(1), &json!(PAID)), "{done}");
    assert!(memo["transaction_id"].is_string(), "{done}");
    assert!(before[1].contains("/V1/invoices"), "{log:#?}");
    assert!(after[1].contains("/V1/creditmemos"), "{log:#?}");
}

/// A shipment names its source, and which one, an order does not tell: of the stocks the one that the
/// order's website sells from, its sources in their order, and what is where. Only a shop with several
/// stocks has to be asked whose website the order's store view is.
#[tokio::test]
async fn a_shipment_reads_besides_what_its_source_is_chosen_by() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let log = shop.sent(&client, "orders_ship", confirmed(json!({"order_id": PAID}))).await;
    let (before, after) = around(&log);
    assert_eq!(after, &before[..1], "{log:#?}");
    let sources = [
        "/V1/inventory/stocks?",
        "/V1/store/storeViews",
        "/V1/store/websites",
        "/V1/inventory/get-sources-assigned-to-stock-ordered-by-priority/",
        "/V1/inventory/source-items?",
    ];
    assert_eq!(before.len(), 1 + sources.len(), "{log:#?}");
    for route in sources {
        assert_eq!(before.iter().filter(|line| line.contains(route)).count(), 1, "{log:#?}");
    }
}

#[tokio::test]
async fn what_an_act_made_is_named_by_the_id_that_the_store_answered() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let newest = async |route: &str, order: u32| {
        let filter = "searchCriteria[filter_groups][0][filters][0]";
        let route = format!("{route}?{filter}[field]=order_id&{filter}[value]={order}");
        shop.store.rest(&route).await["items"].as_array().unwrap().last().unwrap().clone()
    };
    let refund = json!({"order_id": PAID, "method": "online", "shipping": 1});
    for (tool, arguments, member, route) in [
        (
            "orders_invoice",
            json!({"order_id": ORDER, "capture": "online"}),
            "invoice",
            "/V1/invoices",
        ),
        ("orders_ship", json!({"order_id": PAID}), "shipment", "/V1/shipments"),
        ("orders_refund", refund, "creditmemo", "/V1/creditmemos"),
    ] {
        let order = u32::try_from(arguments["order_id"].as_u64().unwrap()).unwrap();
        let done = client.answer(tool, confirmed(arguments.clone())).await;
        let made = newest(route, order).await;
        assert_eq!(done[member]["entity_id"], made["entity_id"], "{tool}: {done}");
        if member == "creditmemo" {
            assert_eq!(done["refund"]["total"], made["grand_total"], "{done}");
        }
        // Asked again, it says the same, and makes no other.
        let again = client.answer(tool, confirmed(arguments)).await;
        assert_eq!(again[member], done[member], "{tool}: {again}");
        assert_eq!(newest(route, order).await["entity_id"], made["entity_id"], "{tool}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_made_up_for_by_reads() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let lost = json!([{"method": "POST", "path": "/refund", "times": 1, "fault": "drop-after"}]);
    shop.store.faults(&lost).await;
    let arguments = json!({"order_id": PAID, "method": "offline", "shipping": 1});
    shop.store.forget_requests().await;
    let done = client.answer("orders_refund", confirmed(arguments)).await;
    assert_eq!(done["done"], true, "{done}");
    let log = shop.store.requests().await;
    let memos = log.iter().filter(|request| request.target.contains("/V1/creditmemos"));
    // Whose the refund was, its memo tells.
    assert_eq!(memos.count(), 1, "{log:#?}");
    assert_eq!(done["creditmemo"]["order_id"], PAID, "{done}");
}

#[tokio::test]
async fn what_can_be_sold_takes_four_requests() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let tool = "diagnostics_inventory_salable_report";
    for (arguments, most) in [
        (json!({"sku": "TEN-001"}), 4),
        (json!({"sku": "TEN-001", "website_code": "base"}), 4),
        // The parts of a composite product are one search more.
        (json!({"sku": "JKT-FINCH"}), 5),
        (json!({"sku": "TEN-001", "details": true}), 8),
    ] {
        let log = shop.sent(&client, tool, arguments.clone()).await;
        assert!(log.len() <= most, "{arguments}: {log:#?}");
    }
}

#[tokio::test]
async fn why_a_product_shows_or_not_takes_ten_requests() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let tool = "diagnostics_product_display_check";
    let log = shop.sent(&client, tool, json!({"sku": "TEN-001"})).await;
    assert!(log.len() <= 10, "{log:#?}");
    let log = shop.sent(&client, tool, json!({"sku": "TEN-001", "store_view_code": "de"})).await;
    assert!(log.len() <= 5, "{log:#?}");
}

#[tokio::test]
async fn new_url_keys_are_planned_in_six_requests_wherever_they_are_written() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    let scopes = [
        json!({"scope": "global"}),
        json!({"website_code": "trade"}),
        json!({"store_view_code": "de"}),
    ];
    let one = json!({"sku_list": ["TEN-001"]});
    for (at, scope) in scopes.iter().enumerate() {
        let key = format!("tent-of-many-names-{at}");
        let transform = json!({"prefix": format!("new{at}-")});
        for (tool, arguments) in [
            (
                "seo_prepare_bulk_update_url_keys",
                json!({"match": one, "url_key_transform": transform, "scope": scope}),
            ),
            (
                "catalog_prepare_bulk_update",
                json!({"match": one, "updates": {"url_key": key}, "scope": scope}),
            ),
        ] {
            let log = shop.sent(&client, tool, arguments).await;
            assert!(log.len() <= 6, "{tool} {scope}: {log:#?}");
        }
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
