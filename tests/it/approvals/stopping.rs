//! The stop button, over all hosts of a state directory.

use serde_json::json;
use souk_tests::until;

use super::{ANN, Shop, of, plan_of, propose, refund};

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
