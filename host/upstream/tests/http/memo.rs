//! What one call has read: the same GET is sent once, and not for longer than the call.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use souk_model::StoreView;
use souk_upstream::ReadMemo;

use crate::stand_in::{Got, StandIn, json, login, product};

const AGES: Duration = Duration::from_secs(3_600);

/// A store whose products answer so.
async fn shop(answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |got, before| login(got).unwrap_or_else(|| answers(got, before))).await
}

async fn numbered() -> StandIn {
    shop(|_, before| json(200, &format!("{{\"n\":{before}}}"))).await
}

#[tokio::test]
async fn the_same_read_is_sent_once_also_where_both_are_asked_at_once() {
    let shop = numbered().await;
    let session = shop.admin(shop.config()).await;
    let memo = ReadMemo::default();
    let read = product("A", StoreView::Global);
    let (one, other) = tokio::join!(memo.get(&session, &read), memo.get(&session, &read));
    assert_eq!(one.result.unwrap(), other.result.unwrap());
    assert_ne!(one.sent, other.sent, "one of them was sent, and says so");
    assert!(!memo.clone().get(&session, &read).await.sent, "a clone knows it too");
    assert_eq!(shop.targets_after_login().len(), 1);
}

#[tokio::test]
async fn another_question_is_another_read() {
    let shop = numbered().await;
    let session = shop.admin(shop.config()).await;
    let memo = ReadMemo::default();
    for read in [
        product("A", StoreView::Global),
        product("B", StoreView::Global),
        product("A", StoreView::SessionDefault),
    ] {
        assert!(memo.get(&session, &read).await.sent);
    }
    let other_memo = ReadMemo::default();
    assert!(other_memo.get(&session, &product("A", StoreView::Global)).await.sent, "another call");
}

#[tokio::test]
async fn what_one_login_read_is_not_shown_to_another() {
    let shop = numbered().await;
    let (mine, theirs) = (shop.admin(shop.config()).await, shop.admin(shop.config()).await);
    let memo = ReadMemo::default();
    let read = product("A", StoreView::Global);
    assert!(memo.get(&mine, &read).await.sent);
    assert!(memo.get(&theirs, &read).await.sent);
    assert!(memo.get(&mine, &read).await.sent, "nor the other way round");
    let other = memo.get_within(&theirs, &read, AGES).await.unwrap();
    assert_ne!(other, memo.get(&mine, &read).await.result.unwrap());
}

#[tokio::test]
async fn after_its_end_every_read_goes_out() {
    let shop = numbered().await;
    let session = shop.admin(shop.config()).await;
    let memo = ReadMemo::default();
    let read = product("A", StoreView::Global);
    let before = memo.get(&session, &read).await.result.unwrap();
    memo.end();
    for _ in 0..2 {
        let after = memo.get(&session, &read).await;
        assert!(after.sent);
        assert_ne!(after.result.unwrap(), before);
    }
    assert_ne!(memo.get_within(&session, &read, AGES).await.unwrap(), before);
}

#[tokio::test]
async fn what_was_read_back_after_its_end_is_there_to_be_shown_and_to_nobody_else() {
    let shop = numbered().await;
    let (session, other) = (shop.admin(shop.config()).await, shop.admin(shop.config()).await);
    let memo = ReadMemo::default();
    let (read, unread) = (product("A", StoreView::Global), product("B", StoreView::Global));
    // Before the end a read-back is a read like any other, and nobody is given it.
    memo.read_back(&session, &read).await.unwrap();
    assert!(memo.get(&session, &read).await.sent);
    memo.end();
    let left = memo.read_back(&session, &read).await.unwrap();
    let shown = memo.get(&session, &read).await;
    assert_eq!((shown.sent, shown.result.unwrap()), (false, left.clone()));
    // It goes out each time, and what a write follows is not taken from it.
    assert_ne!(memo.read_back(&session, &read).await.unwrap(), left);
    assert_ne!(memo.get_within(&session, &read, AGES).await.unwrap(), left);
    assert!(memo.get(&session, &unread).await.sent);
    assert!(memo.get(&other, &read).await.sent);
}

#[tokio::test]
async fn what_must_be_young_is_taken_from_the_call_only_while_it_is() {
    let shop = numbered().await;
    let session = shop.admin(shop.config()).await;
    let memo = ReadMemo::default();
    let read = product("A", StoreView::Global);
    let first = memo.get(&session, &read).await.result.unwrap();
    assert_eq!(memo.get_within(&session, &read, AGES).await.unwrap(), first);
    assert_ne!(memo.get_within(&session, &read, Duration::ZERO).await.unwrap(), first);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_a_failure_is_none() {
    for (status, sent) in [(404, 1), (400, 1), (500, 2), (401, 2)] {
        let shop = shop(move |_, _| json(status, r#"{"message":"No."}"#)).await;
        let session = shop.admin(shop.config()).await;
        let memo = ReadMemo::default();
        let read = product("A", StoreView::Global);
        for _ in 0..2 {
            let failure = memo.get(&session, &read).await.result.unwrap_err();
            assert_eq!(failure.status, Some(status));
        }
        let asked = shop.targets_after_login();
        let asked = asked.iter().filter(|target| target.contains("/products/A?")).count();
        assert!(asked == sent || (status == 401 && asked > sent), "{status}: {asked}");
    }
}

#[tokio::test]
async fn a_call_that_reads_much_keeps_the_latest_of_it() {
    let shop = shop(|_, _| {
        let page = Body::from(format!("\"{}\"", "x".repeat(3 << 20)));
        Response::builder().header("content-type", "application/json").body(page).unwrap()
    })
    .await;
    let session = shop.admin(shop.config()).await;
    let memo = ReadMemo::default();
    let (one, two) = (product("A", StoreView::Global), product("B", StoreView::Global));
    assert!(memo.get(&session, &one).await.sent);
    assert!(memo.get(&session, &two).await.sent);
    assert!(!memo.get(&session, &two).await.sent);
    assert!(memo.get(&session, &one).await.sent, "it had to go for the other");
}
