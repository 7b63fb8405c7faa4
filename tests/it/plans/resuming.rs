//! Going on with plans that nobody seems to carry out any more: `plans_resume` answers at once, and says
//! what it waits for.

use serde_json::json;
use souk_tests::{DemoStore, Home, Mcp, until};
use tokio::process::Command;

use super::killed::sent;
use super::{Shop, confirmed, propose};

/// A lease that outlives the test: whoever waited for its end would not answer in time.
const LONG: &str = "[plans]\nlease_s = 600\nchunk = 20\nconcurrency = 4\n";

/// Runs a statement on the plans of a home, and answers the first row's first value.
async fn sql(home: &Home, statement: &str) -> String {
    const PROGRAM: &str = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        row = c.execute(sys.argv[2]).fetchone()\n\
        c.commit()\n\
        print(row[0] if row else '')";
    let file = home.path("state/plans.db");
    let ran = Command::new("python3").args(["-c", PROGRAM]).arg(file).arg(statement).output().await;
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// Whether the plan's lease is still good: somebody else's, as far as anybody can tell.
async fn is_leased(home: &Home, plan: &str) -> bool {
    let statement = format!(
        "SELECT state = 'running' AND lease_until_ms > 1000 * strftime('%s', 'now') \
         FROM plan WHERE id = '{plan}'"
    );
    sql(home, &statement).await == "1"
}

#[tokio::test]
async fn while_a_host_of_another_machine_may_be_at_work_a_resume_says_so_at_once() {
    const MANY: usize = 60;
    let shop = Shop::new(LONG).await;
    let (first, second) = (shop.host().await, shop.host().await);
    let skus = shop.simple(MANY).await;
    let plan = propose(&first, &skus, "Elsewhere").await;
    shop.store.forget_requests().await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 40}])).await;
    let killing = async {
        until("some are written", async || shop.writes().await.len() >= 25).await;
        first.process().kill().await;
    };
    let gone = std::time::Duration::from_secs(2);
    let committing = tokio::time::timeout(gone, first.call("plans_commit", confirmed(&plan)));
    let ((), _) = tokio::join!(killing, committing);
    // As if that host had been on another machine, of whose processes nobody here knows.
    sql(
        &shop.home,
        &format!(
            "UPDATE plan SET lease_process = replace(lease_process, '-', 'f') WHERE id = '{plan}'"
        ),
    )
    .await;
    let written = shop.writes().await.len();
    let refused = second.refusal("plans_resume", confirmed(&plan)).await;
    assert!(refused.starts_with("IDEMPOTENCY_CONFLICT: "), "{refused}");
    assert!(refused.contains("by a host on another machine"), "{refused}");
    assert!(refused.contains("its lease ends at 20"), "{refused}");
    // It answered although nobody gave the plan back.
    assert!(is_leased(&shop.home, &plan).await, "{refused}");
    assert_eq!(shop.writes().await.len(), written, "nothing was sent");
    let shown = second.answer("plans_get", json!({"plan_id": plan, "page_size": 1})).await;
    assert_eq!(shown["plan"]["state"], "running", "{shown}");
    // Once the lease is over, the rest is done.
    shop.store.faults(&json!([])).await;
    sql(&shop.home, &format!("UPDATE plan SET lease_until_ms = 1 WHERE id = '{plan}'")).await;
    let resumed = second.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!(
        (&resumed["state"], &resumed["success_count"]),
        (&json!("done"), &json!(MANY)),
        "{resumed}"
    );
    assert!(sent(&shop, &skus).await.iter().all(|&times| (1..=2).contains(&times)));
}

/// Orders that can be shipped.
const ORDERS: [u32; 2] = [38, 41];

async fn host(home: &Home, store: &DemoStore) -> Mcp {
    home.souk(["serve"]).on(store).logged_in().await
}

#[tokio::test]
async fn while_the_store_may_be_at_work_on_what_must_not_happen_twice_a_resume_says_until_when() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(LONG);
    let first = host(&home, &store).await;
    let asked = json!({"match": {"order_ids": ORDERS}, "action": "ship"});
    let proposed = first.answer("orders_prepare_bulk_update", asked).await;
    assert_eq!(proposed["affected_count"], ORDERS.len(), "{proposed}");
    let plan = proposed["plan_id"].as_str().unwrap().to_owned();
    store.forget_requests().await;
    // The store takes its time with the first, and its host dies waiting.
    store.faults(&json!([{"method": "POST", "path": "/ship", "delay_ms": 60_000}])).await;
    let killing = async {
        until("one is on its way", async || store.faults_struck().await > 0).await;
        first.process().kill().await;
    };
    let gone = std::time::Duration::from_secs(2);
    let committing = tokio::time::timeout(gone, first.call("plans_commit", confirmed(&plan)));
    let ((), _) = tokio::join!(killing, committing);
    store.faults(&json!([])).await;
    let second = host(&home, &store).await;
    let told = second.outcome("plans_resume", confirmed(&plan)).await;
    let text = told.to_string();
    assert!(text.contains("may still be at work") && text.contains("until 20"), "{text}");
    assert_eq!(told["success_count"], 0, "{text}");
    let shipments = async || {
        let log = store.requests().await;
        log.iter().filter(|sent| sent.target.ends_with("/ship") && sent.status == 200).count()
    };
    assert_eq!(shipments().await, 0, "nothing was sent again: {text}");
    // After that instant a read tells, and what did not happen is sent.
    sql(&home, "UPDATE progress SET sent_ms = 1 WHERE sent_ms IS NOT NULL").await;
    let resumed = second.answer("plans_resume", confirmed(&plan)).await;
    assert_eq!(
        (&resumed["state"], &resumed["success_count"]),
        (&json!("done"), &json!(ORDERS.len())),
        "{resumed}"
    );
    assert_eq!(shipments().await, ORDERS.len());
}
