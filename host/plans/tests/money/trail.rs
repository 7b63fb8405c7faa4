//! No write without its line on the audit trail.

use std::path::Path;

use souk_model::PurgeTarget;
use souk_model::plan::{ItemState, PlanState};
use souk_plans::PurgeRequest;

use super::*;

/// Breaks the trail when the first write arrives: a directory stands where its file was.
fn breaks_at_the_first_write(world: &World) {
    let trail = world.root.path().join("state/audit.jsonl");
    let kept = trail.with_extension("kept");
    world.shop.at_each_write(move || {
        if !kept.exists() {
            std::fs::rename(&trail, &kept).unwrap();
            std::fs::create_dir(&trail).unwrap();
        }
    });
}

fn mend(root: &Path) {
    let trail = root.join("state/audit.jsonl");
    std::fs::remove_dir(&trail).unwrap();
    std::fs::rename(trail.with_extension("kept"), &trail).unwrap();
    // Later breaks are none: the file that would be kept is there.
    std::fs::write(trail.with_extension("kept"), "").unwrap();
}

fn cancel(order: &str) -> Change {
    let mut cancel =
        change(CANCEL, BindingSource::Subject, None, vec![expect("state", "canceled".into())]);
    cancel.subject.id = order.into();
    cancel
}

#[tokio::test]
async fn a_trail_that_breaks_inside_a_chunk_stops_the_run() {
    let mut world = World::new().await;
    world.config.concurrency = 1;
    let host = world.host().await;
    breaks_at_the_first_write(&world);
    let orders = ["7", "8", "9"];
    let outcome = host.apply_all(orders.map(cancel).to_vec(), None).await.unwrap();
    assert_eq!(world.shop.writes(), ["POST /V1/orders/7/cancel"]);
    // What was sent is journalled, and read back; of the rest it is known that it was not sent.
    assert_eq!((outcome.counts.done, outcome.counts.failed), (1, 2), "{outcome:?}");
    for failed in &outcome.failures {
        assert_eq!(failed.state, ItemState::Failed);
        assert!(failed.failure.as_ref().unwrap().message.contains("audit trail"), "{failed:?}");
    }
    assert_eq!(host.spent(SpendKind::Cancel).await, "200.00", "the money of the rest is free");
    mend(world.root.path());
    let resumed = host.resume(&outcome.plan).await.unwrap();
    assert_eq!((resumed.state, world.shop.writes().len()), (PlanState::Done, 3));
}

#[tokio::test]
async fn later_chunks_are_not_begun() {
    let mut world = World::new().await;
    world.config.chunk = 1;
    let host = world.host().await;
    breaks_at_the_first_write(&world);
    let outcome = host.apply_all(["7", "8"].map(cancel).to_vec(), None).await.unwrap();
    assert_eq!((outcome.counts.done, outcome.counts.pending), (1, 1), "{outcome:?}");
    assert_eq!(world.shop.writes().len(), 1);
}

#[tokio::test]
async fn of_an_item_of_two_steps_the_second_is_not_sent() {
    let world = World::new().await;
    let host = world.host().await;
    breaks_at_the_first_write(&world);
    let mut both = cancel("7");
    let email = change(EMAIL, BindingSource::Subject, None, Vec::new());
    both.steps.insert(0, email.steps[0].clone());
    let outcome = host.apply(both, None).await.unwrap();
    assert_eq!(world.shop.writes(), ["POST /V1/orders/7/emails"]);
    assert_eq!(outcome.counts.failed, 1, "a read shows no change of it: {outcome:?}");
}

#[tokio::test]
async fn what_was_sent_without_an_answer_is_not_sent_again_and_is_told() {
    let world = World::new().await;
    let host = world.host().await;
    breaks_at_the_first_write(&world);
    world.shop.is(Mood::Broken);
    let outcome = host.apply(refund(1, 100), None).await.unwrap();
    assert_eq!((outcome.counts.unknown, world.shop.writes().len()), (1, 1), "{outcome:?}");
}

#[tokio::test]
async fn purges_of_one_call_stop_as_well() {
    let world = World::new().await;
    let host = world.host().await;
    breaks_at_the_first_write(&world);
    let targets: Vec<_> = (1..=8).map(PurgeTarget::Product).collect();
    let mut action = action(8);
    action.grants.push(Grant::new(
        PurgeTarget::UPSTREAM,
        Method::Write(WriteMethod::Post),
        targets[0].route().parse().unwrap(),
    ));
    let request = PurgeRequest {
        principal: Principal::local(),
        roles: Vec::new(),
        session: world.shop.session_with_cache().await,
        action: Arc::new(action),
        before: 0,
        options: ApplyOptions::default(),
    };
    let results = host.plans.purge(request, targets).await;
    let sent = world.shop.writes().len();
    assert!((1..8).contains(&sent), "{sent} were sent");
    let says: Vec<String> = results.into_iter().map(|result| result.unwrap_err().message).collect();
    let without_line = says.iter().filter(|text| text.starts_with("it was sent")).count();
    assert_eq!(without_line, sent, "{says:?}");
    assert!(says[7].starts_with("it was not sent"), "{says:?}");
}
