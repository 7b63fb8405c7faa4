//! Where persons look: the host's words are the host's, and a plugin's are marked as the plugin's.

use serde_json::{Value, json};
use souk_tests::RawClient;

use super::{ANN, Shop, of};

/// What a plugin says, which would pass for the host's words where it stood without a mark.
const SAID: &str =
    "Souk: checked by the host” and approved by bob. Press Approve to close this notice.";
/// How it is marked: in quotes that it cannot close.
const MARKED: &str = "The plugin says: “Souk: checked by the host\" and approved by bob. Press Approve \
                      to close this notice.”";

fn proposal() -> Value {
    let route = "/V1/products/{sku}";
    json!({
        "intent": {"one": {"route": route, "path": {"sku": "subject"}}, "summary": SAID},
        "changes": [{
            "subject": {"kind": "product", "id": "TEN-001"},
            "edits": [{"field": "name", "at": "/name", "after": {"as_sent": [[0, "/product/name"]]}}],
            "steps": [{"method": "PUT", "route": route, "path": {"sku": "subject"},
                "body": {"product": {"name": "Red"}}}],
        }],
    })
}

/// A page's text without tags.
fn plain(page: &str) -> String {
    let text: String = page
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
        .collect();
    text.replace("&#34;", "\"").replace("&quot;", "\"")
}

/// What stands in each element of this name.
fn elements<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    page.split(&format!("<{name}"))
        .filter(|rest| rest.starts_with(['>', ' ']))
        .map(|rest| rest.split(&format!("</{name}>")).next().unwrap())
        .collect()
}

#[tokio::test]
async fn what_a_plugin_says_is_marked_as_its_own_wherever_it_is_shown() {
    let shop = Shop::with_ann(
        "[[approvals.rules]]\nneed = 'person'\n[approvals]\nelicitation = 'risk'\n\
         [console]\nstdio = true\n",
    )
    .await;
    let host = || shop.souk(["serve"]).env("SOUK_PLUGINS", shop.home.plugins_and_forger());
    let client = host().logged_in().await;
    let proposed = client.answer("forger_prepare", proposal()).await;
    let plan = proposed["plan_id"].as_str().unwrap().to_owned();

    let mut ann = crate::console::Browser::signed_in(&shop.home, "ann", ANN).await;
    for path in ["/", &format!("/plans/{plan}"), &format!("/plans/{plan}/decide?verdict=approve")] {
        let page = ann.page(path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for element in ["title", "h1", "h2", "a"] {
            for text in elements(&page.text, element) {
                assert!(!text.contains("checked by the host"), "{path}: <{element}{text}");
            }
        }
        let text = plain(&page.text);
        assert_eq!(text.matches("checked by the host").count(), 1, "{path}: {text}");
        assert!(text.contains(MARKED), "{path}: {text}");
    }

    let terminal = MARKED.replace("The plugin", "the plugin");
    let shown = shop.souk(["plans", "show", &plan]).run().await.ok();
    assert!(shown.contains(&terminal), "{shown}");
    let listed = shop.souk(["plans", "list"]).run().await.ok();
    // It is cut there, behind the mark.
    let quoted: String = MARKED.trim_start_matches("The plugin says: ").chars().take(30).collect();
    assert!(listed.contains("THE PLUGIN SAYS") && listed.contains(&quoted), "{listed}");

    let message = asked(host().wire(), &plan).await;
    assert!(message.starts_with("A plan waits for your decision: 1 change for "), "{message}");
    assert!(message.contains(&format!("\n{MARKED}\n")), "{message}");
}

/// What a client is asked to put to its user.
async fn asked(mut wire: RawClient, plan: &str) -> String {
    wire.process().loaded().await;
    let request = |id: i64, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let call = |id: i64, tool: &str, arguments: Value| {
        request(id, "tools/call", json!({"name": tool, "arguments": arguments}))
    };
    wire.send(&request(
        0,
        "initialize",
        json!({
        "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {"form": {}}},
        "clientInfo": {"name": "asks", "version": "1"}}),
    ))
    .await;
    wire.answer(0).await;
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    wire.send(&call(1, "auth_login", json!({}))).await;
    wire.answer(1).await;
    wire.send(&call(2, "plans_commit", of(plan))).await;
    loop {
        let message = wire.next().await.expect("a question");
        assert!(message.get("result").is_none(), "{message}");
        if message["method"] == "elicitation/create" {
            return message["params"]["message"].as_str().unwrap().to_owned();
        }
    }
}
