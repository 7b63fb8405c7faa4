//! What a person types is completed: from the store, the plans and the tools, as far as its rules and
//! its session go.

use serde_json::json;
use souk_tests::{Era, Home, calls, everywhere};

#[tokio::test]
async fn what_is_typed_is_completed_from_the_store_the_plans_and_the_tools() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo", "--max-tier", "critical"]);
    everywhere(&souk, async |mcp| {
        let suggested = async |prompt: &str, argument: &str, typed: &str| {
            mcp.suggested(prompt, argument, typed).await.unwrap()
        };
        // Without a session the store is not asked.
        assert!(suggested("content_check", "store_view", "").await.is_empty());
        assert!(suggested("price_change", "products", "TEN").await.is_empty());
        let statuses = suggested("orders_in_status", "status", "p").await;
        assert!(statuses.contains(&"processing".to_owned()), "{statuses:?}");

        mcp.log_in().await;
        assert_eq!(suggested("content_check", "store_view", "D").await, ["default", "de"]);
        let skus = suggested("price_change", "products", "ten-00").await;
        assert!(skus.len() > 3 && skus.iter().all(|sku| sku.starts_with("TEN-00")), "{skus:?}");
        assert_eq!(suggested("price_change", "products", "").await.len(), 100);
        let tools = suggested("explain_tool", "tool", "plans_").await;
        assert!(tools.contains(&"plans_undo".to_owned()), "{tools:?}");
        let numbers = mcp.suggested_uri("souk://orders/{increment_id}", "increment_id", "0").await;
        assert!(numbers.contains(&"000000012".to_owned()), "{numbers:?}");

        let change = json!({"match": {"sku_list": ["TEN-001"]},
            "updates": {"name": "Another"}, "scope": {"store_view_code": "default"}});
        let plan = mcp.answer("catalog_prepare_bulk_update", change).await;
        let plan = plan["plan_id"].as_str().unwrap();
        assert!(suggested("review_plan", "plan_id", "").await.contains(&plan.to_owned()));
        let of_family = mcp.suggested_uri("souk://plans/{plan_id}", "plan_id", plan).await;
        assert_eq!(of_family, [plan]);
        // What nobody knows anything of is completed by nothing.
        assert!(suggested("price_change", "change", "5").await.is_empty());
        assert!(mcp.suggested_uri("souk://planets/{id}", "id", "").await.is_empty());
        assert!(mcp.suggested("price_change", "sku", "").await.is_err());
    })
    .await;
    let asked = calls(&home.trail());
    for action in ["completion/complete", "catalog_search_products", "orders_search"] {
        assert!(asked.iter().any(|call| call["action"] == action), "`{action}` is on the trail");
    }
}

#[tokio::test]
async fn nothing_is_suggested_that_its_caller_may_not_ask_for() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo", "--deny", "orders_search,catalog_*"]);
    let mcp = souk.stdio(Era::Modern).await;
    mcp.log_in().await;
    assert!(mcp.suggested("price_change", "products", "TEN").await.unwrap().is_empty());
    let numbers = mcp.suggested_uri("souk://orders/{increment_id}", "increment_id", "").await;
    assert!(numbers.is_empty(), "{numbers:?}");
    // A prompt whose tools are forbidden is not there.
    assert!(mcp.suggested("orders_in_status", "status", "").await.is_err());
    let tools = mcp.suggested("explain_tool", "tool", "").await.unwrap();
    assert!(!tools.is_empty() && tools.iter().all(|tool| !tool.starts_with("catalog_")));
}
