//! What a call did is the host's to tell: a plugin that fails, is ended or lies after its write hides
//! nothing, what failed is a failure everywhere, and every item that is not done says why.

use rmcp::model::CallToolResult;
use serde_json::{Value, json};
use souk_tests::{Mcp, calls, confirmed, until};

use super::forged::{change, edit, put};
use super::{Shop, id, items, propose};

/// Enough for an honest call, and little enough that endless ones end soon. However often the plugin
/// breaks off, it is called again.
const LIMITS: &str = "[plugins]\npark_s = 0\n[limits]\ncpu_ms = 300\nwall_ms = 2000\n";

/// What an honest plugin says of one change.
fn says(done: u32) -> Value {
    json!({"message": "all is well", "success_count": done, "error_count": 0, "errors": [], "plan_id": "none"})
}

/// A proposal that names these products so.
fn naming(skus: &[String], name: &str) -> Value {
    let changes = skus.iter().map(|sku| {
        let body = json!({"product": {"name": name}});
        let mut change = change(&[edit("name", "/name", "/product/name")], &[put(&body)]);
        change["subject"]["id"] = json!(sku);
        change
    });
    json!({
        "intent": {"one": {"route": "/V1/products/{sku}", "path": {"sku": "subject"}}},
        "changes": changes.collect::<Vec<_>>(),
    })
}

/// The first line of what a result says.
fn first_line(result: &CallToolResult) -> String {
    let text = result.content[0].as_text().unwrap().text.clone();
    text.lines().next().unwrap_or_default().to_owned()
}

/// All that it says.
fn text(result: &CallToolResult) -> String {
    let blocks = result.content.iter().filter_map(|block| block.as_text());
    blocks.map(|block| format!("{}\n", block.text)).collect()
}

fn structure(result: &CallToolResult) -> &Value {
    result.structured_content.as_ref().unwrap_or_else(|| panic!("no structure: {}", text(result)))
}

impl Shop {
    /// The newest plan.
    async fn newest(&self, client: &Mcp) -> Value {
        client.answer("plans_list", json!({"page_size": 1})).await["plans"][0].clone()
    }

    /// The line of the last call on the trail.
    fn last_call(&self) -> Value {
        calls(&self.home.trail()).pop().unwrap()
    }
}

