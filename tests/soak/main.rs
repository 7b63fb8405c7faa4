//! `make soak`: many calls at once for a long time, with a store that fails now and then and plugins
//! that are replaced, and then what is left.
//!
//! ```sh
//! SOUK_SOAK_SECONDS=60 souk-soak
//! ```

#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "it fails by panicking")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, HttpHost, Mcp, Versions, confirmed, plugins};

/// Ten minutes, unless `SOUK_SOAK_SECONDS` says otherwise.
const SECONDS: u64 = 600;
/// Calls in flight, over all callers.
const AT_ONCE: usize = 64;
/// So much of what the store is asked goes wrong.
const FAULTS: f64 = 0.05;
/// How often a plugin is replaced.
const SWAP: Duration = Duration::from_secs(2);
/// How long the host rests before its memory is judged.
const REST: Duration = Duration::from_secs(60);
/// Every so many calls, one writes.
const WRITES: u64 = 20;
const TOKENS: [&str; 2] = ["ann-0123456789abcdef", "bob-0123456789abcdef"];
/// An order of the sample shop; its comments count what was written.
const ORDER: u32 = 3;

/// What the callers saw.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    errors: AtomicU64,
    /// What each write was told, by its comment: whether it was done.
    written: Mutex<HashMap<String, bool>>,
    failures: Mutex<HashMap<String, u64>>,
}

