//! Nothing but MCP on stdout, no reply lost, and an end in good order.

use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Gate, Home, Versions};

fn call(tool: &str, arguments: Value) -> Value {
    let mut params = json!({"name": tool});
    params["arguments"] = arguments;
    params
}

#[tokio::test]
async fn stdout_carries_the_protocol_alone_and_stderr_the_log() {
    let home = Home::new();
    let plugins = home.plugins();
    home.write("plugins/probe.wasm", Versions::new().file(0));
    std::fs::write(plugins.join("broken.wasm"), "rubbish").unwrap();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", &plugins);
    // Everything that might be said is said: compiling for the first time, and all of the log.
    let souk = souk.env("SOUK_LOG", "trace").env("SOUK_CACHE_DIR", home.path("cache"));
    let mut wire = souk.wire();
    wire.write(b"rubbish\n\n[1, 2]\n{\"jsonrpc\": \"2.0\", \"method\": \"nothing\"}\n").await;
    wire.ask(1, "tools/list", json!({})).await;
    wire.ask(2, "tools/call", call("auth_login", json!({}))).await;
    assert_eq!(wire.answer(2).await["result"]["structuredContent"]["store"], "demo");
    wire.ask(3, "tools/call", call("catalog_get_product", json!({"sku": "TEN-002"}))).await;
    wire.ask(4, "tools/call", call("no_such_tool", json!({}))).await;
    wire.ask(5, "tools/call", call("probe_critical", json!({}))).await;
    wire.ask(6, "no/such/method", json!({})).await;
    for id in [3, 5] {
        assert!(wire.answer(id).await["result"].is_object());
    }
    home.write("plugins/probe.wasm", "broken too");
    wire.process().logged("refused probe.wasm").await;
    let log = wire.process().log();
    assert!(log.contains("refused broken.wasm") && log.contains("tools of"), "{log}");
    wire.end_input();
    // Every line that is left is looked at, too.
    while wire.next().await.is_some() {}
    assert_eq!(wire.ended().await, Some(0));
}

#[tokio::test]
async fn input_that_ends_right_after_a_slow_call_still_gets_its_reply() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "products/TEN-002").await;
    let mut wire = home.souk(["serve"]).on_at(&store, gate.url()).wire();
    let subscription = json!({"notifications": {"toolsListChanged": true}});
    wire.ask(1, "subscriptions/listen", subscription).await;
    wire.ask(2, "tools/call", call("auth_login", json!({}))).await;
    wire.answer(2).await;
    wire.ask(3, "tools/call", call("catalog_get_product", json!({"sku": "TEN-002"}))).await;
    wire.end_input();
    gate.arrived().await;
    gate.let_through();
    let reply = wire.answer(3).await;
    assert_eq!(reply["result"]["structuredContent"]["name"], "Skarv 2 Tent");
    while wire.next().await.is_some() {}
    assert_eq!(wire.ended().await, Some(0));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_server_in_good_order() {
    let home = Home::new();
    for era in ERAS {
        let mcp = home.souk(["serve", "--demo"]).stdio(era).await;
        mcp.log_in().await;
        assert_eq!(mcp.close().await, Some(0), "{era:?}");
    }
    let mut silent = home.souk(["serve", "--demo"]).wire();
    silent.end_input();
    assert_eq!(silent.ended().await, Some(0));
}

#[tokio::test]
async fn a_server_on_http_ends_when_asked_to() {
    let home = Home::new();
    let mut served = home.souk(["serve", "--demo"]).http().await;
    let mcp = served.connect(souk_tests::Era::Modern).await;
    mcp.log_in().await;
    assert_eq!(served.terminate().await, Some(0));
}
