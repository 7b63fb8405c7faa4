//! Asking through the caller's own client: what is asked, what counts, and that no answer is no yes.

use serde_json::{Value, json};
use souk_tests::{RawClient, modern, until};

use super::{Shop, of, plan_of, propose, refund, waiting};

const RULE: &str = "[[approvals.rules]]\nneed = 'person'\ngroups = ['catalog']\n";
/// That answers of clients count, as the operator has to say.
const COUNTS: &str = "[approvals]\nelicitation = 'risk'\n";

/// A host whose client can put forms to its user.
async fn asked(shop: &Shop) -> RawClient {
    let mut wire = shop.souk(["serve", "--max-tier", "critical"]).wire();
    wire.process().loaded().await;
    wire.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {"form": {}}},
        "clientInfo": {"name": "asks", "version": "1"}}}))
        .await;
    wire.answer(0).await;
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    call(&mut wire, 1, "auth_login", json!({})).await;
    wire.answer(1).await;
    wire
}

async fn call(wire: &mut RawClient, id: i64, tool: &str, arguments: Value) {
    let params = json!({"name": tool, "arguments": arguments});
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    wire.send(&call).await;
}

/// The next question of the host's; what else it says is passed over.
async fn question(wire: &mut RawClient) -> Value {
    loop {
        let message = wire.next().await.expect("a question");
        assert!(message.get("result").is_none(), "{message}");
        if message["method"] == "elicitation/create" {
            return message;
        }
    }
}

