//! Whatever is done to a line, verifying names it.

use proptest::prelude::*;
use souk_state::audit::BreachKind;

use super::*;

const LINES: u64 = 6;
/// As many, to index with.
const COUNT: usize = 6;

/// The file's lines, newlines included.
fn lines_of(path: &Path) -> Vec<Vec<u8>> {
    fs::read(path).unwrap().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn put(path: &Path, lines: &[Vec<u8>]) {
    fs::write(path, lines.concat()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_byte_changed_is_found_in_its_line(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (_directory, path) = trail_of(LINES);
        let text = fs::read(&path).unwrap();
        let at = at.index(text.len());
        prop_assume!(text[at] != to);
        overwrite(&path, at as u64, &[to]);
        let line = 1 + text[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        prop_assert_eq!(broken(&path).line_number, line);
    }

    #[test]
    fn any_byte_removed_or_inserted_is_found_in_its_line(
        at in any::<prop::sample::Index>(),
        inserted in prop::option::of(any::<u8>()),
    ) {
        let (_directory, path) = trail_of(LINES);
        let mut text = fs::read(&path).unwrap();
        let at = at.index(text.len());
        let line = 1 + text[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        match inserted {
            Some(byte) => text.insert(at, byte),
            None => { text.remove(at); }
        }
        fs::write(&path, &text).unwrap();
        prop_assert_eq!(broken(&path).line_number, line);
    }

    #[test]
    fn a_line_removed_is_found_where_it_stood(gone in 0..COUNT - 1) {
        let (_directory, path) = trail_of(LINES);
        let mut lines = lines_of(&path);
        lines.remove(gone);
        put(&path, &lines);
        prop_assert_eq!(broken(&path), Breach {
            line_number: gone as u64 + 1,
            kind: BreachKind::Misplaced { expected: gone as u64 + 1, found: gone as u64 + 2 },
        });
    }

    #[test]
    fn two_lines_swapped_are_found_at_the_first(one in 0..COUNT, other in 0..COUNT) {
        prop_assume!(one != other);
        let (_directory, path) = trail_of(LINES);
        let mut lines = lines_of(&path);
        lines.swap(one, other);
        put(&path, &lines);
        prop_assert_eq!(broken(&path).line_number, one.min(other) as u64 + 1);
    }

    #[test]
    fn a_line_of_another_trail_is_found_where_it_was_put(at in 1..COUNT, instead in any::<bool>()) {
        let (_directory, path) = trail_of(LINES);
        let (_other_directory, other) = place();
        let trail = open(&other);
        (0..LINES).for_each(|number| _ = append(&trail, 100 + number));
        let mut lines = lines_of(&path);
        let alien = lines_of(&other)[at].clone();
        if instead {
            lines[at] = alien;
        } else {
            lines.insert(at, alien);
        }
        put(&path, &lines);
        prop_assert_eq!(broken(&path), Breach { line_number: at as u64 + 1, kind: BreachKind::Unchained });
    }
}

#[test]
fn an_end_cut_off_or_rewritten_is_found_with_an_anchor() {
    let (_directory, path) = trail_of(LINES);
    let anchor = whole(&path).head();
    append(&open(&path), LINES + 1);
    assert_eq!(verify(&path, Some(anchor), Some(&key())).unwrap().lines, LINES + 1);

    put(&path, &lines_of(&path)[..4]);
    assert_eq!(whole(&path).lines, 4, "the file alone does not show it");
    let kind = |path: &Path| match verify(path, Some(anchor), Some(&key())) {
        Err(VerifyError::Breach(broken)) => broken,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        kind(&path),
        Breach { line_number: 5, kind: BreachKind::EndsBeforeAnchor { anchor } }
    );

    let trail = open(&path);
    for number in 5..=LINES {
        append(&trail, number + 100);
    }
    assert_eq!(
        kind(&path),
        Breach { line_number: LINES, kind: BreachKind::NotTheAnchor { anchor } }
    );
}

#[test]
fn an_end_cut_off_under_a_running_host_is_found_without() {
    for appended_by_another in [false, true] {
        let (_directory, path) = trail_of(1);
        let trail = open(&path);
        let last = (2..=LINES).map(|number| append(&trail, number)).last().unwrap();
        put(&path, &lines_of(&path)[..3]);
        let mut cut_at = 4;
        if appended_by_another {
            // Grown beyond where it was: its length alone shows nothing.
            let another = open(&path);
            (0..9).for_each(|number| _ = append(&another, number));
            cut_at += 9;
        }
        append(&trail, 7);
        assert_eq!(
            broken(&path),
            Breach { line_number: cut_at, kind: BreachKind::Cut { after: last } }
        );
    }
}

#[test]
fn an_edited_last_line_is_named_after_others_follow_it() {
    let (_directory, path) = trail_of(3);
    let text = fs::read_to_string(&path).unwrap();
    let at = text.rfind("catalog_get_product").unwrap();
    overwrite(&path, at as u64, b"catalog_put_product");
    append(&open(&path), 4);
    assert_eq!(broken(&path), Breach { line_number: 3, kind: BreachKind::Edited });
}

/// Every hash from this line on anew, as somebody does who has no key: each line's own, and what the
/// next says of it.
fn rechained(lines: &[Vec<u8>], from: usize, with_mac: bool) -> Vec<Vec<u8>> {
    use sha2::{Digest as _, Sha256};
    let mut lines = lines.to_vec();
    let mut prev: Option<String> = None;
    for line in &mut lines[from..] {
        let text = String::from_utf8(line.clone()).unwrap();
        let (body, seal) = text.trim_end().rsplit_once(",\"hash\":\"").unwrap();
        let mut body = body.to_owned();
        if let Some(prev) = &prev {
            let at = body.find("\"prev\":\"").unwrap() + 8;
            body.replace_range(at..at + 64, prev);
        }
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        let mac = if with_mac { &seal[64..] } else { "\"}" };
        *line = format!("{body},\"hash\":\"{hash}{mac}\n").into_bytes();
        prev = Some(hash);
    }
    lines
}

#[test]
fn a_chain_that_was_recomputed_is_found_with_the_key_and_only_with_it() {
    for with_mac in [true, false] {
        let (_directory, path) = trail_of(LINES);
        let mut lines = lines_of(&path);
        let edited = String::from_utf8(lines[2].clone()).unwrap();
        lines[2] = edited.replace("catalog_get_product", "catalog_get_nothing").into_bytes();
        put(&path, &rechained(&lines, 2, with_mac));
        let plain = verify(&path, None, None).unwrap();
        assert_eq!((plain.lines, plain.with_key), (LINES, false), "the chain alone is whole");
        let kind = if with_mac { BreachKind::Forged } else { BreachKind::Unsealed };
        assert_eq!(broken(&path), Breach { line_number: 3, kind });
        // Nor does a host go on with it.
        let opened = AuditTrail::open(&path, key()).unwrap_err();
        assert!(matches!(opened, AuditError::OtherKey(_) | AuditError::Unsealed(_)), "{opened}");
    }
}

#[test]
fn a_recomputed_chain_put_in_place_under_a_running_host_stops_it() {
    let (_directory, path) = trail_of(LINES);
    let trail = open(&path);
    let mut lines = lines_of(&path);
    lines.remove(3);
    for (n, line) in lines.iter_mut().enumerate().skip(3) {
        let text = String::from_utf8(line.clone()).unwrap();
        let rest = &text[text.find(",\"prev\"").unwrap()..];
        *line = format!("{{\"seq\":{}{rest}", n + 1).into_bytes();
    }
    let forged = path.with_extension("forged");
    put(&forged, &rechained(&lines, 2, true));
    fs::rename(&forged, &path).unwrap();
    let refused = trail.append(entry(7), Durability::Written).unwrap_err();
    assert!(matches!(refused, AuditError::OtherKey(_)), "{refused}");
    assert!(trail.writable().is_err());
}

#[test]
fn an_unsealed_trail_of_an_older_souk_is_called_what_it_is() {
    let (_directory, path) = trail_of(LINES);
    put(&path, &rechained(&lines_of(&path), 0, false));
    let verified = verify(&path, None, None).unwrap();
    assert_eq!((verified.lines, verified.unsealed), (LINES, LINES));
    let opened = AuditTrail::open(&path, key()).unwrap_err();
    assert!(opened.to_string().contains("have no seal"), "{opened}");
}
