//! Plans that are being carried out: where they are, what ends them early, and that a restart goes on
//! at once with what is left. The signals are real ones.

use serde_json::{Value, json};
use souk_tests::{Era, Mcp, RawClient, modern, until};

use super::killed::sent;
use super::{Shop, commit, confirmed, id, in_state, items, propose, undo};

/// Small chunks, and a lease that outlives every test: nobody may wait for its end.
const CHUNKS: &str = "[plans]\nchunk = 20\nconcurrency = 4\nlease_s = 600\n";
const MANY: usize = 100;

/// A store that takes its time, and a plan for it, as `shop` has it.
async fn slow_plan(shop: &Shop, client: &Mcp, skus: &[String], title: &str) -> String {
    let plan = propose(client, skus, title).await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    plan
}

/// A host of its own on stdio, message by message, logged in.
async fn logged_in_wire(shop: &Shop) -> RawClient {
    let mut wire = shop.souk().wire();
    wire.send(&modern(1, "tools/call", json!({"name": "auth_login", "arguments": {}}))).await;
    wire.answer(1).await;
    wire
}

/// The message that commits a plan, by the number 2.
fn commit_call(plan: &str) -> Value {
    let arguments = confirmed(plan);
    modern(2, "tools/call", json!({"name": "plans_commit", "arguments": arguments}))
}

/// Such a host that has been asked to commit the plan, as message 2.
async fn committing(shop: &Shop, plan: &str) -> RawClient {
    let mut wire = logged_in_wire(shop).await;
    wire.send(&commit_call(plan)).await;
    wire
}

async fn written(shop: &Shop, at_least: usize) {
    until("some are written", async || shop.writes().await.len() >= at_least).await;
}

async fn plan_of(client: &Mcp, plan: &str) -> Value {
    client.answer("plans_get", json!({"plan_id": plan, "page_size": 1})).await["plan"].take()
}

/// What was stopped left nothing on its way, and another host goes on with it at once: everything is
/// written, and nothing twice.
async fn is_resumed_at_once(client: &Mcp, shop: &Shop, skus: &[String], plan: &str, title: &str) {
    let left = plan_of(client, plan).await;
    assert_eq!(left["state"], "stopped", "{left}");
    assert_eq!((&left["unknown"], &left["sending"]), (&json!(0), &json!(0)), "{left}");
    let done = left["done"].as_u64().unwrap();
    assert!(0 < done && done < skus.len() as u64, "{left}");
    assert_eq!(left["pending"], json!(skus.len() as u64 - done), "{left}");
    shop.store.faults(&json!([])).await;
    let resumed = client.answer("plans_resume", confirmed(plan)).await;
    assert_eq!(
        (&resumed["state"], &resumed["success_count"]),
        (&json!("done"), &json!(skus.len()))
    );
    assert!(sent(shop, skus).await.iter().all(|&times| times == 1));
    let now = shop.field("all", skus, "meta_title").await;
    assert!(now.values().all(|value| value == title), "{now:?}");
}

