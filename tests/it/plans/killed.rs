//! Hosts that die in the middle, and clients that leave.
//!
//! `SOUK_TEST_KILLS` sets how often the host is killed (100), `SOUK_TEST_SEED` where chance starts.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use souk_tests::{Era, Mcp, modern, until};

use super::{Shop, commit, confirmed, in_state, items, propose};

/// A dead host is known as such after a second.
pub(super) const LEASE: &str = "[plans]\nlease_s = 1\nchunk = 20\n";
/// How many products one commit changes.
const MANY: usize = 200;
/// How many shops have their hosts killed at the same time.
const LANES: u64 = 5;

#[expect(clippy::disallowed_methods, reason = "the product's own environment is not concerned")]
pub(super) fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Numbers that look random, the same for the same seed.
pub(super) fn chance(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
}

/// Commits a plan, and kills the host after so long, whether or not it has ended by then.
pub(super) async fn commit_until_killed(client: Mcp, plan: &str, instant: Duration) {
    let committing = client.call("plans_commit", confirmed(plan));
    let killing = async {
        tokio::time::sleep(instant).await;
        client.process().kill().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::time::timeout(Duration::from_secs(2), committing) => {}
        () = killing => {}
    }
}

/// Resumes as soon as the dead host's lease has run out.
pub(super) async fn resume(client: &Mcp, plan: &str) -> Value {
    loop {
        let result = client.call("plans_resume", confirmed(plan)).await.unwrap();
        if let Some(outcome) = result.structured_content {
            return outcome;
        }
        let text = result.content[0].as_text().unwrap().text.clone();
        assert!(text.starts_with("IDEMPOTENCY_CONFLICT: "), "{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What each sku was sent how often.
pub(super) async fn sent(shop: &Shop, skus: &[String]) -> Vec<usize> {
    let log = shop.writes().await;
    skus.iter()
        .map(|sku| {
            let end = format!("/V1/products/{sku}");
            log.iter().filter(|request| request.target.ends_with(&end)).count()
        })
        .collect()
}

/// After the host that carried it out is gone, another one finishes the plan; nothing that was done
/// is done again, and the store shows all of it.
async fn finished_by(client: &Mcp, shop: &Shop, skus: &[String], plan: &str, title: &str) -> usize {
    let left = items(client, plan).await;
    let done = in_state(&left, "done");
    let pending = in_state(&left, "pending");
    let before = sent(shop, skus).await;
    for (sku, before) in skus.iter().zip(&before) {
        assert!(*before <= 1, "`{sku}` was written {before} times");
        assert!(!pending.contains(sku) || *before == 0, "`{sku}` was written, and is pending");
    }
    let found = client.answer("plans_get", json!({"plan_id": plan})).await;
    let outcome = match found["plan"]["state"].as_str().unwrap() {
        "proposed" => commit(client, plan).await,
        "running" => resume(client, plan).await,
        // The host died after the last of it.
        _ => json!({"state": found["plan"]["state"], "success_count": done.len()}),
    };
    assert_eq!(outcome["success_count"], skus.len(), "{outcome}");
    assert_eq!(outcome["state"], "done", "{outcome}");
    let ended = items(client, plan).await;
    assert_eq!(in_state(&ended, "done").len(), skus.len());
    for ((sku, before), after) in skus.iter().zip(before).zip(sent(shop, skus).await) {
        assert!(after >= 1, "`{sku}` was never written");
        assert!(!done.contains(sku) || before == after, "`{sku}` was done, and is written again");
        assert!(after <= 2, "`{sku}` was written {after} times");
    }
    let now = shop.field("all", skus, "meta_title").await;
    assert!(now.values().all(|value| value == title), "{title}: {now:?}");
    done.len()
}

/// Hosts that are killed one after another, in a shop of their own. Answers how many of them died
/// in the middle.
async fn lane(lane: u64, rounds: u64) -> usize {
    let shop = Shop::new(LEASE).await;
    let skus = shop.simple(MANY).await;
    let mut seed = number("SOUK_TEST_SEED", 4) + (lane << 32);
    // How long it takes when nobody is killed says when to kill.
    let mut client = shop.host().await;
    let plan = propose(&client, &skus, "Undisturbed").await;
    let begun = Instant::now();
    let done = commit(&client, &plan).await;
    let whole = begun.elapsed();
    assert_eq!(done["success_count"], MANY);
    let mut in_the_middle = 0;
    for round in 0..rounds {
        let title = format!("Round {round}");
        let plan = propose(&client, &skus, &title).await;
        shop.store.forget_requests().await;
        let instant = whole.mul_f64(chance(&mut seed));
        commit_until_killed(client, &plan, instant).await;
        client = shop.host().await;
        let done = finished_by(&client, &shop, &skus, &plan, &title).await;
        in_the_middle += usize::from(done > 0 && done < MANY);
        eprintln!("{lane}, round {round}: killed after {instant:?} of {whole:?}, {done} were done");
    }
    in_the_middle
}

#[tokio::test]
async fn a_commit_survives_being_killed_at_any_instant() {
    let rounds = number("SOUK_TEST_KILLS", 100);
    let begun = Instant::now();
    // Side by side, since most of a round is waiting for a dead host's lease to end.
    let lanes = (0..LANES).map(|n| lane(n, rounds / LANES + u64::from(n < rounds % LANES)));
    let in_the_middle: usize = futures::future::join_all(lanes).await.into_iter().sum();
    let took = begun.elapsed();
    eprintln!("killed in the middle {in_the_middle} times of {rounds}, in {took:?}");
}

#[tokio::test]
async fn another_host_on_the_same_state_takes_over_from_a_killed_one() {
    let shop = Shop::new(LEASE).await;
    let skus = shop.simple(100).await;
    let (first, second) = (shop.host().await, shop.host().await);
    let plan = propose(&first, &skus, "Shared").await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    let killed = async {
        until("some are written", async || shop.writes().await.len() >= 30).await;
        // While it is carried out, nobody else may.
        for tool in ["plans_commit", "plans_resume"] {
            let refusal = second.refusal(tool, confirmed(&plan)).await;
            assert!(refusal.starts_with("IDEMPOTENCY_CONFLICT: "), "{refusal}");
        }
        first.process().kill().await;
    };
    let committing = first.call("plans_commit", confirmed(&plan));
    let ((), _) = tokio::join!(killed, tokio::time::timeout(Duration::from_secs(3), committing));
    let done = finished_by(&second, &shop, &skus, &plan, "Shared").await;
    assert!(done < 100, "it was killed in the middle");
    assert_eq!(second.close().await, Some(0));
}

#[tokio::test]
async fn a_commit_goes_on_when_its_client_has_gone() {
    let shop = Shop::new(LEASE).await;
    let served = shop.souk().http().await;
    let client = served.connect(Era::Modern).await;
    client.log_in().await;
    let skus = shop.simple(60).await;
    let plan = propose(&client, &skus, "Unattended").await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    {
        let committing = client.call("plans_commit", confirmed(&plan));
        tokio::select! {
            answered = committing => panic!("{answered:?}"),
            () = until("some are written", async || shop.writes().await.len() >= 10) => {}
        }
    }
    drop(client);
    let client = served.connect(Era::Modern).await;
    until("all is done", async || {
        let plan = client.answer("plans_get", json!({"plan_id": plan})).await;
        plan["plan"]["state"] == "done"
    })
    .await;
    assert!(sent(&shop, &skus).await.iter().all(|&times| times == 1));
    let now = shop.field("all", &skus, "meta_title").await;
    assert!(now.values().all(|value| value == "Unattended"), "{now:?}");
}

#[tokio::test]
async fn at_the_end_of_input_a_commit_under_way_is_finished_or_can_be_resumed() {
    let shop = Shop::new(LEASE).await;
    let client = shop.host().await;
    let skus = shop.simple(60).await;
    let plan = propose(&client, &skus, "Left").await;
    client.close().await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    let mut wire = shop.souk().wire();
    let call = |id, name: &str, arguments: Value| {
        modern(id, "tools/call", json!({"name": name, "arguments": arguments}))
    };
    wire.send(&call(1, "auth_login", json!({}))).await;
    wire.answer(1).await;
    wire.send(&call(2, "plans_commit", confirmed(&plan))).await;
    until("some are written", async || shop.writes().await.len() >= 10).await;
    wire.end_input();
    drop(wire);
    let client = shop.host().await;
    finished_by(&client, &shop, &skus, &plan, "Left").await;
}