#[tokio::main]
async fn main() {
    let seconds = seconds();
    let (store, home, versions) = (DemoStore::start().await, Home::new(), Versions::new());
    let directory = home.path("plugins");
    std::fs::create_dir_all(&directory).unwrap();
    for entry in std::fs::read_dir(plugins()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), directory.join(entry.file_name())).unwrap();
    }
    home.write("plugins/probe.wasm", versions.file(0));
    let [ann, bob] = TOKENS;
    home.configure(format!(
        "[principals.ann]\ntoken = \"{ann}\"\n[principals.bob]\ntoken = \"{bob}\"\n"
    ));
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", directory.as_os_str());
    let served = souk.http().await;
    let callers = [
        Arc::new(served.connect_as(Era::Modern, ann).await),
        Arc::new(served.connect_as(Era::Legacy, bob).await),
    ];
    for caller in &callers {
        caller.log_in().await;
        for (tool, given) in reads() {
            caller.call(tool, given).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = served.process().resident();
    println!("idle: {} MiB, {} descriptors", mebibytes(idle), served.process().open_files());

    store.faults(&json!([{"rate": FAULTS, "fault": "unavailable"}])).await;
    let (tally, until) =
        (Arc::new(Tally::default()), Instant::now() + Duration::from_secs(seconds));
    let mut running = Vec::new();
    for number in 0..AT_ONCE {
        let (caller, tally) = (callers[number % callers.len()].clone(), tally.clone());
        running.push(tokio::spawn(call(caller, number, tally, until)));
    }
    watch(&home, &versions, &served, &tally, until).await;
    for caller in running {
        caller.await.unwrap();
    }
    store.faults(&json!([])).await;
    let busy = served.process().resident();
    println!("at the end of the load: {} MiB", mebibytes(busy));
    tokio::time::sleep(REST).await;
    let (rested, descriptors) = (served.process().resident(), served.process().open_files());
    let (lost, doubled) = account(&store, &tally).await;
    println!("calls {}", tally.calls.load(Ordering::Relaxed));
    println!("errors {}", tally.errors.load(Ordering::Relaxed));
    let mut failures: Vec<_> = tally.failures.lock().unwrap().clone().into_iter().collect();
    failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (what, count) in failures.iter().take(8) {
        println!("  {count} × {what}");
    }
    let (writes, done) = {
        let written = tally.written.lock().unwrap();
        (written.len(), written.values().filter(|done| **done).count())
    };
    println!("writes {writes}, told done {done}");
    println!("lost {lost}\ndoubled {doubled}");
    println!(
        "memory {} MiB after {} s of rest, {} MiB idle",
        mebibytes(rested),
        REST.as_secs(),
        mebibytes(idle)
    );
    println!("descriptors {descriptors}");
    assert_eq!((lost, doubled), (0, 0), "writes were lost or made twice");
    assert!(rested < 2 * idle, "memory did not come back");
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, not part of the host")]
fn seconds() -> u64 {
    let given = std::env::var("SOUK_SOAK_SECONDS").ok();
    given.map_or(SECONDS, |given| given.parse().expect("SOUK_SOAK_SECONDS is a number"))
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// What is read, in turns.
fn reads() -> Vec<(&'static str, Value)> {
    vec![
        ("catalog_get_product", json!({"sku": "TEN-001"})),
        ("catalog_search_products", json!({"page_size": 20})),
        ("orders_search", json!({"page_size": 10})),
        ("cms_search_pages", json!({})),
        ("auth_whoami", json!({})),
        ("promotions_search_rules", json!({})),
        ("probe_safe", json!({})),
    ]
}

/// One of the callers, until the time is up.
async fn call(mcp: Arc<Mcp>, caller: usize, tally: Arc<Tally>, until: Instant) {
    let reads = reads();
    let mut count = caller as u64;
    while Instant::now() < until {
        count += 1;
        let comment = format!("soak {caller} {count}");
        let is_write = count.is_multiple_of(WRITES);
        let result = if is_write {
            let given = json!({"order_id": ORDER, "comment": comment});
            mcp.call("orders_comment", confirmed(given)).await
        } else {
            let (tool, given) = &reads[usize::try_from(count).unwrap() % reads.len()];
            mcp.call(tool, given.clone()).await
        };
        tally.calls.fetch_add(1, Ordering::Relaxed);
        let failure = match &result {
            Ok(result) if result.is_error != Some(true) => None,
            Ok(result) => {
                let texts = result.content.iter().filter_map(|block| block.as_text());
                Some(texts.map(|text| text.text.clone()).collect::<String>())
            }
            Err(error) => Some(error.to_string()),
        };
        if is_write {
            // What was refused, or is not known to have happened, is no promise.
            let done = result.as_ref().is_ok_and(|result| {
                let told = result.structured_content.as_ref();
                failure.is_none() && told.is_some_and(|told| told["done"] == true)
            });
            tally.written.lock().unwrap().insert(comment, done);
        }
        if let Some(failure) = failure {
            tally.errors.fetch_add(1, Ordering::Relaxed);
            let what: String =
                failure.lines().next().unwrap_or_default().chars().take(100).collect();
            *tally.failures.lock().unwrap().entry(what).or_default() += 1;
        }
    }
}

/// Replaces a plugin again and again, and tells how it goes.
async fn watch(home: &Home, versions: &Versions, served: &HttpHost, tally: &Tally, until: Instant) {
    let mut version = 0;
    let begun = Instant::now();
    while Instant::now() < until {
        tokio::time::sleep(SWAP).await;
        version = (version + 1) % 1_000;
        home.write("plugins/probe.wasm", versions.file(version));
        if version % 15 == 0 {
            println!(
                "{:>4} s: {} calls, {} errors, {} MiB, {} descriptors",
                begun.elapsed().as_secs(),
                tally.calls.load(Ordering::Relaxed),
                tally.errors.load(Ordering::Relaxed),
                mebibytes(served.process().resident()),
                served.process().open_files()
            );
        }
    }
}

/// How many writes were told done and are not there, and how many are there more than once.
async fn account(store: &DemoStore, tally: &Tally) -> (usize, usize) {
    let order = store.rest(&format!("/V1/orders/{ORDER}")).await;
    let history = order["status_histories"].as_array().cloned().unwrap_or_default();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for comment in history.iter().filter_map(|entry| entry["comment"].as_str()) {
        *times.entry(comment).or_default() += 1;
    }
    let times = |comment: &str| times.get(comment).copied().unwrap_or(0);
    let written = tally.written.lock().unwrap();
    let lost = written.iter().filter(|(comment, done)| **done && times(comment) == 0).count();
    let doubled = written.keys().filter(|comment| times(comment) > 1).count();
    (lost, doubled)
}
