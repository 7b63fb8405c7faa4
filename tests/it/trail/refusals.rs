//! Refused calls cannot fill the disk: each has a line up to a rate, and the rest is summed.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, calls, lines_of};

#[tokio::test]
async fn a_flood_of_refused_calls_is_lines_and_a_sum_and_none_is_lost() {
    const FLOOD: usize = 600;
    let (store, home) = (DemoStore::start().await, Home::new());
    let mut served = home.souk(["serve", "--deny", "scope_set_default"]).on(&store).http().await;
    let mcp = served.connect(Era::Legacy).await;
    let begun = std::time::Instant::now();
    for _ in 0..FLOOD / 20 {
        futures::future::join_all((0..20).map(|n| {
            // One that a rule refuses, and one that its schema does.
            let tool = if n % 2 == 0 { "scope_set_default" } else { "auth_whoami" };
            mcp.refusal(tool, json!({"store_view_codes": "de"}))
        }))
        .await;
    }
    let seconds = begun.elapsed().as_secs() + 2;
    assert_eq!(served.terminate().await, Some(0));
    let sums = lines_of(&home.trail(), "refused");
    let summed: u64 = sums.iter().map(|sum| sum["count"].as_u64().unwrap()).sum();
    let lines = calls(&home.trail()).len();
    assert_eq!(lines + usize::try_from(summed).unwrap(), FLOOD, "none is lost: {sums:?}");
    assert!(lines as u64 <= 20 * seconds, "{lines} lines in {seconds} s");
    for sum in &sums {
        assert_eq!(sum["principal"], "local");
        assert!(sum["at"].as_str() <= sum["last"].as_str(), "{sum}");
        let codes = sum["codes"].as_object().unwrap();
        let by_code: u64 = codes.values().filter_map(Value::as_u64).sum();
        assert_eq!(Some(by_code), sum["count"].as_u64(), "{sum}");
    }
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}