#[tokio::test]
async fn a_running_plan_tells_where_it_is_and_the_terminal_stops_it() {
    let shop = Shop::new(CHUNKS).await;
    let (first, second) = (shop.host().await, shop.host().await);
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &first, &skus, "Stopped").await;
    // Two terminals start before it could be done.
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 600}])).await;
    let watching = async {
        written(&shop, 24).await;
        let running = plan_of(&second, &plan).await;
        assert_eq!(
            (&running["state"], &running["unknown"]),
            (&json!("running"), &json!(0)),
            "{running}"
        );
        let run = &running["run"];
        assert_eq!((&run["is_under_way"], &run["started_by"]), (&json!(true), &json!("local")));
        assert_eq!(run["at"], format!("process {} of this machine", first.process().pid()));
        let (done, left) = (run["done"].as_u64().unwrap(), run["left"].as_u64().unwrap());
        assert_eq!(done + left, MANY as u64, "{running}");
        assert_eq!(json!(done), running["done"]);
        assert!(run["started_at"].as_str().unwrap().ends_with('Z'), "{running}");
        let shown = shop.home.souk(["plans", "show", &plan, "-n", "1"]).on(&shop.store).run().await;
        assert!(shown.ok().contains("\nrunning since "));
        let stop = shop.home.souk(["plans", "stop", &plan]).on(&shop.store);
        stop.run().await.ok()
    };
    let committing = first.answer("plans_commit", confirmed(&plan));
    let (stopped, committed) = tokio::join!(watching, committing);
    assert!(stopped.contains("it has stopped: "), "{stopped}");
    assert_eq!(committed["state"], "stopped", "{committed}");
    let message = committed["message"].as_str().unwrap();
    assert!(message.contains("stopped by `the operator`"), "{message}");
    let ended = plan_of(&second, &plan).await;
    assert_eq!(ended["run"]["is_under_way"], false, "{ended}");
    assert!(ended["run"]["ended_early"].as_str().unwrap().contains("`the operator`"), "{ended}");
    let listed = second.answer("plans_list", json!({"state": "stopped"})).await;
    assert_eq!(listed["plans"][0]["plan_id"], json!(plan), "{listed}");
    // To stop it once more takes back what was approved since.
    let again = second.answer("plans_stop", json!({"plan_id": plan})).await;
    assert!(again["message"].as_str().unwrap().starts_with("it has stopped: "), "{again}");
    is_resumed_at_once(&second, &shop, &skus, &plan, "Stopped").await;
}

#[tokio::test]
async fn plans_stop_stops_a_plan_of_its_caller_alone() {
    let shop = Shop::new(&format!(
        "{CHUNKS}\n[principals.anna]\ntoken = \"anna-anna-anna-anna-anna-anna\"\n\
         [principals.otto]\ntoken = \"otto-otto-otto-otto-otto-otto\"\n"
    ))
    .await;
    let served = shop.souk().http().await;
    let anna = served.connect_as(Era::Modern, "anna-anna-anna-anna-anna-anna").await;
    let otto = served.connect_as(Era::Modern, "otto-otto-otto-otto-otto-otto").await;
    anna.log_in().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &anna, &skus, "Annas").await;
    let stopping = async {
        written(&shop, 10).await;
        let refused = otto.refusal("plans_stop", json!({"plan_id": plan})).await;
        assert!(refused.starts_with("PLAN_NOT_FOUND: "), "{refused}");
        anna.answer("plans_stop", json!({"plan_id": plan})).await
    };
    let (stopped, committed) =
        tokio::join!(stopping, anna.answer("plans_commit", confirmed(&plan)));
    assert_eq!(
        (&stopped["state"], &stopped["done"]),
        (&json!("stopped"), &committed["success_count"])
    );
    assert_eq!(stopped["left"], json!(MANY as u64 - stopped["done"].as_u64().unwrap()));
    is_resumed_at_once(&anna, &shop, &skus, &plan, "Annas").await;
}

#[tokio::test]
async fn a_commit_tells_its_progress() {
    let shop = Shop::new(CHUNKS).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &client, &skus, "Progress").await;
    client.close().await;
    let mut wire = logged_in_wire(&shop).await;
    let mut call = commit_call(&plan);
    call["params"]["_meta"]["progressToken"] = json!("mine");
    wire.send(&call).await;
    let mut reports = Vec::new();
    let answer = loop {
        let message = wire.next().await.unwrap();
        if message["id"] == 2 {
            break message;
        }
        if message["method"] == "notifications/progress" {
            assert_eq!(message["params"]["progressToken"], "mine");
            assert_eq!(message["params"]["total"].as_f64(), Some(100.0), "{message}");
            reports.push(message["params"]["progress"].as_f64().unwrap());
        }
    };
    assert_eq!(answer["result"]["structuredContent"]["state"], "done", "{answer}");
    // How many arrive is the machine's: what waits behind a newer one is left out.
    assert!(reports.len() >= 5 && reports[0] < 50.0, "{reports:?}");
    assert!(reports.is_sorted_by(|earlier, later| earlier < later), "{reports:?}");
    assert_eq!(reports.last(), Some(&100.0));
}

