//! Documents from outside: whole or not there, their owner's alone, within their limits, and gone in
//! time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use souk_model::{Code, Failure, Principal, Tier};
use souk_state::StateDir;
use souk_state::exports::{
    ExportId, ExportLimits, ExportOwner, ExportRecord, ExportWriter, Exports,
};

const LIMITS: ExportLimits =
    ExportLimits { each: 1_000, together: 2_500, kept_for: Duration::from_secs(86_400) };

fn open(root: &Path, limits: ExportLimits) -> Arc<Exports> {
    Arc::new(Exports::open(&StateDir::open(root.join("state")).unwrap(), limits).unwrap())
}

fn begin(exports: &Arc<Exports>, principal: &str, name: &str) -> Result<ExportWriter, Failure> {
    let owner = ExportOwner {
        principal: principal.to_owned(),
        store: Some("demo".to_owned()),
        group: "promotions".to_owned(),
        tool: "promotions_export_coupons".to_owned(),
        tier: Tier::Safe,
    };
    exports.begin(owner, name, &"text/csv".parse().unwrap())
}

type Edit = fn(&str, String) -> Result<String, Failure>;

const AS_IT_IS: Option<Edit> = None;

fn keep(exports: &Arc<Exports>, principal: &str, text: &str) -> Result<ExportRecord, Failure> {
    let mut writing = begin(exports, principal, "../coupons of May.csv")?;
    writing.write(text)?;
    writing.close(AS_IT_IS)?.publish()
}

