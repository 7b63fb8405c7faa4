//! Plans from outside: what is kept comes back, only the owner of a lease writes, processes share
//! the file, crashes lose nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod decisions;
mod drafts;
mod file;
mod journal;
mod kept;
mod pages;
mod processes;
mod requests;
mod runs;
mod spends;

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, json};
use souk_model::plan::{
    BodyPointer, Change, Constant, Edit, Expectation, FieldAfter, FieldBefore, FieldReview,
    ItemState, Lookup, PlanHeader, PlanId, PlanItem, PlanOrigin, PlanState, Retry, Step,
    StoredFailure, Subject, Undo,
};
use souk_model::{Binding, Code, Failure, Grant, Method, Read, StoreView, Tier, WriteMethod};
use souk_state::plans::{
    IdempotencyHit, IdempotencyKey, ItemCounts, JournalEntry, LeaseClaim, LeaseRenewal, PlanFilter,
    PlanStore, RunStart, SqlitePlanStore, StopRequest, StoreError,
};
use souk_state::{CpuAccount, StateDir};
use tempfile::TempDir;

/// When the tests begin.
const NOW: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

fn open(directory: &Path) -> SqlitePlanStore {
    SqlitePlanStore::open(&StateDir::open(directory).unwrap()).unwrap()
}

/// A store of its own; the directory lives as long as the first part.
fn fresh() -> (TempDir, SqlitePlanStore) {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root.path().join("state"));
    (root, store)
}

/// A connection of somebody who is no souk.
fn meddler(store: &SqlitePlanStore) -> rusqlite::Connection {
    rusqlite::Connection::open(store.path()).unwrap()
}

fn id(number: u8) -> PlanId {
    PlanId::from_random([number; 22])
}

fn header(id: PlanId, principal: &str, created_ms: i64) -> PlanHeader {
    PlanHeader {
        id,
        origin: PlanOrigin::Prepared {
            commit_tool: "pricing_commit".into(),
            commit_tier: Tier::Risk,
        },
        group: "pricing".into(),
        tool: "pricing_prepare".into(),
        tier: Tier::Risk,
        grants: vec![Grant::new(
            "magento",
            Method::Write(WriteMethod::Put),
            "/V1/products/{sku}".parse().unwrap(),
        )],
        person: None,
        undone: None,
        need: None,
        principal: principal.into(),
        roles: Vec::new(),
        store: "main".into(),
        environment: "staging".into(),
        base_url: "https://shop.example".into(),
        summary: "lower all prices".into(),
        view: StoreView::Global,
        lookup: Lookup {
            one: Read {
                upstream: "magento".into(),
                route: "/V1/products/{sku}".into(),
                path: vec![Binding::text("sku", "x")],
                query: Vec::new(),
                view: StoreView::Global,
            },
            many: None,
            inherits: false,
        },
        created_ms,
        expires_ms: created_ms + HOUR,
        count: 0,
        unverifiable: 0,
        rows: 0,
        money: Vec::new(),
        may_move_money: false,
        warnings: Vec::new(),
        plugin_warnings: Vec::new(),
    }
}

fn item(n: u32) -> PlanItem {
    let sku = format!("24-MB{n:04}");
    PlanItem {
        n,
        change: Change {
            subject: Subject { kind: "product".into(), id: sku.clone(), label: None },
            edits: vec![Edit {
                field: "price".into(),
                at: "/price".parse().unwrap(),
                after: Expectation::AsSent(vec![BodyPointer {
                    step: 0,
                    at: "/product/price".parse().unwrap(),
                }]),
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
        constants: vec![Constant { step: 0, at: "/product/sku".into(), value: json!("x") }],
        warnings: Vec::new(),
        subject_digest: None,
        writes: Vec::new(),
    }
}

fn items(numbers: std::ops::Range<u32>) -> Vec<PlanItem> {
    numbers.map(item).collect()
}

/// A plan with this many items that awaits its commit.
async fn proposed(store: &SqlitePlanStore, number: u8, count: u32) -> PlanId {
    let mut header = header(id(number), "local", NOW + i64::from(number));
    store.begin(&header).await.unwrap();
    store.add(&header.id, &items(0..count)).await.unwrap();
    header.count = count;
    store.seal(&header, "digest", "seal").await.unwrap();
    header.id
}

/// The same, taken by `owner` for an hour.
async fn running(store: &SqlitePlanStore, number: u8, count: u32, owner: &str) -> PlanId {
    let plan = proposed(store, number, count).await;
    let claim = store
        .claim(
            &plan,
            owner,
            RunStart { reason: Some("sale"), ..RunStart::default() },
            NOW,
            NOW + HOUR,
        )
        .await
        .unwrap();
    assert_eq!(claim, LeaseClaim::Granted);
    plan
}

async fn state_of(store: &SqlitePlanStore, plan: &PlanId) -> Vec<ItemState> {
    let items = store.items(plan, None, u32::MAX, &[]).await.unwrap();
    items.into_iter().map(|(_, progressed)| progressed.state).collect()
}
