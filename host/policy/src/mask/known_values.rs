//! Personal values that a call has come across, and finding them again under another name.
//!
//! A customer's name is known as one by the member it stands in. Where the same words come back in a
//! comment, a label or a message, nothing but their being the same tells what they are. They are
//! compared word by word, so that neither case nor what stands between them matters.

use std::collections::HashMap;
use std::ops::Range;

use super::kind::PersonalDataKind;
use super::phone;

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
    /// The digits of phone numbers, by the last of them: however a number is written, these stay.
    phones: HashMap<String, Vec<String>>,
    count: usize,
}

/// The last digits by which phone numbers are found again.
const PHONE_TAIL: usize = 6;

impl KnownValues {
    /// Notes a value.
    pub(super) fn learn(&mut self, text: &str, kind: PersonalDataKind) {
        if self.count >= MOST || text.contains("[masked:") {
            return;
        }
        self.add(text, kind);
        if kind == PersonalDataKind::Phone {
            self.add_phone(text);
        }
        // Of an address whose first part is as telling as a name: `jane.doe`.
        if kind == PersonalDataKind::Email
            && let Some((local, _)) = text.split_once('@')
            && words(local).count() > 1
        {
            self.add(local, kind);
        }
    }

    fn add_phone(&mut self, text: &str) {
        let digits = phone::digits(text);
        if digits.len() < PHONE_TAIL {
            return;
        }
        let same_tail = self.phones.entry(tail(&digits).to_owned()).or_default();
        if !same_tail.contains(&digits) {
            same_tail.push(digits);
            self.count += 1;
        }
    }

    /// Where known phone numbers stand in a text, with or without their country and area.
    fn phones_in(&self, text: &str) -> Vec<Range<usize>> {
        // Of digits alone nobody can tell whether they are a number or an id.
        if self.phones.is_empty() || !text.contains(char::is_alphabetic) {
            return Vec::new();
        }
        let numbers = phone::numbers_in(text).into_iter();
        let is_known = |digits: &String| {
            digits.len() >= PHONE_TAIL
                && self.phones.get(tail(digits)).is_some_and(|known| {
                    known.iter().any(|known| known.ends_with(digits) || digits.ends_with(known))
                })
        };
        numbers.filter(|(_, digits)| is_known(digits)).map(|(range, _)| range).collect()
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
        self.mask_kinds(text, |_| true)
    }

    /// The same, but for where somebody lives: who somebody is, and how to reach them.
    pub(super) fn mask_persons(&self, text: String) -> String {
        use PersonalDataKind::{Email, Name, Phone};
        self.mask_kinds(text, |kind| matches!(kind, Name | Phone | Email))
    }

    fn mask_kinds(&self, text: String, is_masked: fn(PersonalDataKind) -> bool) -> String {
        let phones = self.phones_in(&text).into_iter();
        let phones = phones.map(|range| (range, PersonalDataKind::Phone)).collect();
        let text = replace(text, phones);
        let mut found = self.find_in(&text);
        found.retain(|(_, kind)| is_masked(*kind));
        replace(text, found)
    }
}

/// The text with masks at these places, which are in order and apart.
fn replace(text: String, found: Vec<(Range<usize>, PersonalDataKind)>) -> String {
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

fn tail(digits: &str) -> &str {
    &digits[digits.len().saturating_sub(PHONE_TAIL)..]
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
    fn a_known_number_is_found_however_it_is_written() {
        let mut known = KnownValues::default();
        known.learn("+49 (30) 1234567", PersonalDataKind::Phone);
        known.learn("5551234", PersonalDataKind::Phone);
        for (text, masked) in [
            ("reach her at 1234567", "reach her at [masked:phone]"),
            ("030/1234567 after six", "[masked:phone] after six"),
            ("dial 0049301234567!", "dial [masked:phone]!"),
            ("555-1234, please", "[masked:phone], please"),
            ("order 34567, 234567 pieces", "order 34567, [masked:phone] pieces"),
            ("order 000000042 of 2026-11-22", "order 000000042 of 2026-11-22"),
            ("1234567", "1234567"),
            ("TEN-1234567", "TEN-1234567"),
        ] {
            assert_eq!(known.mask(text.to_owned()), masked, "{text}");
        }
    }

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
