//! What the journal takes, and what it promises.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use futures::FutureExt;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;

const ITEMS: u32 = 4;

#[tokio::test]
async fn failures_are_replaced_and_answers_stay() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 1, "me").await;
    let kept = StoredFailure {
        code: Code::UpstreamError,
        message: "it broke".into(),
        status: Some(503),
        upstream: None,
        remedy: None,
        mismatches: Vec::new(),
    };
    let answered = JournalEntry {
        failure: Some(kept.clone()),
        response: Some(json!({ "id": 7 })),
        ..JournalEntry::new(0, ItemState::Unknown)
    };
    store
        .journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Sending), answered])
        .await
        .unwrap();
    let (_, unknown) = store.items(&plan, None, 1, &[]).await.unwrap().remove(0);
    assert_eq!((unknown.state, unknown.failure), (ItemState::Unknown, Some(kept)));

    store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Done)]).await.unwrap();
    let (_, done) = store.items(&plan, None, 1, &[]).await.unwrap().remove(0);
    assert_eq!((done.failure, done.response), (None, Some(json!({ "id": 7 }))));
    assert_eq!(store.plan(&plan).await.unwrap().unwrap().counts.done, 1);
    let none = store.journal(&plan, "me", vec![JournalEntry::new(1, ItemState::Sending)]).await;
    assert!(matches!(none, Err(StoreError::NoItem { n: 1, .. })), "{none:?}");
}

#[tokio::test]
async fn only_what_is_about_to_be_sent_waits_for_the_disk() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 2, "me").await;
    let before = store.commits();
    store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Sending)]).await.unwrap();
    let sent = store.commits();
    assert_eq!((sent.flushed, sent.written), (before.flushed + 1, before.written));
    store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Done)]).await.unwrap();
    let done = store.commits();
    assert_eq!((done.flushed, done.written), (sent.flushed, sent.written + 1));
}

#[tokio::test]
async fn a_mark_that_repeats_what_is_kept_is_flushed_all_the_same() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 1, "me").await;
    let log = || std::fs::metadata(store.path().with_extension("db-wal")).unwrap().len();
    // SQLite flushes nothing for a transaction that leaves every page as it was. Yet the mark that
    // is kept may be of a host that died before its flush.
    for _ in 0..3 {
        let before = log();
        store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Sending)]).await.unwrap();
        assert!(log() > before, "nothing was written, so nothing was flushed");
    }
}

#[tokio::test]
async fn writes_that_wait_share_a_flush_and_a_refused_one_spoils_no_other() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 64, "me").await;
    let blocker = meddler(&store);
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = store.commits();
    let mut waiting: Vec<_> = (0..64)
        .map(|n| {
            let state = if n % 8 == 5 { ItemState::Done } else { ItemState::Sending };
            store.journal(&plan, "me", vec![JournalEntry::new(n, state)])
        })
        .collect();
    for write in &mut waiting {
        assert!(matches!(futures::poll!(write), Poll::Pending), "nothing is answered uncommitted");
    }
    blocker.execute_batch("COMMIT").unwrap();
    for (n, result) in futures::future::join_all(waiting).await.into_iter().enumerate() {
        assert_eq!(result.is_err(), n % 8 == 5, "{n}: {result:?}");
    }
    let after = store.commits();
    assert!(after.flushed - before.flushed <= 2, "{before:?} {after:?}");
    let counts = store.plan(&plan).await.unwrap().unwrap().counts;
    assert_eq!((counts.sending, counts.pending), (56, 8));
}

#[tokio::test]
async fn a_write_whose_caller_left_still_happens() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 1, "me").await;
    // Polled once, and dropped; where the thread that writes was quick it is done by then.
    drop(store.finish(&plan, "me", PlanState::Failed, None).now_or_never());
    // Work is done in its order, so this one sees it.
    assert_eq!(store.renew(&plan, "me", NOW + HOUR, 0).await.unwrap(), LeaseRenewal::Lost);
}

#[test]
fn a_file_that_another_holds_for_long_is_an_error_and_then_works_again() {
    let runtime = Runtime::new().unwrap();
    let (_root, store) = fresh();
    let plan = runtime.block_on(proposed(&store, 1, 1));
    let blocker = meddler(&store);
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = runtime.block_on(store.discard(&plan)).unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error}");
    assert!(runtime.block_on(store.plan(&plan)).unwrap().is_some(), "reading goes on");
    blocker.execute_batch("COMMIT").unwrap();
    assert!(runtime.block_on(store.discard(&plan)).unwrap());
}

/// One store for all cases; each case has a plan of its own.
static SHARED: LazyLock<(Runtime, TempDir, SqlitePlanStore)> = LazyLock::new(|| {
    let (root, store) = fresh();
    (Runtime::new().unwrap(), root, store)
});
static NEXT: AtomicU8 = AtomicU8::new(0);

fn calls() -> impl Strategy<Value = Vec<Vec<(u32, ItemState)>>> {
    let entry = (0..ITEMS, proptest::sample::select(ItemState::ALL.to_vec()));
    proptest::collection::vec(proptest::collection::vec(entry, 1..4), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn items_only_take_the_ways_there_are_and_a_call_happens_whole_or_not_at_all(calls in calls()) {
        let (runtime, _root, store) = &*SHARED;
        runtime.block_on(async {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let plan = PlanId::from_random(std::array::from_fn(|place| match place {
                0 => number & 31,
                1 => number >> 5,
                _ => 0,
            }));
            let header = header(plan.clone(), "local", NOW);
            store.begin(&header).await.unwrap();
            store.add(&plan, &items(0..ITEMS)).await.unwrap();
            store.seal(&header, "digest", "seal").await.unwrap();
            store.claim(&plan, "me", RunStart::default(), NOW, NOW + HOUR).await.unwrap();

            let mut model = vec![ItemState::Pending; ITEMS as usize];
            for call in calls {
                let mut next = model.clone();
                let refused = call.iter().find_map(|(n, to)| {
                    let from = std::mem::replace(&mut next[*n as usize], *to);
                    (!from.may_become(*to)).then_some((*n, from, *to))
                });
                let entries = call.iter().map(|(n, state)| JournalEntry::new(*n, *state)).collect();
                match (store.journal(&plan, "me", entries).await, refused) {
                    (Ok(()), None) => model = next,
                    (Err(StoreError::Transition { n, from, to, .. }), Some(expected)) => {
                        assert_eq!((n, from, to), expected);
                    }
                    (result, expected) => panic!("{result:?}, expected {expected:?}"),
                }
                assert_eq!(state_of(store, &plan).await, model);
            }
            let counts = store.plan(&plan).await.unwrap().unwrap().counts;
            for state in ItemState::ALL {
                let expected = model.iter().filter(|other| **other == state).count();
                assert_eq!(counts.of(state) as usize, expected);
            }
        });
    }
}
