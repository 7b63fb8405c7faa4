//! What passes for nobody's word: edited rows, edited and missing files, another plan's digest.

use souk_tests::modern;

use serde_json::json;

use super::{Shop, of, propose, refund, waiting};

fn meddler(shop: &Shop) -> rusqlite::Connection {
    rusqlite::Connection::open(shop.home.path("state/plans.db")).unwrap()
}

/// A row of the log: number, plan, digest, content, seal.
type LogRow = (i64, Option<String>, String, Option<String>, String);

/// What the log of decisions holds, to be put back.
fn log(shop: &Shop) -> Vec<LogRow> {
    let connection = meddler(shop);
    let mut all =
        connection.prepare("SELECT no, plan, digest, content, seal FROM decision_log").unwrap();
    let rows = all
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn put_back(shop: &Shop, rows: &[LogRow]) {
    let connection = meddler(shop);
    connection.execute("DELETE FROM decision_log", []).unwrap();
    for (no, plan, digest, content, seal) in rows {
        connection
            .execute(
                "INSERT INTO decision_log VALUES (?1, ?2, ?3, ?4, ?5)",
                (no, plan, digest, content, seal),
            )
            .unwrap();
    }
}

/// With decisions that cannot be told nothing is carried out, by a host that runs or by a new one.
async fn nothing_goes(shop: &Shop, running: &souk_tests::Mcp, plan: &str, what: &str) {
    for client in [running, &shop.host().await] {
        let refusal = client.refusal("plans_commit", of(plan)).await;
        let known = ["FORBIDDEN: what persons decided", "WRITES_STOPPED: ", "APPROVAL_REQUIRED: "];
        assert!(known.iter().any(|known| refusal.starts_with(known)), "{what}: {refusal}");
    }
    assert_eq!(shop.writes().await, 0, "{what}");
}

#[tokio::test]
async fn a_decision_that_was_edited_added_or_given_to_another_plan_approves_nothing() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    let other = propose(&client, 2, "Other").await;
    shop.approve(&plan, "ann").await;
    let kept = log(&shop);
    let last = kept.last().unwrap().clone();
    let content = last.3.clone().unwrap();
    let edits = [
        ("\"expires_ms\":1", "\"expires_ms\":9"),
        ("\"by\":\"ann\"", "\"by\":\"bob\""),
        ("\"terminal\"", "\"page\""),
        ("[\"local\"]", "[]"),
    ];
    let mut forged = Vec::new();
    for (from, to) in edits {
        assert!(content.contains(from), "{from}: {content}");
        let mut rows = kept.clone();
        rows.last_mut().unwrap().3 = Some(content.replace(from, to));
        forged.push((to.to_owned(), rows));
    }
    let mut rows = kept.clone();
    rows.last_mut().unwrap().1 = Some(other);
    forged.push(("another plan".into(), rows));
    let mut rows = kept.clone();
    rows.push((last.0 + 1, last.1.clone(), last.2.clone(), last.3.clone(), last.4.clone()));
    forged.push(("twice".into(), rows));
    forged.push(("a line before it is gone".into(), kept[1..].to_vec()));
    for (what, rows) in forged {
        put_back(&shop, &rows);
        nothing_goes(&shop, &client, &plan, &what).await;
    }
    put_back(&shop, &kept);
    // A host that began meanwhile has found some missing.
    drop(shop.souk(["state", "accept"]).run().await.ok());
    shop.approve(&plan, "ann").await;
    assert_eq!(client.answer("plans_commit", of(&plan)).await["success_count"], 1);
    assert_eq!(shop.writes().await, 1);
}

#[tokio::test]
async fn a_no_that_is_taken_away_and_a_yes_that_is_put_back_do_not_count() {
    let rule = "[plans]\nchunk = 2\n[[approvals.rules]]\nneed = 'person'\n";
    let shop = Shop::with_ann(rule).await;
    let client = shop.host().await;
    let plan = propose(&client, 2, "No").await;
    shop.approve(&plan, "ann").await;
    let approved = log(&shop);
    drop(shop.decide("reject", &plan, "ann", &["--reason", "no"]).await.ok());
    drop(shop.souk(["stop", "--reason", "stocktaking"]).run().await.ok());
    let refusal = client.refusal("plans_commit", of(&plan)).await;
    assert!(refusal.starts_with("REJECTED: ") || refusal.starts_with("PLAN_"), "{refusal}");
    // As it was, with the plan as it was.
    put_back(&shop, &approved);
    meddler(&shop).execute("UPDATE plan SET state = 'proposed', stop_ms = NULL", []).unwrap();
    nothing_goes(&shop, &client, &plan, "put back").await;
    put_back(&shop, &[]);
    nothing_goes(&shop, &client, &plan, "nothing is left").await;
    // The operator takes it as it is: nothing that was said before counts.
    let said = shop.souk(["state", "accept"]).run().await.ok();
    assert!(said.contains("does not count any more"), "{said}");
    waiting(&shop.host().await.refusal("plans_commit", of(&plan)).await);
    waiting(&client.refusal("plans_commit", of(&plan)).await);
    shop.approve(&plan, "ann").await;
    assert_eq!(client.answer("plans_commit", of(&plan)).await["success_count"], 2);
}

