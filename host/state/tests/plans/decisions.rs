//! What persons decided: of the plan that was seen, as long as it waits; and the stop of all writes.

use souk_model::plan::{
    DecisionMeans, DecisionVerdict, ItemState, PlanDecision, PlanId, PlanState, WriteStop,
};
use souk_state::plans::{
    DecisionWrite, LeaseClaim, PlanStore, RunStart, SqlitePlanStore, StoreError,
};

use super::{HOUR, NOW, fresh, id, meddler, proposed, running};

async fn decision(store: &SqlitePlanStore, plan: &PlanId, by: &str) -> PlanDecision {
    let stored = store.plan(plan).await.unwrap().unwrap();
    PlanDecision {
        verdict: DecisionVerdict::Approved,
        digest: stored.digest,
        by: by.into(),
        principals: vec!["local".into()],
        means: DecisionMeans::Terminal,
        at_ms: NOW,
        expires_ms: NOW + HOUR,
        reason: None,
        asked_by: stored.header.principal,
        left_out: Vec::new(),
        seal: "seal".into(),
    }
}

async fn state(store: &SqlitePlanStore, plan: &PlanId) -> PlanState {
    store.plan(plan).await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_person_has_one_word_and_a_rejection_throws_a_plan_away() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 3).await;
    let ann = decision(&store, &plan, "ann").await;
    let bob = PlanDecision { at_ms: NOW + 1, ..decision(&store, &plan, "bob").await };
    for one in [&ann, &bob, &ann] {
        assert_eq!(store.decide(&plan, one).await.unwrap(), DecisionWrite::Recorded);
    }
    assert_eq!(store.decisions(&plan).await.unwrap(), [ann.clone(), bob.clone()]);
    let other = PlanDecision { digest: "other".into(), ..ann.clone() };
    assert_eq!(store.decide(&plan, &other).await.unwrap(), DecisionWrite::OtherDigest);
    let no = PlanDecision { verdict: DecisionVerdict::Rejected, at_ms: NOW + 2, ..ann.clone() };
    assert_eq!(store.decide(&plan, &no).await.unwrap(), DecisionWrite::Recorded);
    assert_eq!(store.decisions(&plan).await.unwrap(), [bob, no]);
    assert_eq!(state(&store, &plan).await, PlanState::Discarded);
    let closed = store.decide(&plan, &ann).await.unwrap();
    assert_eq!(closed, DecisionWrite::Closed(PlanState::Discarded));
    let gone = store.decide(&id(9), &ann).await.unwrap_err();
    assert!(matches!(gone, StoreError::NoPlan(_)), "{gone}");
    assert_eq!(store.decisions(&id(9)).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_left_out_is_skipped_with_the_word_all_or_none() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 3).await;
    let ann = decision(&store, &plan, "ann").await;
    let wrong = PlanDecision { left_out: vec![0, 9], ..ann.clone() };
    assert!(matches!(store.decide(&plan, &wrong).await, Err(StoreError::NoItem { n: 9, .. })));
    assert_eq!(store.decisions(&plan).await.unwrap(), []);
    let but = PlanDecision { left_out: vec![0, 2], ..ann };
    store.decide(&plan, &but).await.unwrap();
    let bob = PlanDecision { by: "bob".into(), left_out: vec![2], ..but.clone() };
    store.decide(&plan, &bob).await.unwrap();
    let left = store.items(&plan, None, 9, &[ItemState::Skipped]).await.unwrap();
    assert_eq!(left.iter().map(|(item, _)| item.n).collect::<Vec<_>>(), [0, 2]);
}

#[tokio::test]
async fn nobody_decides_of_what_runs_and_everything_goes_with_its_plan() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 3, "me").await;
    let ann = decision(&store, &plan, "ann").await;
    let closed = store.decide(&plan, &ann).await.unwrap();
    assert_eq!(closed, DecisionWrite::Closed(PlanState::Running));
    assert!(store.finish(&plan, "me", PlanState::Stopped, None).await.unwrap());
    assert_eq!(store.decide(&plan, &ann).await.unwrap(), DecisionWrite::Recorded);
    store.forget_values(NOW + 99 * HOUR, NOW + 99 * HOUR).await.unwrap();
    let left: i64 =
        meddler(&store).query_row("SELECT count(*) FROM decision", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn while_writes_are_stopped_no_run_that_sends_is_granted() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    let stop = WriteStop { by: "ann".into(), at_ms: NOW, reason: None, seal: "seal".into() };
    assert!(store.set_write_stop(Some(&stop)).await.unwrap());
    let later = WriteStop { by: "bob".into(), ..stop.clone() };
    assert!(!store.set_write_stop(Some(&later)).await.unwrap());
    assert_eq!(store.write_stop().await.unwrap(), Some(stop.clone()));
    let claim = |start| store.claim(&plan, "me", start, NOW, NOW + HOUR);
    let refused = claim(RunStart::default()).await.unwrap();
    assert_eq!(refused, LeaseClaim::WritesStopped(stop));
    let settles = RunStart { only_settles: true, ..RunStart::default() };
    assert_eq!(claim(settles).await.unwrap(), LeaseClaim::Granted);
    assert!(store.set_write_stop(None).await.unwrap());
    assert!(!store.set_write_stop(None).await.unwrap());
    meddler(&store).execute("INSERT INTO write_stop VALUES (1, 'x')", []).unwrap();
    assert!(matches!(store.write_stop().await, Err(StoreError::Damaged { .. })));
}
