//! Two values side by side, for people: long texts are shown where they differ, and nothing that
//! differs is left out.

use std::ops::Range;
use std::time::Duration;

use serde_json::Value;
use similar::TextDiff;
use souk_model::visible;

/// Characters up to which a text is shown whole, however alike two are.
const SHORT_CHARS: usize = 60;
/// Words that are shown on either side of what differs.
const CONTEXT_WORDS: usize = 5;
/// From here on two texts have so little in common that each is read best whole.
const MIN_SIMILARITY: f32 = 0.4;
/// How long the best comparison is looked for; a coarser one is as true.
const DIFF_TIMEOUT: Duration = Duration::from_millis(200);

/// The places where two values differ: what stands there, and what will.
#[must_use]
pub fn changed_lines(before: &Value, after: &Value) -> Vec<(String, String)> {
    match (before, after) {
        (Value::String(before), Value::String(after)) => differing_ranges(before, after)
            .into_iter()
            .map(|place| (excerpt(before, place.before), excerpt(after, place.after)))
            .collect(),
        _ => vec![(one_line(before), one_line(after))],
    }
}

/// A value, all of it, in one line.
#[must_use]
pub fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) => excerpt(text, 0..text.len()),
        other => visible::line(&other.to_string()).into_owned(),
    }
}

/// Where two texts differ, by their bytes: they are the same between one place and the next.
#[derive(Debug, PartialEq, Eq)]
struct DifferingRange {
    before: Range<usize>,
    after: Range<usize>,
}

fn differing_ranges(before: &str, after: &str) -> Vec<DifferingRange> {
    let all = || vec![DifferingRange { before: 0..before.len(), after: 0..after.len() }];
    let short = |text: &str| text.chars().count() <= SHORT_CHARS;
    if short(before) && short(after) {
        return all();
    }
    let (old, new) = (words(before), words(after));
    let diff = TextDiff::configure().timeout(DIFF_TIMEOUT).diff_slices(&old, &new);
    if diff.ratio() < MIN_SIMILARITY {
        return all();
    }
    let groups = diff.grouped_ops(CONTEXT_WORDS);
    let place = |ops: &Vec<similar::DiffOp>| {
        let (first, last) = (ops.first()?, ops.last()?);
        Some(DifferingRange {
            before: bytes(&old, first.old_range().start..last.old_range().end),
            after: bytes(&new, first.new_range().start..last.new_range().end),
        })
    };
    let places: Vec<DifferingRange> = groups.iter().filter_map(place).collect();
    if places.is_empty() { all() } else { places }
}

/// A text's words, each with what ends it; a tag ends one, too.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| c.is_whitespace() || c == '>').collect()
}

/// Where these words stand in the text that they are all words of.
fn bytes(words: &[&str], range: Range<usize>) -> Range<usize> {
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let start = length(&words[..range.start]);
    start..start + length(&words[range])
}

fn excerpt(text: &str, range: Range<usize>) -> String {
    let open = if range.start > 0 { "…" } else { "" };
    let more = if range.end < text.len() { "…" } else { "" };
    format!("{open}\"{}\"{more}", escape_control(&text[range]))
}

/// A text in one line that shows all there is in it. A backslash of its own is written twice, so that
/// it cannot be taken for what was written out.
fn escape_control(text: &str) -> String {
    visible::line(&text.replace('\\', r"\\")).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PAGE: &str = "<h1>Delivery</h1><p>We send every order within two days, and what is too \
        large for a parcel within a week. Ask us where you are in a hurry.</p>";

    #[test]
    fn a_word_at_the_end_of_a_long_text_is_shown_with_what_stands_around_it() {
        let after = PAGE.replace("a hurry", "haste");
        assert_eq!(
            changed_lines(&json!(PAGE), &json!(after)),
            [(
                r#"…"us where you are in a hurry.</p>""#.to_owned(),
                r#"…"us where you are in haste.</p>""#.to_owned()
            )]
        );
    }

    #[test]
    fn places_far_apart_are_shown_one_by_one() {
        let after = PAGE.replace("Delivery", "Shipping").replace("a hurry", "haste");
        let lines = changed_lines(&json!(PAGE), &json!(after));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].1.starts_with("\"<h1>Shipping</h1>") && lines[0].1.ends_with("\"…"));
    }

    #[test]
    fn what_is_short_or_wholly_new_is_shown_whole() {
        assert_eq!(
            changed_lines(&json!("Tent"), &json!("Tent 2")),
            [("\"Tent\"".into(), "\"Tent 2\"".into())]
        );
        assert_eq!(changed_lines(&json!(1.5), &json!(2)), [("1.5".into(), "2".into())]);
        assert_eq!(changed_lines(&json!(PAGE), &json!(PAGE)).len(), 1);
        let new = "Nothing of it is as it was before, and every single word is another one here.";
        let shown = changed_lines(&json!(PAGE), &json!(new));
        assert_eq!(shown, [(format!("\"{PAGE}\""), format!("\"{new}\""))]);
    }

    #[test]
    fn a_terminal_is_not_steered() {
        let shown = one_line(&json!("a\u{1b}[2J\u{9b}1m\n\u{202e}\"b\""));
        assert_eq!(shown, "\"a\\u{1b}[2J\\u{9b}1m\\n\\u{202e}\"b\"\"");
    }

    proptest! {
        #[test]
        fn nothing_that_differs_is_left_out(
            before in "([ab<>é]{0,3} ){0,60}",
            after in "([ab<>é]{0,3} ){0,60}",
        ) {
            let (mut made, mut at) = (String::new(), 0);
            for place in differing_ranges(&before, &after) {
                made.push_str(&before[at..place.before.start]);
                made.push_str(&after[place.after]);
                at = place.before.end;
            }
            made.push_str(&before[at..]);
            prop_assert_eq!(made, after);
        }
    }
}
