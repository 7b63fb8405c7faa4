//! The page that shows the review of a plan in clients that draw pages (MCP Apps): which tools have it,
//! what it is, and what its results say for it. How it draws is `tests/console/plan_view.mjs`.

use serde_json::{Value, json};
use souk_tests::{ERAS, Home, propose};

const VIEW: &str = "ui://souk/plan";

#[tokio::test]
async fn what_proposes_or_shows_a_plan_has_the_page_and_says_where_a_person_decides() {
    let home = Home::new();
    let served = home.souk(["serve", "--demo", "--tools", "all"]).http().await;
    for era in ERAS {
        let mcp = served.connect(era).await;
        mcp.log_in().await;
        for tool in mcp.list().await {
            let meta = json!(tool.meta);
            let view = meta["ui"]["resourceUri"].as_str();
            let name = &*tool.name;
            let shows = name.contains("_prepare_") || ["plans_get", "plans_undo"].contains(&name);
            assert_eq!(view, shows.then_some(VIEW), "{name}: {meta}");
        }
        let plan = propose(&mcp, &["TEN-001"], json!({"meta_title": "New"})).await;
        let shown = mcp.call("plans_get", json!({"plan_id": plan})).await.unwrap();
        let meta = json!(shown.meta);
        assert_eq!(meta["souk/plan"], json!({"plan_id": plan, "hosts_own": true}));
        let console = meta["souk/console"].as_str().unwrap();
        assert!(console.starts_with("http://souk.localhost:"), "{console}");
        assert!(console.ends_with(&format!("/console/plans/{plan}")), "{console}");
        // What is about no plan says nothing of the console.
        let other = mcp.call("catalog_get_product", json!({"sku": "TEN-001"})).await.unwrap();
        let other = json!(other.meta);
        assert_eq!((other.get("souk/console"), other.get("souk/plan")), (None, None));
        // Of what proposes it is the host that names the plan, and a plugin that words the answer.
        let args = json!({"match": {"sku_list": ["TEN-001"]}, "updates": {"meta_title": "Newer"},
            "scope": {"scope": "global"}});
        let proposed = mcp.call("catalog_prepare_bulk_update", args).await.unwrap();
        let meta = json!(proposed.meta);
        let id = proposed.structured_content.unwrap()["plan_id"].clone();
        assert_eq!(meta["souk/plan"], json!({"plan_id": id, "hosts_own": false}));
        assert!(meta["souk/console"].as_str().unwrap().ends_with(id.as_str().unwrap()));
    }
}

#[tokio::test]
async fn the_page_is_one_file_that_loads_nothing_and_holds_nothing_of_a_plan() {
    let home = Home::new();
    let mut wire = home.souk(["serve", "--demo"]).wire();
    wire.open_legacy().await;
    wire.ask(1, "resources/read", json!({"uri": VIEW})).await;
    let answer = wire.answer(1).await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!(
        (&contents["uri"], &contents["mimeType"]),
        (&json!(VIEW), &json!("text/html;profile=mcp-app"))
    );
    let csp = json!({"connectDomains": [], "resourceDomains": []});
    assert_eq!(contents["_meta"]["ui"], json!({"csp": csp, "prefersBorder": true}));
    let html = contents["text"].as_str().unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("ui/initialize"));
    for outside in ["http://", "https://", "src=", "<link", "innerHTML"] {
        assert!(!html.contains(outside), "{outside}");
    }
    // A host on stdio without a console has no page to send anybody to.
    wire.ask(2, "tools/call", json!({"name": "auth_login", "arguments": {}})).await;
    wire.answer(2).await;
    let update = json!({"match": {"sku_list": ["TEN-001"]}, "updates": {"meta_title": "New"},
        "scope": {"scope": "global"}});
    wire.ask(3, "tools/call", json!({"name": "catalog_prepare_bulk_update", "arguments": update}))
        .await;
    let proposed: Value = wire.answer(3).await;
    assert!(proposed["result"]["structuredContent"]["plan_id"].is_string(), "{proposed}");
    assert_eq!(proposed["result"]["_meta"].get("souk/console"), None);
}
