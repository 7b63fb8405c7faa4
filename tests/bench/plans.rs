//! Plans: how fast they are proposed and carried out, and what their journal costs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use souk_model::plan::{ItemState, PlanId};
use souk_state::StateDir;
use souk_state::plans::{JournalEntry, LeaseClaim, PlanStore, RunStart, SqlitePlanStore};

use crate::Bench;
use crate::http::{Client, Post};
use crate::pipes::Pipes;
use crate::start::mebibytes;
use crate::store::Store;
use crate::table::{Table, fine_micros};

/// Items in a plan.
const SIZES: [u32; 3] = [50, 500, 5_000];
/// Items that are written at once.
const AT_ONCE: [u32; 3] = [1, 4, 16];
/// How long the store takes for a request.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(50)];
/// What would take longer is not measured: it is the product of the two.
const PATIENCE: Duration = Duration::from_secs(30);
/// Items that are journalled in one go: as many as a host takes into one chunk, and fewer.
const CHUNKS: [usize; 3] = [200, 20, 1];

pub(crate) fn measure(bench: &Bench) -> anyhow::Result<Vec<Table>> {
    let store = Store::start(&bench.souk)?;
    for size in SIZES {
        stock(&store, size)?;
    }
    let mut tables = Vec::new();
    let mut memory = Table::new("memory of a plan: most resident, above idle", &["", "above idle"]);
    for delay in DELAYS {
        tables.push(rates(bench, &store, delay, &mut memory)?);
    }
    tables.push(memory);
    slow_down(&store, Duration::ZERO)?;
    tables.push(journal(bench, &store)?);
    Ok(tables)
}

/// Products that a plan of this size matches by their skus' beginning.
fn prefix(size: u32) -> String {
    format!("BENCH-{size}-")
}

fn stock(store: &Store, size: u32) -> anyhow::Result<()> {
    let client = Client::new()?;
    let authorization = format!("Bearer {}", store.token);
    let headers = [("Authorization", authorization.as_str())];
    for n in 0..size {
        let product = json!({"product": {
            "sku": format!("{}{n}", prefix(size)), "name": format!("Peg {n} of {size}"), "price": 1,
            "type_id": "simple", "attribute_set_id": 4,
        }});
        let path = "/rest/all/V1/products";
        let post = Post::new(store.address, path, &headers, &product.to_string());
        client.once(store.address, &post.0)?;
    }
    Ok(())
}

/// Has the store take so long for every request from now on.
fn slow_down(store: &Store, delay: Duration) -> anyhow::Result<()> {
    let rules = json!({"rules": [{"delay_ms": delay.as_millis()}]});
    let post = Post::new(store.address, "/__demo/faults", &[], &rules.to_string());
    Client::new()?.once(store.address, &post.0).map(drop)
}

/// A host that writes so many items at once, logged in.
fn host(bench: &Bench, store: &Store, home: &Path, at_once: u32) -> anyhow::Result<Pipes> {
    let config = format!("[plans]\nconcurrency = {at_once}\n");
    let file = home.join("plans.toml");
    std::fs::write(&file, config)?;
    let base_url = format!("http://{}/", store.address);
    let mut command = bench.serve(home, &base_url, store);
    command.env("SOUK_CONFIG", file);
    command.env("MCP_MAX_SKUS_PER_BULK", "5000").env("SOUK_STATE_DIR", home.join("state"));
    let mut souk = Pipes::souk(&mut command)?;
    souk.call("auth_login", &json!({}))?;
    Ok(souk)
}

/// Proposes another title than before for a plan's worth of products.
fn propose(souk: &mut Pipes, size: u32) -> anyhow::Result<String> {
    let title = format!("{:?}", Instant::now());
    let proposed = souk.call(
        "catalog_prepare_bulk_update",
        &json!({
            "match": {"sku_prefix": prefix(size)},
            "updates": {"meta_title": title},
            "scope": {"scope": "global"},
        }),
    )?;
    ensure!(proposed["affected_count"] == size, "too few match: {proposed}");
    Ok(proposed["plan_id"].as_str().context("no plan")?.to_owned())
}

