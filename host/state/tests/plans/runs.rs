//! Claims, leases and ends.

use souk_state::plans::{DecisionEffect, DecisionEntry};

use super::*;

#[tokio::test]
async fn a_plan_is_carried_out_by_one_until_the_lease_ends() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 2, "first").await;
    // Not even by the same one twice: two commits of a plan are two, whoever began them.
    for owner in ["first", "second"] {
        let claim = store
            .claim(&plan, owner, RunStart::default(), NOW + HOUR - 1, NOW + 9 * HOUR)
            .await
            .unwrap();
        let LeaseClaim::Held(lease) = claim else { panic!("{claim:?}") };
        assert_eq!((lease.owner.as_str(), lease.until_ms), ("first", NOW + HOUR));
    }
    let renew = |owner, until| store.renew(&plan, owner, until, 0);
    assert_eq!(renew("first", NOW + 2 * HOUR).await.unwrap(), LeaseRenewal::Renewed(None));
    assert_eq!(renew("second", NOW + 9 * HOUR).await.unwrap(), LeaseRenewal::Lost);
    let late = NOW + 2 * HOUR;
    let claim = store.claim(&plan, "second", RunStart::default(), late, late + HOUR).await.unwrap();
    assert_eq!(claim, LeaseClaim::Granted);

    // Whoever was late may do nothing more.
    assert_eq!(renew("first", late + HOUR).await.unwrap(), LeaseRenewal::Lost);
    assert!(!store.finish(&plan, "first", PlanState::Failed, None).await.unwrap());
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
        let end = store.finish(&plan, "me", state, None).await;
        assert!(matches!(end, Err(StoreError::NotAnEnd(_))), "{end:?}");
    }
    let sent =
        vec![JournalEntry::new(0, ItemState::Sending), JournalEntry::new(1, ItemState::Drifted)];
    store.journal(&plan, "me", sent).await.unwrap();
    store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Unknown)]).await.unwrap();
    assert!(store.finish(&plan, "me", PlanState::Failed, None).await.unwrap());
    let ended = store.plan(&plan).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.lease), (PlanState::Failed, None));
    let late = store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Done)]).await;
    assert!(matches!(late, Err(StoreError::LeaseLost { .. })), "{late:?}");

    let claim = || {
        store.claim(
            &plan,
            "other",
            RunStart { reason: Some("again"), ..RunStart::default() },
            NOW,
            NOW + HOUR,
        )
    };
    assert_eq!(claim().await.unwrap(), LeaseClaim::Granted);
    store.journal(&plan, "other", vec![JournalEntry::new(0, ItemState::Done)]).await.unwrap();
    assert!(store.finish(&plan, "other", PlanState::PartlyDone, None).await.unwrap());
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
    let claim = store.claim(&plan, "me", RunStart::default(), NOW, NOW + HOUR).await.unwrap();
    assert_eq!(claim, LeaseClaim::NotRunnable(PlanState::Discarded));
    let runs = running(&store, 2, 1, "me").await;
    assert!(!store.discard(&runs).await.unwrap());
    let gone = store.claim(&id(9), "me", RunStart::default(), NOW, NOW + HOUR).await.unwrap_err();
    assert_eq!(Failure::from(gone).code, Code::PlanNotFound);
}

#[tokio::test]
async fn a_run_is_asked_to_end_from_another_process_and_the_plan_is_then_taken_up_again() {
    let (root, store) = fresh();
    let plan = proposed(&store, 1, 3).await;
    let by = |by| RunStart { by: Some(by), ..RunStart::default() };
    store.claim(&plan, "me", by("jane"), NOW, NOW + HOUR).await.unwrap();
    let other = open(&root.path().join("state"));
    for (no, by, at_ms) in [(1, "anna", NOW + 5), (2, "otto", NOW + 6)] {
        let line = DecisionEntry {
            no,
            plan: Some(plan.clone()),
            digest: "digest".into(),
            content: None,
            seal: "seal".into(),
        };
        let effect = DecisionEffect::Stop { by: by.into(), at_ms };
        other.append_decision(&line, &effect, at_ms).await.unwrap();
    }
    let stop = StopRequest { by: "anna".into(), at_ms: NOW + 5 };
    let renewed = store.renew(&plan, "me", NOW + HOUR, 2).await.unwrap();
    assert_eq!(renewed, LeaseRenewal::Renewed(Some(stop.clone())));
    let run = other.plan(&plan).await.unwrap().unwrap().run.unwrap();
    assert_eq!((run.started_ms, run.by.as_deref(), run.answered), (NOW, Some("jane"), 2));
    assert_eq!((run.stop, run.ended), (Some(stop), None));

    let why = StoredFailure {
        code: Code::Stopped,
        message: "by anna".into(),
        status: None,
        upstream: None,
        remedy: None,
        mismatches: Vec::new(),
    };
    assert!(store.finish(&plan, "me", PlanState::Stopped, Some(&why)).await.unwrap());
    let ended = other.plan(&plan).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.run.unwrap().ended), (PlanState::Stopped, Some(why)));
    // Whoever only looks takes nothing of that back.
    let looks = RunStart { only_settles: true, ..by("otto") };
    other.claim(&plan, "next", looks, NOW + 8, NOW + HOUR).await.unwrap();
    let kept = store.plan(&plan).await.unwrap().unwrap().run.unwrap();
    assert!(kept.stop.is_some() && kept.ended.is_some(), "{kept:?}");
    other.finish(&plan, "next", PlanState::Stopped, None).await.unwrap();
    // The next run begins without what the last one was told.
    let begins = RunStart { decisions: 2, ..by("otto") };
    let claim = other.claim(&plan, "next", begins, NOW + 9, NOW + HOUR).await.unwrap();
    assert_eq!(claim, LeaseClaim::Granted);
    let run = store.plan(&plan).await.unwrap().unwrap().run.unwrap();
    assert_eq!((run.by.as_deref(), run.answered), (Some("otto"), 0));
    assert_eq!((run.stop, run.ended), (None, None));
}

#[tokio::test]
async fn the_lease_of_a_process_that_cannot_be_judged_ends_by_its_time() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 1, "elsewhere").await;
    for process in ["another-boot pid:[1] 4 7", "?"] {
        meddler(&store).execute("UPDATE plan SET lease_process = ?1", [process]).unwrap();
        let claim = store.claim(&plan, "me", RunStart::default(), NOW + 1, NOW + HOUR).await;
        assert!(matches!(claim.unwrap(), LeaseClaim::Held(_)), "{process}");
    }
    let claim = store.claim(&plan, "me", RunStart::default(), NOW + HOUR, NOW + 2 * HOUR).await;
    assert_eq!(claim.unwrap(), LeaseClaim::Granted);
}

#[tokio::test]
async fn a_reason_that_was_noted_stays_unless_whoever_commits_gives_another() {
    let (_root, store) = fresh();
    for (number, given, kept) in
        [(1, None, "wrong prices"), (2, Some("a better one"), "a better one")]
    {
        let plan = proposed(&store, number, 1).await;
        store.note_reason(&plan, "wrong prices").await.unwrap();
        let start = RunStart { reason: given, ..RunStart::default() };
        store.claim(&plan, "me", start, NOW, NOW + HOUR).await.unwrap();
        store.note_reason(&plan, "too late").await.unwrap();
        assert_eq!(store.plan(&plan).await.unwrap().unwrap().reason.as_deref(), Some(kept));
    }
}
