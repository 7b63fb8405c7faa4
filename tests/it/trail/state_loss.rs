//! The plans, and with them what has left on a day, are removed, emptied, replaced or set back: the
//! host says so, and no money moves until the operator accepts it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, lines_of, until};

use super::doctor_says;

/// What is done to the state while no host runs.
type Harm = (&'static str, fn(&Path));

const HARMS: &[Harm] = &[
    ("plans.db is removed, log and all", |state| {
        for file in ["plans.db", "plans.db-wal", "plans.db-shm"] {
            let _ = fs::remove_file(state.join(file));
        }
    }),
    ("plans.db is emptied", |state| {
        fs::write(state.join("plans.db"), "").unwrap();
        let _ = fs::remove_file(state.join("plans.db-wal"));
    }),
    ("an older copy is put in its place", |state| {
        fs::rename(state.join("older.db"), state.join("plans.db")).unwrap();
        let _ = fs::remove_file(state.join("plans.db-wal"));
        let _ = fs::rename(state.join("older.db-wal"), state.join("plans.db-wal"));
        let _ = fs::remove_file(state.join("plans.db-shm"));
    }),
];

pub(super) async fn cancel(host: &Mcp, order: &str) -> Result<Value, String> {
    let arguments = souk_tests::confirmed(json!({"increment_id": order}));
    let result = host.call("orders_cancel", arguments).await.unwrap();
    let text = format!("{:?}", result.content);
    result.structured_content.filter(|_| result.is_error != Some(true)).ok_or(text)
}

/// Orders that can be canceled, by their increment ids.
pub(super) async fn pending(store: &DemoStore, count: usize) -> Vec<String> {
    let found = store
        .rest(
            "/all/V1/orders?searchCriteria[filterGroups][0][filters][0][field]=status\
             &searchCriteria[filterGroups][0][filters][0][value]=pending\
             &searchCriteria[pageSize]=50&fields=items[increment_id]",
        )
        .await;
    let items = found["items"].as_array().unwrap().iter();
    let ids: Vec<_> = items.map(|item| item["increment_id"].as_str().unwrap().to_owned()).collect();
    assert!(ids.len() >= count, "{ids:?}");
    ids
}

#[tokio::test]
async fn plans_that_are_gone_are_told_and_shut_the_day_until_accepted() {
    for (harm, act) in HARMS {
        let (store, home) = (DemoStore::start().await, Home::new());
        let state = home.path("state");
        let souk = home
            .souk(["serve", "--max-tier", "critical"])
            .on(&store)
            .env("SOUK_MAX_CANCEL_PER_DAY", "1000000");
        let orders = pending(&store, 3).await;
        let host = souk.logged_in().await;
        assert_eq!(host.close().await, Some(0));
        fs::copy(state.join("plans.db"), state.join("older.db")).unwrap();
        let _ = fs::copy(state.join("plans.db-wal"), state.join("older.db-wal"));
        let host = souk.logged_in().await;
        cancel(&host, &orders[0]).await.unwrap();
        assert_eq!(host.close().await, Some(0));
        act(&state);

        let doctor = home.souk(["doctor"]).on(&store);
        assert_eq!(doctor_says(doctor.clone(), "the plans (`plans.db`").await, Some(1), "{harm}");
        let host = souk.logged_in().await;
        host.process().logged("STATE IS MISSING").await;
        assert_eq!(lines_of(&home.trail(), "lost").len(), 1, "{harm}");
        let refused = cancel(&host, &orders[1]).await.unwrap_err();
        assert!(refused.contains("souk state accept"), "{harm}: {refused}");
        // What moves no money goes on.
        host.answer("auth_whoami", json!({})).await;
        doctor_says(doctor.clone(), "souk state accept").await;
        let accepted = home.souk(["state", "accept"]).run().await.ok();
        assert!(accepted.contains("money moves again"), "{harm}: {accepted}");
        cancel(&host, &orders[1]).await.unwrap();
        assert_eq!(host.close().await, Some(0));
        // And the next start has nothing to say.
        let host = souk.logged_in().await;
        cancel(&host, &orders[2]).await.unwrap();
        assert_eq!(lines_of(&home.trail(), "lost").len(), 1, "{harm}");
        doctor_says(doctor, "nothing is missing").await;
    }
}

#[tokio::test]
async fn a_host_that_was_killed_with_its_log_unwritten_is_no_alarm_and_without_the_log_it_is() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home
        .souk(["serve", "--max-tier", "critical"])
        .on(&store)
        .env("SOUK_MAX_CANCEL_PER_DAY", "1000000");
    let orders = pending(&store, 2).await;
    let host = souk.logged_in().await;
    cancel(&host, &orders[0]).await.unwrap();
    host.process().kill().await;
    let host = souk.logged_in().await;
    assert!(lines_of(&home.trail(), "lost").is_empty());
    cancel(&host, &orders[1]).await.unwrap();
    host.process().kill().await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    fs::remove_file(home.path("state/plans.db-wal")).unwrap();
    let host = souk.logged_in().await;
    host.process().logged("STATE IS MISSING").await;
    assert_eq!(lines_of(&home.trail(), "lost").len(), 1);
}

#[tokio::test]
async fn plans_that_are_taken_away_under_a_running_host_stop_it() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home
        .souk(["serve", "--max-tier", "critical"])
        .on(&store)
        .env("SOUK_MAX_CANCEL_PER_DAY", "1000000");
    let orders = pending(&store, 1).await;
    let host = souk.logged_in().await;
    fs::remove_file(home.path("state/plans.db")).unwrap();
    host.process().logged("moved or removed while souk ran").await;
    until("the trail says so", async || lines_of(&home.trail(), "lost").len() == 1).await;
    cancel(&host, &orders[0]).await.unwrap_err();
}

#[tokio::test]
async fn trail_and_plans_removed_together_are_no_first_start() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home.souk(["serve"]).on(&store);
    let host = souk.logged_in().await;
    assert!(lines_of(&home.trail(), "lost").is_empty(), "a first start is none");
    assert_eq!(lines_of(&home.trail(), "begun").len(), 1);
    assert_eq!(host.close().await, Some(0));
    for file in ["plans.db", "plans.db-wal", "plans.db-shm", "audit.jsonl"] {
        let _ = fs::remove_file(home.path(format!("state/{file}")));
    }
    // The key is older than any host that could be starting just now.
    let key = fs::File::options().write(true).open(home.path("state/audit.key")).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(600);
    key.set_modified(old).unwrap();
    let host = souk.logged_in().await;
    host.process().logged("STATE IS MISSING").await;
    assert_eq!(lines_of(&home.trail(), "lost").len(), 1);
}
