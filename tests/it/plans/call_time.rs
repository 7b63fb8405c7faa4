//! A call that takes longer than a call may (`limits.call_ms`), since the store takes its time with the
//! changes that it carries out: its caller hears what there is to hear, and the plan is not lost.

use serde_json::{Value, json};
use souk_tests::{Mcp, calls, lines_of, until};

use super::killed::sent;
use super::{Shop, commit, confirmed, id, items, propose};

/// A call ends after three seconds, of which an honest one needs a part of one.
const LIMITS: &str =
    "[limits]\nwall_ms = 3000\ncall_ms = 3000\n[plans]\nchunk = 5\nconcurrency = 1\n";
const MANY: usize = 30;

/// A store that needs six seconds for all of them.
async fn slow(shop: &Shop) {
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 200}])).await;
}

fn titles(skus: &[String], title: &str) -> Value {
    souk_tests::confirmed(json!({
        "match": {"sku_list": skus},
        "meta_updates": {"meta_title": title},
        "scope": {"scope": "global"},
        "idempotency_key": title,
    }))
}

async fn plan_of(client: &Mcp, plan: &str) -> Value {
    client.answer("plans_get", json!({"plan_id": plan, "page_size": 1})).await["plan"].take()
}

/// Has an apply run into its limit; answers its plan, which is being carried out.
async fn run_into_the_limit(shop: &Shop, client: &Mcp, skus: &[String], title: &str) -> String {
    slow(shop).await;
    let ended = client.call("seo_bulk_update_meta", titles(skus, title)).await.unwrap();
    let text = ended.content[0].as_text().unwrap().text.clone();
    assert_eq!(ended.is_error, Some(true), "{text}");
    let told = ended.structured_content.unwrap_or_else(|| panic!("no outcome: {text}"));
    let plan = id(&told).to_owned();
    assert_eq!(told["state"], "running", "{told}");
    // How far it was then, and that it goes on.
    let done = told["success_count"].as_u64().unwrap();
    assert!(done < MANY as u64, "{told}");
    let begins = format!(
        "INTERNAL_ERROR: plan `{plan}` (running): {done} of {MANY} done so far; it goes on"
    );
    assert!(text.starts_with(&begins), "{text}");
    assert!(text.contains("`limits.call_ms`") && text.contains("`plans_get`"), "{text}");
    assert!(text.contains("do not ask for it again"), "{text}");
    let mut lines = calls(&shop.home.trail());
    lines.retain(|line| line["action"] == "seo_bulk_update_meta");
    let line = lines.pop().unwrap();
    assert_eq!(line["resources"]["plans"], json!([plan]), "{line}");
    assert_eq!(line["outcome"]["failed"]["code"], "INTERNAL_ERROR", "{line}");
    plan
}

/// Each was sent once, with a line before it and one of its end, and has the title.
async fn each_was_written_once(shop: &Shop, skus: &[String], plan: &str, title: &str) {
    assert!(sent(shop, skus).await.iter().all(|&times| times == 1));
    let now = shop.field("all", skus, "meta_title").await;
    assert!(now.values().all(|value| value == title), "{now:?}");
    for kind in ["sending", "write"] {
        let mut lines = lines_of(&shop.home.trail(), kind);
        lines.retain(|line| line["plan"] == plan);
        assert_eq!(lines.len(), skus.len(), "{kind}");
    }
}

#[tokio::test]
async fn an_apply_that_takes_too_long_is_told_as_running_and_goes_on_without_its_caller() {
    let shop = Shop::new(LIMITS).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = run_into_the_limit(&shop, &client, &skus, "Late").await;
    // It is on its way: neither the same call nor a resume begins it anew.
    let refused = client.refusal("plans_resume", confirmed(&plan)).await;
    assert!(refused.starts_with("IDEMPOTENCY_CONFLICT: "), "{refused}");
    let again = client.call("seo_bulk_update_meta", titles(&skus, "Late")).await.unwrap();
    let told = format!("{:?} {:?}", again.content, again.structured_content);
    assert!(told.contains(&plan), "{told}");
    until("it is done", async || plan_of(&client, &plan).await["state"] == "done").await;
    each_was_written_once(&shop, &skus, &plan, "Late").await;
    // And is answered as what it came to.
    shop.store.faults(&json!([])).await;
    let again = client.answer("seo_bulk_update_meta", titles(&skus, "Late")).await;
    assert_eq!((&again["plan_id"], &again["success_count"]), (&json!(plan), &json!(MANY)));
    assert!(sent(&shop, &skus).await.iter().all(|&times| times == 1));
}

#[tokio::test]
async fn what_went_on_without_its_caller_is_resumed_where_its_host_died() {
    let shop = Shop::new(LIMITS).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = run_into_the_limit(&shop, &client, &skus, "Died").await;
    client.process().kill().await;
    shop.store.faults(&json!([])).await;
    let client = shop.host().await;
    let left = plan_of(&client, &plan).await;
    assert!(left["done"].as_u64().unwrap() < MANY as u64, "{left}");
    let resumed = client.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!(
        (&resumed["state"], &resumed["success_count"]),
        (&json!("done"), &json!(MANY)),
        "{resumed}"
    );
    assert!(items(&client, &plan).await.iter().all(|item| item["state"] == "done"));
    let now = shop.field("all", &skus, "meta_title").await;
    assert!(now.values().all(|value| value == "Died"), "{now:?}");
}

#[tokio::test]
async fn a_commit_is_no_plugins_call_and_has_a_deadline_of_its_own() {
    let shop = Shop::new(&format!("{LIMITS}commit_max_s = 1\n")).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = propose(&client, &skus, "Committed").await;
    slow(&shop).await;
    let stopped = commit(&client, &plan).await;
    assert_eq!(stopped["state"], "stopped", "{stopped}");
    let message = stopped["message"].as_str().unwrap();
    assert!(message.contains("plans.commit_max_s"), "{message}");
    shop.store.faults(&json!([])).await;
    let resumed = client.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!(resumed["success_count"], MANY, "{resumed}");
    each_was_written_once(&shop, &skus, &plan, "Committed").await;

    // Longer than a call may take, and no longer than a commit may.
    let shop = Shop::new(LIMITS).await;
    let client = shop.host().await;
    let plan = propose(&client, &skus, "Patient").await;
    slow(&shop).await;
    let done = client.answer("plans_commit", confirmed(&plan)).await;
    assert_eq!((&done["state"], &done["success_count"]), (&json!("done"), &json!(MANY)), "{done}");
    each_was_written_once(&shop, &skus, &plan, "Patient").await;
}
