//! The audit trail from outside: tampering is named, processes share a file, crashes leave it
//! usable.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod processes;
mod rotation;
mod tampering;
mod torn;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;
use souk_model::{Code, Failure, Secret};
use souk_state::StateDir;
use souk_state::audit::{
    AuditError, AuditTrail, Breach, CallEntry, CallOutcome, CallResources, Durability,
    PluginIdentity, Position, TrailKey, TrailRecord, TrailRow, Transport, Verification,
    VerifyError, follow, page, tail, verify,
};

/// A call told apart from others by its number.
fn entry(number: u64) -> CallEntry {
    CallEntry {
        at: souk_state::Timestamp::now(),
        transport: Transport::Http,
        principal: "local".into(),
        request_id: None,
        action: "catalog_get_product".into(),
        plugin: Some(PluginIdentity {
            group: "catalog".into(),
            version: "0.1.0".into(),
            digest: "5b".repeat(32),
        }),
        arguments: key().digest(&json!({ "sku": number })),
        outcome: CallOutcome::Ok,
        duration_us: number,
        resources: CallResources::default(),
    }
}

fn key() -> TrailKey {
    TrailKey::from_bytes([3; 32])
}

fn open(path: &Path) -> AuditTrail {
    AuditTrail::open(path, key()).unwrap()
}

fn append(trail: &AuditTrail, number: u64) -> Position {
    trail.append(entry(number), Durability::Written).unwrap()
}

/// A directory and a path in it where no trail is yet.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    (directory, path)
}

/// A trail of so many lines.
fn trail_of(lines: u64) -> (tempfile::TempDir, PathBuf) {
    let (directory, path) = place();
    let trail = open(&path);
    for number in 1..=lines {
        append(&trail, number);
    }
    (directory, path)
}

fn whole(path: &Path) -> Verification {
    verify(path, None, Some(&key())).unwrap()
}

fn broken(path: &Path) -> Breach {
    match verify(path, None, Some(&key())) {
        Err(VerifyError::Breach(broken)) => broken,
        other => panic!("it should be broken: {other:?}"),
    }
}

/// What the rows say, in short: a call's number, or the kind of another line.
fn told(rows: &[TrailRow]) -> Vec<String> {
    rows.iter()
        .map(|row| match row {
            TrailRow::Line(line) => match &line.record {
                TrailRecord::Call(entry) => entry.duration_us.to_string(),
                TrailRecord::Write(entry) => entry.request.subject.clone(),
                TrailRecord::Sending(entry) => entry.request.subject.clone(),
                TrailRecord::Found(entry) => entry.subject.clone(),
                TrailRecord::Torn { .. } => "torn".to_owned(),
                TrailRecord::Rotated { .. } => "rotated".to_owned(),
                TrailRecord::Removed { .. } => "removed".to_owned(),
                TrailRecord::Replaced { .. } => "replaced".to_owned(),
                TrailRecord::Cut { .. } => "cut".to_owned(),
                TrailRecord::Begun { .. } => "begun".to_owned(),
                TrailRecord::Notice { code, .. } => code.clone(),
                TrailRecord::Lost { .. } => "lost".to_owned(),
                TrailRecord::Accepted { .. } => "accepted".to_owned(),
                TrailRecord::Refused(entry) => format!("refused {}", entry.count),
                person => person.person().unwrap().0.to_owned(),
            },
            TrailRow::Unreadable(text) => format!("?{}", text.len()),
        })
        .collect()
}

#[test]
fn what_is_appended_is_read_back_and_verifies() {
    let (_directory, path) = place();
    let trail = open(&path);
    trail.redactor().register(&Secret::from("s3cr3t"));
    let failure = Failure::new(Code::Forbidden, "no `s3cr3t`\u{1b}[2J here").rule("grant");
    let mut refused = entry(1);
    refused.outcome = CallOutcome::of::<()>(&Err(failure));
    let first = trail.append(refused, Durability::Synced).unwrap();
    let second = append(&trail, 2);

    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("s3cr3t") && !text.contains('\u{1b}'), "{text}");
    let rows = tail(&path, 10).unwrap();
    let [TrailRow::Line(one), TrailRow::Line(two)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((one.position, two.position), (first, second));
    let TrailRecord::Call(call) = &one.record else { panic!("{one:?}") };
    assert_eq!(
        call.outcome,
        CallOutcome::Failed {
            code: "FORBIDDEN".into(),
            rule: Some("grant".into()),
            message: r"no `[redacted]`\u{1b}[2J here".into(),
        }
    );
    let verified = whole(&path);
    assert_eq!((verified.lines, verified.head()), (2, second));
    assert_eq!(verified.first_at, Some(one.record.at()));
    assert_eq!(verified.last_at, Some(two.record.at()));
}

