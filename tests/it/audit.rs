//! Every call is on the trail, nobody else can read it, and whoever changes it is found out.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Gate, Home, calls, until};

fn outcomes(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    calls(&home.trail())
        .iter()
        .map(|call| {
            let outcome = &call["outcome"];
            let code = outcome.pointer("/failed/code").unwrap_or(outcome);
            (text(&call["action"]), text(code))
        })
        .collect()
}

#[tokio::test]
async fn each_call_leaves_a_line_refused_and_cancelled_ones_too() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "products/TEN-002").await;
    let souk = home.souk(["serve", "--deny", "scope_set_default"]).on_at(&store, gate.url());
    let mut wire = souk.wire();
    let call = |tool: &str, arguments: Value| json!({"name": tool, "arguments": arguments});
    for (id, tool, arguments) in [
        (1, "auth_whoami", json!({})),
        (2, "auth_login", json!({})),
        (3, "scope_set_default", json!({"store_view_code": "de"})),
        (4, "catalog_get_product", json!({"skuu": "TEN-002"})),
        (5, "catalog_get_product", json!({"sku": "NOPE"})),
        (6, "auth_whoami", json!({})),
    ] {
        wire.ask(id, "tools/call", call(tool, arguments)).await;
        wire.answer(id).await;
    }
    wire.ask(7, "tools/call", call("catalog_get_product", json!({"sku": "TEN-002"}))).await;
    gate.arrived().await;
    let cancelled = json!({"requestId": 7, "reason": "enough"});
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled}))
        .await;
    until("the cancelled call is on the trail", async || calls(&home.trail()).len() == 7).await;
    gate.let_through();
    let expected = [
        ("auth_whoami", "NOT_AUTHENTICATED"),
        ("auth_login", "ok"),
        ("scope_set_default", "FORBIDDEN"),
        ("catalog_get_product", "VALIDATION_ERROR"),
        ("catalog_get_product", "NOT_FOUND"),
        ("auth_whoami", "ok"),
        ("catalog_get_product", "CANCELLED"),
    ];
    let expected = expected.map(|(action, code)| (action.to_owned(), code.to_owned()));
    assert_eq!(outcomes(&home), expected);

    let lines = calls(&home.trail());
    assert!(lines.iter().all(|line| line["transport"] == "stdio" && line["principal"] == "local"));
    let read = &lines[4];
    assert_eq!(read["resources"]["requests"][0]["route"], "/V1/products/{sku}");
    assert_eq!(read["resources"]["requests"][0]["status"], 404);
    assert_eq!(read["plugin"]["group"], "catalog");
    assert!(read["duration_us"].as_u64().is_some_and(|us| us > 0));
}

