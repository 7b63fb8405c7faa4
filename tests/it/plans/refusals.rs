//! Commits that must not happen, each with its code, and none of them sends anything.

use serde_json::json;
use souk_tests::{Era, Mcp};
use tokio::process::Command;

use super::{Shop, commit, confirmed, propose};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";

async fn refused(client: &Mcp, tool: &str, plan: &str, says: &str) {
    let refusal = client.refusal(tool, confirmed(plan)).await;
    assert!(refusal.starts_with(says), "{refusal}");
}

#[tokio::test]
async fn of_two_commits_at_once_one_wins() {
    let shop = Shop::new("").await;
    let served = shop.souk().http().await;
    let (one, other) = (served.connect(Era::Modern).await, served.connect(Era::Legacy).await);
    one.log_in().await;
    other.log_in().await;
    let skus = shop.simple(20).await;
    let plan = propose(&one, &skus, "Once").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 30}])).await;
    let (mine, theirs) = tokio::join!(
        one.call("plans_commit", confirmed(&plan)),
        other.call("plans_commit", confirmed(&plan)),
    );
    let (mine, theirs) = (mine.unwrap(), theirs.unwrap());
    let (won, lost) = if mine.is_error == Some(true) { (theirs, mine) } else { (mine, theirs) };
    assert_eq!(won.structured_content.unwrap()["success_count"], 20);
    assert_eq!(lost.is_error, Some(true));
    let text = lost.content[0].as_text().unwrap().text.clone();
    assert!(text.starts_with("IDEMPOTENCY_CONFLICT: "), "{text}");
    assert_eq!(shop.writes().await.len(), 20);
    refused(&one, "plans_commit", &plan, "IDEMPOTENCY_CONFLICT: ").await;
    assert_eq!(shop.writes().await.len(), 20);
}

#[tokio::test]
async fn another_principals_plan_does_not_exist() {
    let shop = Shop::new(&format!(
        "[principals.ann]\ntoken = '{ANN}'\n[principals.bob]\ntoken = '{BOB}'\n"
    ))
    .await;
    let served = shop.souk().http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let bob = served.connect_as(Era::Modern, BOB).await;
    ann.log_in().await;
    bob.log_in().await;
    let plan = propose(&ann, &shop.simple(2).await, "Ann's").await;
    for tool in ["plans_commit", "plans_resume", "catalog_commit_bulk_update"] {
        refused(&bob, tool, &plan, "PLAN_NOT_FOUND: ").await;
    }
    for tool in ["plans_get", "plans_undo", "plans_discard"] {
        let refusal = bob.refusal(tool, json!({"plan_id": plan})).await;
        assert!(refusal.starts_with("PLAN_NOT_FOUND: "), "{refusal}");
    }
    assert_eq!(bob.answer("plans_list", json!({})).await["plans"], json!([]));
    assert_eq!(shop.writes().await, []);
    assert_eq!(commit(&ann, &plan).await["success_count"], 2);
}

#[tokio::test]
async fn a_plan_is_for_its_store_and_its_tool_and_not_for_ever() {
    let shop = Shop::new("").await;
    let skus = shop.simple(2).await;
    let plan = {
        let client = shop.host().await;
        let plan = propose(&client, &skus, "Here").await;
        refused(&client, "pricing_commit_bulk_price_update", &plan, "FORBIDDEN: ").await;
        refused(&client, "plans_commit", &"0".repeat(plan.len()), "VALIDATION_ERROR: ").await;
        client.close().await;
        plan
    };
    // The same state, and another store.
    let elsewhere = Shop::new("").await;
    let client = shop.home.souk(["serve"]).on(&elsewhere.store).logged_in().await;
    refused(&client, "plans_commit", &plan, "FORBIDDEN: ").await;
    refused(&client, "catalog_commit_bulk_update", &plan, "FORBIDDEN: ").await;
    client.close().await;
    assert_eq!(elsewhere.writes().await, []);
    // A plan that was to be committed at once.
    let client = shop.souk().env("MCP_PLAN_EXPIRY_MIN", "0").logged_in().await;
    let late = propose(&client, &skus, "Late").await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    refused(&client, "plans_commit", &late, "PLAN_EXPIRED: ").await;
    // Thrown away, it is gone; the other one was never touched, and is still good.
    client.answer("plans_discard", json!({"plan_id": late})).await;
    refused(&client, "plans_commit", &late, "IDEMPOTENCY_CONFLICT: ").await;
    assert_eq!(shop.writes().await, []);
    assert_eq!(commit(&client, &plan).await["success_count"], 2);
}

#[tokio::test]
async fn a_key_is_for_one_change_and_answers_its_outcome_again() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(4).await;
    let (first, second) =
        (propose(&client, &skus[..2], "One").await, propose(&client, &skus[2..], "Two").await);
    let keyed = |plan: &str| {
        let mut arguments = confirmed(plan);
        arguments["idempotency_key"] = json!("autumn");
        arguments
    };
    let done = client.answer("plans_commit", keyed(&first)).await;
    let refusal = client.refusal("plans_commit", keyed(&second)).await;
    assert!(refusal.starts_with("IDEMPOTENCY_CONFLICT: "), "{refusal}");
    assert_eq!(client.answer("plans_commit", keyed(&first)).await, done);
    assert_eq!(shop.writes().await.len(), 2);
}

/// Runs statements on the plans, as somebody with the operator's rights to the file could.
async fn tamper(shop: &Shop, statement: &str) {
    const PROGRAM: &str = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        assert c.execute(sys.argv[2]).rowcount > 0\n\
        c.commit()";
    let file = shop.home.path("state/plans.db");
    let ran = Command::new("python3").args(["-c", PROGRAM]).arg(file).arg(statement).output().await;
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn a_row_that_was_tampered_with_stops_the_plan() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(3).await;
    for change in [
        "item SET item = replace(item, 'Reviewed', 'Smuggled')",
        "item SET item = replace(item, '/V1/products/{sku}', '/V1/products')",
        "item SET item = '{}'",
        "item SET n = n + 10",
        "plan SET header = replace(header, 'meta_title', 'price')",
        "plan SET header = replace(header, '\"risk\"', '\"safe\"')",
        "plan SET digest = replace(replace(digest, 'a', 'b'), '1', '2')",
        "plan SET seal = replace(replace(seal, 'a', 'b'), '1', '2')",
    ] {
        let plan = propose(&client, &skus, "Reviewed").await;
        let (table, set) = change.split_once(' ').unwrap();
        let key = if table == "item" { "plan" } else { "key" };
        tamper(&shop, &format!("UPDATE {table} {set} WHERE {key} = (SELECT max(key) FROM plan)"))
            .await;
        let refusal = client.refusal("plans_commit", confirmed(&plan)).await;
        // What cannot even be read is told as damage.
        let damaged = change.contains("{}") || change.contains("n + 10");
        let says = if damaged { "INTERNAL_ERROR: " } else { "FORBIDDEN: " };
        assert!(refusal.starts_with(says), "{change}: {refusal}");
        assert_eq!(shop.writes().await, [], "{change}");
    }
}
