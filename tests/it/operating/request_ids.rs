//! The id of a request: in its answer, on the trail, in the log and at the store.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Process, calls, confirmed, lines_of, until};

use super::call;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn one_id_leads_from_the_answer_to_the_trail_and_to_the_store() {
    let home = Home::new();
    let store = DemoStore::start().await;
    let served = home.souk(["serve"]).on(&store).http().await;
    let url = served.url();
    call(url, "auth_login", json!({}), &[]).await;
    store.forget_requests().await;
    let product = json!({"sku": "TEN-001"});
    let (given, _) =
        call(url, "catalog_get_product", product.clone(), &[("x-request-id", "web-7.a_1")]).await;
    assert_eq!(given, "web-7.a_1");
    let (of_trace, _) =
        call(url, "catalog_get_product", product.clone(), &[("traceparent", TRACEPARENT)]).await;
    assert_eq!(of_trace, "0af7651916cd43dd8448eb211c80319c");
    // What is no id is replaced, and two are none.
    let (made, _) =
        call(url, "catalog_get_product", product, &[("x-request-id", "ada@example.com")]).await;
    assert!(made.len() == 32 && made.bytes().all(|b| b.is_ascii_hexdigit()), "{made}");
    let at_store = store.requests().await;
    for id in [&given, &of_trace, &made] {
        let lines = calls(&home.trail());
        assert!(lines.iter().any(|line| line["request_id"] == **id), "{id}: {lines:?}");
        assert!(at_store.iter().any(|one| one.request_id.as_deref() == Some(id)), "{at_store:?}");
    }
    // No trace is collected, so none is gone on with.
    assert!(at_store.iter().all(|one| one.traceparent.is_none()), "{at_store:?}");
}

#[tokio::test]
async fn the_requests_of_a_plan_have_the_id_of_whoever_commits_it() {
    let home = Home::new();
    let store = DemoStore::start().await;
    let served = home.souk(["serve"]).on(&store).http().await;
    let url = served.url();
    call(url, "auth_login", json!({}), &[]).await;
    let update = json!({"match": {"sku_list": ["TEN-001", "TEN-002"]},
        "updates": {"meta_title": "New"}, "scope": {"scope": "global"}});
    let (_, proposed) = call(url, "catalog_prepare_bulk_update", update, &[]).await;
    let commit = confirmed(json!({"plan_id": proposed["plan_id"]}));
    call(url, "catalog_commit_bulk_update", commit, &[("x-request-id", "commit-1")]).await;
    for kind in ["sending", "write"] {
        let lines = lines_of(&home.trail(), kind);
        assert!(
            !lines.is_empty() && lines.iter().all(|line| line["request_id"] == "commit-1"),
            "{lines:?}"
        );
    }
    let written: Vec<_> =
        store.requests().await.into_iter().filter(|one| one.method == "PUT").collect();
    assert!(!written.is_empty());
    assert!(written.iter().all(|one| one.request_id.as_deref() == Some("commit-1")), "{written:?}");
}

#[tokio::test]
async fn a_log_of_json_is_nothing_but_json_with_the_id_of_each_request() {
    let home = Home::new();
    let store = DemoStore::start().await;
    let souk = home
        .souk(["serve", "--http", "127.0.0.1:0"])
        .on(&store)
        .env("SOUK_LOG_FORMAT", "json")
        .env("SOUK_LOG", "debug");
    let process = Process::start(souk.command());
    process.logged("serves MCP at http://").await;
    let log = process.log();
    let (_, after) = log.split_once("serves MCP at ").unwrap();
    let url = after.split('"').next().unwrap().to_owned();
    call(&url, "auth_login", json!({}), &[]).await;
    // What is logged for a call: that a request is sent again.
    store
        .faults(&json!([{"path": "/V1/products/TEN-001", "fault": "unavailable", "times": 1}]))
        .await;
    call(&url, "catalog_get_product", json!({"sku": "TEN-001"}), &[("x-request-id", "log-1")])
        .await;
    let lines = || -> Vec<Value> {
        process.log().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    };
    until("its line", || async { lines().iter().any(|line| line["request_id"] == "log-1") }).await;
    for line in lines() {
        for member in ["timestamp", "level", "target", "message"] {
            assert!(line[member].is_string(), "{member} in {line}");
        }
    }
    assert!(lines().iter().any(|line| line["level"] == "info" && line.get("request_id").is_none()));
}
