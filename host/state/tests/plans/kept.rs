//! Values that go while digests stay, room that comes back, and bounds.

use souk_state::plans::PlanLimits;

use super::*;

/// Pages of the file, and those that are free.
fn pages(store: &SqlitePlanStore) -> (i64, i64) {
    let meddler = meddler(store);
    let pragma =
        |name: &str| meddler.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap();
    (pragma("page_count"), pragma("freelist_count"))
}

#[tokio::test]
async fn values_of_ended_plans_go_and_what_became_of_them_stays() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 3, "a").await;
    let sending = (0..3).map(|n| JournalEntry::new(n, ItemState::Sending)).collect();
    store.journal(&plan, "a", sending).await.unwrap();
    let done = (0..3).map(|n| JournalEntry::new(n, ItemState::Done)).collect();
    store.journal(&plan, "a", done).await.unwrap();
    // What runs keeps its values, however old it is.
    assert_eq!(store.forget_values(i64::MAX, 7).await.unwrap(), 0);
    store.finish(&plan, "a", PlanState::Done, None).await.unwrap();
    let before = store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(store.forget_values(i64::MAX, 7).await.unwrap(), 1);
    assert_eq!(store.forget_values(i64::MAX, 8).await.unwrap(), 0, "once");
    let after = store.plan(&plan).await.unwrap().unwrap();
    assert!(after.is_forgotten && !before.is_forgotten);
    assert_eq!((after.digest, after.counts.done), (before.digest, 3));
    assert!(store.items(&plan, None, 9, &[]).await.unwrap().is_empty());
    assert!(store.items(&plan, None, 9, &[ItemState::Done]).await.unwrap().is_empty());
    let claimed = store.claim(&plan, "b", RunStart::default(), 0, 1).await;
    assert!(matches!(claimed, Err(StoreError::Forgotten(_))), "{claimed:?}");
}

