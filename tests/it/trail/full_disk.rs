//! A disk that is full, or a quota that is used up: of the trail alone, or of everything the host keeps.

use souk_tests::{DemoStore, Gate, Home, SmallDisk, lines_of};

use super::{
    apply_title, at_price, doctor_says, each_write_is_on_the_trail, go_on, propose, simple, writes,
};

#[tokio::test]
async fn where_the_trail_has_no_room_no_write_goes_out_without_its_line() {
    no_write_goes_out_without_its_line(SmallDisk::new(512)).await;
}

#[tokio::test]
async fn where_the_trails_quota_is_used_up_no_write_goes_out_without_its_line() {
    no_write_goes_out_without_its_line(SmallDisk::with_quota()).await;
}

async fn no_write_goes_out_without_its_line(mut disk: SmallDisk) {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nchunk = 25\n");
    let trail = disk.path("audit.jsonl");
    let host = home.souk(["serve"]).on(&store).env("MCP_AUDIT_LOG_PATH", &trail).logged_in().await;
    let skus = simple(&store, 100).await;
    let plan = propose(&host, &skus, 77).await;
    let (mut sent, mut refused) = (0, 0);
    for left in [0, 700, 4_096, 9_000, 20_000, 60_000, 100_000] {
        disk.leave(left);
        let before = writes(&store).await.len();
        let (is_answer, answer, text) = go_on(&host, &plan).await;
        let told = (is_answer || before == writes(&store).await.len(), text.as_str());
        sent = each_write_is_on_the_trail(&store, &[&trail], told).await;
        if is_answer {
            assert_eq!(answer["success_count"], at_price(&store, &skus, 77).await, "{text}");
        }
        if text.starts_with("INTERNAL_ERROR: ") {
            assert!(text.contains("audit trail"), "{text}");
            refused += 1;
        }
    }
    assert!(sent > 0 && refused > 1, "{sent} were sent, {refused} runs were refused");
    disk.make_room();
    let (_, answer, text) = go_on(&host, &plan).await;
    assert_eq!(answer["success_count"], 100, "{text}");
    assert_eq!(writes(&store).await.len(), 100, "none was written twice");
    let ends = lines_of(&trail, "write");
    let accepted = ends.iter().filter(|line| line["outcome"] == "accepted").count();
    assert!(accepted <= 100 && ends.len() <= lines_of(&trail, "sending").len());
    let verified = home.souk(["audit", "verify", "--file"]).args([&trail]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}

#[tokio::test]
async fn where_nothing_has_room_the_outcome_is_told_all_the_same() {
    the_outcome_is_told_all_the_same(SmallDisk::new(4096)).await;
}

#[tokio::test]
async fn where_the_quota_is_used_up_the_outcome_is_told_all_the_same() {
    the_outcome_is_told_all_the_same(SmallDisk::with_quota()).await;
}

async fn the_outcome_is_told_all_the_same(mut disk: SmallDisk) {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nchunk = 25\nlease_s = 1\n");
    let state = disk.path("state");
    let host = home.souk(["serve"]).on(&store).env("SOUK_STATE_DIR", &state).logged_in().await;
    let skus = simple(&store, 100).await;
    let plan = propose(&host, &skus, 55).await;
    for left in [4_000, 20_000, 60_000, 120_000, 200_000] {
        disk.leave(left);
        let before = writes(&store).await.len();
        let (is_answer, _, text) = go_on(&host, &plan).await;
        let told = (is_answer || before == writes(&store).await.len(), text.as_str());
        each_write_is_on_the_trail(&store, &[&state.join("audit.jsonl")], told).await;
        disk.make_room();
        // Of a run whose end could not be kept the lease runs out.
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    }
    let (is_answer, answer, text) = go_on(&host, &plan).await;
    assert!(is_answer && answer["success_count"] == 100, "{text}");
    assert_eq!(at_price(&store, &skus, 55).await, 100);
    assert_eq!(writes(&store).await.len(), 100, "none was written twice");
}

#[tokio::test]
async fn an_apply_whose_lines_have_no_room_any_more_tells_what_it_did() {
    let ends = an_apply_without_room_tells_what_it_did(SmallDisk::new(256)).await;
    assert!(ends > 0, "where there was room the end is there");
}

#[tokio::test]
async fn an_apply_whose_quota_is_used_up_meanwhile_tells_what_it_did() {
    an_apply_without_room_tells_what_it_did(SmallDisk::with_quota()).await;
}

/// How many lines of ends there are. A file system that copies what it changes keeps no room for them.
async fn an_apply_without_room_tells_what_it_did(mut disk: SmallDisk) -> usize {
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "PUT /rest/").await;
    let trail = disk.path("audit.jsonl");
    let host = home
        .souk(["serve"])
        .on_at(&store, gate.url())
        .env("MCP_AUDIT_LOG_PATH", &trail)
        .logged_in()
        .await;
    // What is left of the last block may hold one line more, or two: tried until it does not.
    let mut without_line = 0;
    for attempt in 0..40 {
        let update = apply_title("TEN-001", &format!("Title {attempt}"));
        let calling = host.call("seo_bulk_update_meta", update);
        let filling = async {
            gate.arrived().await;
            disk.leave(0);
            gate.let_through();
        };
        let (result, ()) = tokio::join!(calling, filling);
        let result = result.unwrap();
        let text = format!("{:?}", result.content);
        assert!(result.structured_content.is_some(), "it was written, and is told as: {text}");
        each_write_is_on_the_trail(&store, &[&trail], (true, "")).await;
        without_line += usize::from(text.contains("audit trail"));
        disk.make_room();
        if without_line > 0 {
            break;
        }
    }
    assert!(without_line > 0, "the room was never too small");
    lines_of(&trail, "write").len()
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_told_by_its_name() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let mut disk = SmallDisk::with_quota();
    let state = disk.path("state");
    let souk = home.souk(["serve"]).on(&store).env("SOUK_STATE_DIR", &state);
    let host = souk.logged_in().await;
    let skus = simple(&store, 10).await;
    let plan = propose(&host, &skus, 55).await;
    disk.leave(0);
    let (is_answer, _, text) = go_on(&host, &plan).await;
    assert!(!is_answer && text.contains("cannot be written"), "{text}");
    host.process().logged("Disk quota exceeded").await;
    assert_eq!(writes(&store).await.len(), 0);
    let doctor = home.souk(["doctor"]).on(&store).env("SOUK_STATE_DIR", &state);
    assert_ne!(doctor_says(doctor, "quota exceeded").await, Some(0));
    disk.make_room();
    let (_, answer, text) = go_on(&host, &plan).await;
    assert_eq!(answer["success_count"], 10, "{text}");
}
