//! The trail's file is taken away under a running host: deleted, replaced, closed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;
use souk_tests::{DemoStore, Gate, Home, lines_of};

use super::{apply_title, each_write_is_on_the_trail, outcome, propose, simple, writes};

/// What is done to the file, and whether a line can be written afterwards.
type Harm = (&'static str, fn(&Path), bool);

const HARMS: &[Harm] = &[
    ("deleted", |trail| fs::remove_file(trail).unwrap(), true),
    ("moved away", |trail| fs::rename(trail, trail.with_extension("moved")).unwrap(), true),
    ("emptied", |trail| fs::write(trail, "").unwrap(), true),
    (
        "a directory in its place",
        |trail| {
            fs::remove_file(trail).unwrap();
            fs::create_dir(trail).unwrap();
        },
        false,
    ),
    (
        "a link to a full device in its place",
        |trail| {
            fs::remove_file(trail).unwrap();
            symlink("/dev/full", trail).unwrap();
        },
        false,
    ),
    (
        "a link to nowhere that is kept in its place",
        |trail| {
            fs::remove_file(trail).unwrap();
            symlink("/dev/null", trail).unwrap();
        },
        false,
    ),
    (
        "something else in its place",
        |trail| {
            fs::remove_file(trail).unwrap();
            fs::write(trail, "a diary\n".repeat(200)).unwrap();
        },
        false,
    ),
    ("its directory removed", |trail| fs::remove_dir_all(trail.parent().unwrap()).unwrap(), false),
    (
        "its directory moved away",
        |trail| {
            let directory = trail.parent().unwrap();
            fs::rename(directory, directory.with_extension("moved")).unwrap();
        },
        false,
    ),
];

/// Whether the call was answered, with what text, and how many writes reached the store.
struct Told {
    is_answer: bool,
    text: String,
    sent: usize,
}

/// Has this done to the file when the first write of an apply arrives at the store.
async fn at_the_first_write(harm: fn(&Path), tool_after: bool) -> (Told, Option<Told>) {
    let (store, home) = (DemoStore::start().await, Home::new());
    let gate = Gate::before(&store, "PUT /rest/").await;
    let directory = home.path("trail");
    fs::create_dir(&directory).unwrap();
    let trail = directory.join("audit.jsonl");
    let souk = home.souk(["serve"]).on_at(&store, gate.url());
    let host = souk.env("MCP_AUDIT_LOG_PATH", &trail).logged_in().await;
    let calling = host.call("seo_bulk_update_meta", apply_title("TEN-001", "At once"));
    let mut announced = Vec::new();
    let harming = async {
        gate.arrived().await;
        announced = lines_of(&trail, "sending");
        harm(&trail);
        gate.let_through();
    };
    let (result, ()) = tokio::join!(calling, harming);
    assert_eq!(announced.len(), 1, "its line was there before it: {announced:?}");
    let result = result.unwrap();
    let text = format!("{:?}", result.content);
    let told =
        Told { is_answer: result.is_error != Some(true), text, sent: writes(&store).await.len() };
    if !tool_after {
        return (told, None);
    }
    // The next one: is it sent?
    for _ in 0..8 {
        gate.let_through();
    }
    let result = host.call("seo_bulk_update_meta", apply_title("TEN-002", "Later")).await.unwrap();
    let text = format!("{:?}", result.content);
    let sent = writes(&store).await.len() - told.sent;
    let later = Told { is_answer: result.is_error != Some(true), text, sent };
    (told, Some(later))
}

#[tokio::test]
async fn whatever_is_done_to_the_file_the_write_that_was_sent_is_told_and_no_other_goes_out_unseen()
{
    for (harm, act, goes_on) in HARMS {
        let (told, later) = at_the_first_write(*act, true).await;
        assert!(told.is_answer && told.sent == 1, "{harm}: {}", told.text);
        let later = later.unwrap();
        assert_eq!(later.sent, usize::from(*goes_on), "{harm}: {}", later.text);
        assert_eq!(later.is_answer, *goes_on, "{harm}: {}", later.text);
    }
}

#[tokio::test]
async fn a_run_of_many_items_stops_and_goes_on_when_the_file_is_back() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nchunk = 10\n");
    let gate = Gate::before(&store, "PUT /rest/").await;
    let directory = home.path("trail");
    fs::create_dir(&directory).unwrap();
    let (trail, kept) = (directory.join("audit.jsonl"), home.path("kept"));
    let souk = home.souk(["serve"]).on_at(&store, gate.url());
    let host = souk.env("MCP_AUDIT_LOG_PATH", &trail).logged_in().await;
    let skus = simple(&store, 40).await;
    let plan = propose(&host, &skus, 33).await;
    for _ in 0..14 {
        gate.let_through();
    }
    let harming = async {
        for _ in 0..14 {
            gate.arrived().await;
        }
        gate.arrived().await;
        fs::rename(&directory, &kept).unwrap();
        fs::write(&directory, "no directory any more").unwrap();
        for _ in 0..40 {
            gate.let_through();
        }
    };
    let ((is_answer, answer, text), ()) =
        tokio::join!(outcome(&host, "plans_commit", &plan), harming);
    let on_trail = kept.join("audit.jsonl");
    let sent = each_write_is_on_the_trail(&store, &[&on_trail], (is_answer, &text)).await;
    assert!((14..=30).contains(&sent), "{sent}");
    assert_eq!(answer["success_count"], sent, "{text}");
    fs::remove_file(&directory).unwrap();
    fs::rename(&kept, &directory).unwrap();
    let (_, answer, text) = outcome(&host, "plans_resume", &plan).await;
    assert_eq!(answer["success_count"], 40, "{text}");
    assert_eq!(writes(&store).await.len(), 40, "none was written twice");
    let subjects: std::collections::BTreeSet<String> =
        lines_of(&trail, "write").iter().map(|line| line["subject"].to_string()).collect();
    assert!(subjects.len() >= 40 - 16, "{}", subjects.len());
}

