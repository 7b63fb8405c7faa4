//! From begin to seal.

use super::*;

#[tokio::test]
async fn a_draft_is_seen_only_once_it_is_sealed_and_then_with_all_it_had() {
    let (_root, store) = fresh();
    let mut header = header(id(1), "local", NOW);
    store.begin(&header).await.unwrap();
    store.add(&header.id, &items(0..3)).await.unwrap();
    store.add(&header.id, &items(3..5)).await.unwrap();
    assert_eq!(store.plan(&header.id).await.unwrap(), None);
    let all = PlanFilter { limit: 9, ..PlanFilter::default() };
    assert_eq!(store.list(&all).await.unwrap(), []);
    let drafts = PlanFilter { states: vec![PlanState::Draft], ..all.clone() };
    assert_eq!(store.list(&drafts).await.unwrap(), []);
    let claim = store.claim(&header.id, "me", RunStart::default(), NOW, NOW + 1).await;
    assert!(matches!(claim, Err(StoreError::NoPlan(_))), "{claim:?}");

    header.count = 5;
    header.warnings.push("two prices rise".into());
    store.seal(&header, "digest", "seal").await.unwrap();
    let stored = store.plan(&header.id).await.unwrap().unwrap();
    assert_eq!(stored.header, header);
    assert_eq!(stored.state, PlanState::Proposed);
    assert_eq!((&*stored.digest, &*stored.seal), ("digest", "seal"));
    assert_eq!(stored.counts, ItemCounts { pending: 5, ..ItemCounts::default() });
    assert_eq!((stored.lease.as_ref(), stored.reason.as_ref()), (None, None));
    assert_eq!(store.list(&all).await.unwrap(), [stored]);
    let kept = store.items(&header.id, None, 9, &[]).await.unwrap();
    assert_eq!(kept.into_iter().map(|(item, _)| item).collect::<Vec<_>>(), items(0..5));
}

#[tokio::test]
async fn a_chunk_with_a_subject_or_a_number_that_is_there_is_refused_whole() {
    let (_root, store) = fresh();
    let plan = id(1);
    store.begin(&header(plan.clone(), "local", NOW)).await.unwrap();
    store.add(&plan, &items(0..2)).await.unwrap();

    let mut again = item(1);
    again.n = 3;
    let error = store.add(&plan, &[item(2), again]).await.unwrap_err();
    assert_eq!(error.to_string(), "the draft has a change of the product `24-MB0001` already");
    assert_eq!(Failure::from(error).code, Code::ValidationError);
    let mut number = item(3);
    number.n = 1;
    let error = store.add(&plan, &[item(2), number]).await.unwrap_err();
    assert!(matches!(error, StoreError::Numbered { n: 1, .. }), "{error}");
    assert_eq!(state_of(&store, &plan).await.len(), 2);
    // Another draft may have the same subject.
    store.begin(&header(id(2), "local", NOW)).await.unwrap();
    store.add(&id(2), &items(0..2)).await.unwrap();
}

#[tokio::test]
async fn what_was_proposed_is_fixed() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    let sealed = header(plan.clone(), "local", NOW);
    for error in [
        store.add(&plan, &items(1..2)).await.unwrap_err(),
        store.seal(&sealed, "other", "seal").await.unwrap_err(),
    ] {
        let StoreError::NotADraft { state, .. } = error else { panic!("{error}") };
        assert_eq!(state, PlanState::Proposed);
    }
    assert!(matches!(store.begin(&sealed).await, Err(StoreError::Exists(_))));
    assert!(matches!(store.add(&id(9), &items(0..1)).await, Err(StoreError::NoPlan(_))));
    store.abandon(&plan).await.unwrap();
    assert!(store.plan(&plan).await.unwrap().is_some(), "only drafts are abandoned");
}

#[tokio::test]
async fn an_abandoned_draft_is_gone_with_its_items_and_its_key() {
    let (_root, store) = fresh();
    let plan = id(1);
    let header = header(plan.clone(), "local", NOW);
    store.begin(&header).await.unwrap();
    store.add(&plan, &items(0..2)).await.unwrap();
    store.remember("local", "key", "a", "c", &plan, NOW, NOW + HOUR).await.unwrap();
    store.abandon(&plan).await.unwrap();
    store.abandon(&plan).await.unwrap();
    assert!(matches!(store.items(&plan, None, 9, &[]).await, Err(StoreError::NoPlan(_))));
    let key = store.remember("local", "key", "a", "c", &id(2), NOW, NOW + HOUR).await.unwrap();
    assert_eq!(key, IdempotencyHit::New);
    store.begin(&header).await.unwrap();
    store.add(&plan, &items(0..2)).await.unwrap();
}

#[tokio::test]
async fn what_the_database_does_for_a_call_is_put_down_to_it() {
    let (_root, store) = fresh();
    let (mine, other) = (CpuAccount::default(), CpuAccount::default());
    let plan = mine.charge(proposed(&store, 1, 2_000)).await;
    let written = mine.spent();
    assert!(written > Duration::ZERO);
    mine.charge(store.items(&plan, None, u32::MAX, &[])).await.unwrap();
    assert!(mine.spent() > written, "reading counts too");
    assert_eq!(other.spent(), Duration::ZERO);
}
