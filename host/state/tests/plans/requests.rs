//! What is remembered, and what is purged.

use super::*;

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_principal_until_its_time_is_over() {
    let (_root, store) = fresh();
    let remember =
        |principal: &'static str, action: &'static str, content: &'static str, plan, now| {
            let store = &store;
            async move {
                store
                    .remember(principal, "key", action, content, &id(plan), now, now + HOUR)
                    .await
                    .unwrap()
            }
        };
    assert_eq!(remember("ann", "a", "c", 1, NOW).await, IdempotencyHit::New);
    assert_eq!(remember("ann", "a", "c", 2, NOW + 1).await, IdempotencyHit::Same(id(1)));
    assert_eq!(remember("ann", "b", "c", 2, NOW + 1).await, IdempotencyHit::Conflict);
    assert_eq!(remember("ann", "a", "d", 2, NOW + 1).await, IdempotencyHit::Conflict);
    assert_eq!(remember("bob", "a", "d", 2, NOW + 1).await, IdempotencyHit::New);
    assert_eq!(remember("ann", "b", "d", 3, NOW + HOUR).await, IdempotencyHit::New);
    assert_eq!(remember("ann", "a", "c", 1, NOW + HOUR).await, IdempotencyHit::Conflict);
}

#[tokio::test]
async fn the_newest_request_of_the_same_content_is_recalled() {
    let (_root, store) = fresh();
    let asked = |key| IdempotencyKey { principal: "ann", key, action: "a", content: "c" };
    let plan = async |key, now| {
        store.recall(&asked(key), now).await.unwrap().map(|recalled| recalled.plan)
    };
    assert_eq!(plan(None, NOW).await, None);
    store.remember("ann", "one", "a", "c", &id(1), NOW, NOW + HOUR).await.unwrap();
    store.remember("ann", "two", "a", "c", &id(2), NOW + 1, NOW + HOUR).await.unwrap();
    store.remember("ann", "three", "a", "other", &id(3), NOW + 2, NOW + HOUR).await.unwrap();
    store.remember("bob", "one", "a", "c", &id(4), NOW + 3, NOW + HOUR).await.unwrap();
    assert_eq!(plan(None, NOW + 4).await, Some(id(2)));
    assert_eq!(plan(Some("one"), NOW + 4).await, Some(id(1)));
    assert_eq!(plan(Some("three"), NOW + 4).await, None);
    assert_eq!(plan(None, NOW + HOUR).await, None);
}

#[tokio::test]
async fn an_answer_is_kept_for_the_newest_request_like_it() {
    let (_root, store) = fresh();
    let asked = |key| IdempotencyKey { principal: "ann", key, action: "a", content: "c" };
    let answer = async |key| {
        store.recall(&asked(key), NOW + 4).await.unwrap().and_then(|recalled| recalled.answer)
    };
    let number = |n: u32| Map::from_iter([("n".to_owned(), n.into())]);
    store.remember("ann", "one", "a", "c", &id(1), NOW, NOW + HOUR).await.unwrap();
    store.remember("ann", "two", "a", "c", &id(2), NOW + 1, NOW + HOUR).await.unwrap();
    store.answer(&asked(None), &number(2)).await.unwrap();
    store.answer(&asked(Some("none")), &number(9)).await.unwrap();
    assert_eq!(answer(Some("one")).await, None);
    assert_eq!(answer(Some("two")).await, Some(number(2)));
    store.answer(&asked(Some("one")), &number(1)).await.unwrap();
    assert_eq!(answer(Some("one")).await, Some(number(1)));
    assert_eq!(answer(None).await, Some(number(2)));
}

#[tokio::test]
async fn a_purge_takes_what_is_over_and_leaves_what_a_person_must_decide() {
    let (_root, store) = fresh();
    store.begin(&header(id(1), "local", NOW)).await.unwrap();
    store.add(&id(1), &items(0..3)).await.unwrap();
    store.begin(&header(id(2), "local", NOW + HOUR)).await.unwrap();
    let expired = proposed(&store, 3, 1).await;
    let runs = running(&store, 4, 1, "me").await;
    let unknown = running(&store, 5, 1, "me").await;
    for state in [ItemState::Sending, ItemState::Unknown] {
        store.journal(&unknown, "me", vec![JournalEntry::new(0, state)]).await.unwrap();
    }
    store.finish(&unknown, "me", PlanState::Failed, None).await.unwrap();
    let done = running(&store, 6, 1, "me").await;
    store.finish(&done, "me", PlanState::Done, None).await.unwrap();
    store.remember("ann", "of the draft", "a", "c", &id(1), NOW, NOW + 90 * HOUR).await.unwrap();
    store.remember("ann", "over", "a", "c", &id(6), NOW, NOW + 1).await.unwrap();

    assert_eq!(store.purge(NOW, NOW).await.unwrap(), 0);
    assert_eq!(store.purge(NOW + HOUR, NOW + 2 * HOUR).await.unwrap(), 3);
    for gone in [&id(1), &expired, &done] {
        assert!(matches!(store.items(gone, None, 9, &[]).await, Err(StoreError::NoPlan(_))));
    }
    for stays in [&id(2), &runs, &unknown] {
        store.items(stays, None, 9, &[]).await.unwrap();
    }
    let left = |table: &str| {
        let count = format!("SELECT count(*) FROM {table}");
        meddler(&store).query_row(&count, [], |row| row.get::<_, u32>(0)).unwrap()
    };
    assert_eq!([left("item"), left("progress"), left("request")], [2, 2, 0]);
}