#[tokio::test]
async fn each_call_of_a_batch_has_a_line_of_its_own() {
    let home = Home::new();
    let served = home.souk(["serve", "--demo"]).http().await;
    let post = |body: Value| {
        souk_tests::http_client()
            .post(served.url())
            .header("accept", "*/*")
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let opened = post(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-03-26", "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"}}}));
    let opened = opened.send().await.unwrap();
    let session = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let call = |id: u32, tool: &str| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": tool, "arguments": {}}})
    };
    let batch = json!([call(1, "auth_login"), call(2, "auth_whoami"), call(3, "auth_logout")]);
    let answers = post(batch).header("mcp-session-id", session).send().await.unwrap();
    assert_eq!(answers.text().await.unwrap().matches("\"result\"").count(), 3);
    let mut tools: Vec<_> = calls(&home.trail())
        .iter()
        .map(|call| call["action"].as_str().unwrap().to_owned())
        .collect();
    tools.sort();
    assert_eq!(tools, ["auth_login", "auth_logout", "auth_whoami"]);
}

#[tokio::test]
async fn the_trail_is_private_and_holds_no_secret() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let served = home.souk(["serve"]).on(&store).http().await;
    let mcp = served.connect(Era::Legacy).await;
    mcp.log_in().await;
    mcp.answer("catalog_get_product", json!({"sku": "TEN-002"})).await;
    // A secret in the wrong place, where a message might repeat it.
    let secret = store.credential("MAGENTO_OAUTH_TOKEN_SECRET");
    for arguments in [json!({"sku": secret}), json!({ &secret: 1 }), json!({"sku": [&secret]})] {
        mcp.refusal("catalog_get_product", arguments).await;
    }
    let text = std::fs::read_to_string(home.trail()).unwrap();
    let of_calls = text.lines().filter(|line| !line.contains("\"kind\":\"notice\"")).count();
    assert_eq!(of_calls, 6, "the line that begins it, and five calls");
    for (name, value) in store.oauth() {
        assert!(!text.contains(&value), "`{name}` is on the trail:\n{text}");
    }
    assert!(!text.contains("TEN-002"), "arguments are on the trail:\n{text}");
    for file in ["state/audit.jsonl", "state/audit.key"] {
        let mode = std::fs::metadata(home.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let mode = std::fs::metadata(home.path("state")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn whoever_changes_the_trail_is_found_out_by_line() {
    let home = Home::new();
    for sku in ["TEN-001", "TEN-002", "TEN-003", "NOPE"] {
        let sku = format!("sku={sku}");
        home.souk(["call", "catalog_get_product", &sku, "--demo"]).run().await;
    }
    let text = home.souk(["audit", "verify"]).run().await.ok();
    assert!(text.starts_with("5 lines, unbroken"), "{text}");
    let head = text.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();

    let tail = home.souk(["audit", "tail", "-n", "2"]).run().await.ok();
    let lines: Vec<_> = tail.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with("ok") && lines[0].contains("terminal"), "{tail}");
    assert!(lines[1].contains("NOT_FOUND") && lines[1].contains("1 req"), "{tail}");

    let whole = std::fs::read_to_string(home.trail()).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    let forged = lines[1].replace("catalog_get_product", "catalog_nothing_bad");
    for (tampered, line) in [
        ([lines[0], &forged, lines[2], lines[3], lines[4]].join("\n"), "line 2"),
        ([lines[0], lines[2], lines[3], lines[4]].join("\n"), "line 2"),
        ([lines[0], lines[2], lines[1], lines[3], lines[4]].join("\n"), "line 2"),
        ([lines[0], lines[1], "rubbish", lines[3], lines[4]].join("\n"), "line 3"),
    ] {
        std::fs::write(home.trail(), tampered + "\n").unwrap();
        let ran = home.souk(["audit", "verify"]).run().await;
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.err.contains(line), "{line}: {}", ran.err);
    }
    // Lines cut off at the end leave no break, but the head that was noted is gone.
    std::fs::write(home.trail(), lines[..4].join("\n") + "\n").unwrap();
    let ran = home.souk(["audit", "verify", "--since", &head]).run().await;
    assert_eq!(ran.status, Some(1), "{}", ran.out);
}

#[tokio::test]
async fn several_hosts_write_one_trail() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]);
    let (one, other) = (souk.stdio(Era::Legacy).await, souk.stdio(Era::Modern).await);
    let call = async |mcp: &souk_tests::Mcp| {
        for _ in 0..50 {
            mcp.answer("auth_whoami", json!({})).await;
        }
    };
    tokio::join!(one.log_in(), other.log_in());
    tokio::join!(call(&one), call(&other));
    let text = home.souk(["audit", "verify"]).run().await.ok();
    // Beside the calls and the line that begins it, one for each plugin that was loaded, by whoever
    // saw it first.
    let loaded = std::fs::read_dir(souk_tests::plugins()).unwrap().count();
    assert!(text.starts_with(&format!("{} lines, unbroken", 103 + loaded)), "{text}");
}

#[tokio::test]
async fn a_result_that_cannot_be_written_down_is_not_given_out() {
    let home = Home::new();
    let trail = home.path("trail/audit.jsonl");
    std::fs::create_dir(home.path("trail")).unwrap();
    let souk = home.souk(["serve", "--demo"]).env("MCP_AUDIT_LOG_PATH", &trail);
    let mcp = souk.logged_in().await;
    // Whoever swaps the file for something that cannot be written to hides nothing.
    std::fs::remove_file(&trail).unwrap();
    std::fs::create_dir(&trail).unwrap();
    let refusal = mcp.refusal("auth_whoami", json!({})).await;
    assert!(refusal.contains("audit trail cannot be written"), "{refusal}");
}
