//! Calls in flight are bounded, and what is above the bound waits and is refused in words.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Gate, Home, calls};

/// Calls at once, of which two may run.
const CALLS: usize = 5;

#[tokio::test]
async fn calls_above_the_bound_are_refused_in_words_and_each_is_on_the_trail() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "products/TEN-002").await;
    home.configure("[mcp]\ncalls_running_each = 2\ncall_wait_ms = 50");
    let mcp = home.souk(["serve"]).on_at(&store, gate.url()).logged_in().await;

    let call = || mcp.call("catalog_get_product", json!({"sku": "TEN-002"}));
    let all = futures::future::join_all((0..CALLS).map(|_| call()));
    let passing = async {
        for _ in 0..2 {
            gate.arrived().await;
        }
        // What runs is held until the others were refused.
        while refused(&calls(&home.trail())) < CALLS - 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // What is read is not what the host does itself: that takes a place of the caller's too.
        let listed = mcp.refusal("plans_list", json!({})).await;
        assert!(listed.starts_with("RATE_LIMITED: too many calls at once"), "{listed}");
        gate.let_through();
        gate.let_through();
    };
    let (results, ()) = tokio::join!(all, passing);
    let failed: Vec<String> = results
        .into_iter()
        .map(Result::unwrap)
        .filter(|result| result.is_error == Some(true))
        .map(|result| result.content[0].as_text().unwrap().text.clone())
        .collect();
    assert_eq!(failed.len(), CALLS - 2);
    for text in failed {
        assert!(text.starts_with("RATE_LIMITED: too many calls at once: 2 may run"), "{text}");
        assert!(text.contains("`mcp.calls_running_each`"), "{text}");
    }
    // The places are free again.
    mcp.answer("plans_list", json!({})).await;
}

fn refused(calls: &[Value]) -> usize {
    calls.iter().filter(|call| call["outcome"].to_string().contains("RATE_LIMITED")).count()
}
