//! The log of what persons decide: of the plan that was seen, as long as it waits; and what a run must have
//! read of it.

use souk_model::plan::{
    DecisionMeans, DecisionVerdict, ItemState, PlanDecision, PlanId, PlanState,
};
use souk_state::plans::{
    DecisionEffect, DecisionEntry, DecisionWrite, LeaseClaim, PlanStore, RunStart, SqlitePlanStore,
    StoreError,
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
    }
}

fn entry(no: u64, plan: Option<&PlanId>, content: &str) -> DecisionEntry {
    DecisionEntry {
        no,
        plan: plan.cloned(),
        digest: "digest".into(),
        content: Some(content.into()),
        seal: "seal".into(),
    }
}

async fn append(
    store: &SqlitePlanStore,
    plan: Option<&PlanId>,
    effect: DecisionEffect,
) -> Result<DecisionWrite, StoreError> {
    let no = store.last_decision().await? + 1;
    store.append_decision(&entry(no, plan, "who said what"), &effect, NOW).await
}

async fn decide(
    store: &SqlitePlanStore,
    plan: &PlanId,
    decision: &PlanDecision,
) -> Result<DecisionWrite, StoreError> {
    append(store, Some(plan), DecisionEffect::Decide(Box::new(decision.clone()))).await
}

async fn stop(store: &SqlitePlanStore, plan: &PlanId) -> DecisionWrite {
    let effect = DecisionEffect::Stop { by: "ann".into(), at_ms: NOW };
    append(store, Some(plan), effect).await.unwrap()
}

async fn state(store: &SqlitePlanStore, plan: &PlanId) -> PlanState {
    store.plan(plan).await.unwrap().unwrap().state
}

#[tokio::test]
async fn what_waits_is_decided_of_as_it_was_seen_and_a_rejection_throws_it_away() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 3).await;
    let ann = decision(&store, &plan, "ann").await;
    assert_eq!(decide(&store, &plan, &ann).await.unwrap(), DecisionWrite::Recorded);
    let other = PlanDecision { digest: "other".into(), ..ann.clone() };
    assert_eq!(decide(&store, &plan, &other).await.unwrap(), DecisionWrite::OtherDigest);
    let no = PlanDecision { verdict: DecisionVerdict::Rejected, ..ann.clone() };
    assert_eq!(decide(&store, &plan, &no).await.unwrap(), DecisionWrite::Recorded);
    assert_eq!(state(&store, &plan).await, PlanState::Discarded);
    let closed = decide(&store, &plan, &ann).await.unwrap();
    assert_eq!(closed, DecisionWrite::Closed(PlanState::Discarded));
    let gone = decide(&store, &id(9), &ann).await.unwrap_err();
    assert!(matches!(gone, StoreError::NoPlan(_)), "{gone}");
    // What was refused has no line.
    let log = store.decision_log(0).await.unwrap();
    assert_eq!(log, [1, 2].map(|no| entry(no, Some(&plan), "who said what")));
    assert_eq!(store.decision_log(2).await.unwrap(), log[1..]);
}

#[tokio::test]
async fn lines_are_numbered_without_gaps_and_a_log_that_begins_anew_may_leave_some_out() {
    let (_root, store) = fresh();
    let write = async |no, effect| {
        store.append_decision(&entry(no, None, "x"), &effect, NOW).await.unwrap()
    };
    for (no, written) in [
        (2, DecisionWrite::Behind),
        (1, DecisionWrite::Recorded),
        (1, DecisionWrite::Behind),
        (2, DecisionWrite::Recorded),
    ] {
        assert_eq!(write(no, DecisionEffect::None).await, written, "{no}");
    }
    assert_eq!(store.current().mark().decisions, 2);
    assert_eq!(write(2, DecisionEffect::Begin).await, DecisionWrite::Behind);
    assert_eq!(write(7, DecisionEffect::Begin).await, DecisionWrite::Recorded);
    assert_eq!(store.decision_log(0).await.unwrap(), [entry(7, None, "x")]);
    assert_eq!(store.identity().await.unwrap().mark.decisions, 7);
}

#[tokio::test]
async fn what_is_left_out_is_skipped_with_the_word_all_or_none() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 3).await;
    let ann = decision(&store, &plan, "ann").await;
    let wrong = PlanDecision { left_out: vec![0, 9], ..ann.clone() };
    assert!(matches!(decide(&store, &plan, &wrong).await, Err(StoreError::NoItem { n: 9, .. })));
    assert_eq!(store.decision_log(0).await.unwrap(), []);
    let but = PlanDecision { left_out: vec![0, 2], ..ann };
    decide(&store, &plan, &but).await.unwrap();
    let bob = PlanDecision { by: "bob".into(), left_out: vec![2], ..but.clone() };
    decide(&store, &plan, &bob).await.unwrap();
    let left = store.items(&plan, None, 9, &[ItemState::Skipped]).await.unwrap();
    assert_eq!(left.iter().map(|(item, _)| item.n).collect::<Vec<_>>(), [0, 2]);
}