#[tokio::test]
async fn a_host_on_stdio_that_is_asked_to_end_gives_its_plan_back() {
    for signal in ["TERM", "INT"] {
        let shop = Shop::new(CHUNKS).await;
        let client = shop.host().await;
        let skus = shop.simple(MANY).await;
        let plan = slow_plan(&shop, &client, &skus, signal).await;
        client.close().await;
        let mut wire = committing(&shop, &plan).await;
        written(&shop, 10).await;
        wire.process().signal(signal).await;
        // Its caller hears of it, and the process ends by itself.
        let told = wire.answer(2).await;
        assert_eq!(told["result"]["structuredContent"]["state"], "stopped", "{told}");
        assert_eq!(wire.ended().await, Some(0), "{signal}");
        let client = shop.host().await;
        is_resumed_at_once(&client, &shop, &skus, &plan, signal).await;
    }
}

#[tokio::test]
async fn a_host_over_http_that_is_asked_to_end_gives_its_plan_back() {
    let shop = Shop::new(CHUNKS).await;
    let mut served = shop.souk().http().await;
    let client = served.connect(Era::Modern).await;
    client.log_in().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &client, &skus, "Http").await;
    let ending = async {
        written(&shop, 10).await;
        served.terminate().await
    };
    let (ended, committed) = tokio::join!(ending, client.answer("plans_commit", confirmed(&plan)));
    assert_eq!(ended, Some(0));
    assert_eq!(committed["state"], "stopped", "{committed}");
    let client = shop.host().await;
    is_resumed_at_once(&client, &shop, &skus, &plan, "Http").await;
}

#[tokio::test]
async fn at_the_end_of_input_the_chunk_under_way_is_carried_out_and_the_plan_given_back() {
    let shop = Shop::new(CHUNKS).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &client, &skus, "Input").await;
    client.close().await;
    let mut wire = committing(&shop, &plan).await;
    written(&shop, 30).await;
    wire.end_input();
    let told = wire.answer(2).await;
    assert_eq!(told["result"]["structuredContent"]["state"], "stopped", "{told}");
    assert_eq!(
        told["result"]["structuredContent"]["success_count"].as_u64().unwrap() % 20,
        0,
        "{told}"
    );
    assert_eq!(wire.ended().await, Some(0));
    let client = shop.host().await;
    is_resumed_at_once(&client, &shop, &skus, &plan, "Input").await;
}

#[tokio::test]
async fn a_terminal_that_is_interrupted_gives_its_plan_back() {
    let shop = Shop::new(CHUNKS).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &client, &skus, "Terminal").await;
    let souk = shop.home.souk(["plans", "commit", &plan, "--reason", "sale"]).on(&shop.store);
    let mut terminal = souk_tests::Process::start(souk.command());
    written(&shop, 10).await;
    terminal.signal("INT").await;
    assert_eq!(terminal.ended().await, Some(1), "not all was done");
    is_resumed_at_once(&client, &shop, &skus, &plan, "Terminal").await;
}

#[tokio::test]
async fn a_killed_process_is_known_dead_at_once_whatever_its_lease_says() {
    let shop = Shop::new(CHUNKS).await;
    let (first, second) = (shop.host().await, shop.host().await);
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &first, &skus, "Killed").await;
    let killing = async {
        written(&shop, 30).await;
        first.process().kill().await;
    };
    let committing = first.call("plans_commit", confirmed(&plan));
    let ((), _) =
        tokio::join!(killing, tokio::time::timeout(std::time::Duration::from_secs(3), committing));
    let left = plan_of(&second, &plan).await;
    assert_eq!((&left["state"], &left["run"]["is_under_way"]), (&json!("running"), &json!(false)));
    let stopped = second.answer("plans_stop", json!({"plan_id": plan})).await;
    assert!(stopped["message"].as_str().unwrap().contains("is gone"), "{stopped}");
    // Nobody waits for the ten minutes of its lease.
    let resumed = second.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!((&resumed["state"], &resumed["success_count"]), (&json!("done"), &json!(MANY)));
}