#[tokio::test]
async fn a_clear_yes_counts_below_critical_and_nothing_else_does() {
    let shop = Shop::with_ann(&format!("{RULE}{COUNTS}")).await;
    let client = shop.host().await;
    let mut wire = asked(&shop).await;
    for (number, (answer, expected)) in [
        (json!({"action": "decline"}), "APPROVAL_REQUIRED"),
        (json!({"action": "cancel"}), "APPROVAL_REQUIRED"),
        (json!({"action": "accept", "content": {}}), "APPROVAL_REQUIRED"),
        (json!({"action": "accept", "content": {"approve": "yes"}}), "APPROVAL_REQUIRED"),
        (json!({"action": "accept", "content": {"approve": false, "reason": "no"}}), "REJECTED"),
        (json!({"action": "accept", "content": {"approve": true}}), ""),
    ]
    .into_iter()
    .enumerate()
    {
        let plan = propose(&client, 2, &format!("Asked {number}")).await;
        let id = 10 + i64::try_from(number).unwrap();
        call(&mut wire, id, "plans_commit", of(&plan)).await;
        let asked = question(&mut wire).await;
        let message = asked["params"]["message"].as_str().unwrap();
        assert!(message.contains("2 changes for the store"), "{message}");
        wire.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": answer})).await;
        let ended = wire.answer(id).await;
        let text = ended["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with(expected), "{answer}: {ended}");
        assert_eq!(ended["result"]["isError"] == json!(true), !expected.is_empty(), "{ended}");
        if expected.is_empty() {
            let decisions = plan_of(&client, &plan).await["decisions"].take();
            assert_eq!(decisions[0]["means"], "elicitation", "{decisions}");
        }
    }
    assert_eq!(shop.writes().await, 2);
    // Of what is critical the client is not even asked.
    call(&mut wire, 99, "orders_refund", refund()).await;
    let ended = wire.answer(99).await;
    waiting(ended["result"]["content"][0]["text"].as_str().unwrap());
}

#[tokio::test]
async fn in_the_newer_era_the_call_is_made_again_with_the_answer() {
    let shop = Shop::with_ann(&format!("{RULE}{COUNTS}")).await;
    let client = shop.host().await;
    let plan = propose(&client, 2, "Rounds").await;
    let mut wire = shop.souk(["serve"]).wire();
    wire.process().loaded().await;
    wire.send(&modern(1, "tools/call", json!({"name": "auth_login", "arguments": {}}))).await;
    wire.answer(1).await;
    let mut commit =
        modern(2, "tools/call", json!({"name": "plans_commit", "arguments": of(&plan)}));
    commit["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {"form": {}}});
    wire.send(&commit).await;
    let asked = wire.answer(2).await;
    let questions = asked["result"]["inputRequests"].as_object().unwrap();
    let key = questions.keys().next().unwrap().clone();
    let responses = json!({key: {"action": "accept", "content": {"approve": true}}});
    commit["id"] = json!(3);
    commit["params"]["inputResponses"] = responses;
    if let Some(state) = asked["result"].get("requestState") {
        commit["params"]["requestState"] = state.clone();
    }
    wire.send(&commit).await;
    let ended = wire.answer(3).await;
    assert_eq!(ended["result"]["structuredContent"]["success_count"], 2, "{ended}");
}

#[tokio::test]
async fn the_operator_may_have_no_answer_of_a_client_count() {
    let shop = Shop::with_ann(&format!("{RULE}[approvals]\nelicitation = 'never'\n")).await;
    let client = shop.host().await;
    let plan = propose(&client, 2, "Never").await;
    let mut wire = asked(&shop).await;
    call(&mut wire, 5, "plans_commit", of(&plan)).await;
    let ended = wire.answer(5).await;
    waiting(ended["result"]["content"][0]["text"].as_str().unwrap());
    assert_eq!(shop.writes().await, 0);
}

#[tokio::test]
async fn once_somebody_is_set_up_no_answer_of_a_client_counts_unless_the_operator_says_so() {
    let shop = Shop::new(RULE).await;
    let client = shop.host().await;
    let mut wire = asked(&shop).await;
    // Nobody could be asked past the client yet.
    let plan = propose(&client, 2, "Nobody").await;
    call(&mut wire, 5, "plans_commit", of(&plan)).await;
    let question = question(&mut wire).await;
    let yes = json!({"action": "accept", "content": {"approve": true}});
    wire.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": yes})).await;
    assert_eq!(wire.answer(5).await["result"]["isError"], json!(false));
    assert_eq!(shop.writes().await, 2);
    let before = propose(&client, 2, "Before").await;
    drop(shop.set_up("ann", super::ANN, &[]).await.ok());
    for (id, plan) in [(6, before), (7, propose(&client, 2, "Ann").await)] {
        call(&mut wire, id, "plans_commit", of(&plan)).await;
        let ended = wire.answer(id).await;
        waiting(ended["result"]["content"][0]["text"].as_str().unwrap());
    }
    assert_eq!(shop.writes().await, 2);
}

#[tokio::test]
async fn what_a_caller_answers_outvotes_no_person_who_is_called_alike() {
    let plans = "[plans]\nchunk = 1\nconcurrency = 1\nlease_s = 600\n";
    let shop = Shop::new(&format!("{plans}{RULE}{COUNTS}")).await;
    drop(shop.set_up("local", super::BOB, &[]).await.ok());
    let client = shop.host().await;
    let plan = propose(&client, 20, "Late").await;
    shop.approve(&plan, "local").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 50}])).await;
    let commit = client.outcome("plans_commit", of(&plan));
    let stop = async {
        until("some are written", async || shop.writes().await >= 2).await;
        drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
    };
    tokio::join!(commit, stop);
    shop.store.faults(&json!([])).await;
    let written = shop.writes().await;
    // With the stop nobody has approved any more, so the client is asked; meanwhile the person says no.
    let mut wire = asked(&shop).await;
    call(&mut wire, 5, "plans_resume", of(&plan)).await;
    let question = question(&mut wire).await;
    drop(shop.decide("reject", &plan, "local", &["--reason", "no"]).await.ok());
    let yes = json!({"action": "accept", "content": {"approve": true}});
    wire.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": yes})).await;
    let ended = wire.answer(5).await;
    let text = ended["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("REJECTED: "), "{ended}");
    assert!(written < 20 && shop.writes().await == written, "{ended}");
}

#[tokio::test]
async fn behind_whom_nobody_decides_by_now_nobody_has_said_yes() {
    let shop = Shop::with_ann(&format!("{RULE}{COUNTS}")).await;
    let client = shop.host().await;
    let mut wire = asked(&shop).await;
    let plan = propose(&client, 2, "Late").await;
    call(&mut wire, 5, "plans_commit", of(&plan)).await;
    let question = question(&mut wire).await;
    shop.home.configure(format!("{RULE}{COUNTS}[principals.local]\ndecides = false\n"));
    wire.process().logged("is in force").await;
    let yes = json!({"action": "accept", "content": {"approve": true}});
    wire.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": yes})).await;
    let ended = wire.answer(5).await;
    let text = ended["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("principals.local.decides"), "{ended}");
    assert_eq!(shop.writes().await, 0);
}