fn commit(souk: &mut Pipes, plan: &str) -> anyhow::Result<Value> {
    souk.call("plans_commit", &json!({"plan_id": plan, "confirm": true, "reason": "a bench"}))
}

/// Items each second, proposed and committed.
fn rates(
    bench: &Bench,
    store: &Store,
    delay: Duration,
    memory: &mut Table,
) -> anyhow::Result<Table> {
    slow_down(store, delay)?;
    let title =
        format!("plans, items/s; each request takes the store {} ms more", delay.as_millis());
    let heads: Vec<String> = AT_ONCE.map(|count| format!("commit, {count} at once")).into();
    let mut columns = vec!["items", "propose"];
    columns.extend(heads.iter().map(String::as_str));
    let mut table = Table::new(&title, &columns);
    for size in SIZES.into_iter().filter(|size| !bench.quick() || *size <= 500) {
        let mut row = vec![String::new(); AT_ONCE.len()];
        let mut proposed = Duration::ZERO;
        for (at_once, cell) in AT_ONCE.into_iter().zip(&mut row) {
            if delay * size / at_once > PATIENCE {
                "–".clone_into(cell);
                continue;
            }
            let home = tempfile::tempdir()?;
            let mut souk = host(bench, store, home.path(), at_once)?;
            let idle = souk.process.resident()?;
            let since = Instant::now();
            let plan = propose(&mut souk, size)?;
            proposed = since.elapsed();
            let after_proposal = souk.process.peak()?;
            let since = Instant::now();
            let done = commit(&mut souk, &plan)?;
            *cell = per_second(size, since.elapsed());
            ensure!(done["success_count"] == size, "not all was done: {done}");
            if at_once == 16 && delay.is_zero() {
                let above = |peak: u64| mebibytes(peak.saturating_sub(idle));
                memory.row([format!("{size} items, proposed"), above(after_proposal)]);
                memory.row([format!("{size} items, committed"), above(souk.process.peak()?)]);
            }
        }
        table.row([size.to_string(), per_second(size, proposed)].into_iter().chain(row));
    }
    Ok(table)
}

fn per_second(count: u32, took: Duration) -> String {
    format!("{:.0}", f64::from(count) / took.as_secs_f64())
}

/// What it costs to write down that an item is being sent, which waits for the disk, and how it
/// ended: in chunks, as a host does, and smaller.
fn journal(bench: &Bench, store: &Store) -> anyhow::Result<Table> {
    let home = tempfile::tempdir()?;
    let size = 500;
    let mut table = Table::new(
        "journal, each item: state on the disk before it is sent; how it ended",
        &["items together", "sending", "done"],
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for chunk in CHUNKS {
        let plan: PlanId = propose(&mut host(bench, store, home.path(), 1)?, size)?.parse()?;
        let file = SqlitePlanStore::open(&StateDir::open(home.path().join("state"))?)?;
        let costs = runtime.block_on(journalled(&file, &plan, chunk))?;
        let cells = costs.map(|cost| fine_micros(cost / size));
        table.row([chunk.to_string()].into_iter().chain(cells));
    }
    Ok(table)
}

async fn journalled(
    store: &SqlitePlanStore,
    plan: &PlanId,
    chunk: usize,
) -> anyhow::Result<[Duration; 2]> {
    const OWNER: &str = "bench";
    let claimed = store.claim(plan, OWNER, RunStart::default(), 0, i64::MAX).await?;
    ensure!(claimed == LeaseClaim::Granted, "the plan cannot be carried out");
    let items = store.items(plan, None, u32::MAX, &[]).await?;
    let mut took = [Duration::ZERO; 2];
    for items in items.chunks(chunk) {
        for (state, took) in [ItemState::Sending, ItemState::Done].into_iter().zip(&mut took) {
            let marks = items.iter().map(|(item, _)| JournalEntry::new(item.n, state)).collect();
            let since = Instant::now();
            store.journal(plan, OWNER, marks).await?;
            *took += since.elapsed();
        }
    }
    Ok(took)
}
