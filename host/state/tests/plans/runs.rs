//! Claims, leases and ends.

use super::*;

#[tokio::test]
async fn a_plan_is_carried_out_by_one_until_the_lease_ends() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 2, "first").await;
    let held = LeaseClaim::Held(Lease { owner: "first".into(), until_ms: NOW + HOUR });
    // Not even by the same one twice: two commits of a plan are two, whoever began them.
    for owner in ["first", "second"] {
        let claim = store.claim(&plan, owner, None, NOW + HOUR - 1, NOW + 9 * HOUR).await.unwrap();
        assert_eq!(claim, held);
    }
    assert!(store.renew(&plan, "first", NOW + 2 * HOUR).await.unwrap());
    assert!(!store.renew(&plan, "second", NOW + 9 * HOUR).await.unwrap());
    let late = NOW + 2 * HOUR;
    let claim = store.claim(&plan, "second", None, late, late + HOUR).await.unwrap();
    assert_eq!(claim, LeaseClaim::Granted);

    // Whoever was late may do nothing more.
    assert!(!store.renew(&plan, "first", late + HOUR).await.unwrap());
    assert!(!store.finish(&plan, "first", PlanState::Failed).await.unwrap());
    let lost = store.journal(&plan, "first", vec![JournalEntry::new(0, ItemState::Sending)]).await;
    let Err(error @ StoreError::LeaseLost { .. }) = lost else { panic!("{lost:?}") };
    assert_eq!(Failure::from(error).code, Code::Unavailable);

    let stored = store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(stored.reason.as_deref(), Some("sale"), "a resume without a reason leaves it");
    assert_eq!(stored.lease.unwrap().owner, "second");
    assert_eq!(stored.counts.pending, 2);
}

#[tokio::test]
async fn a_run_ends_and_is_taken_up_again_only_while_something_is_left() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 2, "me").await;
    for state in [PlanState::Draft, PlanState::Proposed, PlanState::Running, PlanState::Discarded] {
        let end = store.finish(&plan, "me", state).await;
        assert!(matches!(end, Err(StoreError::NotAnEnd(_))), "{end:?}");
    }
    let sent =
        vec![JournalEntry::new(0, ItemState::Sending), JournalEntry::new(1, ItemState::Drifted)];
    store.journal(&plan, "me", sent).await.unwrap();
    store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Unknown)]).await.unwrap();
    assert!(store.finish(&plan, "me", PlanState::Failed).await.unwrap());
    let ended = store.plan(&plan).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.lease), (PlanState::Failed, None));
    let late = store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Done)]).await;
    assert!(matches!(late, Err(StoreError::LeaseLost { .. })), "{late:?}");

    let claim = || store.claim(&plan, "other", Some("again"), NOW, NOW + HOUR);
    assert_eq!(claim().await.unwrap(), LeaseClaim::Granted);
    store.journal(&plan, "other", vec![JournalEntry::new(0, ItemState::Done)]).await.unwrap();
    assert!(store.finish(&plan, "other", PlanState::PartlyDone).await.unwrap());
    assert_eq!(claim().await.unwrap(), LeaseClaim::NotRunnable(PlanState::PartlyDone));
    assert_eq!(store.plan(&plan).await.unwrap().unwrap().reason.as_deref(), Some("again"));
}

#[tokio::test]
async fn only_what_is_proposed_is_discarded_and_nothing_discarded_runs() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    assert!(store.discard(&plan).await.unwrap());
    assert!(!store.discard(&plan).await.unwrap());
    assert!(!store.discard(&id(9)).await.unwrap());
    let claim = store.claim(&plan, "me", None, NOW, NOW + HOUR).await.unwrap();
    assert_eq!(claim, LeaseClaim::NotRunnable(PlanState::Discarded));
    let runs = running(&store, 2, 1, "me").await;
    assert!(!store.discard(&runs).await.unwrap());
    let gone = store.claim(&id(9), "me", None, NOW, NOW + HOUR).await.unwrap_err();
    assert_eq!(Failure::from(gone).code, Code::PlanNotFound);
}
