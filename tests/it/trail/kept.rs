//! What is kept has bounds, and a person's values can be taken out of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, SmallDisk};

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
    assert!(said.starts_with("1 plans and 0 documents"), "{said}");
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
