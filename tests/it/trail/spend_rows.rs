//! Rows of the account of a day's money are taken away, edited or put back by somebody who can write the
//! file and has no key: the day is shut until the operator accepts it.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use souk_tests::{DemoStore, Home, Souk, lines_of};

use super::doctor_says;
use super::state_loss::{cancel, pending};

/// What is done to the rows.
type Edit = (&'static str, &'static str);

const EDITS: &[Edit] = &[
    ("all rows are taken away", "DELETE FROM spend"),
    ("and what was counted of them", "DELETE FROM spend; DELETE FROM spend_day"),
    (
        "and the seal",
        "DELETE FROM spend; DELETE FROM spend_day; UPDATE identity SET spend_seal = NULL",
    ),
    ("one row is", "DELETE FROM spend WHERE plan = (SELECT min(plan) FROM spend)"),
    ("an amount is less", "UPDATE spend SET amount = 1"),
    ("a row is of another day", "UPDATE spend SET day = day - 1"),
    ("a row is of another currency", "UPDATE spend SET currency = 'JPY'"),
    (
        "the count is of no row",
        "DELETE FROM spend; UPDATE spend_day SET entries = 0, tags = zeroblob(32)",
    ),
];

fn edit(state: &Path, sql: &str) {
    let file = Connection::open(state.join("plans.db")).unwrap();
    file.execute_batch(sql).unwrap();
}

fn serving<'h>(home: &'h Home, store: &DemoStore) -> Souk<'h> {
    let souk = home.souk(["serve", "--max-tier", "critical"]).on(store);
    souk.env("SOUK_MAX_CANCEL_PER_DAY", "1000000")
}

#[tokio::test]
async fn rows_that_are_taken_away_or_edited_shut_the_day_until_accepted() {
    for (what, sql) in EDITS {
        let (store, home) = (DemoStore::start().await, Home::new());
        let souk = serving(&home, &store);
        let orders = pending(&store, 4).await;
        let host = souk.logged_in().await;
        cancel(&host, &orders[0]).await.unwrap();
        cancel(&host, &orders[1]).await.unwrap();
        // Under the running host.
        edit(&home.path("state"), sql);
        let refused = cancel(&host, &orders[2]).await.unwrap_err();
        assert!(refused.contains("souk state accept"), "{what}: {refused}");
        assert_eq!(host.close().await, Some(0));

        let doctor = home.souk(["doctor"]).on(&store);
        assert_eq!(doctor_says(doctor, "what money moved").await, Some(1), "{what}");
        let host = souk.logged_in().await;
        host.process().logged("STATE IS MISSING").await;
        assert_eq!(lines_of(&home.trail(), "lost").len(), 1, "{what}");
        let refused = cancel(&host, &orders[2]).await.unwrap_err();
        assert!(refused.contains("souk state accept"), "{what}: {refused}");
        // What moves no money goes on.
        host.answer("auth_whoami", json!({})).await;
        let accepted = home.souk(["state", "accept"]).run().await.ok();
        assert!(accepted.contains("money moves again"), "{accepted}");
        let again = home.souk(["state", "accept"]).run().await.ok();
        assert!(again.contains("nothing is missing"), "{what}: {again}");
        cancel(&host, &orders[2]).await.unwrap();
        cancel(&host, &orders[3]).await.unwrap();
    }
}

#[tokio::test]
async fn an_older_account_that_is_put_back_with_its_seal_shuts_the_day() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let orders = pending(&store, 3).await;
    let host = serving(&home, &store).logged_in().await;
    cancel(&host, &orders[0]).await.unwrap();
    let state = home.path("state");
    edit(
        &state,
        "CREATE TABLE old_spend AS SELECT * FROM spend; CREATE TABLE old_day AS SELECT * FROM spend_day;
         CREATE TABLE old_seal AS SELECT spend_seal FROM identity;",
    );
    cancel(&host, &orders[1]).await.unwrap();
    edit(
        &state,
        "DELETE FROM spend; INSERT INTO spend SELECT * FROM old_spend; DELETE FROM spend_day;
         INSERT INTO spend_day SELECT * FROM old_day;
         UPDATE identity SET spend_seal = (SELECT spend_seal FROM old_seal);",
    );
    let refused = cancel(&host, &orders[2]).await.unwrap_err();
    assert!(refused.contains("souk state accept"), "{refused}");
}
