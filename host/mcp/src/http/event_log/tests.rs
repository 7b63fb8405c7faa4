use rmcp::model::{
    ProgressNotification, ProgressNotificationParam, RequestId, ServerNotification, ServerResult,
};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

fn reply(id: i64, text: &str) -> ServerSseMessage {
    let result = ServerResult::CustomResult(rmcp::model::CustomResult::new(json!(text)));
    ServerSseMessage::from_message(JsonRpcMessage::response(result, RequestId::Number(id)))
}

fn progress(done: f64) -> ServerSseMessage {
    let token = rmcp::model::ProgressToken(RequestId::Number(1));
    let params = ProgressNotificationParam::new(token, done);
    ServerSseMessage::from_message(JsonRpcMessage::notification(
        ServerNotification::ProgressNotification(ProgressNotification::new(params)),
    ))
}

/// A stream that sends what it is given.
fn source()
-> (mpsc::UnboundedSender<ServerSseMessage>, impl Stream<Item = ServerSseMessage> + Send + 'static)
{
    let (sender, mut receiver) = mpsc::unbounded_channel();
    (sender, futures::stream::poll_fn(move |context| receiver.poll_recv(context)))
}

fn id(event: &ServerSseMessage) -> EventId {
    event.event_id.as_ref().unwrap().parse().unwrap()
}

async fn rest(stream: impl Stream<Item = ServerSseMessage>) -> Vec<ServerSseMessage> {
    stream.collect().await
}

#[tokio::test]
async fn a_reply_that_nobody_read_waits_and_what_was_read_is_not_repeated() {
    let log = Arc::new(EventLog::default());
    let (call, messages) = source();
    let mut reader = Box::pin(log.record(messages, false, Arc::default(), None));
    call.send(progress(1.0)).unwrap();
    let last = id(&reader.next().await.unwrap());
    drop(reader);
    call.send(progress(2.0)).unwrap();
    call.send(reply(1, "done")).unwrap();
    drop(call);
    for _ in 0..2 {
        let missed = rest(log.resume(last).unwrap()).await;
        assert_eq!(missed.len(), 2);
        let end = id(missed.last().unwrap());
        assert!(rest(log.resume(end).unwrap()).await.is_empty());
    }
}

#[tokio::test]
async fn ids_are_unique_over_all_streams_and_lead_back_to_their_own() {
    let log = Arc::new(EventLog::default());
    let mut seen = Vec::new();
    for call in 0..3 {
        let (sender, messages) = source();
        let reader = log.record(messages, true, Arc::default(), None);
        sender.send(reply(call, "x")).unwrap();
        drop(sender);
        let events = rest(reader).await;
        assert!(events[0].message.is_none() && events[1].message.is_some());
        let resumed = rest(log.resume(id(&events[0])).unwrap()).await;
        assert_eq!(resumed[0].event_id, events[1].event_id);
        seen.extend(events.iter().map(|event| id(event).number));
    }
    seen.dedup();
    assert_eq!(seen.len(), 6);
    let foreign = [EventId { stream: 9, number: 1 }, EventId { stream: 1, number: 99 }];
    assert!(foreign.into_iter().all(|id| log.resume(id).is_err()));
    for text in ["", "1", "1.", "a.b", "-1.2"] {
        assert_eq!(text.parse::<EventId>(), Err(UnknownEvent), "{text}");
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_the_reply_is_the_last_to_go() {
    let log = Arc::new(EventLog::default());
    let large = "x".repeat(BYTES / 3);
    let mut firsts = Vec::new();
    for call in 0..6 {
        let (sender, messages) = source();
        let reader = log.record(messages, true, Arc::default(), None);
        sender.send(reply(call, &large)).unwrap();
        drop(sender);
        firsts.push(id(&rest(reader).await[0]));
        assert!(log.state().bytes <= BYTES);
    }
    assert!(log.resume(firsts[0]).is_err());
    assert_eq!(rest(log.resume(firsts[5]).unwrap()).await.len(), 1);

    let (sender, messages) = source();
    let reader = log.record(messages, false, Arc::default(), None);
    for done in 0..10_000_u32 {
        sender.send(progress(f64::from(done))).unwrap();
    }
    sender.send(reply(9, "done")).unwrap();
    drop(sender);
    while log.state().streams.values().any(|stream| stream.ended.is_none()) {
        tokio::task::yield_now().await;
    }
    let events = rest(reader).await;
    assert!(events.len() <= EVENTS);
    let last = events.last().unwrap().message.as_ref().unwrap();
    assert!(matches!(**last, JsonRpcMessage::Response(_)));
}

#[tokio::test]
async fn what_has_ended_long_ago_is_forgotten() {
    let log = Arc::new(EventLog::default());
    let (sender, messages) = source();
    let reader = log.record(messages, true, Arc::default(), None);
    sender.send(reply(1, "x")).unwrap();
    drop(sender);
    let first = id(&rest(reader).await[0]);
    log.forget_old();
    assert!(log.resume(first).is_ok());
    log.state().forget_old(Instant::now() + KEPT_FOR);
    assert!(log.resume(first).is_err());
    assert_eq!(log.state().bytes, 0);
}

#[tokio::test]
async fn of_two_who_listen_to_the_session_one_is_told_and_the_other_steps_in() {
    let log = Arc::new(EventLog::default());
    let (news, messages) = source();
    assert!(log.claim_standalone() && !log.claim_standalone());
    log.record_standalone(messages);
    news.send(progress(1.0)).unwrap();
    let mut one = Box::pin(log.read_standalone(false));
    let mut other = Box::pin(log.read_standalone(false));
    let first = id(&one.next().await.unwrap());
    news.send(progress(2.0)).unwrap();
    assert!(futures::poll!(other.next()).is_pending());
    let second = id(&one.next().await.unwrap());
    drop(one);
    news.send(progress(3.0)).unwrap();
    let third = id(&other.next().await.unwrap());
    assert!(first.number < second.number && second.number < third.number);
    // Whoever says where it was goes on there, and before the others.
    let mut back = Box::pin(log.resume(first).unwrap());
    assert_eq!(id(&back.next().await.unwrap()), second);
}
