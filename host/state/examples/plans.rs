//! What plans cost: `cargo run --release -p souk-state --example plans`.
//!
//! Prints the time to add a large draft in chunks, to read it in pages and to count it, and what a
//! mark of the journal costs alone, with others at once, and in calls of many.

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use souk_model::plan::{
    BodyPointer, Change, Edit, Expectation, FieldAfter, FieldBefore, FieldReview, ItemState,
    Lookup, PlanHeader, PlanId, PlanItem, PlanOrigin, PlanState, Retry, Step, Subject, Undo,
};
use souk_model::{Binding, Pointer, Read, StoreView, Tier, WriteMethod};
use souk_state::StateDir;
use souk_state::plans::{
    JournalEntry, PlanFilter, PlanStore, RunStart, SqlitePlanStore, StoreError,
};

const ITEMS: u32 = 5_000;
const CHUNK: usize = 500;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let directory = tempfile::tempdir_in(".")?;
    let state = StateDir::open(directory.path().join("state"))?;
    let begun = Instant::now();
    let store = SqlitePlanStore::open(&state)?;
    say(&format!("make the file: {:?}", begun.elapsed()))?;

    say(&format!("an item is {} bytes of JSON", serde_json::to_string(&item(0)?)?.len()))?;
    say(&format!("resident: {}", resident()?))?;
    let header = header(1);
    let mut took = Duration::ZERO;
    store.begin(&header).await?;
    for first in (0..ITEMS).step_by(CHUNK) {
        let chunk = (first..).take(CHUNK).map(item).collect::<Result<Vec<_>, _>>()?;
        let begun = Instant::now();
        store.add(&header.id, &chunk).await?;
        took += begun.elapsed();
    }
    store.seal(&header, "digest", "seal").await?;
    say(&format!("add {ITEMS} items in chunks of {CHUNK}: {took:?}"))?;
    say(&format!("resident: {}", resident()?))?;

    let begun = Instant::now();
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = store.items(&header.id, after, 100, &[]).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.n);
        pages += 1;
    }
    say(&format!("all of it in {pages} pages: {:?}", begun.elapsed()))?;
    measure("a plan with its counts", 200, 1, || async { store.plan(&header.id).await.map(drop) })
        .await?;

    journal(&store, &header.id).await?;
    store.finish(&header.id, "bench", PlanState::PartlyDone, None).await?;
    let all = PlanFilter { limit: 50, ..PlanFilter::default() };
    measure("a list of that one plan", 200, 1, || async { store.list(&all).await.map(drop) })
        .await?;
    say(&format!("{:?}, resident: {}", store.commits(), resident()?))
}

async fn journal(store: &SqlitePlanStore, plan: &PlanId) -> Outcome {
    store.claim(plan, "bench", RunStart::default(), 0, i64::MAX).await?;
    let entry = |n, state| store.journal(plan, "bench", vec![JournalEntry::new(n, state)]);
    let mut numbers = 0..ITEMS;
    measure("mark sending, alone", 1_000, 1, || {
        entry(numbers.next().unwrap_or_default(), ItemState::Sending)
    })
    .await?;
    let mut sent = 0..ITEMS;
    measure("mark done, alone", 1_000, 1, || {
        entry(sent.next().unwrap_or_default(), ItemState::Done)
    })
    .await?;
    for at_once in [8, 32] {
        measure(&format!("mark sending, {at_once} at once, each"), 50, at_once, || {
            let entries: Vec<_> = numbers
                .by_ref()
                .take(at_once as usize)
                .map(|n| entry(n, ItemState::Sending))
                .collect();
            async { join_all(entries).await.into_iter().collect() }
        })
        .await?;
    }
    measure("mark sending, 100 in a call, each", 20, 100, || {
        let entries = numbers.by_ref().take(100).map(|n| JournalEntry::new(n, ItemState::Sending));
        store.journal(plan, "bench", entries.collect())
    })
    .await
}

/// Times a call that does `each` things, and prints what one of them took.
async fn measure<F: Future<Output = Result<(), StoreError>>>(
    what: &str,
    times: usize,
    each: u32,
    mut work: impl FnMut() -> F,
) -> Outcome {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let begun = Instant::now();
        work().await?;
        took.push(begun.elapsed() / each);
    }
    took.sort_unstable();
    let at =
        |part: usize| -> Duration { took.get(times * part / 100).copied().unwrap_or_default() };
    say(&format!("{what}: p50 {:?}, p99 {:?}", at(50), at(99)))
}

/// Resident memory now and at its highest, as Linux tells it.
fn resident() -> Outcome<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let lines =
        status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    Ok(lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", "))
}

fn header(number: u8) -> PlanHeader {
    let route = "/V1/products/{sku}";
    PlanHeader {
        id: PlanId::from_random([number; 22]),
        origin: PlanOrigin::Prepared {
            commit_tool: "pricing_commit".into(),
            commit_tier: Tier::Risk,
        },
        group: "pricing".into(),
        tool: "pricing_prepare".into(),
        tier: Tier::Risk,
        grants: Vec::new(),
        person: None,
        undone: None,
        need: None,
        principal: "local".into(),
        roles: Vec::new(),
        store: "main".into(),
        environment: "staging".into(),
        base_url: "https://shop.example".into(),
        summary: "lower all prices".into(),
        view: StoreView::Global,
        lookup: Lookup {
            one: Read {
                upstream: "magento".into(),
                route: route.into(),
                path: vec![Binding::text("sku", "x")],
                query: Vec::new(),
                view: StoreView::Global,
            },
            many: None,
            inherits: false,
        },
        created_ms: 0,
        expires_ms: i64::MAX,
        count: ITEMS,
        unverifiable: 0,
        rows: 0,
        money: Vec::new(),
        may_move_money: false,
        warnings: Vec::new(),
        plugin_warnings: Vec::new(),
    }
}

/// A change of one product's price.
fn item(n: u32) -> Outcome<PlanItem> {
    let sku = format!("24-MB{n:05}");
    let at: Pointer = "/product/price".parse()?;
    Ok(PlanItem {
        n,
        change: Change {
            subject: Subject { kind: "product".into(), id: sku.clone(), label: None },
            edits: vec![Edit {
                field: "price".into(),
                at: "/price".parse()?,
                after: Expectation::AsSent(vec![BodyPointer { step: 0, at }]),
            }],
            steps: vec![Step {
                upstream: "magento".into(),
                method: WriteMethod::Put,
                route: "/V1/products/{sku}".into(),
                path: vec![Binding::text("sku", sku.clone())],
                query: Vec::new(),
                view: StoreView::Global,
                body: Some(json!({ "product": { "sku": sku, "price": n } })),
                body_bindings: Vec::new(),
                failure_responses: Vec::new(),
            }],
            retry: Retry::Idempotent,
            undo: Undo::Restore,
            warnings: Vec::new(),
        },
        review: vec![FieldReview {
            field: "price".into(),
            before: FieldBefore::Value(json!(12.5)),
            after: FieldAfter::AsSent(json!(n)),
        }],
        constants: Vec::new(),
        warnings: Vec::new(),
        subject_digest: None,
        writes: Vec::new(),
    })
}

fn say(line: &str) -> Outcome {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
