//! What other clients notice while plugins do their worst.

use std::time::{Duration, Instant};

use serde_json::json;
use souk_tests::{Era, Home, Mcp};
use tokio::time::MissedTickBehavior;

use souk_hostile::case::renamed;

/// A call every so often, so many times.
const PACE: Duration = Duration::from_millis(10);
const CALLS: usize = 100;

/// Each in a plugin of its own, all at once.
const ATTACKS: [(&str, &str); 9] = [
    ("loop-call", "loop1"),
    ("loop-call", "loop2"),
    ("loop-call", "loop3"),
    ("loop-call", "loop4"),
    ("memory-bomb", "bomb"),
    ("trap", "trap"),
    ("answer-claimed", "claimed"),
    ("answer-large", "large"),
    ("recursion", "deep"),
];

/// Calls at a steady pace; how long all of them took.
async fn paced(client: &Mcp) -> Duration {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    for _ in 0..CALLS {
        pace.tick().await;
        let product = client.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
        assert_eq!(product["sku"], "TEN-002", "{product}");
    }
    begun.elapsed()
}

/// Each attack ends in its own error, and every call of another client is answered. How much longer
/// these take is printed and not judged, since machines differ.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_served_while_plugins_loop_grow_trap_and_recurse() {
    let home = Home::new();
    let directory = home.plugins();
    let attacks = ATTACKS.map(|(name, group)| renamed(name, group));
    for attack in &attacks {
        let group = attack.tool.split('_').next().unwrap();
        std::fs::write(directory.join(format!("{group}.wasm")), &attack.wasm).unwrap();
    }
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str());
    let served = souk.http().await;
    let other = served.connect(Era::Modern).await;
    other.log_in().await;
    paced(&other).await;
    let alone = paced(&other).await;

    let attacker = served.connect(Era::Modern).await;
    let attacking = async {
        let calls = attacks.iter().map(async |attack| {
            let begun = Instant::now();
            let said = attacker.refusal(&attack.tool, json!({})).await;
            (attack, said, begun.elapsed())
        });
        futures::future::join_all(calls).await
    };
    let (ended, meanwhile) = tokio::join!(attacking, paced(&other));
    for (attack, said, after) in ended {
        let wanted = attack.expected.fails.as_deref().unwrap();
        assert!(said.contains(wanted), "{}: {said}", attack.name);
        eprintln!("{:<15} ended after {:>5} ms", attack.name, after.as_millis());
    }
    let ratio = meanwhile.as_secs_f64() / alone.as_secs_f64();
    eprintln!("{CALLS} paced calls: {alone:.2?} alone, {meanwhile:.2?} under attack: {ratio:.3}");
}