#[tokio::test]
async fn items_that_are_edited_after_the_plan_was_looked_at_are_not_sent() {
    let rule = "[plans]\nchunk = 5\nconcurrency = 1\n[[approvals.rules]]\nneed = 'person'\n";
    let shop = Shop::with_ann(rule).await;
    let client = shop.host().await;
    let plan = propose(&client, 20, "Good").await;
    shop.approve(&plan, "ann").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 150}])).await;
    let commit = client.outcome("plans_commit", of(&plan));
    let edit = async {
        souk_tests::until("some are written", async || shop.writes().await >= 1).await;
        let edit = "UPDATE item SET item = replace(item, 'Good', 'Evil') WHERE n >= 10";
        assert!(meddler(&shop).execute(edit, []).unwrap() > 0);
    };
    let (outcome, ()) = tokio::join!(commit, edit);
    assert!(outcome["message"].as_str().unwrap().contains("tampered with"), "{outcome}");
    let found = client.answer("catalog_search_products", json!({"page_size": 20})).await;
    assert!(!found.to_string().contains("Evil"), "{found}");
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
async fn a_stop_that_is_edited_or_taken_away_stops_all_the_same_and_one_can_always_be_said() {
    let config = "[plans]\nchunk = 2\nconcurrency = 1\n";
    let shop = Shop::new(config).await;
    let client = shop.host().await;
    drop(shop.souk(["stop", "--reason", "stocktaking"]).run().await.ok());
    client.refusal("orders_refund", refund()).await;
    let kept = log(&shop);
    let edits = ["DELETE FROM decision_log", "UPDATE decision_log SET content = 'x'"];
    for edit in edits {
        meddler(&shop).execute(edit, []).unwrap();
        for client in [&client, &shop.host().await] {
            let refusal = client.refusal("orders_refund", refund()).await;
            let known = ["FORBIDDEN: what persons", "WRITES_STOPPED: "];
            assert!(known.iter().any(|known| refusal.starts_with(known)), "{edit}: {refusal}");
        }
        put_back(&shop, &kept);
    }
    assert_eq!(shop.writes().await, 0);
    drop(shop.souk(["state", "accept"]).run().await);
    drop(shop.souk(["go"]).run().await.ok());
    let plan = propose(&client, 20, "Runs").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 300}])).await;
    let commit = client.outcome("plans_commit", of(&plan));
    let stop = async {
        souk_tests::until("some are written", async || shop.writes().await >= 1).await;
        // Where the log cannot be read, a run ends, and the stop is said all the same.
        meddler(&shop).execute("UPDATE decision_log SET seal = 'x'", []).unwrap();
        drop(shop.souk(["stop", "--reason", "now"]).run().await);
    };
    let (outcome, ()) = tokio::join!(commit, stop);
    assert!(outcome["success_count"].as_u64().unwrap() < 20, "{outcome}");
}

#[tokio::test]
async fn who_is_set_up_is_not_forgotten_with_the_files_of_it() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    for file in ["people.json", "people.key", "people.tries.json", "people.turn"] {
        let _ = std::fs::remove_file(shop.home.path("state").join(file));
    }
    for client in [&client, &shop.host().await] {
        let refusal = client.refusal("plans_commit", of(&plan)).await;
        assert!(refusal.starts_with("FORBIDDEN: who can decide"), "{refusal}");
        let refusal = client.refusal("orders_refund", refund()).await;
        assert!(refusal.starts_with("FORBIDDEN: who can decide"), "{refusal}");
    }
    let setup = shop.set_up("eve", super::BOB, &[]).await;
    assert!(setup.err.contains("who can decide"), "{}", setup.err);
    assert_eq!(shop.writes().await, 0);
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
