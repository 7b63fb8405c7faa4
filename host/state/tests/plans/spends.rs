//! The account of money that left.

use futures::future::join_all;
use souk_model::Decimal;
use souk_state::plans::{Reservation, SpendAccount, SpendKind};

use super::*;

fn account(day: i64, currency: &str) -> SpendAccount {
    SpendAccount { day, store: "main".into(), kind: SpendKind::Refund, currency: currency.into() }
}

fn units(count: i64) -> Decimal {
    Decimal::from_ten_thousandths(count * 10_000)
}

fn sending(n: u32, amount: i64, account: SpendAccount) -> JournalEntry {
    let reserve = Reservation { account, amount: units(amount), cap: units(100) };
    JournalEntry { reserve: Some(reserve), ..JournalEntry::new(n, ItemState::Sending) }
}

#[tokio::test]
async fn hosts_that_spend_at_once_never_pass_the_cap_together() {
    let root = tempfile::tempdir().unwrap();
    let hosts = [open(&root.path().join("state")), open(&root.path().join("state"))];
    let [first, second] =
        [running(&hosts[0], 1, 9, "a").await, running(&hosts[0], 2, 9, "b").await];
    let sent = join_all((0..18_u32).map(|i| {
        let (plan, owner) = if i % 2 == 0 { (&first, "a") } else { (&second, "b") };
        let entry = sending(i / 2, 15, account(7, "EUR"));
        hosts[(i % 2) as usize].journal(plan, owner, vec![entry])
    }))
    .await;
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 6, "6 of 15 are 90");
    for refused in sent.into_iter().filter_map(Result::err) {
        let StoreError::OverCap { cap, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(*cap, units(100));
        assert_eq!(Failure::from(refused).code, Code::Forbidden);
    }
    for host in &hosts {
        assert_eq!(host.spent(&account(7, "EUR")).await.unwrap(), units(90));
    }
    // What was refused was not marked either.
    let states =
        state_of(&hosts[0], &first).await.into_iter().chain(state_of(&hosts[0], &second).await);
    assert_eq!(states.filter(|state| *state == ItemState::Sending).count(), 6);
}

#[tokio::test]
async fn an_amount_comes_back_only_when_it_is_known_that_nothing_happened() {
    let (_root, store) = fresh();
    let plan = running(&store, 1, 4, "me").await;
    let euros = account(7, "EUR");
    for (n, end, left) in [
        (0, ItemState::Done, 20),
        (1, ItemState::Unknown, 40),
        (2, ItemState::Failed, 40),
        (3, ItemState::Drifted, 40),
    ] {
        store.journal(&plan, "me", vec![sending(n, 20, euros.clone())]).await.unwrap();
        store.journal(&plan, "me", vec![JournalEntry::new(n, end)]).await.unwrap();
        assert_eq!(store.spent(&euros).await.unwrap(), units(left), "{end:?}");
    }
    // Sent again, an item counts once: on the day it was sent last.
    store.journal(&plan, "me", vec![sending(1, 20, account(8, "EUR"))]).await.unwrap();
    assert_eq!(store.spent(&euros).await.unwrap(), units(20));
    assert_eq!(store.spent(&account(8, "EUR")).await.unwrap(), units(20));
    // Accounts are apart.
    assert_eq!(store.spent(&account(8, "USD")).await.unwrap(), units(0));
}

#[tokio::test]
async fn an_account_outlives_its_host_and_its_plan_and_not_its_use() {
    let root = tempfile::tempdir().unwrap();
    let today = NOW.div_euclid(24 * HOUR);
    {
        let store = open(&root.path().join("state"));
        let plan = running(&store, 1, 1, "me").await;
        store.journal(&plan, "me", vec![sending(0, 70, account(today, "EUR"))]).await.unwrap();
        store.journal(&plan, "me", vec![JournalEntry::new(0, ItemState::Done)]).await.unwrap();
        assert!(store.finish(&plan, "me", PlanState::Done, None).await.unwrap());
    }
    let store = open(&root.path().join("state"));
    assert_eq!(store.purge(NOW - HOUR, NOW + 9 * HOUR).await.unwrap(), 1, "the plan is forgotten");
    assert_eq!(store.spent(&account(today, "EUR")).await.unwrap(), units(70));
    let plan = running(&store, 2, 1, "me").await;
    let more = store.journal(&plan, "me", vec![sending(0, 31, account(today, "EUR"))]).await;
    assert!(
        matches!(more, Err(StoreError::OverCap { spent, .. }) if spent == units(70)),
        "{more:?}"
    );
    let later = NOW + 4 * 24 * HOUR;
    store.purge(later, later).await.unwrap();
    assert_eq!(store.spent(&account(today, "EUR")).await.unwrap(), units(0));
}
