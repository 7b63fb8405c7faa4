//! The chain is sealed: whoever rewrites it is found out, and a file that goes is noticed by itself.

use std::fs;

use serde_json::json;
use souk_tests::{DemoStore, Home, lines_of, until};

use super::doctor_says;

#[tokio::test]
async fn a_deleted_file_is_noticed_without_a_call_and_told_everywhere() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("with the key: each line was written by a holder"), "{verified}");
    fs::remove_file(home.trail()).unwrap();
    host.process().logged("WAS DELETED").await;
    until("the new file says so", async || lines_of(&home.trail(), "removed").len() == 1).await;
    let ran = home.souk(["audit", "verify"]).run().await;
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    assert!(ran.err.contains("deleted while a host was running"), "{}", ran.err);
    let doctor = home.souk(["doctor"]).on(&store);
    assert_eq!(doctor_says(doctor, "deleted while a host was running").await, Some(1));
    // The operator has looked at it.
    let accepted = home.souk(["state", "accept"]).run().await.ok();
    assert!(accepted.starts_with("accepted: "), "{accepted}");
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("the operator has accepted it since"), "{verified}");
    assert_eq!(lines_of(&home.trail(), "accepted").len(), 1);
    host.answer("auth_whoami", json!({})).await;
}

#[tokio::test]
async fn a_trail_swapped_for_one_write_is_a_breach_everywhere() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let (older, aside) = (home.path("older"), home.path("aside"));
    fs::copy(home.trail(), &older).unwrap();
    host.answer("auth_whoami", json!({})).await;
    fs::rename(home.trail(), &aside).unwrap();
    fs::rename(&older, home.trail()).unwrap();
    let comment = souk_tests::confirmed(json!({"order_id": 3, "comment": "unseen"}));
    host.answer("orders_comment", comment).await;
    fs::rename(home.trail(), &older).unwrap();
    fs::rename(&aside, home.trail()).unwrap();
    host.process().logged("AN OLDER AUDIT TRAIL WAS PUT IN THE PLACE").await;
    let told = async || lines_of(&home.trail(), "replaced").len() == 1;
    until("the true trail tells of it", told).await;
    let ran = home.souk(["audit", "verify"]).run().await;
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    assert!(ran.err.contains("put in the trail's place"), "{}", ran.err);
    let doctor = home.souk(["doctor"]).on(&store);
    assert_eq!(doctor_says(doctor, "put in the trail's place").await, Some(1));
    let _ = home.souk(["state", "accept"]).run().await.ok();
    let _ = home.souk(["audit", "verify"]).run().await.ok();
}

#[tokio::test]
async fn a_rotation_is_reported_and_the_other_file_is_checked_by_its_name() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    let moved = home.path("state/audit.jsonl.1");
    fs::rename(home.trail(), &moved).unwrap();
    until("it is noticed", async || lines_of(&home.trail(), "rotated").len() == 1).await;
    host.answer("auth_whoami", json!({})).await;
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    let old = home.souk(["audit", "verify", "--file"]).args([&moved]).run().await.ok();
    let head = old.lines().find_map(|line| line.strip_prefix("head ")).unwrap();
    assert!(verified.contains(&format!("whose last line was {head}")), "{verified}\n{old}");
    assert!(old.contains("without the key"), "{old}");
}

#[tokio::test]
async fn a_rotation_while_no_host_runs_is_one_and_lines_of_writes_that_are_gone_are_not() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let state = home.path("state");
    let souk = || home.souk(["serve"]).on(&store);
    let comment = |text: &str| souk_tests::confirmed(json!({"order_id": 3, "comment": text}));
    let host = souk().logged_in().await;
    host.answer("orders_comment", comment("one")).await;
    assert_eq!(host.close().await, Some(0));
    let moved = state.join("audit.jsonl.1");
    fs::rename(home.trail(), &moved).unwrap();
    let host = souk().logged_in().await;
    assert_eq!(lines_of(&home.trail(), "rotated").len(), 1);
    assert_eq!(lines_of(&home.trail(), "lost").len(), 0);
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    let old = home.souk(["audit", "verify", "--file"]).args([&moved]).run().await.ok();
    let head = old.lines().find_map(|line| line.strip_prefix("head ")).unwrap();
    assert!(verified.contains(&format!("whose last line was {head}")), "{verified}\n{old}");
    // The new file is taken away, with the line of a write: what lies beside it does not vouch for it.
    host.answer("orders_comment", comment("two")).await;
    assert_eq!(host.close().await, Some(0));
    fs::remove_file(home.trail()).unwrap();
    let host = souk().logged_in().await;
    assert_eq!(lines_of(&home.trail(), "lost").len(), 1);
    assert_eq!(lines_of(&home.trail(), "rotated").len(), 0);
    drop(host);
}

#[tokio::test]
async fn a_host_goes_on_with_no_trail_that_it_did_not_seal() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let host = home.souk(["serve"]).on(&store).logged_in().await;
    assert_eq!(host.close().await, Some(0));
    let text = fs::read_to_string(home.trail()).unwrap();
    // Without seals, as an older souk wrote it: for whoever can recompute the hashes.
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("{}\"}}", line.rsplit_once("\",\"mac\":\"").unwrap().0))
        .collect();
    fs::write(home.trail(), lines.join("\n") + "\n").unwrap();
    let ran = home.souk(["serve"]).on(&store).run().await;
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("have no seal"), "{}", ran.err);
    let ran = home.souk(["audit", "verify"]).run().await;
    assert!(ran.status == Some(1) && ran.err.contains("it has no seal"), "{}", ran.err);
    let plain = home.souk(["audit", "verify", "--without-key"]).run().await.ok();
    assert!(plain.contains("an unsealed trail of an older souk"), "{plain}");
}

#[tokio::test]
async fn heads_are_noted_elsewhere_and_hold_the_trail_to_them() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let (file, command) = (home.path("heads"), home.path("heads-by-command"));
    for target in [file.display().to_string(), format!("|cat >> {}", command.display())] {
        home.configure(format!("[audit]\nanchor = \"{target}\"\nanchor_s = 1\n"));
        let host = home.souk(["serve"]).on(&store).logged_in().await;
        for _ in 0..3 {
            host.answer("auth_whoami", json!({})).await;
        }
        assert_eq!(host.close().await, Some(0));
    }
    let noted = fs::read_to_string(&command).unwrap();
    let verify = async || home.souk(["audit", "verify", "--anchors"]).args([&command]).run().await;
    let verified = verify().await.ok();
    assert!(verified.contains("as noted before: nothing up to there is missing"), "{verified}");
    let head = noted.split_whitespace().last().unwrap();
    assert!(
        verified.contains(&format!("head {head}")),
        "the end is noted too: {verified}\n{noted}"
    );
    assert!(fs::read_to_string(&file).unwrap().lines().count() >= 1);
    // The last line is cut off: the chain alone is whole.
    let text = fs::read_to_string(home.trail()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(home.trail(), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let ran = verify().await;
    assert!(ran.status == Some(1) && ran.err.contains("its end was cut off"), "{}", ran.err);
}