#[tokio::test]
async fn a_commit_on_a_slow_store_ends_at_its_deadline_and_goes_on_when_resumed() {
    let shop = Shop::new("[plans]\nconcurrency = 2\ncommit_max_s = 1\n").await;
    let client = shop.host().await;
    let skus = shop.simple(30).await;
    let plan = propose(&client, &skus, "Deadline").await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 150}])).await;
    let first = commit(&client, &plan).await;
    assert_eq!(first["state"], "stopped", "{first}");
    let message = first["message"].as_str().unwrap();
    assert!(message.contains("1 s") && message.contains("plans.commit_max_s"), "{message}");
    // Its lease was given back: what is left goes on, a second at a time. On a busy machine a second
    // may not be enough for any of it.
    let mut done = first["success_count"].as_u64().unwrap();
    let mut last = first;
    for _ in 0..60 {
        if last["state"] == "done" {
            break;
        }
        last = client.answer("plans_resume", confirmed(&plan)).await;
        let now = last["success_count"].as_u64().unwrap();
        assert!(now >= done, "{last}");
        done = now;
    }
    assert_eq!(last["state"], "done", "{last}");
    assert!(sent(&shop, &skus).await.iter().all(|&times| times == 1));
}

#[tokio::test]
async fn a_cancelled_call_stops_its_commit_where_the_operator_wants_that() {
    let shop = Shop::new(&format!("{CHUNKS}cancel_stops = true\n")).await;
    let client = shop.host().await;
    let skus = shop.simple(MANY).await;
    let plan = slow_plan(&shop, &client, &skus, "Cancelled").await;
    let mut wire = committing(&shop, &plan).await;
    written(&shop, 10).await;
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    wire.send(&cancelled).await;
    until("it has stopped", async || plan_of(&client, &plan).await["state"] == "stopped").await;
    let ended = plan_of(&client, &plan).await;
    assert!(ended["run"]["ended_early"].as_str().unwrap().contains("cancelled"), "{ended}");
    is_resumed_at_once(&client, &shop, &skus, &plan, "Cancelled").await;
}

#[tokio::test]
async fn what_did_nothing_is_not_undone_and_says_so() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(2).await;
    let plan = propose(&client, &skus, "Never").await;
    let refused = client.refusal("plans_undo", json!({"plan_id": plan})).await;
    assert!(refused.starts_with("CONFLICT: "), "{refused}");
    assert!(refused.contains("has nothing to take back: it was never committed"), "{refused}");
    shop.store.put(&format!("/all/V1/products/{}", skus[0]), &super::titled("Theirs")).await;
    shop.store.put(&format!("/all/V1/products/{}", skus[1]), &super::titled("Theirs")).await;
    commit(&client, &plan).await;
    let refused = client.refusal("plans_undo", json!({"plan_id": plan})).await;
    assert!(refused.contains("it did not write any of its 2 items"), "{refused}");
    // Of what was written and is as before again, nothing is left.
    let plan = propose(&client, &skus[..1], "Ours").await;
    commit(&client, &plan).await;
    let proposed = undo(&client, &plan).await;
    assert!(proposed["message"].as_str().unwrap().starts_with("1 item would be put back"));
    commit(&client, id(&proposed)).await;
    let refused = client.refusal("plans_undo", json!({"plan_id": plan})).await;
    assert!(refused.contains("nothing left to take back"), "{refused}");
    let listed = client.answer("plans_list", json!({"state": "proposed"})).await;
    assert_eq!(listed["plans"], json!([]), "no empty plan is left behind: {listed}");
}

#[tokio::test]
async fn the_terminal_keeps_why_a_plan_is_taken_back() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(1).await;
    let plan = propose(&client, &skus, "Wrong").await;
    commit(&client, &plan).await;
    let run =
        async |arguments: &[&str]| shop.home.souk(arguments.to_vec()).on(&shop.store).run().await;
    let shown = run(&["plans", "undo", &plan, "--reason", "a wrong title"]).await.ok();
    let undo = shown.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(undo.starts_with("plan_"), "{shown}");
    let done = run(&["plans", "commit", &undo]).await.ok();
    assert!(done.contains("1 of 1 done"), "{done}");
    assert!(run(&["plans", "show", &undo]).await.ok().contains("reason: “a wrong title”"));
    // A plan without one is not committed without one.
    let plan = propose(&client, &skus, "Again").await;
    let refused = run(&["plans", "commit", &plan]).await;
    assert!(refused.err.contains("--reason"), "{}", refused.err);
    assert!(in_state(&items(&client, &plan).await, "pending").len() == 1);
}
