//! What is kept has bounds, and a person's values can be taken out of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, SmallDisk, scaled};

use super::simple;

/// Bytes of all files in a directory.
fn size(directory: &Path) -> u64 {
    fs::read_dir(directory).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Whether this stands in any file of the directory, in whatever form it is kept.
fn holds(directory: &Path, text: &str) -> bool {
    let found = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
    };
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| found(&path))
}

fn described(skus: &[String], text: &str) -> Value {
    json!({
        "match": {"sku_list": skus},
        "updates": {"description": text},
        "scope": {"scope": "global"},
    })
}

#[tokio::test]
async fn one_call_cannot_fill_the_disk_and_many_cannot_either() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(
        "[state]\nitem_bytes = 100000\ndraft_bytes = 500000\nprincipal_bytes = 1500000\n",
    );
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let skus = simple(&store, 40).await;
    let (tool, state) = ("catalog_prepare_bulk_update", home.path("state"));
    let refused = host.refusal(tool, described(&skus[..1], &"d".repeat(60_000))).await;
    assert!(refused.contains("`state.item_bytes`"), "{refused}");
    let refused = host.refusal(tool, described(&skus, &"d".repeat(20_000))).await;
    assert!(refused.contains("`state.draft_bytes`"), "{refused}");
    let mut plans = 0;
    let refused = loop {
        let text = format!("{plans} {}", "d".repeat(8_000));
        let result = host.call(tool, described(&skus[..10], &text)).await.unwrap();
        if result.is_error == Some(true) {
            break format!("{:?}", result.content);
        }
        plans += 1;
        assert!(plans < 40, "no end of it");
    };
    assert!(refused.contains("`state.principal_bytes`"), "{refused}");
    assert!(plans >= 2 && size(&state) < 16 << 20, "{plans} plans, {} bytes", size(&state));
    // What is thrown away makes room by itself.
    let listed = host.answer("plans_list", json!({})).await;
    for plan in listed["plans"].as_array().unwrap() {
        host.answer("plans_discard", json!({"plan_id": plan["plan_id"]})).await;
    }
    host.answer(tool, described(&skus[..10], &"e".repeat(8_000))).await;
}

/// A plugin that is hostile proposes all that it can, from many calls at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_hostile_plugin_drafts_in_many_calls_fills_neither_disk_nor_memory() {
    const MIB: u64 = 1 << 20;
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure(
        "[state]\nitem_bytes = 200000\ndraft_bytes = 1000000\nprincipal_bytes = 4000000\n",
    );
    let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", home.plugins_and_forger());
    let host = souk.logged_in().await;
    let (skus, state) = (simple(&store, 8).await, home.path("state"));
    let stuffed = |characters: u32, body: &Value| {
        let changes = skus.iter().map(|sku| {
            json!({
                "subject": {"kind": "product", "id": sku},
                "edits": [{"field": "name", "at": "/name", "after": {"as_sent": [[0, "/product/name"]]}}],
                "steps": [{"method": "PUT", "route": "/V1/products/{sku}",
                    "path": {"sku": "subject"}, "body": body}],
            })
        });
        json!({
            "intent": {"one": {"route": "/V1/products/{sku}", "path": {"sku": "subject"}}},
            "changes": changes.collect::<Vec<_>>(), "stuffing": characters,
        })
    };
    let name = json!({"product": {"name": "{stuffing}"}});
    let propose = async |characters: u32, body: &Value| {
        host.refused_or_answered("forger_prepare", stuffed(characters, body)).await
    };
    host.process().forget_peak();
    let before = host.process().resident();
    let refused = propose(250_000, &name).await.unwrap();
    assert!(refused.contains("`state.item_bytes`"), "{refused}");
    let refused = propose(80_000, &name).await.unwrap();
    assert!(refused.contains("`state.draft_bytes`"), "{refused}");
    let all = (0..scaled(16)).map(|_| propose(50_000, &name));
    let ended = futures::future::join_all(all).await;
    let kept = ended.iter().filter(|ended| ended.is_err()).count();
    for refused in ended.iter().filter_map(|ended| ended.as_ref().ok()) {
        assert!(
            refused.contains("`state.principal_bytes`") || refused.starts_with("RATE_LIMITED: "),
            "{refused}"
        );
    }
    assert!((1..=4).contains(&kept), "{kept} plans of 800 kB are kept");
    // Of many small values, which take far more room than their text.
    let nodes: Vec<Value> = (0..6_000).map(|_| json!({"b": 1})).collect();
    propose(0, &json!({"product": {"name": "x", "a": nodes}})).await.unwrap();
    assert!(size(&state) < 24 * MIB, "{} MiB on the disk", size(&state) / MIB);
    let grown = host.process().peak().saturating_sub(before);
    assert!(grown < 400 * MIB, "the host grew by {} MiB", grown / MIB);
    // And all of it comes back.
    let listed = host.answer("plans_list", json!({})).await;
    assert_eq!(listed["plans"].as_array().unwrap().len(), kept);
    for plan in listed["plans"].as_array().unwrap() {
        host.answer("plans_discard", json!({"plan_id": plan["plan_id"]})).await;
    }
    propose(50_000, &name).await.unwrap_err();
}

