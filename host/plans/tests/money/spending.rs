//! What may be spent.

use super::*;

fn rule(refused: Result<PlanOutcome, Failure>) -> (String, String) {
    let failure = refused.unwrap_err();
    (failure.rule.unwrap(), failure.message)
}

#[tokio::test]
async fn a_day_holds_over_all_hosts_and_ends_at_midnight() {
    let mut world = World::new().await;
    world.guards.max_refund_per_day = "EUR=250".parse().unwrap();
    let hosts = [world.host().await, world.host().await];
    hosts[0].apply(refund(1, 100), Some("a")).await.unwrap();
    hosts[1].apply(refund(1, 200), Some("b")).await.unwrap();
    let (rule, message) = rule(hosts[0].apply(refund(1, 300), Some("c")).await);
    assert_eq!(rule, "refund-per-day");
    assert_eq!(
        message,
        "50.00 EUR are left to be refunded today of 250.00, until 2024-10-05T00:00:00Z"
    );
    assert_eq!(world.shop.writes().len(), 2);
    hosts[0].clock.0.fetch_add(DAY / 2, Ordering::SeqCst);
    hosts[0].apply(refund(1, 300), Some("d")).await.unwrap();
    assert_eq!(world.shop.writes().len(), 3);
}

#[tokio::test]
async fn a_call_has_a_cap_and_a_currency_without_one_moves_nothing() {
    let mut world = World::new().await;
    world.guards.max_refund = "150".parse().unwrap();
    let host = world.host().await;
    assert_eq!(rule(host.apply(refund(2, 200), None).await).0, "refund-per-call");
    world.guards.max_refund = "USD=900".parse().unwrap();
    let host = world.host().await;
    assert_eq!(rule(host.apply(refund(1, 100), None).await).0, "refund-per-call");
    assert!(world.shop.writes().is_empty());
}

#[tokio::test]
async fn a_refund_says_what_it_is() {
    let world = World::new().await;
    let host = world.host().await;
    let less = rule(host.apply(refund(2, 100), None).await);
    assert_eq!(less.0, "money");
    assert!(less.1.contains("gives back 100, and the request can give back 200"), "{}", less.1);
    let mut silent = refund(1, 100);
    silent.edits = vec![expect("state", "closed".into())];
    assert_eq!(rule(host.apply(silent, None).await).0, "money");
    assert!(world.shop.writes().is_empty());
    // Refused by the store, it is given back.
    world.shop.is(Mood::Unwilling);
    assert_eq!(host.apply(refund(1, 100), None).await.unwrap().counts.failed, 1);
    assert_eq!(host.spent(SpendKind::Refund).await, "0.00");
}

#[tokio::test]
async fn an_invoice_is_of_the_order() {
    let world = World::new().await;
    let host = world.host().await;
    let of = |invoice: &str| {
        let Change { steps, edits, .. } = refund(1, 100);
        let body = steps.into_iter().next().unwrap().body;
        change(REFUND_INVOICE, BindingSource::Text(invoice.into()), body, edits)
    };
    let (rule, message) = rule(host.apply(of("4"), None).await);
    assert!(
        rule == "money" && message.ends_with("the invoice `4` is none of this order"),
        "{message}"
    );
    assert!(world.shop.writes().is_empty());
    assert_eq!(host.apply(of("3"), None).await.unwrap().counts.done, 1);
}

#[tokio::test]
async fn what_a_cancel_takes_back_is_counted() {
    let mut world = World::new().await;
    world.guards.max_cancel_per_day = "100".parse().unwrap();
    let cancel =
        || change(CANCEL, BindingSource::Subject, None, vec![expect("state", "canceled".into())]);
    let host = world.host().await;
    assert_eq!(rule(host.apply(cancel(), None).await).0, "cancel-per-day");
    world.guards.max_cancel_per_day = "200".parse().unwrap();
    let host = world.host().await;
    assert_eq!(host.apply(cancel(), None).await.unwrap().counts.done, 1);
    assert_eq!(host.spent(SpendKind::Cancel).await, "200.00");
}