#[tokio::test]
async fn a_plugin_that_is_parked_writes_nothing_and_what_it_wrote_is_told() {
    let shop = Shop::new("[plugins]\npark_after = 1\n").await;
    let client = shop.forger().await;
    let sku = shop.simple(1).await;
    let asked = |name: &str| {
        confirmed(json!({
            "proposal": naming(&sku, name), "says": says(1), "then": "trap", "idempotency_key": name,
        }))
    };
    let told = first_line(&client.call("forger_answer", asked("Once")).await.unwrap());
    let done = format!("plan `{}` (done): 1 of 1 done", id(&shop.newest(&client).await));
    assert!(told.starts_with(&format!("INTERNAL_ERROR: {done}")), "{told}");
    let sent = shop.changes().await.len();
    let again = client.call("forger_answer", asked("Once")).await.unwrap();
    let told = first_line(&again);
    assert!(told.starts_with(&format!("PLUGIN_PARKED: {done}")), "{told}");
    assert!(told.contains("nothing was sent again"), "{told}");
    assert_eq!(structure(&again)["success_count"], 1);
    let another = client.refusal("forger_answer", asked("Twice")).await;
    assert!(
        another.starts_with("PLUGIN_PARKED: the plugin `forger` is parked until "),
        "{another}"
    );
    assert_eq!(shop.changes().await.len(), sent);
    assert_eq!(shop.field("all", &sku, "name").await[&sku[0]], "Once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_a_plugin_after_its_write_the_outcome_is_told() {
    let shop = Shop::new(LIMITS).await;
    let client = shop.forger().await;
    let sku = shop.simple(1).await;
    for (number, (end, code)) in [
        ("trap", "INTERNAL_ERROR"),
        ("loop", "INTERNAL_ERROR"),
        ("sleep", "INTERNAL_ERROR"),
        ("memory", "INTERNAL_ERROR"),
        ("fail", "NOT_FOUND"),
        ("apply", "CONFLICT"),
        ("mismatch", "INTERNAL_ERROR"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("Named {number}");
        let mut asked = confirmed(json!({
            "proposal": naming(&sku, &name), "says": says(1), "then": end, "idempotency_key": end,
        }));
        if end == "mismatch" {
            asked["says"]["success_count"] = json!("one");
        }
        let result = client.call("forger_answer", asked.clone()).await.unwrap();
        let told = first_line(&result);
        let plan = shop.newest(&client).await;
        let id = id(&plan);
        assert_eq!(shop.field("all", &sku, "name").await[&sku[0]], name);
        assert_eq!(result.is_error, Some(true), "{end}: {told}");
        let begins = format!("{code}: plan `{id}` (done): 1 of 1 done");
        assert!(told.starts_with(&begins), "{end}: {told}");
        assert!(!text(&result).contains("unharmed"), "{end}: {told}");
        let told = structure(&result);
        assert_eq!(
            (&told["plan_id"], &told["success_count"], &told["error_count"], &told["errors"]),
            (&json!(id), &json!(1), &json!(0), &json!([])),
            "{end}: {told}"
        );
        let line = shop.last_call_of("forger_answer");
        assert_eq!(line["resources"]["plans"], json!([id]), "{end}: {line}");
        assert_eq!(line["outcome"]["failed"]["code"], code, "{end}: {line}");

        // The same again by the same key: the same outcome, and nothing is sent.
        let sent = shop.changes().await.len();
        let again = client.call("forger_answer", asked).await.unwrap();
        let told = first_line(&again);
        assert!(told.starts_with(&begins) && told.contains("nothing was sent again"), "{told}");
        assert_eq!(structure(&again)["success_count"], 1);
        assert_eq!(shop.changes().await.len(), sent, "{end}");
    }
}

impl Shop {
    /// The newest line of a call of this tool.
    fn last_call_of(&self, tool: &str) -> Value {
        let mut lines = calls(&self.home.trail());
        lines.retain(|line| line["action"] == tool);
        lines.pop().unwrap_or_else(|| panic!("no line of {tool}"))
    }
}

#[tokio::test]
async fn a_plugins_false_counts_are_overruled() {
    let shop = Shop::new("[plans]\nchunk = 5\n").await;
    let client = shop.forger().await;
    let skus = shop.simple(5).await;
    shop.store.faults(&json!([{"method": "PUT", "skip": 2, "fault": "unavailable"}])).await;
    let asked = confirmed(json!({"proposal": naming(&skus, "Two of five"), "says": says(5)}));
    let result = client.call("forger_answer", asked).await.unwrap();
    shop.store.faults(&json!([])).await;
    let plan = id(structure(&result)).to_owned();
    let done = shop.field("all", &skus, "name").await;
    let done = done.values().filter(|name| *name == "Two of five").count();
    assert_eq!(done, 2);
    assert_ne!(result.is_error, Some(true));
    let first = first_line(&result);
    assert!(
        first.starts_with(&format!("partly failed: plan `{plan}` (partly_done): 2 of 5 done, ")),
        "{first}"
    );
    assert!(first.contains("MAGENTO_API_ERROR: "), "the first failures are named: {first}");
    let told = structure(&result);
    assert_eq!((&told["success_count"], &told["error_count"]), (&json!(2), &json!(3)), "{told}");
    assert!(told["message"].as_str().unwrap().starts_with("plan `"), "{told}");
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3);
    for error in errors {
        assert_eq!(error["code"], "MAGENTO_API_ERROR", "{error}");
        assert!(!error["error"].as_str().unwrap().is_empty(), "{error}");
    }
    // All of them failed, and the plugin calls it a success.
    shop.store.faults(&json!([{"method": "PUT", "fault": "unavailable"}])).await;
    let asked = confirmed(json!({"proposal": naming(&skus, "None of five"), "says": says(5)}));
    let result = client.call("forger_answer", asked).await.unwrap();
    shop.store.faults(&json!([])).await;
    assert_eq!(result.is_error, Some(true));
    let told = structure(&result);
    assert_eq!((&told["success_count"], &told["error_count"]), (&json!(0), &json!(5)), "{told}");
    let begins =
        format!("MAGENTO_API_ERROR: plan `{}` (failed): 0 of 5 done, 5 unknown: ", id(told));
    assert!(first_line(&result).starts_with(&begins), "{}", first_line(&result));
    let line = shop.last_call_of("forger_answer");
    assert_eq!(line["outcome"]["failed"]["code"], "MAGENTO_API_ERROR", "{line}");
}

#[tokio::test]
async fn an_outcome_under_a_schema_that_knows_none_stands_beside_it() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let sku = shop.simple(1).await;
    let mut asked = confirmed(naming(&sku, "Beside"));
    asked["close"] = json!("apply");
    let result = client.call("forger_apply", asked).await.unwrap();
    let told = structure(&result);
    assert_eq!((&told["count"], &told["success_count"]), (&json!(1), &json!(1)), "{told}");
    let text = text(&result);
    let outcome = format!("plan `{}` (done): 1 of 1 done, verified by reading back", id(told));
    assert!(text.contains(&outcome), "{text}");
    // A plan that was proposed before the plugin failed changed nothing, and says so.
    let mut asked = naming(&sku, "Waits");
    asked["then"] = json!("trap");
    let refusal = client.refusal("forger_prepare", asked).await;
    let plan = shop.newest(&client).await;
    let waits =
        format!("INTERNAL_ERROR: plan `{}` (proposed) waits, nothing of it was sent", id(&plan));
    assert!(refusal.starts_with(&waits), "{refusal}");
}

