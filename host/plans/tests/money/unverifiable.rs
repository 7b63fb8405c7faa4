//! What no read can show.

use souk_model::plan::PlanState;

use super::*;

fn email() -> Change {
    let sent = json!("the order's confirmation is sent to the customer once more");
    let edit = Edit {
        field: "email".into(),
        at: "".parse().unwrap(),
        after: Expectation::Unverifiable(sent),
    };
    change(EMAIL, BindingSource::Subject, None, vec![edit])
}

#[tokio::test]
async fn the_stores_answer_is_the_witness() {
    let world = World::new().await;
    let host = world.host().await;
    let outcome = host.apply(email(), Some("a")).await.unwrap();
    assert_eq!((outcome.state, outcome.unverifiable), (PlanState::Done, 1));
    assert!(outcome.evidence().contains("reported by the store and not readable"));
    world.shop.is(Mood::Unwilling);
    assert_eq!(host.apply(email(), Some("b")).await.unwrap().counts.failed, 1);
}

#[tokio::test]
async fn without_an_answer_it_is_unknown_and_never_sent_again() {
    let world = World::new().await;
    let host = world.host().await;
    world.shop.is(Mood::Forgetful);
    let outcome = host.apply(email(), None).await.unwrap();
    assert_eq!(outcome.counts.unknown, 1);
    world.shop.is(Mood::Willing);
    for _ in 0..2 {
        let resumed = host.resume(&outcome.plan).await.unwrap();
        assert_eq!(resumed.counts.unknown, 1);
        assert!(resumed.failures[0].failure.as_ref().unwrap().message.contains("`email`"));
    }
    assert_eq!(world.shop.writes().len(), 1);
}

#[tokio::test]
async fn a_change_may_hold_both() {
    let world = World::new().await;
    let host = world.host().await;
    let mut both = refund(1, 100);
    both.edits.extend(email().edits);
    world.shop.is(Mood::Forgetful);
    // A read shows the money, and nothing shows the e-mail.
    let outcome = host.apply(both, None).await.unwrap();
    assert_eq!(outcome.counts.unknown, 1);
}

#[tokio::test]
async fn what_cannot_be_read_has_no_place_and_is_not_harmless() {
    let world = World::new().await;
    let host = world.host().await;
    let mut placed = email();
    placed.edits[0].at = "/state".parse().unwrap();
    let mut harmless = email();
    harmless.retry = Retry::Idempotent;
    for wrong in [placed, harmless] {
        let failure = host.apply(wrong, None).await.unwrap_err();
        assert_eq!(failure.rule.as_deref(), Some("proposal"));
    }
    assert!(world.shop.writes().is_empty());
}
