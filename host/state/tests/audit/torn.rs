//! A line that was not finished is named, and the next append goes on.

use std::process::Command;

use proptest::prelude::*;
use souk_state::audit::BreachKind;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A crash may leave any part of what an append writes; the next may crash in the same way,
    /// while it notes the first.
    #[test]
    fn wherever_writes_are_cut_the_next_append_heals(
        whole_lines in 0u64..3,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let (_directory, path) = trail_of(whole_lines);
        for cut in cuts {
            let before = fs::read(&path).unwrap().len();
            append(&open(&path), 7);
            let written = fs::read(&path).unwrap();
            let kept = before + 1 + cut.index(written.len() - before - 1);
            fs::write(&path, &written[..kept]).unwrap();
            if !written[..kept].ends_with(b"\n") {
                let lines = written[..kept].split(|byte| *byte == b'\n').count() as u64;
                let found = broken(&path);
                prop_assert_eq!(found.kind, BreachKind::Torn);
                prop_assert!(found.line_number <= lines);
            }
        }
        let torn = fs::read(&path).unwrap();
        append(&open(&path), 8);
        whole(&path);
        let healed = fs::read(&path).unwrap();
        prop_assert!(healed.starts_with(&torn), "every byte is kept");
        append(&open(&path), 9);
        whole(&path);
    }
}

#[test]
fn a_line_that_lacks_only_its_newline_is_kept_as_a_line() {
    let (_directory, path) = trail_of(2);
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 1]).unwrap();
    assert_eq!(broken(&path), Breach { line_number: 2, kind: BreachKind::Torn });
    append(&open(&path), 3);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["1", "2", "3"]);
    assert_eq!(whole(&path).torn, [0; 0]);
}

#[test]
fn a_torn_line_is_named_noted_and_shown() {
    let (_directory, path) = trail_of(2);
    scribble(&path, br#"{"seq":3,"prev":"00"#);
    assert_eq!(broken(&path), Breach { line_number: 3, kind: BreachKind::Torn });
    let mut rows = follow(&path, 2).unwrap();
    assert_eq!(told(&rows.by_ref().map(Result::unwrap).collect::<Vec<_>>()), ["2", "?19"]);

    append(&open(&path), 4);
    let verified = whole(&path);
    assert_eq!((verified.lines, verified.torn), (4, vec![3]));
    assert_eq!(told(&rows.map(Result::unwrap).collect::<Vec<_>>()), ["torn", "4"]);

    let text = fs::read_to_string(&path).unwrap();
    overwrite(&path, text.find("\"00\n").unwrap() as u64, b"\"01");
    assert_eq!(broken(&path), Breach { line_number: 3, kind: BreachKind::Torn });
}

#[test]
fn blanks_left_by_a_power_cut_are_torn_too() {
    for lines in [0, 2] {
        let (_directory, path) = trail_of(lines);
        scribble(&path, &[0; 5000]);
        append(&open(&path), 9);
        let verified = whole(&path);
        assert_eq!((verified.lines, verified.torn), (lines + 2, vec![lines + 1]));
    }
}

/// Runs in a child whose files may not grow beyond a few kilobytes.
#[test]
#[expect(clippy::disallowed_methods, reason = "this is how a child is told what to do")]
fn child_fills_the_disk() {
    let Some(path) = std::env::var_os("SOUK_TEST_FULL") else { return };
    let trail = open(Path::new(&path));
    let mut written = 0;
    while trail.append(entry(written), Durability::Written).is_ok() {
        written += 1;
    }
    let error = trail.append(entry(0), Durability::Written).unwrap_err();
    assert!(matches!(error, AuditError::Io { doing: "append to", .. }), "{error}");
    assert!(trail.writable().is_err());
    assert!(written > 0);
    assert_eq!(whole(Path::new(&path)).lines, written);
}

#[test]
fn a_full_disk_is_an_error_and_leaves_whole_lines() {
    let (_directory, path) = place();
    // Through pipes: the limit would hold for a log that our own output goes to, as well.
    let child = Command::new("sh")
        .args(["-c", r#"trap '' XFSZ; ulimit -f 16; exec "$0" --exact torn::child_fills_the_disk"#])
        .arg(std::env::current_exe().unwrap())
        .env("SOUK_TEST_FULL", &path)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let lines = whole(&path).lines;
    assert!(lines > 0);
    append(&open(&path), 1);
    let verified = whole(&path);
    assert_eq!((verified.lines, verified.torn), (lines + 1, vec![]));
}