#[tokio::test]
async fn what_the_mask_refuses_to_show_was_done_all_the_same() {
    let shop = Shop::new("[policy]\nmask_pii = true\n").await;
    let client = shop.forger().await;
    let sku = shop.simple(1).await;
    let asked =
        confirmed(json!({"proposal": naming(&sku, "Pictured"), "says": says(1), "picture": true}));
    let result = client.call("forger_answer", asked).await.unwrap();
    assert_eq!(result.is_error, Some(true));
    let first = first_line(&result);
    assert!(first.starts_with("FORBIDDEN: plan `") && first.contains("1 of 1 done"), "{first}");
    assert_eq!(shop.field("all", &sku, "name").await[&sku[0]], "Pictured");
}

#[tokio::test]
async fn a_caller_who_leaves_finds_the_outcome_by_the_trail_and_by_the_key() {
    let shop = Shop::new("").await;
    let sku = shop.simple(1).await;
    let gate = souk_tests::Gate::before(&shop.store, "PUT /rest/").await;
    let plugins = shop.home.plugins_and_forger();
    let souk = shop.home.souk(["serve"]).on_at(&shop.store, gate.url());
    let mut wire = souk.env("SOUK_PLUGINS", plugins).wire();
    wire.ask(1, "tools/call", json!({"name": "auth_login", "arguments": {}})).await;
    wire.answer(1).await;
    let asked = confirmed(
        json!({"proposal": naming(&sku, "Left"), "says": says(1), "idempotency_key": "left"}),
    );
    wire.ask(2, "tools/call", json!({"name": "forger_answer", "arguments": asked})).await;
    gate.arrived().await;
    let cancelled = json!({"requestId": 2, "reason": "enough"});
    wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled}))
        .await;
    until("the cancelled call is on the trail", async || calls(&shop.home.trail()).len() == 2)
        .await;
    let line = shop.last_call();
    assert_eq!(line["outcome"]["failed"]["code"], "CANCELLED", "{line}");
    let plan = line["resources"]["plans"][0].as_str().expect("its plan is named").to_owned();
    gate.let_through();
    until("it is done", async || shop.field("all", &sku, "name").await[&sku[0]] == "Left").await;
    let client = shop.forger().await;
    until("its end is kept", async || shop.newest(&client).await["state"] == "done").await;
    let again = client.call("forger_answer", asked).await.unwrap();
    let told = structure(&again);
    assert_eq!((&told["plan_id"], &told["success_count"]), (&json!(plan), &json!(1)), "{told}");
    assert!(text(&again).contains("nothing was sent again"));
}

