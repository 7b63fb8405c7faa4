//! What passes for nobody's word: edited rows, edited and missing files, another plan's digest.

use souk_tests::modern;

use serde_json::json;

use super::{Shop, of, propose, refund, waiting};

fn meddler(shop: &Shop) -> rusqlite::Connection {
    rusqlite::Connection::open(shop.home.path("state/plans.db")).unwrap()
}

#[tokio::test]
async fn an_edited_decision_approves_nothing() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    let other = propose(&client, 2, "Other").await;
    shop.approve(&plan, "ann").await;
    let kept: String =
        meddler(&shop).query_row("SELECT decision FROM decision", [], |row| row.get(0)).unwrap();
    let set = |text: &str| {
        meddler(&shop).execute("UPDATE decision SET decision = ?1", [text]).unwrap();
    };
    let edits = [
        ("\"expires_ms\":1", "\"expires_ms\":9"),
        ("\"by\":\"ann\"", "\"by\":\"bob\""),
        ("\"terminal\"", "\"page\""),
        ("[\"local\"]", "[]"),
    ];
    for (from, to) in edits {
        assert!(kept.contains(from), "{from}: {kept}");
        set(&kept.replace(from, to));
        waiting(&client.refusal("plans_commit", of(&plan)).await);
    }
    // It is of no other plan.
    meddler(&shop)
        .execute("UPDATE decision SET plan = (SELECT key FROM plan WHERE id = ?1)", [&other])
        .unwrap();
    set(&kept);
    waiting(&client.refusal("plans_commit", of(&plan)).await);
    meddler(&shop)
        .execute("UPDATE decision SET plan = (SELECT key FROM plan WHERE id = ?1)", [&plan])
        .unwrap();
    assert_eq!(client.answer("plans_commit", of(&plan)).await["success_count"], 1);
    assert_eq!(shop.writes().await, 1);
}

#[tokio::test]
async fn what_a_person_left_out_stays_out_whoever_edits_the_rows() {
    let shop = Shop::with_ann("[[approvals.rules]]\nneed = 'person'\n").await;
    let client = shop.host().await;
    let plan = propose(&client, 3, "But").await;
    drop(shop.decide("approve", &plan, "ann", &["--but", "1"]).await.ok());
    meddler(&shop).execute("UPDATE progress SET state = 'pending'", []).unwrap();
    let refusal = client.refusal("plans_commit", of(&plan)).await;
    assert!(refusal.contains("it was tampered with"), "{refusal}");
    assert_eq!(shop.writes().await, 0);
}

#[tokio::test]
async fn without_the_file_of_people_nobody_decides_and_nothing_is_easier() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    shop.approve(&plan, "ann").await;
    let file = shop.home.path("state/people.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, kept.replace("\"local\"", "\"nobody\"")).unwrap();
    let refusal = client.refusal("plans_commit", of(&plan)).await;
    assert!(refusal.starts_with("FORBIDDEN: who can decide"), "{refusal}");
    std::fs::remove_file(&file).unwrap();
    for refusal in [
        client.refusal("plans_commit", of(&plan)).await,
        client.refusal("orders_refund", refund()).await,
    ] {
        assert!(refusal.starts_with("FORBIDDEN: who can decide"), "{refusal}");
    }
    let setup = shop.set_up("eve", super::BOB, &[]).await;
    assert!(setup.err.contains("is gone, and there was one"), "{}", setup.err);
    assert_eq!(shop.writes().await, 0);
    std::fs::write(&file, kept).unwrap();
    assert_eq!(client.answer("plans_commit", of(&plan)).await["success_count"], 1);
}

#[tokio::test]
async fn an_approval_expires_with_its_plan_and_is_of_its_store_alone() {
    let shop = Shop::with_ann("[plans]\nexpiry_min = 0\n").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    let late = shop.decide("approve", &plan, "ann", &[]).await;
    assert!(late.err.starts_with("PLAN_EXPIRED: "), "{}", late.err);
    assert_eq!(shop.writes().await, 0);
    // Another store is not the plan's, whoever approved it.
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    shop.approve(&plan, "ann").await;
    let other = souk_tests::DemoStore::start().await;
    let elsewhere = shop.home.souk(["serve", "--max-tier", "critical"]).on(&other);
    let elsewhere = elsewhere.logged_in().await;
    let refusal = elsewhere.refusal("plans_commit", of(&plan)).await;
    assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
    assert_eq!(shop.writes().await, 0);
}

#[tokio::test]
async fn an_edited_stop_stops_all_the_same() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    drop(shop.souk(["stop", "--reason", "stocktaking"]).run().await.ok());
    meddler(&shop)
        .execute("UPDATE write_stop SET stop = replace(stop, 'stocktaking', 'nothing')", [])
        .unwrap();
    let refusal = client.refusal("orders_refund", refund()).await;
    assert!(refusal.starts_with("WRITES_STOPPED: `unknown` stopped"), "{refusal}");
    meddler(&shop).execute("UPDATE write_stop SET stop = 'x'", []).unwrap();
    let refusal = client.refusal("orders_refund", refund()).await;
    assert!(!refusal.is_empty());
    assert_eq!(shop.writes().await, 0);
    drop(shop.souk(["go"]).run().await.ok());
    assert_eq!(client.answer("orders_refund", refund()).await["done"], true);
}

#[tokio::test]
async fn a_failure_names_its_plan_for_machines() {
    let shop = Shop::with_ann("").await;
    let mut wire = shop.souk(["serve", "--max-tier", "critical"]).wire();
    wire.send(&modern(1, "tools/call", json!({"name": "auth_login", "arguments": {}}))).await;
    wire.answer(1).await;
    let call = json!({"name": "orders_refund", "arguments": refund()});
    wire.send(&modern(2, "tools/call", call)).await;
    let answer = wire.answer(2).await;
    let waiting = &answer["result"]["_meta"]["souk/waiting"];
    assert!(waiting["plan_id"].as_str().unwrap().starts_with("plan_"), "{answer}");
    assert_eq!(waiting["digest"].as_str().unwrap().len(), 64, "{answer}");
}
