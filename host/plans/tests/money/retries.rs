//! A refund that is asked for again.

use souk_model::plan::{ItemState, PlanState};
use souk_state::plans::{JournalEntry, RunStart};

use super::*;

#[tokio::test]
async fn a_refund_asked_for_again_is_answered_with_the_first() {
    for key in [None, Some("once")] {
        let world = World::new().await;
        let host = world.host().await;
        let first = host.apply(refund(1, 100), key).await.unwrap();
        assert_eq!(first.state, PlanState::Done);
        // As a plugin would work it out anew, from the order as it is now.
        let again = host.apply(refund(1, 200), key).await.unwrap();
        assert_eq!((again.plan, again.state), (first.plan, PlanState::Done));
        assert_eq!(world.shop.writes().len(), 1, "{key:?}");
        assert_eq!(host.spent(SpendKind::Refund).await, "100.00");
        // Who means another one says so.
        host.apply(refund(1, 200), Some("another")).await.unwrap();
        assert_eq!(world.shop.writes().len(), 2);
    }
}

#[tokio::test]
async fn of_two_at_once_one_is_sent() {
    let world = World::new().await;
    let (one, other) = (world.host().await, world.host().await);
    let (first, second) =
        tokio::join!(one.apply(refund(1, 100), None), other.apply(refund(1, 100), None));
    assert_eq!(first.unwrap().plan, second.unwrap().plan);
    assert_eq!(world.shop.writes().len(), 1);
}

#[tokio::test]
async fn a_refund_without_an_answer_is_read_and_never_sent_again() {
    let world = World::new().await;
    let host = world.host().await;
    world.shop.is(Mood::Broken);
    let outcome = host.apply(refund(1, 100), None).await.unwrap();
    assert_eq!(outcome.counts.unknown, 1);
    world.shop.is(Mood::Willing);
    // It may still be on its way through the store, whatever a read shows.
    let resumed = host.resume(&outcome.plan).await.unwrap();
    assert_eq!((resumed.counts.unknown, world.shop.writes().len()), (1, 1));
    let again = host.apply(refund(1, 100), None).await.unwrap();
    assert_eq!((&again.plan, world.shop.writes().len()), (&outcome.plan, 1));
    assert_eq!(host.spent(SpendKind::Refund).await, "100.00", "it may have happened");
    world.shop.refunds_after_all();
    let resumed = host.resume(&outcome.plan).await.unwrap();
    assert_eq!((resumed.state, world.shop.writes().len()), (PlanState::Done, 1));
}

#[tokio::test]
async fn a_refund_that_no_read_shows_is_failed_after_an_hour_and_sent_again_only_when_asked() {
    let world = World::new().await;
    let host = world.host().await;
    world.shop.is(Mood::Broken);
    let plan = host.apply(refund(1, 100), None).await.unwrap().plan;
    world.shop.is(Mood::Willing);
    host.clock.0.fetch_add(60 * 60 * 1_000, Ordering::SeqCst);
    let judged = host.resume(&plan).await.unwrap();
    assert_eq!((judged.counts.failed, world.shop.writes().len()), (1, 1));
    let why = judged.failures[0].failure.as_ref().unwrap();
    assert!(why.message.contains("did not happen"), "{why:?}");
    assert_eq!(host.spent(SpendKind::Refund).await, "0.00", "its money is free again");
    let resumed = host.resume(&plan).await.unwrap();
    assert_eq!((resumed.state, world.shop.writes().len()), (PlanState::Done, 2));
    assert_eq!(host.spent(SpendKind::Refund).await, "100.00");
}