#[test]
fn nobody_else_can_read_it_however_it_was_made() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_directory, path) = place();
    append(&open(&path), 1);
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    append(&open(&path), 2);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(whole(&path).lines, 2);
}

#[test]
fn what_is_no_trail_is_refused_by_name() {
    let (directory, path) = place();
    let opened = |path: &Path| AuditTrail::open(path, key()).unwrap_err();

    fs::write(&path, "{\"tool\":\"auth.login\"}\n".repeat(9)).unwrap();
    assert!(matches!(opened(&path), AuditError::Foreign(_)));
    assert_eq!(broken(&path).line_number, 1);
    fs::write(&path, vec![b'x'; 3 << 20]).unwrap();
    assert!(matches!(opened(&path), AuditError::Foreign(_)));

    assert!(matches!(opened(directory.path()), AuditError::NotRegular(_)));
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(directory.path().join("victim"), &link).unwrap();
    assert!(matches!(opened(&link), AuditError::NotRegular(_)));
    let nowhere = opened(&directory.path().join("no/audit.jsonl"));
    assert!(nowhere.to_string().starts_with("cannot open the audit trail `"), "{nowhere}");
}

#[test]
fn asking_whether_it_is_writable_leaves_no_trace() {
    let (directory, path) = place();
    let trail = open(&path);
    append(&trail, 1);
    let before = fs::read(&path).unwrap();
    trail.writable().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
    append(&trail, 2);
    assert_eq!(whole(&path).lines, 2);

    drop(directory);
    assert!(matches!(trail.writable(), Err(AuditError::Io { .. })));
    assert!(trail.append(entry(3), Durability::Written).is_err());
}

#[test]
fn a_lock_that_is_not_let_go_is_an_error_in_bounded_time() {
    let (_directory, path) = trail_of(1);
    let trail = open(&path);
    let holder = File::open(&path).unwrap();
    holder.lock().unwrap();
    assert!(matches!(trail.writable(), Err(AuditError::Busy { .. })));
    holder.unlock().unwrap();
    append(&trail, 2);
}

#[test]
fn a_page_ends_with_the_line_that_is_named() {
    let (_directory, path) = trail_of(500);
    let numbers = |last: Option<u64>, n: usize| -> Vec<u64> {
        page(&path, last, n).unwrap().iter().map(|line| line.position.seq).collect()
    };
    let head = *numbers(None, 1).last().unwrap();
    assert_eq!(numbers(None, 3), [head - 2, head - 1, head]);
    assert_eq!(numbers(Some(100), 2), [99, 100]);
    assert_eq!(numbers(Some(2), 50), [1, 2]);
    assert_eq!(numbers(Some(u64::MAX), 1), [head]);
    assert!(numbers(Some(0), 5).is_empty() && numbers(None, 0).is_empty());
}

#[test]
fn the_end_is_read_and_followed_as_it_grows() {
    let (_directory, path) = trail_of(500);
    assert_eq!(told(&tail(&path, 3).unwrap()), ["498", "499", "500"]);
    assert_eq!(tail(&path, 0).unwrap(), []);
    assert_eq!(tail(&path, 9999).unwrap().len(), 500);

    let trail = open(&path);
    let mut rows = follow(&path, 1).unwrap();
    let mut come = || told(&rows.by_ref().collect::<Result<Vec<_>, _>>().unwrap());
    assert_eq!(come(), ["500"]);
    assert_eq!(come(), [""; 0]);
    append(&trail, 501);
    append(&trail, 502);
    assert_eq!(come(), ["501", "502"]);

    append(&trail, 503);
    fs::rename(&path, path.with_extension("1")).unwrap();
    append(&trail, 504);
    assert_eq!(come(), ["503", "rotated", "504"]);
}

#[test]
fn an_empty_trail_verifies_and_a_missing_one_is_an_error() {
    let (directory, path) = place();
    open(&path);
    assert_eq!(whole(&path).head(), Position::START);
    assert_eq!(tail(&path, 5).unwrap(), []);
    let state = StateDir::open(directory.path().join("state")).unwrap();
    assert!(matches!(verify(state.audit_trail(), None, None), Err(VerifyError::Audit(_))));
}

/// Appends bytes as no trail would.
fn scribble(path: &Path, bytes: &[u8]) {
    File::options().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    File::options().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}
