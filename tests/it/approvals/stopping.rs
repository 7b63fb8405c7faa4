//! The stop button, over all hosts of a state directory.

use serde_json::json;
use souk_tests::until;

use super::{ANN, Shop, of, plan_of, propose, refund, waiting};

#[tokio::test]
async fn a_stop_ends_what_runs_in_any_host_and_lets_nothing_begin_until_somebody_lets_it_go_on() {
    let config =
        "[plans]\nchunk = 10\nconcurrency = 2\nlease_s = 600\n[approvals]\ncritical = 'confirm'\n";
    let shop = Shop::with_ann(config).await;
    let (one, other) = (shop.host().await, shop.host().await);
    let plan = propose(&one, 60, "Stopped").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 50}])).await;
    let commit = one.outcome("plans_commit", of(&plan));
    let stop = async {
        until("some are written", async || shop.writes().await >= 4).await;
        let begun = std::time::Instant::now();
        drop(shop.souk(["stop", "--reason", "stocktaking"]).run().await.ok());
        until("it has stopped", async || plan_of(&other, &plan).await["state"] == "stopped").await;
        assert!(begun.elapsed().as_secs() < 10);
    };
    let (outcome, ()) = tokio::join!(commit, stop);
    let message = outcome["message"].as_str().unwrap();
    assert!(message.contains("stopped all writes"), "{outcome}");
    let written = shop.writes().await;
    assert!(written < 60, "{written}");
    shop.store.faults(&json!([])).await;

    for client in [&one, &other, &shop.host().await] {
        for (tool, arguments) in [("plans_resume", of(&plan)), ("orders_refund", refund())] {
            let refusal = client.refusal(tool, arguments).await;
            assert!(refusal.starts_with("WRITES_STOPPED: `the operator` stopped"), "{refusal}");
            assert!(refusal.contains("stocktaking") && refusal.contains("souk go"), "{refusal}");
        }
        client.answer("catalog_search_products", json!({"page_size": 1})).await;
    }
    let commit = shop.souk(["plans", "resume", &plan, "--reason", "on"]).run().await;
    assert!(commit.err.starts_with("WRITES_STOPPED: "), "{}", commit.err);
    assert_eq!(shop.writes().await, written);

    // Where persons are set up, one of them lets it go on.
    let wrong = shop.secret("wrong", "a wrong passphrase");
    let go = shop.souk(["go", "--passphrase-file"]).args([wrong]).run().await;
    assert!(go.err.contains("is wrong"), "{}", go.err);
    let ann = shop.secret("ann", ANN);
    drop(shop.souk(["go", "--passphrase-file"]).args([ann]).run().await.ok());
    let outcome = other.outcome("plans_resume", of(&plan)).await;
    assert_eq!((&outcome["success_count"], shop.writes().await), (&json!(60), 60), "{outcome}");
    let acts = shop.acts();
    for (kind, person) in [("writes-stopped", "the operator"), ("writes-resumed", "ann")] {
        assert!(acts.contains(&(kind.into(), person.into())), "{acts:?}");
    }
}

const PERSON: &str = "[plans]\nchunk = 5\nconcurrency = 1\nlease_s = 600\n\
                      [[approvals.rules]]\nneed = 'person'\n";

#[tokio::test]
async fn who_stops_a_plan_takes_back_what_was_approved_also_where_it_is_undone_or_its_host_died() {
    let shop = Shop::with_ann(PERSON).await;
    let mut client = shop.host().await;
    for is_killed in [false, true] {
        let before = shop.writes().await;
        let plan = propose(&client, 30, &format!("Stopped {is_killed}")).await;
        shop.approve(&plan, "ann").await;
        shop.store.faults(&json!([{"method": "PUT", "delay_ms": 100}])).await;
        if is_killed {
            tokio::select! {
                outcome = client.outcome("plans_commit", of(&plan)) => panic!("{outcome}"),
                () = until("some are written", async || shop.writes().await > before) => {}
            }
            client.process().kill().await;
            client = shop.host().await;
            drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
        } else {
            let commit = client.outcome("plans_commit", of(&plan));
            let stop = async {
                until("some are written", async || shop.writes().await > before).await;
                drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
            };
            tokio::join!(commit, stop);
        }
        shop.store.faults(&json!([])).await;
        assert_eq!(plan_of(&client, &plan).await["state"], "stopped");
        waiting(&client.refusal("plans_resume", of(&plan)).await);
        // To propose an undo is no word.
        client.answer("plans_undo", json!({"plan_id": plan})).await;
        let written = shop.writes().await;
        waiting(&client.refusal("plans_resume", of(&plan)).await);
        assert_eq!(shop.writes().await, written);
        assert_eq!(plan_of(&client, &plan).await["decisions"].as_array().map(Vec::len), None);
        // It can be stopped again, and a new word lets it go on.
        drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
        shop.approve(&plan, "ann").await;
        assert_eq!(client.outcome("plans_resume", of(&plan)).await["success_count"], 30);
    }
}

#[tokio::test]
async fn rules_that_change_while_a_call_waits_for_a_person_hold_for_it() {
    for (changed, expected) in [
        ("[policy]\nread_only = true\n", "FORBIDDEN: "),
        ("[policy]\nmax_tier = 'safe'\n", "FORBIDDEN: "),
    ] {
        for tool in ["plans_commit", "catalog_commit_bulk_update"] {
            let shop = Shop::with_ann(PERSON).await;
            let client = shop.host().await;
            let plan = propose(&client, 2, tool).await;
            let mut waits = of(&plan);
            waits["wait_s"] = json!(60);
            let commit = client.refusal(tool, waits);
            let change = async {
                until("it waits", async || {
                    shop.souk(["plans", "list"]).run().await.ok().contains(&plan[..])
                })
                .await;
                shop.home.configure(format!("{PERSON}{changed}"));
                client.process().logged("is in force").await;
                shop.approve(&plan, "ann").await;
            };
            let (refusal, ()) = tokio::join!(commit, change);
            assert!(refusal.starts_with(expected), "{tool} {changed}: {refusal}");
            assert_eq!(shop.writes().await, 0);
        }
    }
}

#[tokio::test]
async fn what_was_done_cannot_be_left_out_and_a_word_that_is_refused_has_no_line() {
    let shop = Shop::with_ann(PERSON).await;
    let client = shop.host().await;
    let plan = propose(&client, 10, "Done").await;
    shop.approve(&plan, "ann").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 100}])).await;
    let commit = client.outcome("plans_commit", of(&plan));
    let stop = async {
        until("some are written", async || shop.writes().await > 1).await;
        drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
    };
    tokio::join!(commit, stop);
    let lines = shop.acts().len();
    let but = shop.decide("approve", &plan, "ann", &["--but", "0"]).await;
    assert!(but.err.starts_with("CONFLICT: item 0"), "{}", but.err);
    assert_eq!(shop.acts().len(), lines);
}