#[tokio::test]
async fn what_failed_is_a_failure_for_every_tool_that_carries_changes_out() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(2).await;
    let all = json!([{"method": "PUT", "fault": "unavailable"}]);
    for (tool, code) in
        [("plans_commit", "MAGENTO_API_ERROR"), ("catalog_commit_bulk_update", "MAGENTO_API_ERROR")]
    {
        let plan = propose(&client, &skus, tool).await;
        shop.store.faults(&all).await;
        let failed = client.call(tool, confirmed(json!({"plan_id": plan}))).await.unwrap();
        let resumed =
            client.call("plans_resume", confirmed(json!({"plan_id": plan}))).await.unwrap();
        shop.store.faults(&json!([])).await;
        for (tool, result) in [(tool, failed), ("plans_resume", resumed)] {
            assert_eq!(result.is_error, Some(true), "{tool}: {}", text(&result));
            let begins = format!("{code}: plan `{plan}` (failed): 0 of 2 done, 2 unknown: ");
            assert!(first_line(&result).starts_with(&begins), "{tool}: {}", text(&result));
            assert_eq!(structure(&result)["error_count"], 2);
            let line = shop.last_call_of(tool);
            assert_eq!(line["outcome"]["failed"]["code"], code, "{line}");
        }
        let resumed = client.answer("plans_resume", confirmed(json!({"plan_id": plan}))).await;
        assert_eq!(resumed["success_count"], 2, "{resumed}");
    }
    // In part, it is said first.
    let plan = propose(&client, &skus, "one of two").await;
    shop.store.faults(&json!([{"method": "PUT", "skip": 1, "fault": "unavailable"}])).await;
    let partly = client.call("plans_commit", confirmed(json!({"plan_id": plan}))).await.unwrap();
    shop.store.faults(&json!([])).await;
    let begins = format!("partly failed: plan `{plan}` (partly_done): 1 of 2 done, 1 unknown: ");
    assert!(first_line(&partly).starts_with(&begins), "{}", text(&partly));
}

#[tokio::test]
async fn a_failed_apply_in_the_terminal_exits_with_1() {
    let shop = Shop::new("").await;
    let sku = shop.simple(1).await;
    let call = async |title: &str, extra: &[&str]| {
        let arguments = confirmed(json!({
            "match": {"sku_list": sku}, "meta_updates": {"meta_title": title},
            "scope": {"scope": "global"},
        }));
        let arguments = arguments.to_string();
        let words = ["call", "seo_bulk_update_meta", &arguments];
        shop.home.souk(words.iter().chain(extra)).on(&shop.store).run().await
    };
    shop.store.faults(&json!([{"method": "PUT", "fault": "unavailable"}])).await;
    let failed = call("One", &[]).await;
    assert_eq!(failed.status, Some(1));
    assert!(failed.err.contains("MAGENTO_API_ERROR: plan `"), "{}", failed.err);
    let failed = call("Two", &["--json"]).await;
    assert_eq!(failed.status, Some(1));
    let told: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!(told["success_count"], 0, "{told}");
    shop.store.faults(&json!([])).await;
    let done = call("Three", &["--json"]).await;
    assert_eq!(done.status, Some(0), "{}", done.err);
}