#[tokio::test]
async fn what_a_resume_finds_out_has_a_line() {
    let (store, home) = (DemoStore::start().await, Home::new());
    home.configure("[plans]\nlease_s = 1\nrepeats = 0\n");
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let skus = simple(&store, 6).await;
    let plan = propose(&host, &skus, 44).await;
    // The store does three of them and its answer never comes; so the host sends, and dies waiting.
    store
        .faults(&json!([{"method": "PUT", "path": "/V1/products/", "fault": "stall-after"}]))
        .await;
    let committing = host.call("plans_commit", souk_tests::confirmed(json!({"plan_id": plan})));
    let killing = async {
        souk_tests::until("all are sent", async || lines_of(&home.trail(), "sending").len() == 6)
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        host.process().kill().await;
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        tokio::join!(committing, killing)
    })
    .await;
    store.faults(&json!([])).await;
    assert_eq!(lines_of(&home.trail(), "write").len(), 0, "nobody saw how they ended");
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let (_, answer, text) = outcome(&host, "plans_resume", &plan).await;
    assert_eq!(answer["success_count"], 6, "{text}");
    let found = lines_of(&home.trail(), "found");
    let mut subjects: Vec<_> = found.iter().map(|line| line["subject"].to_string()).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 6, "{found:?}");
    for line in &found {
        assert_eq!(line["plan"], plan.as_str());
        assert!(line["state"] == "done" || line["state"] == "sending", "{line}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_at_start_is_said_at_start() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let directory = home.path("trail");
    fs::create_dir(&directory).unwrap();
    let trail = directory.join("audit.jsonl");
    symlink("/dev/full", &trail).unwrap();
    let souk = home.souk(["serve"]).on(&store).env("MCP_AUDIT_LOG_PATH", &trail);
    let ran = souk.run().await;
    assert_eq!(ran.status, Some(1), "{}", ran.err);
    assert!(ran.err.contains("not a regular file"), "{}", ran.err);
    fs::remove_file(&trail).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
}
