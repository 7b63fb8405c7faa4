//! What no client library sends, over both transports.

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use souk_mcp::{HttpConfig, TransportLimits};

use crate::fake::Fake;
use crate::http::{Served, http_client, serve};
use crate::wire::{Wire, modern};

/// A session of a version, by hand.
async fn open(served: &Served, version: &str) -> String {
    let opened = served.post(&initialize(version)).send().await.unwrap();
    opened.headers()["mcp-session-id"].to_str().unwrap().to_owned()
}

fn initialize(version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"}}})
}

fn call(id: impl Into<Value>, tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": "tools/call",
        "params": {"name": tool, "arguments": {}}})
}

/// The status and the JSON-RPC error of a refusal.
async fn refusal(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    assert_eq!(headers[header::CONTENT_TYPE], "application/json", "{status}");
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["jsonrpc"], "2.0");
    assert!(body["error"]["message"].as_str().unwrap().contains(' '), "{body}");
    (status, body)
}

#[tokio::test]
async fn what_is_no_message_is_refused_as_an_error_of_json_rpc() {
    let served = serve(&Fake::new(), HttpConfig::default()).await;
    let session = open(&served, "2025-06-18").await;
    for (body, code) in [
        ("{", -32_700),
        ("", -32_700),
        ("rubbish", -32_700),
        (r#""rubbish""#, -32_600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32_600),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":7}"#, -32_600),
        (r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#, -32_600),
        ("[]", -32_600),
    ] {
        let post = served.post(&Value::Null).body(body).header("mcp-session-id", &session);
        let (status, refused) = refusal(post).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!(code)),
            "{body}"
        );
    }
    let mut wire = Wire::legacy(&Fake::new(), TransportLimits::default()).await;
    for (line, code) in [
        ("{", -32_700),
        (r#""rubbish""#, -32_600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32_600),
        (r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#, -32_600),
        ("[]", -32_600),
    ] {
        wire.write(format!("{line}\n").as_bytes()).await;
        assert_eq!(wire.receive().await["error"]["code"], code, "{line}");
    }
}

#[tokio::test]
async fn other_refusals_say_in_json_what_is_wrong() {
    let served = serve(&Fake::new(), HttpConfig::default()).await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let gone = |method| {
        http_client()
            .request(method, served.url("/mcp"))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .header("mcp-session-id", "gone")
            .body(ping.to_string())
    };
    for (request, expected) in [
        (served.post(&ping), StatusCode::BAD_REQUEST),
        (gone(Method::POST), StatusCode::NOT_FOUND),
        (gone(Method::GET), StatusCode::NOT_FOUND),
        (gone(Method::DELETE), StatusCode::NOT_FOUND),
        (served.post(&ping).header("mcp-protocol-version", "1999-01-01"), StatusCode::BAD_REQUEST),
        (http_client().put(served.url("/mcp")), StatusCode::METHOD_NOT_ALLOWED),
        (
            http_client().post(served.url("/mcp")).body(ping.to_string()),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let (status, body) = refusal(request).await;
        assert_eq!(status, expected, "{body}");
    }
    for path in ["/mcp/x", "/mcp/x/y", "/mcpx"] {
        let answer = http_client().post(served.url(path)).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_client_that_takes_anything_is_served() {
    let served = serve(&Fake::new(), HttpConfig::default()).await;
    for accept in [Some("*/*"), None, Some("application/json, text/event-stream;q=0.9")] {
        let mut request = http_client()
            .post(served.url("/mcp"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(initialize("2025-06-18").to_string());
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{accept:?}");
    }
}

#[tokio::test]
async fn a_batch_is_served_message_by_message_where_the_protocol_has_them() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = open(&served, "2025-03-26").await;
    let post = |batch: &Value| served.post(batch).header("mcp-session-id", &session);
    let batch = json!([
        call(1, "echo"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        call("two", "fail"),
        {"jsonrpc": "2.0", "id": null, "method": "ping"},
        call(1, "echo"),
        {"jsonrpc": "2.0", "id": 3, "method": "no/such"},
    ]);
    let answer = post(&batch).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    let mut answers: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    answers.sort_by_key(|answer| answer["id"].to_string());
    let seen: Vec<_> = answers
        .iter()
        .map(|answer| (answer["id"].clone(), answer["error"]["code"].clone()))
        .collect();
    let expected = [
        (json!("two"), Value::Null),
        (json!(1), Value::Null),
        (json!(3), json!(-32_601)),
        (Value::Null, json!(-32_600)),
        (Value::Null, json!(-32_600)),
    ];
    assert_eq!(seen, expected, "{text}");
    let notes = json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]);
    assert_eq!(post(&notes).send().await.unwrap().status(), StatusCode::ACCEPTED);
    let calls = |count: i64| Value::from((0..count).map(|id| call(id, "echo")).collect::<Vec<_>>());
    assert_eq!(post(&calls(50)).send().await.unwrap().status(), StatusCode::OK);
    let (status, _) = refusal(post(&calls(51))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    // On lines they are answered together.
    let mut wire = Wire::new(&fake, TransportLimits::default());
    wire.send(&initialize("2025-03-26")).await;
    wire.receive().await;
    wire.send(&batch).await;
    let answers = wire.receive().await;
    assert_eq!(answers.as_array().unwrap().len(), 5, "{answers}");
    wire.send(&notes).await;
    wire.send(&calls(50)).await;
    assert_eq!(wire.receive().await.as_array().unwrap().len(), 50);
    wire.send(&calls(51)).await;
    assert_eq!(wire.receive().await["error"]["code"], -32_600);
    wire.call(9, "echo").await;
    assert_eq!(wire.receive().await["id"], 9);
    wire.end_input().await;
    wire.ended().await;
}

#[tokio::test]
async fn a_method_that_there_is_not_is_named_in_a_sentence() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    for method in ["no/such", "tasks/get", "prompts/list", "logging/setLevel", "skills/list"] {
        let mut params = json!({});
        if method == "logging/setLevel" {
            params["level"] = "info".into();
        }
        if method == "tasks/get" {
            params["taskId"] = "1".into();
        }
        wire.send(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await;
        let refused = wire.receive().await;
        assert_eq!(refused["error"]["code"], -32_601, "{refused}");
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("no method `{method}`")), "{message}");
    }
    let served = serve(&fake, HttpConfig::default()).await;
    for method in ["ping", "resources/subscribe", "no/such"] {
        let params =
            if method == "resources/subscribe" { json!({"uri": "a:b"}) } else { json!({}) };
        let mut request = served
            .post(&modern(5, method, params))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if method == "resources/subscribe" {
            request = request.header("mcp-name", "a:b");
        }
        let (status, refused) = refusal(request).await;
        assert_eq!((status, &refused["error"]["code"]), (StatusCode::NOT_FOUND, &json!(-32_601)));
        assert_eq!(refused["id"], 5);
    }
}

#[tokio::test]
async fn a_call_that_says_nothing_is_told_to_run_still_where_its_client_wants_to_know() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    wire.call(1, "slow").await;
    let params = json!({"name": "slow", "arguments": {}, "_meta": {"progressToken": "t"}});
    wire.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params})).await;
    let mut last = 0.0;
    for _ in 0..2 {
        let told = wire.receive().await;
        assert_eq!(
            (&told["method"], &told["params"]["progressToken"]),
            (&json!("notifications/progress"), &json!("t"))
        );
        assert!(told["params"]["message"].as_str().unwrap().starts_with("running for "), "{told}");
        let progress = told["params"]["progress"].as_f64().unwrap();
        assert!(progress > last, "{told}");
        last = progress;
    }
    fake.gate.add_permits(2);
    for _ in 0..2 {
        let answer = wire.receive().await;
        assert!(answer["result"].is_object(), "{answer}");
    }
}

#[tokio::test]
async fn suggestions_that_nobody_waits_for_any_more_are_given_up() {
    let fake = Fake::new();
    let mut wire = Wire::legacy(&fake, TransportLimits::default()).await;
    let params = json!({"ref": {"type": "ref/prompt", "name": "any"},
        "argument": {"name": "a", "value": "b"}});
    for id in [1, 2] {
        wire.send(&json!({"jsonrpc": "2.0", "id": id, "method": "completion/complete",
            "params": params}))
            .await;
        fake.until_running(usize::try_from(id).unwrap()).await;
    }
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 1, "reason": "typed on"}}))
        .await;
    fake.dropped.notified().await;
    fake.gate.add_permits(1);
    let answer = wire.receive().await;
    assert_eq!(
        (&answer["id"], &answer["result"]["completion"]["values"]),
        (&json!(2), &json!(["b"]))
    );
}

#[tokio::test]
async fn a_byte_order_mark_before_a_message_is_no_part_of_it() {
    let served = serve(&Fake::new(), HttpConfig::default()).await;
    let body = format!("\u{feff}{}", initialize("2025-06-18"));
    let opened = served.post(&Value::Null).body(body).send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::OK);
    assert!(opened.headers().contains_key("mcp-session-id"));
}