#[tokio::test]
async fn money_that_may_be_ours_and_somebody_elses_stays_unknown_with_what_was_found() {
    let world = World::new().await;
    let host = world.host().await;
    world.shop.is(Mood::Broken);
    let plan = host.apply(refund(1, 100), None).await.unwrap().plan;
    world.shop.is(Mood::Willing);
    world.shop.refunds_after_all();
    world.shop.refunds_after_all();
    host.clock.0.fetch_add(60 * 60 * 1_000, Ordering::SeqCst);
    let judged = host.resume(&plan).await.unwrap();
    assert_eq!((judged.counts.unknown, world.shop.writes().len()), (1, 1));
    let why = &judged.failures[0].failure.as_ref().unwrap().message;
    assert!(
        why.contains("`total_refunded` was to become `100`") && why.contains("is `200`"),
        "{why}"
    );
    assert_eq!(host.spent(SpendKind::Refund).await, "100.00", "it may have happened");
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_done_when_a_read_shows_it() {
    let world = World::new().await;
    let host = world.host().await;
    world.shop.is(Mood::Forgetful);
    assert_eq!(host.apply(refund(1, 100), None).await.unwrap().state, PlanState::Done);
    assert_eq!(world.shop.writes().len(), 1);
}

#[tokio::test]
async fn what_a_dead_host_left_is_sent_only_where_a_read_shows_that_it_did_not_happen() {
    for happened in [false, true] {
        let world = World::new().await;
        let dead = world.host().await;
        // Refused, so that nothing happens and its money is free; then as if it had died sending.
        world.shop.is(Mood::Unwilling);
        let plan = dead.apply(refund(1, 100), None).await.unwrap().plan;
        assert_eq!(dead.spent(SpendKind::Refund).await, "0.00");
        meddle(&world, &plan);
        let (now, until) = (NOON, NOON + 1);
        dead.store.claim(&plan, "dead", RunStart::default(), now, until).await.unwrap();
        dead.store
            .journal(&plan, "dead", vec![JournalEntry::new(0, ItemState::Sending)])
            .await
            .unwrap();
        if happened {
            world.shop.refunds_after_all();
        }
        world.shop.is(Mood::Willing);
        let host = world.host().await;
        host.clock.0.store(NOON + 60_000, Ordering::SeqCst);
        let outcome = host.resume(&plan).await.unwrap();
        assert_eq!(outcome.state, PlanState::Done);
        // One was refused.
        assert_eq!(world.shop.writes().len(), if happened { 1 } else { 2 });
    }
}

#[tokio::test]
async fn what_a_store_took_back_for_a_deadlock_is_sent_again_where_a_read_shows_that_nothing_happened()
 {
    for status in [200, 400, 500] {
        let world = World::new().await;
        let host = world.host().await;
        world.shop.is(Mood::Deadlocked { times: 2, status });
        let outcome = host.apply(refund(1, 100), None).await.unwrap();
        assert_eq!((outcome.state, world.shop.writes().len()), (PlanState::Done, 3), "{status}");
        assert_eq!(host.spent(SpendKind::Refund).await, "100.00");
        // What looks like it and does not pass is failed after a few.
        world.shop.is(Mood::Deadlocked { times: 99, status });
        let outcome = host.apply(refund(1, 200), Some("more")).await.unwrap();
        assert_eq!((outcome.counts.failed, world.shop.writes().len()), (1, 7), "{status}");
        assert_eq!(host.spent(SpendKind::Refund).await, "100.00");
    }
}

#[tokio::test]
async fn what_may_have_reached_a_payment_provider_or_cannot_be_read_is_not_sent_again_for_a_deadlock()
 {
    let invoice = BindingSource::Text("3".into());
    let body = json!({"items": [{"order_item_id": 1, "qty": 1}], "isOnline": true, "arguments": {"shipping_amount": 0}});
    let edits = vec![expect("total_refunded", 100.into())];
    let online = change(REFUND_INVOICE, invoice, Some(body), edits);
    let mut email = change(EMAIL, BindingSource::Subject, None, Vec::new());
    email.edits = vec![Edit {
        field: "email".into(),
        at: "".parse().unwrap(),
        after: Expectation::Unverifiable(json!("it is sent")),
    }];
    for once in [online, email] {
        let world = World::new().await;
        let host = world.host().await;
        world.shop.is(Mood::Deadlocked { times: 1, status: 400 });
        let outcome = host.apply(once, None).await.unwrap();
        assert_eq!((outcome.counts.failed, world.shop.writes().len()), (1, 1));
    }
}

/// Puts a plan's only item back to where it was before it was sent.
fn meddle(world: &World, plan: &PlanId) {
    let file = rusqlite::Connection::open(world.root.path().join("state/plans.db")).unwrap();
    file.execute("UPDATE progress SET state = 'pending'", []).unwrap();
    file.execute("UPDATE plan SET state = 'proposed' WHERE id = ?1", [plan.as_str()]).unwrap();
}
