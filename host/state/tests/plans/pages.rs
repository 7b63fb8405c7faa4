//! Lists, pages, and rows that cannot be read.

use super::*;

#[tokio::test]
async fn items_come_in_pages_in_their_order_and_of_the_states_asked_for() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 10, "me").await;
    let entries = [1, 4, 8].map(|n| JournalEntry::new(n, ItemState::Drifted));
    store.journal(&plan, "me", entries.to_vec()).await.unwrap();
    let page = |after, limit, states: &'static [ItemState]| {
        let (store, plan) = (&store, &plan);
        async move {
            let items = store.items(plan, after, limit, states).await.unwrap();
            items.into_iter().map(|(item, _)| item.n).collect::<Vec<_>>()
        }
    };
    assert_eq!(page(None, 4, &[]).await, [0, 1, 2, 3]);
    assert_eq!(page(Some(3), 4, &[]).await, [4, 5, 6, 7]);
    assert_eq!(page(Some(7), 4, &[]).await, [8, 9]);
    assert_eq!(page(None, 9, &[ItemState::Drifted]).await, [1, 4, 8]);
    assert_eq!(page(Some(4), 9, &[ItemState::Drifted, ItemState::Done]).await, [8]);
    assert!(page(None, 9, &[ItemState::Unknown]).await.is_empty());
}

#[tokio::test]
async fn plans_come_newest_first_and_a_page_never_splits_a_millisecond() {
    let (_root, store) = fresh();
    for (number, principal, created_ms) in
        [(1, "ann", 10), (2, "bob", 20), (3, "ann", 30), (4, "ann", 30), (5, "ann", 40)]
    {
        let header = header(id(number), principal, created_ms);
        store.begin(&header).await.unwrap();
        store.seal(&header, "digest", "seal").await.unwrap();
    }
    store.discard(&id(1)).await.unwrap();
    let list = |principal: Option<&str>, states: &[PlanState], before_ms, limit| {
        let filter = PlanFilter {
            principal: principal.map(str::to_owned),
            states: states.to_vec(),
            before_ms,
            limit,
        };
        let store = &store;
        async move {
            let plans = store.list(&filter).await.unwrap();
            plans.into_iter().map(|plan| plan.header.id).collect::<Vec<_>>()
        }
    };
    let ids = |numbers: &[u8]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    assert_eq!(list(None, &[], None, 9).await, ids(&[5, 4, 3, 2, 1]));
    assert_eq!(list(None, &[], None, 2).await, ids(&[5, 4, 3]));
    assert_eq!(list(None, &[], Some(30), 2).await, ids(&[2, 1]));
    assert_eq!(list(Some("ann"), &[], Some(30), 2).await, ids(&[1]));
    assert_eq!(list(None, &[PlanState::Discarded], None, 9).await, ids(&[1]));
    assert_eq!(list(Some("bob"), &[PlanState::Proposed], None, 9).await, ids(&[2]));
    assert!(list(None, &[], None, 0).await.is_empty());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_and_never_left_out() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 3, "me").await;
    let other = proposed(&store, 2, 1).await;
    let meddler = meddler(&store);
    let page = || store.items(&plan, None, 9, &[]);
    let drifted = || store.items(&plan, None, 9, &[ItemState::Pending]);

    for (damage, expected) in [
        ("UPDATE item SET item = '{' WHERE plan = 1 AND n = 1", "the change of item 1"),
        (
            "UPDATE item SET item = CAST(x'ff' AS TEXT) WHERE plan = 1 AND n = 1",
            "the change of item 1",
        ),
        (
            "UPDATE item SET item = (SELECT item FROM item WHERE n = 0) WHERE plan = 1 AND n = 1",
            "the change of item 1",
        ),
    ] {
        meddler.execute(damage, []).unwrap();
        for error in [page().await.unwrap_err(), drifted().await.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                format!("{expected} of the plan `{plan}` cannot be read")
            );
            let failure = Failure::from(error);
            assert_eq!(failure.code, Code::InternalError);
            assert!(failure.message.contains(plan.as_str()), "{failure}");
        }
        assert_eq!(store.items(&plan, Some(1), 9, &[]).await.unwrap().len(), 1);
    }
    meddler.execute("DELETE FROM item WHERE plan = 1 AND n = 1", []).unwrap();
    let error = drifted().await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { item: Some(1), .. }), "{error}");
    meddler.execute("DELETE FROM progress WHERE plan = 1 AND n = 2", []).unwrap();
    let error = page().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the state of item 2 of the plan `{plan}` cannot be read")
    );
    meddler.execute("UPDATE progress SET failure = '[' WHERE plan = 1 AND n = 0", []).unwrap();
    let error = store.items(&plan, None, 1, &[]).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Damaged { item: Some(0), what: "the failure", .. }),
        "{error}"
    );

    // A header of another plan is none.
    meddler
        .execute(
            "UPDATE plan SET header = (SELECT header FROM plan WHERE key = 1) WHERE key = 2",
            [],
        )
        .unwrap();
    let all = PlanFilter { limit: 9, ..PlanFilter::default() };
    for error in [store.plan(&other).await.unwrap_err(), store.list(&all).await.unwrap_err()] {
        let expected = format!("the header of the plan `{other}` cannot be read");
        assert_eq!(error.to_string(), expected);
    }
    store.plan(&plan).await.unwrap().unwrap();
}