#[tokio::test]
async fn nobody_decides_of_what_runs_and_of_what_is_forgotten_only_that_somebody_did_is_left() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 3, "me").await;
    let ann = decision(&store, &plan, "ann").await;
    let closed = decide(&store, &plan, &ann).await.unwrap();
    assert_eq!(closed, DecisionWrite::Closed(PlanState::Running));
    assert!(store.finish(&plan, "me", PlanState::Stopped, None).await.unwrap());
    assert_eq!(decide(&store, &plan, &ann).await.unwrap(), DecisionWrite::Recorded);
    store.forget_values(NOW + 99 * HOUR, NOW + 99 * HOUR).await.unwrap();
    let [line] = store.decision_log(0).await.unwrap().try_into().unwrap();
    assert_eq!((line.no, line.content), (1, None));
}

#[tokio::test]
async fn whoever_has_not_read_the_last_decision_carries_nothing_out() {
    let (_root, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    append(&store, None, DecisionEffect::None).await.unwrap();
    let claim = |start| store.claim(&plan, "me", start, NOW, NOW + HOUR);
    let unread = RunStart::default();
    assert_eq!(claim(unread).await.unwrap(), LeaseClaim::Behind);
    let settles = RunStart { only_settles: true, ..unread };
    assert_eq!(claim(settles).await.unwrap(), LeaseClaim::Granted);
    store.finish(&plan, "me", PlanState::Failed, None).await.unwrap();
    let read = RunStart { decisions: 1, ..unread };
    assert_eq!(claim(read).await.unwrap(), LeaseClaim::Granted);
}

#[tokio::test]
async fn a_plan_is_stopped_while_it_runs_after_its_host_died_and_while_something_is_left() {
    let (_root, store) = fresh();
    let waits = proposed(&store, 1, 1).await;
    // `running` has read nothing of the log, so that these begin before it does.
    let (runs, orphan) = (running(&store, 2, 2, "me").await, running(&store, 3, 2, "dead").await);
    assert_eq!(stop(&store, &waits).await, DecisionWrite::Closed(PlanState::Proposed));
    assert_eq!(stop(&store, &runs).await, DecisionWrite::Recorded);
    assert_eq!(state(&store, &runs).await, PlanState::Running, "its run has still to end");
    assert!(store.finish(&runs, "me", PlanState::Stopped, None).await.unwrap());
    assert_eq!(stop(&store, &runs).await, DecisionWrite::Recorded, "something is left");

    let effect = DecisionEffect::Stop { by: "ann".into(), at_ms: NOW + HOUR };
    let no = store.last_decision().await.unwrap() + 1;
    let line = entry(no, Some(&orphan), "stop");
    store.append_decision(&line, &effect, NOW + 2 * HOUR).await.unwrap();
    let stored = store.plan(&orphan).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.lease), (PlanState::Stopped, None));
    assert_eq!(stored.run.unwrap().stop.unwrap().by, "ann");
}

#[tokio::test]
async fn a_line_that_is_none_is_an_error() {
    let (_root, store) = fresh();
    let line = "INSERT INTO decision_log VALUES (1, 'no id', 'd', 'c', 's')";
    meddler(&store).execute(line, []).unwrap();
    assert!(matches!(store.decision_log(0).await, Err(StoreError::Damaged { .. })));
}

#[tokio::test]
async fn what_somebody_else_put_into_the_file_to_run_there_does_not() {
    let (_directory, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    meddler(&store)
        .execute_batch(
            "CREATE TRIGGER eats AFTER INSERT ON decision_log BEGIN \
             DELETE FROM decision_log WHERE no = new.no; END; \
             CREATE TRIGGER stops BEFORE UPDATE ON plan BEGIN SELECT RAISE(ABORT, 'no'); END;",
        )
        .unwrap();
    let ann = decision(&store, &plan, "ann").await;
    assert_eq!(decide(&store, &plan, &ann).await.unwrap(), DecisionWrite::Recorded);
    assert_eq!(store.last_decision().await.unwrap(), 1);
    assert_eq!(store.decision_log(0).await.unwrap().len(), 1);
}