#[tokio::test]
async fn every_item_that_is_not_done_says_why_on_every_surface() {
    let shop = Shop::new("[plans]\nchunk = 2\n").await;
    let client = shop.host().await;
    let skus = shop.simple(5).await;
    let plan = propose(&client, &skus, "In maintenance").await;
    // The store goes into maintenance between the review and the commit.
    shop.store.faults(&json!([{"fault": "unavailable"}])).await;
    let failed = client.call("plans_commit", confirmed(json!({"plan_id": plan}))).await.unwrap();
    shop.store.faults(&json!([])).await;
    assert_eq!(failed.is_error, Some(true), "{}", text(&failed));
    assert!(first_line(&failed).starts_with("MAGENTO_API_ERROR: plan `"), "{}", text(&failed));
    let whole = |error: &Value, code: &str, message: &str| {
        assert_eq!(error[code], "MAGENTO_API_ERROR", "{error}");
        assert!(error[message].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    };
    let errors = structure(&failed)["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 5);
    errors.iter().for_each(|error| whole(error, "code", "message"));
    let ended = items(&client, &plan).await;
    for item in &ended {
        assert_eq!(item["state"], "pending");
        whole(&item["failure"], "code", "message");
    }
    let shown = shop.home.souk(["plans", "show", &plan]).on(&shop.store).run().await.ok();
    assert_eq!(shown.matches("MAGENTO_API_ERROR: ").count(), 5, "{shown}");
    // And it goes on where it stands.
    let resumed = client.answer("plans_resume", confirmed(json!({"plan_id": plan}))).await;
    assert_eq!(resumed["success_count"], 5, "{resumed}");
    let titles = shop.field("all", &skus, "meta_title").await;
    assert!(titles.values().all(|title| title == "In maintenance"), "{titles:?}");
}

#[tokio::test]
async fn a_purge_or_a_login_before_a_failure_is_told() {
    let shop =
        Shop { store: souk_tests::DemoStore::with_cache().await, home: souk_tests::Home::new() };
    shop.home.configure("");
    let plugins = shop.home.plugins_and_forger();
    let url = shop.store.credential("SOUK_CDN_URL");
    let souk = shop.souk().env("SOUK_PLUGINS", plugins).env("SOUK_CDN", "varnish");
    let client = souk.env("SOUK_CDN_URL", url).logged_in().await;
    let page = format!("{}/a.html", shop.store.url());
    let asked = confirmed(json!({"urls": [page, "https://evil.example/"], "then": "trap"}));
    let refusal = client.refusal("forger_purge", asked).await;
    let begins = "INTERNAL_ERROR: 1 of 2 purges were accepted; then: ";
    assert!(refusal.starts_with(begins), "{refusal}");
    assert_eq!(shop.last_call_of("forger_purge")["resources"]["purges"], 1);
    // None was accepted, whatever the plugin makes of it.
    let asked = confirmed(json!({"urls": ["https://evil.example/"]}));
    let refusal = client.refusal("forger_purge", asked).await;
    assert!(refusal.contains(": 0 of 1 purges were accepted: "), "{refusal}");

    let home = souk_tests::Home::new();
    home.configure("[policy]\nsession_plugins = ['auth', 'scope', 'probe']\n");
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let client = souk.logged_in().await;
    let refusal = client.refusal("probe_usurp", json!({"fail": true})).await;
    assert!(
        refusal.starts_with("UNAVAILABLE: the caller was logged out; then: as asked"),
        "{refusal}"
    );
}

#[tokio::test]
async fn an_act_on_an_order_that_did_not_happen_is_a_failure_with_its_own_members() {
    let shop = Shop::new("").await;
    shop.store
        .faults(&json!([{"method": "POST", "path": "/refund", "fault": "unavailable"}]))
        .await;
    let refund = confirmed(json!({
        "order_id": 41, "method": "offline", "shipping": 0, "return_to_stock": true,
        "items": [{"sku": "BTL-008", "qty": 1}],
    }));
    let refund = refund.to_string();
    let words = ["call", "--json", "--max-tier", "critical", "orders_refund", &refund];
    let failed = shop.home.souk(words).on(&shop.store).run().await;
    assert_eq!(failed.status, Some(1), "{}", failed.err);
    let told: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!((&told["done"], &told["success_count"]), (&json!(false), &json!(0)), "{told}");
    let begins = format!("MAGENTO_API_ERROR: plan `{}` (failed): 0 of 1 done, 1 ", id(&told));
    assert!(failed.err.contains(&begins), "{}", failed.err);
    let line = shop.last_call_of("orders_refund");
    assert_eq!(line["outcome"]["failed"]["code"], "MAGENTO_API_ERROR", "{line}");
}
