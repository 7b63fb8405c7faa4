//! Personal values that a call has come across, and finding them again under another name.
//!
//! A customer's name is known as one by the member it stands in. Where the same words come back in a
//! comment, a label or a message, nothing but their being the same tells what they are. They are
//! compared word by word, so that neither case nor what stands between them matters.

use std::collections::HashMap;
use std::ops::Range;

use super::kind::PersonalDataKind;

/// Values that are kept for one call. More come of nothing that somebody reads.
const MOST: usize = 50_000;
/// Words of a value that are compared; longer texts are told by their beginning.
const WORDS: usize = 12;
/// Digits alone are too common to be known again below this: a postcode may be any number.
const DIGITS: usize = 6;
/// Letters below which a word has to be written in the same case: `Li`, `Ng`.
const SHORT: usize = 4;

struct KnownValue {
    kind: PersonalDataKind,
    /// Its words after the first, in lower case.
    rest: Vec<String>,
    /// As it is written, where it is one short word.
    exactly: Option<String>,
}

/// The personal values of one call, by their first words.
#[derive(Default)]
pub(super) struct KnownValues {
    by_first: HashMap<String, Vec<KnownValue>>,
    count: usize,
}

impl KnownValues {
    /// Notes a value.
    pub(super) fn learn(&mut self, text: &str, kind: PersonalDataKind) {
        if self.count >= MOST || text.contains("[masked:") {
            return;
        }
        self.add(text, kind);
        // Of an address whose first part is as telling as a name: `jane.doe`.
        if kind == PersonalDataKind::Email
            && let Some((local, _)) = text.split_once('@')
            && words(local).count() > 1
        {
            self.add(local, kind);
        }
    }

    fn add(&mut self, text: &str, kind: PersonalDataKind) {
        let mut all = words(text).map(|at| &text[at]).take(WORDS);
        let Some(first) = all.next() else { return };
        let rest: Vec<String> = all.map(str::to_lowercase).collect();
        let length = first.chars().count();
        let is_single = rest.is_empty();
        let digits = first.bytes().all(|b| b.is_ascii_digit());
        if is_single && (length < 2 || digits && length < DIGITS) {
            return;
        }
        let exactly = (is_single && length < SHORT).then(|| first.to_owned());
        let known = self.by_first.entry(first.to_lowercase()).or_default();
        if known.iter().any(|one| one.rest == rest && one.exactly == exactly) {
            return;
        }
        known.push(KnownValue { kind, rest, exactly });
        // The longest first, so that a whole name is one mask.
        known.sort_by_key(|one| std::cmp::Reverse(one.rest.len()));
        self.count += 1;
    }

    /// Where values stand in a text, in order and apart.
    pub(super) fn find_in(&self, text: &str) -> Vec<(Range<usize>, PersonalDataKind)> {
        let mut found = Vec::new();
        if self.by_first.is_empty() {
            return found;
        }
        let all: Vec<Range<usize>> = words_outside_masks(text).collect();
        let mut at = 0;
        while let Some(word) = all.get(at) {
            match self.known_at(text, &all[at..]) {
                Some((count, kind)) => {
                    found.push((word.start..all[at + count - 1].end, kind));
                    at += count;
                }
                None => at += 1,
            }
        }
        found
    }

    /// How many words a value has that stands at the first of these.
    fn known_at(&self, text: &str, at: &[Range<usize>]) -> Option<(usize, PersonalDataKind)> {
        let first = &text[at.first()?.clone()];
        let known = self.by_first.get(&first.to_lowercase())?;
        let is_there = |one: &&KnownValue| {
            let after = at.get(1..=one.rest.len());
            one.exactly.as_deref().is_none_or(|exactly| exactly == first)
                && after.is_some_and(|after| {
                    after
                        .iter()
                        .zip(&one.rest)
                        .all(|(at, word)| text[at.clone()].to_lowercase() == *word)
                })
        };
        known.iter().find(is_there).map(|one| (1 + one.rest.len(), one.kind))
    }

    /// The text with masks in place of what is known.
    pub(super) fn mask(&self, text: String) -> String {
        let found = self.find_in(&text);
        if found.is_empty() {
            return text;
        }
        let mut masked = String::with_capacity(text.len());
        let mut kept_to = 0;
        for (range, kind) in found {
            masked.push_str(&text[kept_to..range.start]);
            masked.push_str(kind.mask());
            kept_to = range.end;
        }
        masked.push_str(&text[kept_to..]);
        masked
    }
}

/// Where words stand: letters and digits without anything between.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(char::is_alphanumeric)?;
        let length = text[start..].find(|c: char| !c.is_alphanumeric());
        at = length.map_or(text.len(), |length| start + length);
        Some(start..at)
    })
}

/// The same, but for the words of masks that stand there already.
fn words_outside_masks(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let masks: Vec<Range<usize>> = text
        .match_indices("[masked:")
        .map(|(at, _)| at..text[at..].find(']').map_or(text.len(), |length| at + length))
        .collect();
    words(text).filter(move |word| !masks.iter().any(|mask| mask.contains(&word.start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_found_under_any_name_and_nothing_else_is() {
        let mut known = KnownValues::default();
        known.learn("Jane", PersonalDataKind::Name);
        known.learn("Müller-Roe", PersonalDataKind::Name);
        known.learn("Li", PersonalDataKind::Name);
        known.learn("Unter den Linden 1", PersonalDataKind::Address);
        known.learn("jane.roe@example.com", PersonalDataKind::Email);
        known.learn("10115", PersonalDataKind::Address);
        known.learn("[masked:name]", PersonalDataKind::Name);
        for (text, masked) in [
            ("for JANE müller roe", "for [masked:name] [masked:name]"),
            ("Janeway and Limes", "Janeway and Limes"),
            ("Li called, li did not", "[masked:name] called, li did not"),
            ("to unter den linden, 1.", "to [masked:address]."),
            ("unter den Dächern", "unter den Dächern"),
            ("jane_roe wrote", "[masked:email] wrote"),
            ("jane.roe@example.com", "[masked:email]"),
            ("order 10115", "order 10115"),
            ("[masked:name] Jane", "[masked:name] [masked:name]"),
            ("masked name", "masked name"),
        ] {
            assert_eq!(known.mask(text.to_owned()), masked, "{text}");
        }
    }
}