fn files(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("state/exports")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_document_is_its_owners_and_outlives_the_host() {
    let root = tempfile::tempdir().unwrap();
    let kept = keep(&open(root.path(), LIMITS), "ann", "code\nMAY\n").unwrap();

    let exports = open(root.path(), LIMITS);
    let (ann, bob) = (Principal::named("ann"), Principal::named("bob"));
    assert_eq!(exports.list(&ann).unwrap(), std::slice::from_ref(&kept));
    assert_eq!(exports.read(&exports.find(&ann, &kept.id).unwrap()).unwrap(), "code\nMAY\n");
    assert_eq!(exports.list(&bob).unwrap(), []);
    assert_eq!(exports.find(&bob, &kept.id), None);
    assert_eq!(ExportId::of_uri(&kept.document().uri), Ok(kept.id.clone()));

    let path = exports.path(&kept);
    assert!(path.starts_with(root.path().join("state/exports")));
    assert!(path.to_str().unwrap().ends_with("-coupons-of-May.csv"), "{path:?}");
    for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn what_is_dropped_at_any_stage_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let exports = open(root.path(), LIMITS);
    drop(begin(&exports, "ann", "a").unwrap());
    let mut writing = begin(&exports, "ann", "a").unwrap();
    writing.write("text").unwrap();
    drop(writing.close(AS_IT_IS).unwrap());
    assert_eq!(files(root.path()), [""; 0]);
    // And what it took is given back.
    for _ in 0..10 {
        let mut writing = begin(&exports, "ann", "a").unwrap();
        writing.write(&"x".repeat(1_000)).unwrap();
    }
}

#[test]
fn limits_hold_for_one_document_and_for_all_of_a_principal() {
    let root = tempfile::tempdir().unwrap();
    let exports = open(root.path(), LIMITS);
    let mut writing = begin(&exports, "ann", "a").unwrap();
    writing.write(&"x".repeat(1_000)).unwrap();
    let refused = writing.write("x").unwrap_err();
    assert_eq!((refused.code, refused.rule.as_deref()), (Code::Forbidden, Some("export-bytes")));
    // A plugin that ignores it has nothing to keep.
    assert_eq!(writing.write("").unwrap_err(), refused);
    assert_eq!(writing.close(AS_IT_IS).unwrap_err(), refused);

    keep(&exports, "ann", &"x".repeat(1_000)).unwrap();
    keep(&exports, "ann", &"x".repeat(1_000)).unwrap();
    // What is under way counts as what is kept.
    let mut under_way = begin(&exports, "ann", "a").unwrap();
    under_way.write(&"x".repeat(400)).unwrap();
    let refused = keep(&exports, "ann", &"x".repeat(101)).unwrap_err();
    assert_eq!(refused.rule.as_deref(), Some("exports-bytes"));
    assert!(refused.remedy.unwrap().contains("the oldest goes at 20"));
    keep(&exports, "bob", &"x".repeat(1_000)).unwrap();
    drop(under_way);
    keep(&exports, "ann", &"x".repeat(500)).unwrap();
}

#[test]
fn what_has_expired_is_gone_and_what_a_killed_host_left_goes_after_an_hour() {
    let root = tempfile::tempdir().unwrap();
    let brief = ExportLimits { kept_for: Duration::ZERO, ..LIMITS };
    let ann = Principal::named("ann");
    let exports = open(root.path(), brief);
    let kept = keep(&exports, "ann", "text").unwrap();
    assert_eq!((exports.list(&ann).unwrap(), exports.find(&ann, &kept.id)), (Vec::new(), None));
    assert_eq!(files(root.path()).len(), 2);
    assert_eq!(exports.tidy(), Ok(2));

    let left = format!("{}-left.csv", "0".repeat(32));
    let directory = root.path().join("state/exports");
    for name in [left.as_str(), "stray"] {
        fs::write(directory.join(name), "x").unwrap();
    }
    assert_eq!(exports.tidy(), Ok(0));
    let old = SystemTime::now() - Duration::from_secs(7_200);
    for name in [left.as_str(), "stray"] {
        fs::File::open(directory.join(name)).unwrap().set_modified(old).unwrap();
    }
    let kept = keep(&open(root.path(), LIMITS), "ann", "text").unwrap();
    fs::File::open(exports.path(&kept)).unwrap().set_modified(old).unwrap();
    assert_eq!(exports.tidy(), Ok(0), "the last one that was begun has tidied up");
    assert_eq!(files(root.path()).len(), 2);
}

#[test]
fn a_file_that_somebody_changed_is_not_given_out() {
    let root = tempfile::tempdir().unwrap();
    let exports = open(root.path(), LIMITS);
    let kept = keep(&exports, "ann", "text").unwrap();
    fs::write(exports.path(&kept), "longer text").unwrap();
    assert_eq!(exports.read(&kept).unwrap_err().code, Code::NotFound);
    assert_eq!(exports.list(&Principal::named("ann")).unwrap(), []);
    let linked = keep(&exports, "ann", "text").unwrap();
    fs::remove_file(exports.path(&linked)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", exports.path(&linked)).unwrap();
    assert_eq!(exports.find(&Principal::named("ann"), &linked.id), None);
}

#[test]
fn an_edit_puts_another_text_in_its_place_under_the_same_limits() {
    let root = tempfile::tempdir().unwrap();
    let exports = open(root.path(), LIMITS);
    let mut writing = begin(&exports, "ann", "a").unwrap();
    writing.write("a longer secret").unwrap();
    let edit = |media_type: &str, text: String| Ok(format!("{media_type} {}", text.len()));
    let kept = writing.close(Some(edit)).unwrap().publish().unwrap();
    assert_eq!(exports.read(&kept).unwrap(), "text/csv 15");
    assert_eq!(kept.size, 11);
    let mut writing = begin(&exports, "ann", "a").unwrap();
    writing.write("short").unwrap();
    let edit = |_: &str, _: String| Ok("x".repeat(1_001));
    assert_eq!(writing.close(Some(edit)).unwrap_err().rule.as_deref(), Some("export-bytes"));
}

#[test]
fn only_an_id_that_could_be_one_is_looked_for() {
    for wrong in [
        "",
        "souk://exports/",
        "souk://exports/../audit.jsonl",
        "souk://exports/0F3A0F3A0F3A0F3A0F3A0F3A0F3A0F3A",
        "souk://exports/0f3a0f3a0f3a0f3a0f3a0f3a0f3a0f3a0",
        "file:///etc/passwd",
    ] {
        assert!(ExportId::of_uri(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn documents_that_hold_a_text_are_removed_whosever_they_are() {
    let root = tempfile::tempdir().unwrap();
    let limits = ExportLimits { each: 1_000, together: 10_000, kept_for: Duration::from_secs(60) };
    let exports = open(root.path(), limits);
    keep(&exports, "local", "sku,mail\n1,Ada@Example.com\n").unwrap();
    keep(&exports, "other", "ada@example.com").unwrap();
    let stays = keep(&exports, "local", "nobody").unwrap();
    assert_eq!(exports.forget("ada@EXAMPLE.com").unwrap(), 2);
    assert_eq!(exports.list(&Principal::local()).unwrap(), [stays]);
    assert_eq!(files(root.path()).len(), 2);
}
