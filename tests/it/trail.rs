//! No request without its line, and no write without its outcome, whatever becomes of the trail: the
//! disk is full, the file is gone, replaced or closed, at any moment of a run.

mod chain;
mod full_disk;
mod gone;
mod kept;
mod read_only;
mod refusals;
mod spend_rows;
mod state_loss;

use std::path::Path;

use serde_json::{Map, Value, json};
use souk_tests::{DemoStore, LoggedRequest, Mcp, Souk, lines_of};

/// Proposes this price for products; answers the plan.
async fn propose(client: &Mcp, skus: &[String], price: u32) -> String {
    souk_tests::propose(client, skus, json!({"price": price})).await
}

/// Simple products that cost something, by sku.
async fn simple(store: &DemoStore, count: usize) -> Vec<String> {
    let found = store
        .rest(
            "/all/V1/products?searchCriteria[filterGroups][0][filters][0][field]=type_id\
             &searchCriteria[filterGroups][0][filters][0][value]=simple\
             &searchCriteria[pageSize]=300&fields=items[sku]",
        )
        .await;
    let skus = found["items"].as_array().unwrap().iter();
    let skus: Vec<_> =
        skus.map(|item| item["sku"].as_str().unwrap().to_owned()).take(count).collect();
    assert_eq!(skus.len(), count);
    skus
}

/// How many of these products cost so much.
async fn at_price(store: &DemoStore, skus: &[String], price: u32) -> usize {
    let found =
        store.rest("/all/V1/products?searchCriteria[pageSize]=300&fields=items[sku,price]").await;
    let items = found["items"].as_array().unwrap();
    let is_one = |item: &&Value| {
        item["price"].as_f64() == Some(price.into())
            && skus.iter().any(|sku| item["sku"] == sku.as_str())
    };
    items.iter().filter(is_one).count()
}

/// The writes of products that reached the store.
async fn writes(store: &DemoStore) -> Vec<LoggedRequest> {
    let mut log = store.requests().await;
    log.retain(|request| request.method == "PUT" && request.target.contains("/V1/products/"));
    log
}

/// What a call answers, or why it is refused; of both, whether it is an answer.
async fn outcome(client: &Mcp, tool: &str, plan: &str) -> (bool, Map<String, Value>, String) {
    let arguments = souk_tests::confirmed(json!({"plan_id": plan}));
    let result = client.call(tool, arguments).await.unwrap();
    let text = result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone()));
    let text = text.collect::<Vec<_>>().join("\n");
    match result.structured_content {
        Some(Value::Object(answer)) => (true, answer, text),
        _ => (false, Map::new(), text),
    }
}

/// Commits a plan, or resumes it where it was started before.
async fn go_on(client: &Mcp, plan: &str) -> (bool, Map<String, Value>, String) {
    let resumed = outcome(client, "plans_resume", plan).await;
    if resumed.2.contains("never started") {
        return outcome(client, "plans_commit", plan).await;
    }
    resumed
}

/// Every write that reached the store has a line that was there before it, and whoever called heard
/// of it.
async fn each_write_is_on_the_trail(
    store: &DemoStore,
    trails: &[&Path],
    told: (bool, &str),
) -> usize {
    let sent = writes(store).await;
    let announced: Vec<Value> =
        trails.iter().flat_map(|trail| lines_of(trail, "sending")).collect();
    for request in &sent {
        let sku = request.target.rsplit('/').next().unwrap();
        let subject = format!("product {sku}");
        assert!(
            announced.iter().any(|line| line["subject"] == subject.as_str()),
            "`{sku}` was written, and {} lines do not name it",
            announced.len()
        );
    }
    assert!(
        sent.is_empty() || told.0,
        "{} were written, and the caller heard: {}",
        sent.len(),
        told.1
    );
    sent.len()
}

/// The arguments of an apply that sets a product's title.
/// `souk doctor` tells this, in whatever case. Answers its exit status.
async fn doctor_says(doctor: Souk<'_>, what: &str) -> Option<i32> {
    let doctor = doctor.run().await;
    assert!(doctor.out.to_lowercase().contains(what), "not `{what}`: {}", doctor.out);
    doctor.status
}

fn apply_title(sku: &str, title: &str) -> Value {
    souk_tests::confirmed(json!({
        "match": {"sku_list": [sku]},
        "meta_updates": {"meta_title": title},
        "scope": {"scope": "global"},
    }))
}
