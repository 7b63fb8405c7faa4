//! Questions to the person at the other end, in both eras.

use serde_json::{Value, json};
use souk_mcp::TransportLimits;

use crate::fake::Fake;
use crate::wire::{Wire, modern};

/// Opened in the older era by a client with these capabilities.
async fn older(capabilities: Value) -> Wire {
    let mut wire = Wire::new(&Fake::new(), TransportLimits::default());
    wire.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": capabilities,
        "clientInfo": {"name": "lines", "version": "1"}}}))
        .await;
    wire.receive().await;
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    wire
}

/// A call of the newer era by a client with these capabilities.
fn newer(id: i64, tool: &str, capabilities: &Value, more: &Value) -> Value {
    let mut call = modern(id, "tools/call", json!({"name": tool, "arguments": {}}));
    call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
    for (name, value) in more.as_object().unwrap() {
        call["params"][name] = value.clone();
    }
    call
}

#[tokio::test]
async fn an_older_client_is_asked_while_the_call_waits() {
    for (answer, expected) in [
        (json!({"action": "accept", "content": {"name": "Ann"}}), "accepted {\"name\":\"Ann\"}"),
        (json!({"action": "decline"}), "declined"),
        (json!({"action": "cancel"}), "dismissed"),
        (json!({"action": "accept", "content": {}}), "failed"),
    ] {
        let mut wire = older(json!({"elicitation": {}})).await;
        wire.call(1, "ask").await;
        let asked = wire.receive().await;
        assert_eq!(asked["method"], "elicitation/create");
        assert_eq!(asked["params"]["message"], "Who are you?");
        assert_eq!(asked["params"]["requestedSchema"]["required"], json!(["name"]));
        wire.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": answer})).await;
        let result = wire.receive().await;
        let said = result["result"]["structuredContent"]["said"].as_str().unwrap();
        assert!(said.starts_with(expected), "{said}");
    }
}

#[tokio::test]
async fn a_page_is_opened_where_the_client_can() {
    let mut wire = older(json!({"elicitation": {"form": {}, "url": {}}})).await;
    wire.call(1, "ask_page").await;
    let asked = wire.receive().await;
    assert_eq!(
        (&asked["params"]["mode"], &asked["params"]["url"]),
        (&json!("url"), &json!("https://a.example/1"))
    );
    wire.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"}})).await;
    assert_eq!(wire.receive().await["result"]["structuredContent"]["said"], "accepted {}");
}

#[tokio::test]
async fn a_client_that_cannot_ask_is_not_asked() {
    for (tool, capabilities) in [
        ("ask", json!({})),
        ("ask", json!({"elicitation": {"url": {}}})),
        ("ask_page", json!({"elicitation": {}})),
        ("ask_page", json!({"elicitation": {"form": {}}})),
    ] {
        let mut wire = older(capabilities.clone()).await;
        wire.call(1, tool).await;
        let said = wire.receive().await["result"]["structuredContent"]["said"].clone();
        assert_eq!(said, "unsupported", "{tool} {capabilities}");
        let mut wire = Wire::new(&Fake::new(), TransportLimits::default());
        wire.send(&newer(1, tool, &capabilities, &json!({}))).await;
        let said = wire.receive().await["result"]["structuredContent"]["said"].clone();
        assert_eq!(said, "unsupported", "{tool} {capabilities}");
    }
}

#[tokio::test]
async fn a_newer_client_gets_the_questions_and_calls_again_with_the_answers() {
    let can = json!({"elicitation": {"form": {}, "url": {}}});
    let mut wire = Wire::new(&Fake::new(), TransportLimits::default());
    wire.send(&newer(1, "ask_twice", &can, &json!({}))).await;
    let first = wire.receive().await["result"].clone();
    assert_eq!(first["resultType"], "input_required");
    assert_eq!(first["inputRequests"]["who"]["method"], "elicitation/create");
    assert!(first["inputRequests"].get("page").is_none(), "one after the other");
    // What is no answer is asked again; what was not asked for is left out.
    for answers in
        [json!({}), json!({"who": {"action": "maybe"}}), json!({"who": 7}), json!({"x": {}})]
    {
        let more = json!({"inputResponses": answers, "requestState": first["requestState"]});
        wire.send(&newer(2, "ask_twice", &can, &more)).await;
        let again = wire.receive().await["result"].clone();
        assert_eq!(again["inputRequests"], first["inputRequests"], "{again}");
    }
    let who = json!({"action": "accept", "content": {"name": "Ann"}});
    let more = json!({"inputResponses": {"who": who}, "requestState": first["requestState"]});
    wire.send(&newer(3, "ask_twice", &can, &more)).await;
    let second = wire.receive().await["result"].clone();
    assert_eq!(second["inputRequests"]["page"]["params"]["mode"], "url", "{second}");
    let more = json!({
        "inputResponses": {"page": {"action": "accept"}},
        "requestState": second["requestState"],
    });
    wire.send(&newer(4, "ask_twice", &can, &more)).await;
    let done = wire.receive().await["result"].clone();
    assert_eq!(done["structuredContent"]["said"], "accepted {\"name\":\"Ann\"}, accepted {}");

    // The state is for this call alone, and nobody's to write.
    let state = second["requestState"].as_str().unwrap().to_owned();
    let other = newer(5, "ask", &can, &json!({"requestState": state}));
    let forged = newer(6, "ask_twice", &can, &json!({"requestState": format!("{state}x")}));
    for call in [other, forged] {
        wire.send(&call).await;
        let refused = wire.receive().await;
        assert_eq!(refused["error"]["code"], -32_602, "{refused}");
    }
}
