//! One client on a pair of streams.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::ServiceError;
use rmcp::model::{ErrorCode, SubscriptionFilter};
use rmcp::{ClientServiceExt, model::ProgressNotificationParam};
use serde_json::{Value, json};
use souk_mcp::{TIER_META, TransportLimits};
use tokio::time::timeout;

use crate::fake::{Client, ERAS, Era, Fake, Listener, named, streams, text};
use crate::wire::{Wire, modern};

async fn connect(fake: &Arc<Fake>, era: Era) -> Client {
    let (near, _server) = streams(fake, TransportLimits::default());
    Listener::default().serve_with_lifecycle(near, era.lifecycle()).await.unwrap()
}

#[tokio::test]
async fn tools_are_listed_in_order_with_all_that_clients_ask_for() {
    for era in ERAS {
        let client = connect(&Fake::new(), era).await;
        let tools = client.list_all_tools().await.unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
        let all = ["count", "echo", "export", "fail", "panic", "slow", "whoami"];
        assert_eq!(names, all, "{era:?}");
        let echo = serde_json::to_value(&tools[1]).unwrap();
        assert_eq!(
            echo,
            json!({
                "name": "echo",
                "title": "Title of echo",
                "description": "Does echo.",
                "inputSchema": {"type": "object"},
                "outputSchema": {"type": "object", "required": ["tool"]},
                "annotations": {
                    "title": "Title of echo",
                    "readOnlyHint": false,
                    "destructiveHint": true,
                    "idempotentHint": false,
                    "openWorldHint": true,
                },
                "_meta": {TIER_META: "risk"},
            })
        );
    }
}

#[tokio::test]
async fn an_answer_is_complete_both_as_structure_and_as_text() {
    for era in ERAS {
        let client = connect(&Fake::new(), era).await;
        let result = client.call_tool(named("echo", json!({"a": [1, "ü"]}))).await.unwrap();
        let expected = json!({"tool": "echo", "principal": "local", "arguments": {"a": [1, "ü"]}});
        assert_eq!(result.structured_content, Some(expected.clone()));
        assert_eq!(serde_json::from_str::<Value>(&text(&result)).unwrap(), expected);
        assert_ne!(result.is_error, Some(true));
    }
}

#[tokio::test]
async fn a_failure_is_a_tool_error_in_text_only() {
    for era in ERAS {
        let client = connect(&Fake::new(), era).await;
        let result = client.call_tool(named("fail", json!({}))).await.unwrap();
        assert_eq!(result.is_error, Some(true));
        assert_eq!(result.structured_content, None);
        assert_eq!(
            text(&result),
            "VALIDATION_ERROR: there is no sku (argument `sku`)\n\nhint: give one"
        );
    }
}

#[tokio::test]
async fn a_panic_takes_down_only_its_own_call() {
    let client = connect(&Fake::new(), Era::Modern).await;
    let result = client.call_tool(named("panic", json!({}))).await.unwrap();
    assert!(text(&result).starts_with("INTERNAL_ERROR: `panic` broke"), "{}", text(&result));
    assert!(client.call_tool(named("echo", json!({}))).await.is_ok());
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error() {
    for era in ERAS {
        let client = connect(&Fake::new(), era).await;
        let error = client.call_tool(named("nothing", json!({}))).await.err().unwrap();
        let ServiceError::McpError(error) = error else { panic!("{error}") };
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
        assert!(error.message.contains("`nothing`"), "{}", error.message);
    }
}

#[tokio::test]
async fn clients_of_both_eras_hear_of_a_changed_list() {
    let fake = Fake::new();
    let legacy = connect(&fake, Era::Legacy).await;
    let modern = connect(&fake, Era::Modern).await;
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let mut subscription = modern.listen(filter).await.unwrap();
    assert_eq!(subscription.acknowledged().tools_list_changed, Some(true));
    // The older era has no acknowledgement; an answered call shows that the opening is through.
    legacy.call_tool(named("echo", json!({}))).await.unwrap();
    while fake.changes.receiver_count() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        fake.change();
        legacy.service().list_changed.notified().await;
        let told = subscription.next().await.unwrap().unwrap();
        assert!(matches!(told, rmcp::model::ServerNotification::ToolListChangedNotification(_)));
    }
}

#[tokio::test]
async fn progress_only_goes_up_and_never_holds_a_call_up() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    wire.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params":
        {"name": "count", "_meta": {"progressToken": "p"}}}))
        .await;
    let mut seen = Vec::new();
    loop {
        let message = wire.receive().await;
        if message["id"] == 1 {
            assert_eq!(message["result"]["structuredContent"]["tool"], "count");
            break;
        }
        assert_eq!(message["method"], "notifications/progress");
        let told: ProgressNotificationParam =
            serde_json::from_value(message["params"].clone()).unwrap();
        seen.push(told.progress);
    }
    assert_eq!(seen[..3], [1.0, 2.0, 3.0]);
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    assert!(seen.len() < 100, "{} reports were queued", seen.len());
}

#[tokio::test]
async fn a_cancelled_call_ends_and_is_not_answered() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    wire.call(1, "slow").await;
    fake.until_running(1).await;
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 1, "reason": "enough"}}))
        .await;
    fake.dropped.notified().await;
    wire.call(2, "echo").await;
    assert_eq!(wire.receive().await["id"], 2);
    wire.end_input().await;
    wire.ended().await;
}

