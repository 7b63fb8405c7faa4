//! Finding phone numbers in text.

use std::ops::Range;

/// Where phone numbers stand in the text, in order and apart.
///
/// A number is one if it is written as one: with a `+` and the country; with a leading zero and in
/// groups, or in one piece of 10 to 12 digits; in groups of 3, 3 and 4; with the area in parentheses;
/// or after a word such as `call` or `tel.`. Dates are none, nor is what
/// is a part of something longer. Without any letter around, where a number may be an id or a code,
/// only the form with a `+` counts.
pub(super) fn find_in(text: &str) -> Vec<Range<usize>> {
    let is_prose = text.contains(char::is_alphabetic);
    candidates(text)
        .filter(|candidate| {
            candidate.is_phone(is_prose) || is_prose && candidate.is_called_one(text)
        })
        .map(|candidate| candidate.range)
        .collect()
}

/// Whatever in a text is written as a number of several digits may be, and its digits.
pub(super) fn numbers_in(text: &str) -> Vec<(Range<usize>, String)> {
    let with_digits = |PhoneCandidate { range, .. }: PhoneCandidate| {
        let digits = digits(&text[range.clone()]);
        (range, digits)
    };
    candidates(text).map(with_digits).collect()
}

/// What may be a number and stands alone, in order and apart.
fn candidates(text: &str) -> impl Iterator<Item = PhoneCandidate> + '_ {
    let begins = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'(');
    let mut at = 0;
    let next = move || {
        let start = at + text.as_bytes()[at..].iter().position(begins)?;
        let candidate = PhoneCandidate::read(text, start);
        at = candidate.range.end.max(start + 1);
        Some(candidate)
    };
    std::iter::from_fn(next).filter(|candidate| candidate.stands_alone(text))
}

/// The digits of a number, without what is dialled before the country or the area.
pub(super) fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// Words after which a number is one to call.
const CALLED: &[&str] = &[
    "tel",
    "telefon",
    "telephone",
    "phone",
    "call",
    "calls",
    "mobile",
    "mobil",
    "mob",
    "cell",
    "handy",
    "fax",
    "ring",
    "whatsapp",
    "sms",
    "ph",
    "tlf",
    "teléfono",
    "téléphone",
];

/// Digits in groups, with what stands between them.
struct PhoneCandidate {
    range: Range<usize>,
    plus: bool,
    /// The groups' lengths.
    groups: Vec<usize>,
    /// The digits of the first group.
    first: String,
    /// Whether the first group stands in parentheses of its own.
    area_in_parentheses: bool,
}

impl PhoneCandidate {
    /// Reads on from a place for as long as it goes on as a number does.
    fn read(text: &str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let digits_from = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let between = |b: &u8| matches!(b, b' ' | b'-' | b'.' | b'/' | b'(' | b')');
        let plus = bytes[start] == b'+';
        let mut at = start;
        while matches!(bytes.get(at), Some(b'+' | b'(')) {
            at += 1;
        }
        let mut groups = Vec::new();
        let mut end = at;
        let mut first = String::new();
        loop {
            let length = digits_from(at);
            if length == 0 {
                break;
            }
            if groups.is_empty() {
                first = text[at..at + length].to_owned();
            }
            groups.push(length);
            end = at + length;
            let separators = bytes[end..].iter().take(3).take_while(|b| between(b)).count();
            if separators == 0 || separators > 2 {
                break;
            }
            at = end + separators;
        }
        let close = start + 1 + first.len();
        let area_in_parentheses = bytes[start] == b'(' && bytes.get(close) == Some(&b')');
        Self { range: start..end, plus, groups, first, area_in_parentheses }
    }

    /// Whether it is no part of a word, a time, a longer number or a code.
    fn stands_alone(&self, text: &str) -> bool {
        let before = text[..self.range.start].chars().next_back();
        let digit_before = || {
            let mut before = text[..self.range.start].chars().rev().skip(1);
            before.next().is_some_and(|c| c.is_ascii_digit())
        };
        let joined = match before {
            Some(',' | ':') => digit_before(),
            Some(c) => c.is_alphanumeric() || matches!(c, '_' | '#' | '-' | '/' | '.' | '@' | '%'),
            None => false,
        };
        let mut after = text[self.range.end..].chars();
        let goes_on = match after.next() {
            Some(',' | ':' | '-' | '.' | '/') => after.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '_' || c == '@',
            None => false,
        };
        !joined && !goes_on
    }

    /// Whether the word before it says so.
    fn is_called_one(&self, text: &str) -> bool {
        let digits: usize = self.groups.iter().sum();
        if !(6..=15).contains(&digits) || self.is_date() {
            return false;
        }
        let before = text[..self.range.start].trim_end_matches([' ', '.', ':', '-', '#', '=']);
        let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        CALLED.contains(&word.to_lowercase().as_str())
    }

    fn is_phone(&self, is_prose: bool) -> bool {
        let digits: usize = self.groups.iter().sum();
        if !(7..=15).contains(&digits) {
            return false;
        }
        if self.plus {
            return true;
        }
        if !is_prose || self.is_date() {
            return false;
        }
        let leading_zero = self.first.starts_with('0');
        match &self.groups[..] {
            [10..=12] => leading_zero && !self.first.starts_with("00"),
            [3, 3, 4] => true,
            [1, 3, 3, 4] => self.first == "1",
            [_] => false,
            [_, _, ..] if self.area_in_parentheses && digits >= 9 => true,
            _ => leading_zero && self.first.len() >= 2,
        }
    }

    /// Whether it is a day, perhaps with what follows one: `2026-11-22 18`, `01.02.2026`.
    fn is_date(&self) -> bool {
        matches!(self.groups[..], [4, 1..=2, 1..=2, ..] | [1..=2, 1..=2, 4, ..])
    }
}
