//! What an operator's own tools see: metrics, readiness, the log, the id of a request.

mod exposition;
mod listeners;
mod readiness;
mod request_ids;
mod traces;

use serde_json::{Value, json};
use souk_tests::{Home, HttpHost, http_client};

/// Where its own listener is, as the log says.
async fn own_listener(log: impl Fn() -> String) -> String {
    souk_tests::until("the listener of metrics", || {
        let log = log();
        async move { log.contains("metrics at http://") }
    })
    .await;
    let log = log();
    let (_, after) = log.split_once("metrics at http://").unwrap();
    after.split(['/', ',']).next().unwrap().to_owned()
}

/// Serves over HTTP, with a listener of its own for metrics.
async fn serve(home: &Home, rules: &str) -> (HttpHost, String) {
    let rules = format!("{rules}\n[metrics]\nlisten = \"127.0.0.1:0\"\n");
    let file = home.write("rules.toml", rules);
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.http().await;
    let own = own_listener(|| served.process().log()).await;
    (served, own)
}

/// A page of that listener.
async fn page(own: &str, path: &str) -> (u16, String) {
    let answer = http_client().get(format!("http://{own}{path}")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Calls a tool in the newer era with these headers; the id that its answer has, and the answer.
async fn call(
    url: &str,
    tool: &str,
    arguments: Value,
    headers: &[(&str, &str)],
) -> (String, Value) {
    let params = json!({"name": tool, "arguments": arguments, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let mut request = http_client()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(message.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(answer["result"]["isError"] != json!(true), "{answer}");
    (id, answer["result"]["structuredContent"].clone())
}
