//! The file is replaced while hosts use it: the chain goes on and says from where.

use souk_state::audit::{BreachKind, TrailNotice};

use super::*;

/// The line that a `rotated` line says it follows.
fn rotated_after(path: &Path, row: usize) -> Position {
    match &tail(path, 99).unwrap()[row] {
        TrailRow::Line(line) => match line.record {
            TrailRecord::Rotated { after, .. } => after,
            ref other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_moved_away_or_removed_is_continued_in_a_new_one() {
    for moved in [true, false] {
        let (_directory, path) = place();
        let trail = open(&path);
        append(&trail, 1);
        // Another host's line: the last one of the file, though not of this host.
        let last = append(&open(&path), 2);
        if moved {
            fs::rename(&path, path.with_extension("1")).unwrap();
            assert_eq!(whole(&path.with_extension("1")).head(), last);
        } else {
            fs::remove_file(&path).unwrap();
        }
        trail.writable().unwrap();
        append(&trail, 3);
        let kind = if moved { "rotated" } else { "removed" };
        assert_eq!(told(&tail(&path, 9).unwrap()), [kind, "3"]);
        if moved {
            assert_eq!(rotated_after(&path, 0), last);
            let verified = whole(&path);
            assert_eq!(verified.notices, [(1, TrailNotice::Rotated { after: last })]);
        } else {
            assert_eq!(
                broken(&path),
                Breach { line_number: 1, kind: BreachKind::Removed { after: last } }
            );
            trail
                .adopt(&TrailRecord::Accepted {
                    at: souk_state::Timestamp::now(),
                    what: "so".into(),
                })
                .unwrap();
            assert_eq!(whole(&path).lines, 3);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn every_host_says_where_it_came_from() {
    let (_directory, path) = place();
    let (one, two) = (open(&path), open(&path));
    append(&one, 1);
    let last = append(&two, 2);
    fs::rename(&path, path.with_extension("1")).unwrap();
    append(&one, 3);
    append(&two, 4);
    append(&one, 5);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["rotated", "3", "rotated", "4", "5"]);
    assert_eq!((rotated_after(&path, 0), rotated_after(&path, 2)), (last, last));
    whole(&path);
}

#[test]
fn a_file_emptied_in_its_place_is_a_rotation() {
    let (_directory, path) = place();
    let (one, two) = (open(&path), open(&path));
    append(&one, 1);
    let last = append(&two, 2);
    let mut rows = follow(&path, 0).unwrap();
    assert!(rows.next().is_none());
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert!(rows.next().is_none());
    append(&one, 3);
    append(&one, 4);
    append(&two, 5);
    let expected = ["rotated", "3", "4", "rotated", "5"];
    assert_eq!(told(&tail(&path, 9).unwrap()), expected);
    assert_eq!(told(&rows.map(Result::unwrap).collect::<Vec<_>>()), expected);
    assert_eq!(rotated_after(&path, 3), last);
    assert_eq!(whole(&path).lines, 5);
}

#[test]
fn a_copy_put_in_its_place_is_simply_continued() {
    let (_directory, path) = place();
    let trail = open(&path);
    append(&trail, 1);
    fs::copy(&path, path.with_extension("copy")).unwrap();
    fs::rename(path.with_extension("copy"), &path).unwrap();
    append(&trail, 2);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["1", "2"]);
    whole(&path);
}

#[test]
fn an_older_trail_put_in_its_place_and_taken_back_is_a_breach_in_both() {
    let (directory, path) = place();
    let aside = directory.path().join("aside");
    let older = directory.path().join("older");
    let trail = open(&path);
    append(&trail, 1);
    fs::copy(&path, &older).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2));
    let last = append(&trail, 2);
    // The lines of one write are to go where nobody will look.
    fs::rename(&path, &aside).unwrap();
    fs::rename(&older, &path).unwrap();
    let hidden = append(&trail, 3);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["1", "replaced", "3"]);
    assert_eq!(
        broken(&path),
        Breach { line_number: 2, kind: BreachKind::Replaced { after: last } }
    );
    fs::rename(&path, &older).unwrap();
    fs::rename(&aside, &path).unwrap();
    append(&trail, 4);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["1", "2", "replaced", "4"]);
    let kind = BreachKind::Replaced { after: hidden };
    assert_eq!(broken(&path), Breach { line_number: 3, kind });
}

#[test]
fn an_older_trail_written_into_the_file_is_a_breach() {
    let (directory, path) = place();
    let other = directory.path().join("other");
    append(&open(&other), 7);
    std::thread::sleep(std::time::Duration::from_millis(2));
    let trail = open(&path);
    append(&trail, 1);
    let last = append(&trail, 2);
    // Of the same key, with another beginning: from before a rotation, say.
    fs::write(&path, fs::read(&other).unwrap()).unwrap();
    append(&trail, 3);
    assert_eq!(told(&tail(&path, 9).unwrap()), ["7", "replaced", "3"]);
    assert_eq!(
        broken(&path),
        Breach { line_number: 2, kind: BreachKind::Replaced { after: last } }
    );
}