#[tokio::test]
async fn an_item_that_may_have_happened_keeps_its_values() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 1, "a").await;
    store.journal(&plan, "a", vec![JournalEntry::new(0, ItemState::Sending)]).await.unwrap();
    store.finish(&plan, "a", PlanState::Failed, None).await.unwrap();
    assert_eq!(store.forget_values(i64::MAX, 7).await.unwrap(), 0);
    assert_eq!(store.items(&plan, None, 9, &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn room_goes_back_to_the_file_system() {
    let (_root, store) = fresh();
    for number in 1..=4 {
        proposed(&store, number, 400).await;
    }
    let (full, _) = pages(&store);
    store.purge(i64::MAX, i64::MAX).await.unwrap();
    let (left, free) = pages(&store);
    assert!(left < full / 3 && free < 8, "{full} pages, then {left}, of which {free} are free");
}

#[tokio::test]
async fn items_drafts_and_principals_have_bounds_and_what_nobody_wants_makes_room() {
    let root = tempfile::tempdir().unwrap();
    let one = serde_json::to_vec(&item(0)).unwrap().len() as u64;
    let limits = PlanLimits {
        item_bytes: one + 64,
        draft_bytes: one * 12,
        principal_bytes: one * 25,
        principal_plans: 4,
    };
    let store = open(&root.path().join("state")).with_limits(limits);
    let mut large = item(0);
    large.change.warnings.push("w".repeat(200));
    store.begin(&header(id(1), "local", 5)).await.unwrap();
    let too_large = |result: Result<(), StoreError>, by: &str| match result {
        Err(StoreError::TooLarge { setting, .. }) => assert_eq!(setting, by),
        other => panic!("{other:?}"),
    };
    too_large(store.add(&id(1), &[large]).await, "state.item_bytes");
    too_large(store.add(&id(1), &items(0..14)).await, "state.draft_bytes");
    assert!(store.items(&id(1), None, 9, &[]).await.unwrap().is_empty(), "all or nothing");
    store.add(&id(1), &items(0..10)).await.unwrap();
    too_large(store.add(&id(1), &items(10..14)).await, "state.draft_bytes");
    store.seal(&header(id(1), "local", 5), "digest", "seal").await.unwrap();
    proposed(&store, 2, 10).await;
    store.begin(&header(id(3), "local", 5)).await.unwrap();
    too_large(store.add(&id(3), &items(0..10)).await, "state.principal_bytes");
    // Another's plans are none of it.
    store.begin(&header(id(9), "other", 5)).await.unwrap();
    store.add(&id(9), &items(0..10)).await.unwrap();
    store.discard(&id(1)).await.unwrap();
    store.add(&id(3), &items(0..10)).await.unwrap();
    assert!(store.plan(&id(1)).await.unwrap().unwrap().is_forgotten);
    // And a plan too many takes the place of one that was thrown away.
    store.begin(&header(id(4), "local", 5)).await.unwrap();
    store.begin(&header(id(5), "local", 5)).await.unwrap();
    assert_eq!(store.plan(&id(1)).await.unwrap(), None);
    let full = store.begin(&header(id(6), "local", 5)).await;
    assert!(matches!(full, Err(StoreError::TooMany { most: 4, .. })), "{full:?}");
}

#[tokio::test]
async fn a_text_is_forgotten_wherever_it_stands_and_what_runs_is_counted() {
    let (_root, store) = fresh();
    let mut with_text = item(0);
    with_text.change.warnings.push("Ask Ada@Example.com".into());
    for number in [1, 2, 3] {
        store.begin(&header(id(number), "local", 5)).await.unwrap();
        let item = if number == 3 { item(0) } else { with_text.clone() };
        store.add(&id(number), &[item]).await.unwrap();
        store.seal(&header(id(number), "local", 5), "digest", "seal").await.unwrap();
    }
    assert_eq!(
        store.claim(&id(2), "a", RunStart::default(), 0, 9).await.unwrap(),
        LeaseClaim::Granted
    );
    let forgotten = store.forget_text("ada@example.com", 7).await.unwrap();
    assert_eq!((forgotten.plans, forgotten.running), (1, 1));
    assert!(store.items(&id(1), None, 9, &[]).await.unwrap().is_empty());
    assert_eq!(store.plan(&id(1)).await.unwrap().unwrap().state, PlanState::Discarded);
    assert_eq!(store.items(&id(2), None, 9, &[]).await.unwrap().len(), 1);
    assert_eq!(store.items(&id(3), None, 9, &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_money_moves_on_a_day_that_is_shut() {
    use souk_model::Decimal;
    use souk_state::plans::{Reservation, SpendAccount, SpendKind};
    let (_root, store) = fresh();
    let plan = running(&store, 1, 3, "a").await;
    let sending = |n, day| {
        let account = SpendAccount {
            day,
            store: "main".into(),
            kind: SpendKind::Refund,
            currency: "EUR".into(),
        };
        let one = Decimal::from_ten_thousandths(10_000);
        let reserve = Reservation { account, amount: one, cap: one + one };
        vec![JournalEntry { reserve: Some(reserve), ..JournalEntry::new(n, ItemState::Sending) }]
    };
    store.note_loss("the plans are gone", Some(20), false).await.unwrap();
    for day in [19, 20] {
        let refused = store.journal(&plan, "a", sending(0, day)).await;
        assert!(matches!(refused, Err(StoreError::Shut)), "{refused:?}");
    }
    store.journal(&plan, "a", sending(0, 21)).await.unwrap();
    store.journal(&plan, "a", vec![JournalEntry::new(1, ItemState::Sending)]).await.unwrap();
    assert_eq!(store.identity().await.unwrap().mark.generation, 2);
    assert_eq!(store.accept_loss().await.unwrap().as_deref(), Some("the plans are gone"));
    store.journal(&plan, "a", sending(2, 20)).await.unwrap();
    assert_eq!(store.accept_loss().await.unwrap(), None);
}
