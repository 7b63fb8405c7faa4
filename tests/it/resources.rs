//! What is read by its address beside documents: orders as their tool answers them, and the audit
//! trail for those whom the operator names.

use rmcp::ServiceError;
use serde_json::{Value, json};
use souk_tests::{Era, Home, everywhere};

const OPS: &str = "ops-0123456789abcdef";
const ANN: &str = "ann-0123456789abcdef";

const ORDERS: &str = "souk://orders/{increment_id}";

fn message(error: ServiceError) -> String {
    match error {
        ServiceError::McpError(error) => error.message.into_owned(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_order_reads_as_its_tool_answers_it() {
    let home = Home::new();
    everywhere(&home.souk(["serve", "--demo"]), async |mcp| {
        assert!(mcp.families().await.contains(&ORDERS.to_owned()));
        let early = message(mcp.read("souk://orders/000000012").await.unwrap_err());
        assert!(early.starts_with("NOT_AUTHENTICATED: "), "{early}");
        mcp.log_in().await;
        let read: Value =
            serde_json::from_str(&mcp.read("souk://orders/000000012").await.unwrap()).unwrap();
        let answered = mcp.answer("orders_get", json!({"increment_id": "000000012"})).await;
        assert_eq!(read, answered);
        let none = message(mcp.read("souk://orders/999").await.unwrap_err());
        assert!(none.starts_with("NOT_FOUND: "), "{none}");
    })
    .await;
}

#[tokio::test]
async fn an_order_reads_under_the_mask_and_the_rules_of_its_tool() {
    let home = Home::new();
    let masked = home.souk(["serve", "--demo", "--mask-pii"]).stdio(Era::Legacy).await;
    masked.log_in().await;
    let read = masked.read("souk://orders/000000012").await.unwrap();
    assert!(read.contains("[masked:") && !read.contains("@example.com"), "{read}");
    let denied = home.souk(["serve", "--demo", "--deny", "orders_get"]).stdio(Era::Modern).await;
    denied.log_in().await;
    assert!(!denied.families().await.contains(&ORDERS.to_owned()));
    let refused = message(denied.read("souk://orders/000000012").await.unwrap_err());
    assert!(refused.starts_with("NOT_FOUND: "), "{refused}");
}

#[tokio::test]
async fn the_trail_is_read_by_those_whom_the_operator_names() {
    let home = Home::new();
    home.configure(format!(
        "[policy]\noperators = ['ops-*']\n[principals.ops-1]\ntoken = '{OPS}'\n\
         [principals.ann]\ntoken = '{ANN}'\n"
    ));
    let served = home.souk(["serve", "--demo"]).http().await;
    for era in souk_tests::ERAS {
        let ann = served.connect_as(era, ANN).await;
        ann.log_in().await;
        assert!(!ann.families().await.iter().any(|family| family.starts_with("souk://audit/")));
        let refused = message(ann.read("souk://audit/latest").await.unwrap_err());
        assert!(refused.starts_with("FORBIDDEN: ") && refused.contains("operators"), "{refused}");

        let ops = served.connect_as(era, OPS).await;
        assert!(ops.families().await.contains(&"souk://audit/{line}".to_owned()));
        let page = async |uri: &str| -> Value {
            serde_json::from_str(&ops.read(uri).await.unwrap()).unwrap()
        };
        let latest = page("souk://audit/latest").await;
        let lines = latest["lines"].as_array().unwrap();
        let login = lines.iter().find(|line| line["action"] == "auth_login").unwrap();
        assert_eq!((&login["principal"], &login["outcome"]), (&json!("ann"), &json!("ok")));
        // Reading it is on it, too.
        let refusal = |line: &&Value| {
            line["action"] == "resources/read" && line["outcome"]["failed"]["rule"] == "operators"
        };
        assert!(lines.iter().any(|line| refusal(&line)), "{latest}");
        let early = page("souk://audit/2").await;
        let numbers: Vec<_> =
            early["lines"].as_array().unwrap().iter().map(|l| &l["line"]).collect();
        assert_eq!(numbers, [1, 2]);
        for wrong in ["souk://audit/0", "souk://audit/x"] {
            let none = message(ops.read(wrong).await.unwrap_err());
            assert!(none.starts_with("NOT_FOUND: "), "{none}");
        }
    }
}

#[tokio::test]
async fn a_document_that_goes_is_announced() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let mut client = souk.wire();
    let document = json!({"name": "a.csv", "media_type": "text/csv", "text": "a", "times": 1});
    client
        .ask(1, "subscriptions/listen", json!({"notifications": {"resourcesListChanged": true}}))
        .await;
    client.ask(2, "tools/call", json!({"name": "probe_export", "arguments": document})).await;
    let announced = "notifications/resources/list_changed";
    let mut heard = 0;
    while heard == 0 {
        heard += u32::from(client.next().await.unwrap()["method"] == announced);
    }
    // The operator, or its time being up, takes it away.
    for file in std::fs::read_dir(home.path("state/exports")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    while heard == 1 {
        heard += u32::from(client.next().await.unwrap()["method"] == announced);
    }
    client.ask(3, "resources/list", json!({})).await;
    assert_eq!(client.answer(3).await["result"]["resources"], json!([]));
}

#[tokio::test]
async fn an_older_client_is_told_how_its_calls_go() {
    let home = Home::new();
    let mut client = home.souk(["serve", "--demo"]).wire();
    client.open_legacy().await;
    let mut id = 10;
    let mut told = async |level: &str, tool: &str| -> Vec<Value> {
        id += 2;
        let set = json!({"jsonrpc": "2.0", "id": id, "method": "logging/setLevel",
            "params": {"level": level}});
        client.send(&set).await;
        client.answer(id).await;
        let call = json!({"jsonrpc": "2.0", "id": id + 1, "method": "tools/call",
            "params": {"name": tool, "arguments": {}}});
        client.send(&call).await;
        let mut told = Vec::new();
        loop {
            let message = client.next().await.unwrap();
            if message["id"] == id + 1 {
                return told;
            }
            assert_eq!(message["method"], "notifications/message");
            told.push(message["params"].clone());
        }
    };
    let done = told("debug", "auth_login").await;
    assert_eq!(
        (&done[0]["level"], &done[0]["data"]["tool"]),
        (&json!("debug"), &json!("auth_login"))
    );
    let failed = told("warning", "catalog_get_product").await;
    assert_eq!(failed[0]["data"]["code"], "VALIDATION_ERROR");
    assert!(told("error", "catalog_get_product").await.is_empty());
}
