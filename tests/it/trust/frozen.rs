//! Plans of a plugin that is gone, rejected, or may do less by now wait with it.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, confirmed, until};

use super::{digest, plugins, under};

/// Has the forging plugin propose another name for a product; the plan's id.
pub(super) async fn propose(client: &Mcp, sku: &str, name: &str) -> String {
    let route = "/V1/products/{sku}";
    let edit =
        json!({"field": "name", "at": "/name", "after": {"as_sent": [[0, "/product/name"]]}});
    let step = json!({"method": "PUT", "route": route, "path": {"sku": "subject"},
        "body": {"product": {"name": name}}});
    let change =
        json!({"subject": {"kind": "product", "id": sku}, "edits": [edit], "steps": [step]});
    let intent = json!({"one": {"route": route, "path": {"sku": "subject"}}});
    let proposal = json!({"intent": intent, "changes": [change]});
    let proposed: Value = client.answer("forger_prepare", proposal).await;
    proposed["plan_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn open_plans_freeze_with_their_plugin_and_thaw_with_an_approval() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let forger = home.plugins_and_forger().join("forger.wasm");
    let wasm = std::fs::read(&forger).unwrap();
    plugins(&home, &["approve", "forger"]).await;
    let souk = |arguments: &[&str]| under(&home, "reads", arguments).on(&store);
    let client = souk(&["serve", "--tools", "all"]).logged_in().await;
    let done = propose(&client, "TEN-001", "Telt").await;
    client.answer("plans_commit", confirmed(json!({"plan_id": done}))).await;
    let open = propose(&client, "TEN-002", "Tält").await;

    let is_loaded = async || client.tools().await.contains(&"forger_prepare".into());
    let refused = async |why: &str| {
        for tool in ["plans_commit", "plans_resume"] {
            let refusal = client.refusal(tool, confirmed(json!({"plan_id": open}))).await;
            assert!(
                refusal.starts_with("HELD_BACK: ") && refusal.contains(why),
                "{tool}: {refusal}"
            );
        }
        let commit = souk(&["plans", "commit", &open, "--reason", "a test"]).run().await;
        assert!(commit.status == Some(1) && commit.err.contains(why), "{}", commit.err);
        let listed = souk(&["plans", "list"]).run().await.ok();
        assert!(listed.contains("proposed, frozen"), "{listed}");
        let shown = client.answer("plans_get", json!({"plan_id": open})).await;
        assert!(shown["plan"]["frozen"].as_str().unwrap().contains(why), "{shown}");
    };

    std::fs::remove_file(&forger).unwrap();
    until("it is gone", async || !is_loaded().await).await;
    refused("its plugin `forger` is not loaded").await;
    // What it did is undone from the operator's terminal, and from there alone.
    let undo = client.refusal("plans_undo", json!({"plan_id": done})).await;
    assert!(undo.contains("frozen") && undo.contains("souk plans undo"), "{undo}");
    let undo = souk(&["plans", "undo", &done, "--reason", "a test"]).run().await.ok();
    let command = undo.lines().last().unwrap().split("souk plans commit ").nth(1).unwrap();
    let undone = souk(&["plans", "commit", command.trim()]).run().await;
    assert_eq!(undone.status, Some(0), "{}", undone.err);
    let product = store.rest("/V1/products/TEN-001").await;
    assert_eq!(product["name"], "Skarv 1 Tent", "{product}");

    home.write("plugins/forger.wasm", &wasm);
    until("it is back", is_loaded).await;
    plugins(&home, &["reject", "forger", "--digest", &digest(&wasm)]).await;
    until("it is rejected", async || !is_loaded().await).await;
    refused("its plugin `forger` was rejected").await;

    // Another version, which may ask for one thing less.
    let [from, to] = ["/V1/products/{x}", "/V1/products/{y}"].map(str::as_bytes);
    let place = wasm.windows(from.len()).position(|bytes| bytes == from).unwrap();
    let mut other = wasm.clone();
    other[place..place + to.len()].copy_from_slice(to);
    home.write("plugins/forger.wasm", &other);
    plugins(&home, &["approve", "forger"]).await;
    until("the other serves", is_loaded).await;
    refused("is no longer granted").await;

    home.write("plugins/forger.wasm", &wasm);
    plugins(&home, &["approve", "forger", "--digest", &digest(&wasm)]).await;
    until("the host obeys", async || {
        let shown = client.answer("plans_get", json!({"plan_id": open})).await;
        shown["plan"].get("frozen").is_none()
    })
    .await;
    let outcome = client.answer("plans_commit", confirmed(json!({"plan_id": open}))).await;
    assert_eq!(outcome["state"], "done", "{outcome}");
}
