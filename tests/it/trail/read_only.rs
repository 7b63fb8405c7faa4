//! A file system that takes no writes, from the start or all at once under a running host: whatever
//! cannot be kept there is not begun, and what was sent before is told.

use std::path::Path;

use serde_json::Value;
use souk_tests::{DemoStore, Gate, Home, Mcp, SmallDisk};

use super::{
    apply_title, doctor_says, each_write_is_on_the_trail, go_on, outcome, propose, simple, writes,
};

/// Room enough for ext4 and its journal.
const DEVICE: u32 = 16 << 10;

#[tokio::test]
async fn where_nothing_can_be_kept_nothing_is_sent_and_the_file_system_is_named() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let disk = SmallDisk::new(4096);
    let (state, trail) = (disk.path("state"), disk.path("audit.jsonl"));
    let call = async |title: &str, name: &str, path: &Path| {
        let update = apply_title("TEN-001", title).to_string();
        let souk = home.souk(["call", "seo_bulk_update_meta", &update]).on(&store);
        souk.env(name, path.as_os_str()).run().await
    };
    // Of all that the host keeps, and of the trail alone; before either is there, and after.
    for (name, path) in [("SOUK_STATE_DIR", &state), ("MCP_AUDIT_LOG_PATH", &trail)] {
        for turn in ["first", "second"] {
            let title = format!("Ours, {turn}, with {name}");
            disk.set_read_only(true);
            let refused = call(&title, name, path).await;
            assert_ne!(refused.status, Some(0), "{}{}", refused.out, refused.err);
            let told = format!("{}{}", refused.out, refused.err).to_lowercase();
            assert!(told.contains("read-only file system"), "{told}");
            disk.set_read_only(false);
            let before = writes(&store).await.len();
            let done = call(&title, name, path).await;
            assert_eq!(done.status, Some(0), "{}{}", done.out, done.err);
            assert_eq!(writes(&store).await.len(), before + 1);
            let product = store.rest("/all/V1/products/TEN-001").await;
            let attributes = product["custom_attributes"].as_array().unwrap();
            let is_title = |one: &&Value| one["attribute_code"] == "meta_title";
            assert_eq!(attributes.iter().find(is_title).unwrap()["value"], title);
        }
    }
}

/// Commits a plan of forty items, whose file system breaks off when fourteen are written: what was
/// sent is told, and nothing more goes out.
async fn break_off_in_a_run(
    (store, gate, host): (&DemoStore, &Gate, &Mcp),
    (disk, trail, plan): (&SmallDisk, &Path, &str),
) {
    for _ in 0..14 {
        gate.let_through();
    }
    let breaking = async {
        for _ in 0..15 {
            gate.arrived().await;
        }
        disk.break_off();
        for _ in 0..40 {
            gate.let_through();
        }
    };
    let ((is_answer, answer, text), ()) =
        tokio::join!(outcome(host, "plans_commit", plan), breaking);
    let sent = each_write_is_on_the_trail(store, &[trail], (is_answer, &text)).await;
    assert!((14..=30).contains(&sent), "{sent} were sent");
    assert_eq!(answer["success_count"], sent, "{text}");
    assert!(text.contains("audit trail") || text.contains("kept"), "{text}");
    // And nothing more goes out.
    let (is_answer, _, text) = go_on(host, plan).await;
    assert!(!is_answer && text.contains("cannot be written"), "{text}");
    assert_eq!(writes(store).await.len(), sent, "{text}");
    host.process().logged("Read-only file system").await;
}

#[tokio::test]
async fn a_trail_whose_file_system_breaks_off_stops_a_run_that_goes_on_when_it_is_mended() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nchunk = 10\n");
    let gate = Gate::before(&store, "PUT /rest/").await;
    let disk = SmallDisk::on_device(DEVICE);
    let trail = disk.path("audit.jsonl");
    let souk = home.souk(["serve"]).on_at(&store, gate.url());
    let host = souk.env("MCP_AUDIT_LOG_PATH", &trail).logged_in().await;
    let skus = simple(&store, 40).await;
    let plan = propose(&host, &skus, 33).await;
    break_off_in_a_run((&store, &gate, &host), (&disk, &trail, &plan)).await;
    let doctor = home.souk(["doctor"]).on(&store).env("MCP_AUDIT_LOG_PATH", &trail);
    assert_ne!(doctor_says(doctor, "read-only file system").await, Some(0));

    disk.mount_again();
    let (_, answer, text) = go_on(&host, &plan).await;
    assert_eq!(answer["success_count"], 40, "{text}");
    assert_eq!(writes(&store).await.len(), 40, "none was written twice");
    // What the file system had not flushed is missing, and the host says so.
    assert!(host.process().log().contains("trail"), "{}", host.process().log());
}

#[tokio::test]
async fn where_everything_kept_breaks_off_the_outcome_is_told_and_another_host_goes_on() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nchunk = 10\n");
    let gate = Gate::before(&store, "PUT /rest/").await;
    let disk = SmallDisk::on_device(DEVICE);
    let (state, trail) = (disk.path("state"), disk.path("state/audit.jsonl"));
    let souk = home.souk(["serve"]).on_at(&store, gate.url()).env("SOUK_STATE_DIR", &state);
    let host = souk.logged_in().await;
    let skus = simple(&store, 40).await;
    let plan = propose(&host, &skus, 33).await;
    break_off_in_a_run((&store, &gate, &host), (&disk, &trail, &plan)).await;
    let doctor = home.souk(["doctor"]).on(&store).env("SOUK_STATE_DIR", &state);
    assert_ne!(doctor_says(doctor, "read-only file system").await, Some(0));

    disk.mount_again();
    host.close().await;
    let host = souk.logged_in().await;
    let (_, answer, text) = go_on(&host, &plan).await;
    assert_eq!(answer["success_count"], 40, "{text}");
    assert_eq!(writes(&store).await.len(), 40, "none was written twice");
}

#[tokio::test]
async fn an_apply_whose_file_system_breaks_off_tells_what_it_did() {
    for (name, path) in [("SOUK_STATE_DIR", "state"), ("MCP_AUDIT_LOG_PATH", "audit.jsonl")] {
        let (store, home) = (DemoStore::start().await, Home::new());
        let gate = Gate::before(&store, "PUT /rest/").await;
        let disk = SmallDisk::on_device(DEVICE);
        let souk = home.souk(["serve"]).on_at(&store, gate.url());
        let host = souk.env(name, disk.path(path)).logged_in().await;
        let breaking = async {
            gate.arrived().await;
            disk.break_off();
            gate.let_through();
        };
        let update = apply_title("TEN-001", "Written all the same");
        let (result, ()) = tokio::join!(host.call("seo_bulk_update_meta", update), breaking);
        let result = result.unwrap();
        let text = format!("{:?}", result.content);
        let answer = result.structured_content.unwrap_or_else(|| panic!("{name}: {text}"));
        assert_eq!(answer["success_count"], 1, "{name}: {text}");
        let refused = host.refusal("seo_bulk_update_meta", apply_title("TEN-002", "Later")).await;
        assert!(refused.contains("cannot be written"), "{name}: {refused}");
        assert_eq!(writes(&store).await.len(), 1, "{name}");
    }
}
