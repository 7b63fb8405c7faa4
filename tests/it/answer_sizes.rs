//! A model pays for every byte: what tools that only read answer by default, and at most.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use souk_model::json_bytes;
use souk_tests::{Era, Home, Mcp};

/// Bytes of compact JSON: of an answer to the plainest question, of a page that nobody chose, and of
/// any.
const DEFAULT: usize = 10_000;
const PAGE: usize = 8_000;
const MOST: usize = 40_000;

/// Tools that only run others, and answer what those do.
const RELAYS: [&str; 1] = ["tools_read"];

/// Asks everything, and notes the largest of each tool's answers.
struct Answers<'m> {
    mcp: &'m Mcp,
    largest: BTreeMap<String, usize>,
}

impl Answers<'_> {
    async fn ask(&mut self, tool: &str, arguments: Value) -> Value {
        let asked = format!("{tool} {arguments}");
        let result = self.mcp.call(tool, arguments).await.unwrap();
        let answer = result.structured_content.unwrap_or_default();
        // A tool of a module that this store has not says so.
        let is_unavailable = result.is_error == Some(true)
            && serde_json::to_string(&result.content).unwrap().contains("UNAVAILABLE: ");
        assert!(result.is_error != Some(true) || is_unavailable, "{asked}: {:?}", result.content);
        let size = json_bytes(&answer);
        let largest = self.largest.entry(tool.to_owned()).or_default();
        *largest = size.max(*largest);
        answer
    }
}

/// What every product matches.
fn every_product() -> Value {
    json!({"attribute_filters": {"sku": {"value": "%", "condition": "like"}}})
}

fn values(answer: &Value, list: &str, member: &str) -> Vec<Value> {
    answer[list].as_array().unwrap().iter().map(|item| item[member].clone()).collect()
}

#[tokio::test]
async fn what_is_answered_by_default_is_small() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo", "--max-tier", "critical", "--tools", "all"]);
    let served = souk.http().await;
    let mcp = served.connect(Era::Legacy).await;
    mcp.log_in().await;
    let mut answers = Answers { mcp: &mcp, largest: BTreeMap::new() };
    let everything = json!({"match": every_product(), "updates": {"name": "Another name"},
        "scope": {"store_view_code": "default"}});
    let plan = mcp.answer("catalog_prepare_bulk_update", everything).await["plan_id"].clone();

    let mut pages = BTreeMap::new();
    for (tool, arguments) in [
        ("plans_list", json!({})),
        ("plans_get", json!({"plan_id": plan})),
        ("catalog_search_products", json!({})),
        ("orders_search", json!({})),
        ("orders_stuck", json!({"pending_days": 0, "paid_not_shipped_days": 0})),
        ("orders_items", json!({"created": {"from": "2020-01-01"}})),
        ("promotions_search_rules", json!({})),
        ("cms_search_blocks", json!({})),
        ("cms_search_pages", json!({})),
        ("tools_search", json!({"query": "order"})),
    ] {
        let page = answers.ask(tool, arguments).await;
        assert!(json_bytes(&page) <= PAGE, "{tool}: {}", json_bytes(&page));
        pages.insert(tool, page);
    }
    for tool in [
        "auth_whoami",
        "scope_list_websites_stores",
        "diagnostics_indexer_status_report",
        "seo_report_redirect_chains",
    ] {
        answers.ask(tool, json!({})).await;
    }
    answers.ask("orders_totals", json!({"created": {"from": "2026-01-01"}})).await;
    for sku in values(&pages["catalog_search_products"], "items", "sku") {
        for tool in [
            "catalog_get_product",
            "diagnostics_inventory_salable_report",
            "diagnostics_product_display_check",
        ] {
            answers.ask(tool, json!({"sku": sku})).await;
        }
    }
    for number in values(&pages["orders_search"], "items", "increment_id") {
        for tool in ["orders_get", "orders_why", "orders_tracking"] {
            answers.ask(tool, json!({"increment_id": number})).await;
        }
    }
    for id in values(&pages["promotions_search_rules"], "items", "rule_id") {
        answers.ask("promotions_get_rule", json!({"rule_id": id})).await;
        answers.ask("promotions_export_coupons", json!({"rule_id": id})).await;
    }
    for (search, get, argument) in [
        ("cms_search_pages", "cms_get_page", "page_id"),
        ("cms_search_blocks", "cms_get_block", "block_id"),
    ] {
        for id in values(&pages[search], "items", "id") {
            answers.ask(get, json!({argument: id})).await;
        }
    }
    let listed = mcp.list().await;
    for tool in &listed {
        answers.ask("tools_describe", json!({"names": [tool.name]})).await;
    }
    for (tool, size) in &answers.largest {
        assert!(*size <= DEFAULT, "{tool} answers {size} bytes by default");
    }
    // None was left out.
    let reads = |tool: &rmcp::model::Tool| {
        tool.annotations.as_ref().and_then(|told| told.read_only_hint) == Some(true)
    };
    for tool in listed.iter().filter(|tool| reads(tool)) {
        let is_asked = answers.largest.contains_key(&*tool.name);
        assert!(is_asked || RELAYS.contains(&&*tool.name), "`{}` was not asked", tool.name);
    }
}

#[tokio::test]
async fn whatever_is_asked_for_an_answer_has_a_bound() {
    let home = Home::new();
    let mcp = home.souk(["serve", "--demo", "--tools", "all"]).stdio(Era::Modern).await;
    mcp.log_in().await;
    let everything = json!({"match": every_product(), "updates": {"description": "x".repeat(9_000)},
        "scope": {"store_view_code": "default"}});
    let plan = mcp.answer("catalog_prepare_bulk_update", everything).await["plan_id"].clone();
    let all = json!({"page_size": 200, "fields": ["*"]});
    let mut cut = 0;
    for (tool, arguments) in [
        ("plans_get", json!({"plan_id": plan, "page_size": 200})),
        ("catalog_search_products", all.clone()),
        ("orders_search", all.clone()),
        ("orders_items", json!({"created": {"from": "2020-01-01"}, "page_size": 200})),
        ("promotions_search_rules", all.clone()),
        ("cms_search_pages", all.clone()),
        ("cms_search_blocks", all),
    ] {
        let page = mcp.answer(tool, arguments).await;
        assert!(json_bytes(&page) <= MOST, "{tool}: {}", json_bytes(&page));
        cut += usize::from(page.get("truncated").is_some());
    }
    assert!(cut > 1, "some are so large that they are cut");
}