#[tokio::test]
async fn a_full_disk_refuses_a_proposal_and_the_host_goes_on() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let mut disk = SmallDisk::new(4096);
    let souk = home.souk(["serve"]).on(&store).env("SOUK_STATE_DIR", disk.path("state"));
    let host = souk.logged_in().await;
    let skus = simple(&store, 10).await;
    disk.leave(60_000);
    let refused =
        host.refusal("catalog_prepare_bulk_update", described(&skus, &"d".repeat(50_000))).await;
    assert!(refused.contains("disk is full") || refused.contains("cannot be"), "{refused}");
    disk.make_room();
    host.answer("catalog_prepare_bulk_update", described(&skus, "short")).await;
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_trail_never_knew() {
    const WHO: &str = "ada.lovelace@example.com";
    let (store, home) = (DemoStore::start().await, Home::new());
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let skus = simple(&store, 3).await;
    let tool = "catalog_prepare_bulk_update";
    let about = format!("Ask Ada at {WHO}.");
    let proposed = host.answer(tool, described(&skus[..1], &about)).await;
    let plan = proposed["plan_id"].clone();
    let mut confirmed = souk_tests::confirmed(json!({"plan_id": plan}));
    confirmed["reason"] = format!("{WHO} asked for it").into();
    host.answer("plans_commit", confirmed).await;
    let other = host.answer(tool, described(&skus[1..2], "Ask nobody.")).await["plan_id"].clone();
    // In an argument that is refused, and so in a message.
    host.refusal("catalog_get_product", json!({"sku": WHO})).await;
    let state = home.path("state");
    assert!(holds(&state, WHO), "the plan holds it");
    assert!(!fs::read_to_string(home.trail()).unwrap().to_lowercase().contains("lovelace"));

    let before = host.answer("plans_get", json!({"plan_id": plan})).await;
    let said = home.souk(["state", "forget", "Ada.Lovelace@Example.com"]).run().await.ok();
    assert!(said.starts_with("1 plan and 0 documents"), "{said}");
    assert_eq!(host.process().log().matches("ERROR").count(), 0);
    let after = host.answer("plans_get", json!({"plan_id": plan})).await;
    assert_eq!(after["plan"]["digest"], before["plan"]["digest"]);
    assert_eq!(after["plan"]["done"], 1, "{after}");
    assert_eq!(after["items"], json!([]));
    let undo = host.refusal("plans_undo", json!({"plan_id": plan})).await;
    assert!(undo.contains("no longer kept"), "{undo}");
    // The other plan is as it was.
    host.answer("plans_commit", souk_tests::confirmed(json!({"plan_id": other}))).await;
    assert_eq!(host.close().await, Some(0));
    assert!(!holds(&state, WHO), "nothing is left of it, in no page that is free either");
    let again = home.souk(["state", "forget", WHO]).run().await.ok();
    assert!(again.starts_with("0 plans"), "{again}");
}