#[tokio::test]
async fn no_reply_is_lost_at_the_end_of_input_however_slow() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    for id in 1..=3 {
        wire.call(id, "slow").await;
    }
    wire.end_input().await;
    fake.until_running(3).await;
    // rmcp by itself would give them up after 5 seconds.
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    fake.gate.add_permits(3);
    let mut answered: Vec<i64> = Vec::new();
    for _ in 0..3 {
        answered.push(wire.receive().await["id"].as_i64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 3]);
    wire.ended().await;
}

#[tokio::test]
async fn an_open_subscription_does_not_hold_the_end_up() {
    let fake = Fake::new();
    let mut wire = Wire::new(&fake, TransportLimits::default());
    wire.send(&modern(
        1,
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    ))
    .await;
    let acknowledged = wire.receive().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    wire.end_input().await;
    // Long before rmcp would give it up, the stream is ended as the protocol wants it, with a result.
    assert_eq!(wire.receive().await["id"], 1);
    wire.ended().await;
}

#[tokio::test]
async fn a_call_that_never_ends_is_given_up_after_the_linger() {
    let fake = Fake::new();
    let mut wire =
        Wire::legacy(&fake, TransportLimits { linger_s: 1, ..TransportLimits::default() }).await;
    wire.call(1, "slow").await;
    fake.until_running(1).await;
    wire.end_input().await;
    timeout(Duration::from_secs(30), wire.ended()).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_and_harms_nothing() {
    let fake = Fake::new();
    let limits = TransportLimits { line_bytes: 1_000, ..TransportLimits::default() };
    let mut wire = Wire::legacy(&fake, limits).await;
    let long = "x".repeat(100_000);
    let cases: [(&str, i64, Value, &str); 9] = [
        ("rubbish", -32700, Value::Null, "not JSON"),
        ("\u{0}\u{1}\u{2}", -32700, Value::Null, "not JSON"),
        ("[1, 2", -32700, Value::Null, "not JSON"),
        ("[{}]", -32600, Value::Null, "batches"),
        ("42", -32600, Value::Null, "JSON object"),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600, json!(7), "JSON-RPC 2.0"),
        (r#"{"jsonrpc":"2.0","id":8,"method":"tools/fly"}"#, -32601, json!(8), "`tools/fly`"),
        (
            r#"{"jsonrpc":"2.0","id":"9","method":"tools/call","params":{"name":5}}"#,
            -32602,
            json!("9"),
            "parameters of `tools/call`",
        ),
        (&long, -32600, Value::Null, "1000 bytes"),
    ];
    for (line, code, id, says) in cases {
        wire.write(format!("{line}\n").as_bytes()).await;
        let answer = wire.receive().await;
        assert_eq!(answer["error"]["code"], code, "{line:.40}: {answer}");
        assert_eq!(answer.get("id").cloned().unwrap_or_default(), id, "{line:.40}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{line:.40}: {message}");
    }
    // Whoever waits for an answer gets it, though the message was not kept.
    wire.send(
        &json!({"jsonrpc": "2.0", "method": "ping", "params": {"id": 3, "x": long}, "id": 4}),
    )
    .await;
    let answer = wire.receive().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(4), &json!(-32600)));
    // Empty lines and notifications nobody knows are to be ignored.
    wire.write(b"\n\r\n  \n{\"jsonrpc\":\"2.0\",\"method\":\"$/setTrace\"}\n").await;
    wire.call(10, "echo").await;
    assert_eq!(wire.receive().await["id"], 10);
}

#[tokio::test]
async fn a_conversation_may_begin_badly() {
    let fake = Fake::new();
    let mut wire = Wire::new(&fake, TransportLimits::default());
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    wire.send(&json!({"jsonrpc": "2.0", "id": 5, "result": {}})).await;
    wire.call(1, "echo").await;
    assert_eq!(wire.receive().await["error"]["code"], -32602);
    wire.send(&modern(2, "tools/call", json!({"name": "echo"}))).await;
    assert_eq!(wire.receive().await["result"]["structuredContent"]["tool"], "echo");
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    wire.call(1, "slow").await;
    wire.call(1, "slow").await;
    let refused = wire.receive().await;
    assert_eq!((refused.get("id"), &refused["error"]["code"]), (None, &json!(-32600)));
    fake.gate.add_permits(1);
    assert_eq!(wire.receive().await["id"], 1);
    wire.end_input().await;
    wire.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_free_again_as_soon_as_its_reply_is_read() {
    let mut wire = Wire::legacy(&Fake::new(), TransportLimits::default()).await;
    for _ in 0..1_000 {
        wire.call(1, "echo").await;
        assert_eq!(wire.receive().await["result"]["structuredContent"]["tool"], "echo");
    }
}

#[tokio::test]
async fn a_last_line_needs_no_newline_and_no_input_is_no_error() {
    let fake = Fake::new();
    let mut wire = Wire::new(&fake, TransportLimits::default());
    wire.write(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
    wire.end_input().await;
    assert_eq!(wire.receive().await["id"], 1);
    wire.ended().await;

    let mut silent = Wire::new(&fake, TransportLimits::default());
    silent.end_input().await;
    silent.ended().await;
}

#[tokio::test]
async fn no_more_is_read_than_may_be_unanswered_and_nothing_is_lost() {
    let fake = Fake::new();
    let limits = TransportLimits { unanswered: 4, ..TransportLimits::default() };
    let mut wire = Wire::legacy(&fake, limits).await;
    for id in 1..=50 {
        wire.call(id, "slow").await;
    }
    fake.until_running(4).await;
    fake.gate.add_permits(50);
    for _ in 1..=50 {
        assert_eq!(wire.receive().await["result"]["structuredContent"]["tool"], "slow");
    }
    assert!(fake.most.load(Ordering::SeqCst) <= 4);
}
