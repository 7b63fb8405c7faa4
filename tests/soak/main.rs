//! `make soak`: many calls at once for a long time, with a store that fails now and then and plugins
//! that are replaced, and then what is left.
//!
//! ```sh
//! SOUK_SOAK_SECONDS=60 SOUK_SOAK_REST=20 souk-soak
//! ```
//!
//! Each caller writes to an order of its own, and now and then all of them to one: there the comment of
//! one is a drift to another, which is told and not written.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "it fails by panicking")]

mod account;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use account::{Account, Write};
use rmcp::model::CallToolResult;
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
/// How long the host rests before its memory is judged, unless `SOUK_SOAK_REST` says otherwise.
const REST: u64 = 60;
/// Every so many calls, one writes.
const WRITES: u64 = 20;
/// Every so many writes, one goes to the order that all callers share.
const SHARED: u64 = 10;
/// So many descriptors more than at idle may be left.
const DESCRIPTORS: usize = 16;
const TOKENS: [&str; 2] = ["ann-0123456789abcdef", "bob-0123456789abcdef"];
/// What the callers saw.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    errors: AtomicU64,
    /// What each write was told, by its comment.
    written: Mutex<HashMap<String, Write>>,
    failures: Mutex<HashMap<String, u64>>,
}

#[tokio::main]
async fn main() {
    let (seconds, rest) = (number("SOUK_SOAK_SECONDS", SECONDS), number("SOUK_SOAK_REST", REST));
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
    let idle_descriptors = served.process().open_files();
    println!("idle: {} MiB, {idle_descriptors} descriptors", mebibytes(idle));
    let orders = orders(&store).await;

    store.faults(&json!([{"rate": FAULTS, "fault": "unavailable"}])).await;
    let (tally, until) =
        (Arc::new(Tally::default()), Instant::now() + Duration::from_secs(seconds));
    let mut running = Vec::new();
    for number in 0..AT_ONCE {
        let (mcp, tally) = (callers[number % callers.len()].clone(), tally.clone());
        // The first is everybody's.
        let own = orders[1 + number % (orders.len() - 1)];
        let caller =
            Caller { mcp, number, session: number % callers.len(), own, shared: orders[0] };
        running.push(tokio::spawn(caller.run(tally, until)));
    }
    watch(&home, &versions, &served, &tally, until).await;
    for caller in running {
        caller.await.unwrap();
    }
    let struck = store.faults_struck().await;
    store.faults(&json!([])).await;
    let busy = served.process().resident();
    println!("at the end of the load: {} MiB", mebibytes(busy));
    tokio::time::sleep(Duration::from_secs(rest)).await;
    let (rested, descriptors) = (served.process().resident(), served.process().open_files());
    let written = std::mem::take(&mut *tally.written.lock().unwrap());
    let account = Account::of(&store, &callers, &written).await;
    println!("calls {}", tally.calls.load(Ordering::Relaxed));
    println!("faults that struck {struck}");
    println!("errors {}", tally.errors.load(Ordering::Relaxed));
    let mut failures: Vec<_> = tally.failures.lock().unwrap().clone().into_iter().collect();
    failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (what, count) in failures.iter().take(8) {
        println!("  {count} × {what}");
    }
    println!("writes {}, by how they ended: {:?}", written.len(), account.ends);
    let Account { lost, doubled, denied, unknown_there, .. } = account;
    println!("lost {lost}\ndoubled {doubled}\ntold as not done and there {denied}");
    println!("not known and there {unknown_there}");
    println!(
        "memory {} MiB after {rest} s of rest, {} MiB idle",
        mebibytes(rested),
        mebibytes(idle)
    );
    println!("descriptors {descriptors} after the rest, {idle_descriptors} idle");
    assert_eq!((lost, doubled, denied), (0, 0, 0), "what was told of writes is not so");
    assert!(struck > 0, "no fault struck");
    assert!(rested < 2 * idle, "memory did not come back");
    assert!(descriptors <= idle_descriptors + DESCRIPTORS, "descriptors did not come back");
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, not part of the host")]
fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(default, |given| given.parse().expect("it is a number"))
}

/// The orders that comments are written to.
async fn orders(store: &DemoStore) -> Vec<u64> {
    let found = store.rest("/V1/orders?searchCriteria[pageSize]=100&fields=items[entity_id]").await;
    let ids = found["items"].as_array().unwrap().iter();
    ids.map(|order| order["entity_id"].as_u64().unwrap()).collect()
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

/// One of the callers.
struct Caller {
    mcp: Arc<Mcp>,
    number: usize,
    /// Whose session it uses.
    session: usize,
    /// The order that nobody else, or few, write to.
    own: u64,
    /// The order that all write to.
    shared: u64,
}

impl Caller {
    /// Calls until the time is up.
    async fn run(self, tally: Arc<Tally>, until: Instant) {
        let reads = reads();
        let mut count = self.number as u64;
        while Instant::now() < until {
            count += 1;
            let result = if count.is_multiple_of(WRITES) {
                self.write(count, &tally).await
            } else {
                let (tool, given) = &reads[usize::try_from(count).unwrap() % reads.len()];
                self.mcp.call(tool, given.clone()).await.map_err(|error| error.to_string())
            };
            tally.calls.fetch_add(1, Ordering::Relaxed);
            tally.count(result);
        }
    }

    async fn write(&self, count: u64, tally: &Tally) -> Result<CallToolResult, String> {
        let comment = format!("soak {} {count}", self.number);
        let is_shared = (count / WRITES).is_multiple_of(SHARED);
        let order = if is_shared { self.shared } else { self.own };
        let given = json!({"order_id": order, "comment": comment});
        let result = self.mcp.call("orders_comment", confirmed(given)).await;
        let write = Write::of(self.session, order, result.as_ref().ok());
        tally.written.lock().unwrap().insert(comment, write);
        result.map_err(|error| error.to_string())
    }
}

impl Tally {
    /// Counts a call that failed, by what was told of it.
    fn count(&self, result: Result<CallToolResult, String>) {
        let failure = match result {
            Ok(result) if result.is_error != Some(true) => return,
            Ok(result) => {
                let texts = result.content.iter().filter_map(|block| block.as_text());
                texts.map(|text| text.text.clone()).collect()
            }
            Err(error) => error,
        };
        self.errors.fetch_add(1, Ordering::Relaxed);
        let what = failure.lines().next().unwrap_or_default().chars().take(100).collect();
        *self.failures.lock().unwrap().entry(what).or_default() += 1;
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
