//! Creations, which must not happen twice: a host that dies, and a store whose answers get lost.

use std::time::Duration;

use serde_json::{Value, json};
use souk_tests::{LoggedRequest, Mcp};

use super::killed::{LEASE, chance, commit_until_killed, number, resume};
use super::{Shop, commit, confirmed, id, in_state, items, undo};

/// How many blocks one plan creates.
const MANY: u32 = 40;

/// A plan that creates this many CMS blocks, `NAME-0` and on.
fn blocks(name: &str, count: u32) -> Value {
    let edit = |field: &str| {
        json!({
            "field": field,
            "at": format!("/items/0/{field}"),
            "after": {"as_sent": [[0, format!("/block/{field}")]]},
        })
    };
    json!({
        "intent": {"one": {"route": "/V1/cmsBlock/search", "query": {
            "searchCriteria[filterGroups][0][filters][0][field]": {"text": "identifier"},
            "searchCriteria[filterGroups][0][filters][0][value]": "subject",
        }}},
        "changes": [{
            "subject": {"kind": "cms-block", "id": name},
            "edits": [edit("title"), edit("content")],
            "steps": [{
                "method": "POST", "route": "/V1/cmsBlock",
                "body": {"block": {"title": "Autumn", "content": "<p>Leaves</p>"}},
                "body_bindings": [{"at": "/block/identifier", "value": "subject"}],
            }],
            "retry": "if_absent",
            "undo": {"steps": [{
                "method": "DELETE", "route": "/V1/cmsBlock/{blockId}",
                "path": {"blockId": {"from_response": "/id"}},
            }]},
        }],
        "copies": count,
    })
}

async fn propose(client: &Mcp, name: &str, count: u32) -> String {
    let proposed = client.answer("forger_prepare", blocks(name, count)).await;
    assert_eq!(proposed["count"], count, "{proposed}");
    id(&proposed).to_owned()
}

impl Shop {
    /// How many of the plan's blocks the store holds, one after another.
    async fn held(&self, name: &str, count: u32) -> Vec<usize> {
        let filter = "searchCriteria[filterGroups][0][filters][0]";
        let named = format!(
            "{filter}[field]=identifier&{filter}[conditionType]=like&{filter}[value]={name}-%25"
        );
        let found = self.store.rest(&format!("/all/V1/cmsBlock/search?{named}")).await;
        let blocks = found["items"].as_array().unwrap();
        let is = |block: &Value, id: &str| block["identifier"] == id;
        (0..count)
            .map(|n| format!("{name}-{n}"))
            .map(|id| blocks.iter().filter(|block| is(block, &id)).count())
            .collect()
    }

    /// How often the store was asked to create a block since the log was last forgotten. Where that
    /// is as often as there are blocks, and each is there, none was asked for twice.
    async fn create_count(&self) -> usize {
        let log = self.store.requests().await;
        let creates = |asked: &&LoggedRequest| {
            asked.method == "POST" && asked.target.ends_with("/V1/cmsBlock")
        };
        log.iter().filter(creates).count()
    }
}

#[tokio::test]
async fn a_host_killed_while_it_creates_creates_nothing_twice() {
    let shop = Shop::new(LEASE).await;
    let mut seed = number("SOUK_TEST_SEED", 5);
    let rounds = number("SOUK_TEST_KILLS", 100) / 10;
    let mut client = shop.forger().await;
    // Three waves of sixteen and what is around them.
    shop.store.faults(&json!([{"method": "POST", "delay_ms": 30}])).await;
    let mut in_the_middle = 0;
    for round in 0..rounds {
        let name = format!("round{round}");
        let plan = propose(&client, &name, MANY).await;
        shop.store.forget_requests().await;
        let instant = Duration::from_millis(120).mul_f64(chance(&mut seed));
        commit_until_killed(client, &plan, instant).await;
        client = shop.forger().await;
        let held = shop.held(&name, MANY).await;
        let left = items(&client, &plan).await;
        for (item, held) in left.iter().zip(&held) {
            match item["state"].as_str().unwrap() {
                "done" => assert_eq!(*held, 1, "{item}"),
                "pending" => assert_eq!(*held, 0, "{item}"),
                state => assert_eq!(state, "sending", "{item}"),
            }
        }
        in_the_middle += usize::from((1..held.len()).contains(&held.iter().sum()));
        let found = client.answer("plans_get", json!({"plan_id": plan})).await;
        let outcome = match found["plan"]["state"].as_str().unwrap() {
            "proposed" => commit(&client, &plan).await,
            _ => resume(&client, &plan).await,
        };
        // The store is well, so a read decides of every one.
        assert_eq!(outcome["success_count"], MANY, "{outcome}");
        assert_eq!(shop.held(&name, MANY).await, [1; MANY as usize]);
        assert_eq!(shop.create_count().await, MANY as usize);
    }
    eprintln!("killed in the middle {in_the_middle} times of {rounds}");
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_found_by_a_read_and_not_sent_again() {
    let shop = Shop::new("").await;
    let url = shop.store.url();
    shop.home.configure(format!(
        "{LEASE}\n[[stores]]\nname = 'impatient'\nbase_url = '{url}/'\n\
             limits = {{ write_timeout = 0.5 }}\n"
    ));
    let client = shop.forger().await;
    for (name, written) in [
        ("drop-after", true),
        ("stall-after", true),
        ("truncate", true),
        ("not-json", true),
        ("drop-before", false),
        ("unavailable", false),
    ] {
        let plan = propose(&client, name, 4).await;
        shop.store.forget_requests().await;
        shop.store
            .faults(&json!([{"method": "POST", "path": "/V1/cmsBlock", "every": 2, "fault": name}]))
            .await;
        client.call("plans_commit", confirmed(&plan)).await.unwrap();
        shop.store.faults(&json!([])).await;
        let ended = items(&client, &plan).await;
        let held = shop.held(name, 4).await;
        assert_eq!(held.iter().sum::<usize>(), if written { 4 } else { 2 }, "{name}");
        for (item, held) in ended.iter().zip(&held) {
            // What is there is done. What is not may still come, so nobody says that it failed.
            let truth = if *held == 1 { "done" } else { "unknown" };
            assert_eq!(item["state"], truth, "{name}: {item}");
        }
        assert_eq!(shop.create_count().await, 4, "{name}");
        let outcome = client.answer("plans_resume", confirmed(&plan)).await;
        assert_eq!(outcome["state"], "done", "{name}: {outcome}");
        assert_eq!(shop.held(name, 4).await, [1; 4], "{name}");
        // Only what a read has shown not to be there was sent again.
        let again = shop.create_count().await - 4;
        assert_eq!(again, if written { 0 } else { 2 }, "{name}");
    }
}

#[tokio::test]
async fn what_was_created_is_taken_back_by_the_id_that_the_store_gave_it() {
    let shop = Shop::new("").await;
    let client = shop.forger().await;
    let plan = propose(&client, "brief", 3).await;
    let done = commit(&client, &plan).await;
    assert_eq!(done["success_count"], 3, "{done}");
    assert_eq!(shop.held("brief", 3).await, [1; 3]);
    let proposed = undo(&client, &plan).await;
    assert_eq!(proposed["affected_count"], 3, "{proposed}");
    let undone = commit(&client, id(&proposed)).await;
    assert_eq!(undone["state"], "done", "{undone}");
    assert_eq!(shop.held("brief", 3).await, [0; 3]);
    assert_eq!(in_state(&items(&client, &plan).await, "done").len(), 3);
}
