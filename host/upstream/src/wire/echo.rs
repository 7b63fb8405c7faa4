//! Credentials that a store sends back: taken out of every reply before anything else sees it.
//!
//! A store, or a proxy before it, may quote what it was sent: in an error, in a log that it shows, in
//! a field that a form was filled from. Whatever is known to be secret is looked for in the spellings
//! that such a quotation has: as it is, in any case; percent-encoded, as JSON or HTML escapes it; in
//! Base64, alone or within a longer text (`Basic`); in hexadecimal; and with white space, or what
//! nobody sees, in between.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use souk_model::{ExposeSecret, Secret};

/// What stands where a credential stood.
pub(crate) const REDACTED: &str = "[redacted]";
/// A shorter secret is no secret, and stands in ordinary words.
const SHORTEST: usize = 6;
/// The most that one credential takes of a text, escaped as wastefully as can be. Bytes.
pub(crate) const LONGEST_ECHO: usize = 16 << 10;

/// Finds credentials in replies.
#[derive(Clone, Default)]
pub(crate) struct EchoFilter(Option<AhoCorasick>);

impl fmt::Debug for EchoFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EchoFilter([REDACTED])")
    }
}

impl EchoFilter {
    /// A filter for these.
    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        for secret in secrets {
            let secret = secret.expose_secret().as_bytes();
            let encoded = base64_forms(secret).into_iter().chain([hex(secret)]);
            // As it is, too: what looks like an escape in it may be none.
            let unescaped = secret.iter().copied();
            let unescaped: Vec<u8> =
                unescaped.filter(|byte| !(byte.is_ascii() && is_gap(char::from(*byte)))).collect();
            let plain = encoded.chain([secret.to_vec()]);
            let plain = plain.map(|spelling| PlainText::of(&spelling, false).bytes);
            for needle in plain.chain([unescaped]) {
                if needle.len() >= SHORTEST && !needles.contains(&needle) {
                    needles.push(needle);
                }
            }
        }
        if needles.is_empty() {
            return Self(None);
        }
        // A set of texts that can be built is all there is to it.
        Self(AhoCorasickBuilder::new().ascii_case_insensitive(true).build(needles).ok())
    }

    /// The reply without what is secret.
    pub(crate) fn clean(&self, body: Bytes) -> Bytes {
        let Some(finder) = &self.0 else { return body };
        if !finder.is_match(&PlainText::of(&body, false).bytes) {
            return body;
        }
        let plain = PlainText::of(&body, true);
        let mut found: Vec<Range<usize>> = finder
            .find_overlapping_iter(&plain.bytes)
            .map(|found| plain.original(found.range()))
            .collect();
        found.sort_unstable_by_key(|range| range.start);
        let (mut clean, mut kept_to) = (Vec::with_capacity(body.len()), 0);
        // What overlaps goes together, so that no piece is left.
        for range in found {
            if range.start >= kept_to {
                clean.extend_from_slice(&body[kept_to..range.start]);
                clean.extend_from_slice(REDACTED.as_bytes());
            }
            kept_to = kept_to.max(range.end);
        }
        clean.extend_from_slice(&body[kept_to..]);
        clean.into()
    }

    /// The same of a text.
    pub(crate) fn clean_text(&self, text: &str) -> String {
        let clean = self.clean(Bytes::copy_from_slice(text.as_bytes()));
        String::from_utf8_lossy(&clean).into_owned()
    }
}

/// Base64 of the secret at each of the three places it can have within a longer text, without the
/// letters that depend on its neighbours.
fn base64_forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let text = [&[0; 3][..offset], secret].concat();
        let dependent = [0, 2, 3][offset];
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            let end = encoded.len() - usize::from(text.len() % 3 != 0);
            forms.push(encoded.as_bytes().get(dependent..end).unwrap_or_default().to_vec());
        }
    }
    forms
}

fn hex(secret: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
    secret.iter().flat_map(digits).collect()
}

/// A text without what quoting it adds: escapes undone, and white space left out.
#[derive(Default)]
struct PlainText {
    bytes: Vec<u8>,
    /// The pieces that were longer, in order; only where they are asked for.
    pieces: Vec<Piece>,
}

/// A piece of a text that stands for fewer bytes, or for none.
struct Piece {
    plain: Range<usize>,
    original: Range<usize>,
}

/// What a piece of a text stands for.
enum Meaning {
    Itself,
    Character(char),
    /// One of those that make up a character.
    Byte(u8),
}

impl PlainText {
    fn of(text: &[u8], with_pieces: bool) -> Self {
        let mut plain = Self { bytes: Vec::with_capacity(text.len()), pieces: Vec::new() };
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let special =
                matches!(byte, b'\\' | b'%' | b'&' | b'+') || byte <= b' ' || byte >= 0xc2;
            if !special {
                plain.bytes.push(byte);
                at += 1;
                continue;
            }
            let (length, meaning) = unescape(&text[at..]);
            let from = plain.bytes.len();
            match meaning {
                Meaning::Itself => plain.bytes.extend_from_slice(&text[at..at + length]),
                Meaning::Byte(byte) if is_gap(char::from(byte)) && byte.is_ascii() => {}
                Meaning::Byte(byte) => plain.bytes.push(byte),
                Meaning::Character(character) if is_gap(character) => {}
                Meaning::Character(character) => {
                    let mut utf8 = [0; 4];
                    plain.bytes.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
                }
            }
            let to = plain.bytes.len();
            if with_pieces && to - from != length {
                plain.note(Piece { plain: from..to, original: at..at + length });
            }
            at += length;
        }
        plain
    }

    fn note(&mut self, piece: Piece) {
        match self.pieces.last_mut() {
            // Gaps that follow each other are one.
            Some(last)
                if last.plain.is_empty()
                    && piece.plain.is_empty()
                    && last.original.end == piece.original.start =>
            {
                last.original.end = piece.original.end;
            }
            _ => self.pieces.push(piece),
        }
    }

    /// Where these plain bytes stand in the original, without what lies around them.
    fn original(&self, plain: Range<usize>) -> Range<usize> {
        let before = |byte: usize| {
            let after = self.pieces.partition_point(|piece| piece.plain.start <= byte);
            after.checked_sub(1).map(|last| &self.pieces[last])
        };
        let start = match before(plain.start) {
            None => plain.start,
            Some(piece) if piece.plain.end > plain.start => piece.original.start,
            Some(piece) => piece.original.end + (plain.start - piece.plain.end),
        };
        let last = plain.end.saturating_sub(1);
        let end = match before(last) {
            None => plain.end,
            Some(piece) if piece.plain.end > last => piece.original.end,
            Some(piece) => piece.original.end + (last - piece.plain.end) + 1,
        };
        start..end
    }
}

/// The first piece of a text: how long it is, and what it stands for.
fn unescape(text: &[u8]) -> (usize, Meaning) {
    let digits = |from: usize, to: usize| {
        let digits = std::str::from_utf8(text.get(from..to)?).ok()?;
        let number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        number.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    match text {
        [b'\\', b'u', ..] => match digits(2, 6).and_then(char::from_u32) {
            Some(character) => (6, Meaning::Character(character)),
            None => (1, Meaning::Itself),
        },
        [b'\\', b'n' | b'r' | b't', ..] => (2, Meaning::Character(' ')),
        [b'\\', escaped @ (b'"' | b'\\' | b'/' | b'\''), ..] => (2, Meaning::Byte(*escaped)),
        [b'%', ..] => match digits(1, 3).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => (3, Meaning::Byte(byte)),
            None => (1, Meaning::Itself),
        },
        [b'&', ..] => html(text),
        _ => {
            let piece = &text[..text.len().min(4)];
            let valid = match std::str::from_utf8(piece) {
                Ok(valid) => valid,
                Err(error) => {
                    std::str::from_utf8(&piece[..error.valid_up_to()]).unwrap_or_default()
                }
            };
            match valid.chars().next() {
                Some(character) => (character.len_utf8(), Meaning::Character(character)),
                None => (1, Meaning::Itself),
            }
        }
    }
}

fn html(text: &[u8]) -> (usize, Meaning) {
    const NAMED: [(&[u8], char); 5] =
        [(b"&amp;", '&'), (b"&quot;", '"'), (b"&apos;", '\''), (b"&lt;", '<'), (b"&gt;", '>')];
    if let Some((name, character)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return (name.len(), Meaning::Character(*character));
    }
    let end = text.iter().take(10).position(|byte| *byte == b';');
    let number = end.and_then(|end| std::str::from_utf8(&text[..end]).ok()).and_then(|entity| {
        let number = entity.strip_prefix("&#")?;
        match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        }
    });
    match (end, number.and_then(char::from_u32)) {
        (Some(end), Some(character)) => (end + 1, Meaning::Character(character)),
        _ => (1, Meaning::Itself),
    }
}

/// What separates nothing for whoever reads a secret with the eye, or copies it; and `+`, which is a
/// space in a form.
fn is_gap(character: char) -> bool {
    character == '+'
        || character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "kq9/Ä+7 z&\"x%Tail";

    fn percent(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    fn cleaned(text: &str) -> String {
        EchoFilter::of([&Secret::from(SECRET), &Secret::from("other-secret")]).clean_text(text)
    }

    #[test]
    fn every_spelling_in_which_a_secret_is_quoted_goes() {
        let json = serde_json::Value::from(SECRET).to_string();
        let php = json.replace('/', "\\/").replace('Ä', "\\u00c4");
        for quoted in [
            SECRET.to_owned(),
            SECRET.to_ascii_uppercase(),
            json[1..json.len() - 1].to_owned(),
            php[1..php.len() - 1].to_owned(),
            SECRET.replace('&', "&amp;").replace('"', "&quot;"),
            SECRET.replace('&', "&#38;").replace('"', "&#x22;"),
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("user:{SECRET}")),
            STANDARD.encode(format!("ab{SECRET}, and more")),
            String::from_utf8(hex(SECRET.as_bytes())).unwrap(),
            SECRET.chars().flat_map(|c| [c, '\n']).collect(),
            SECRET.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        ] {
            let clean = cleaned(&format!("<{quoted}>"));
            assert!(clean.contains(REDACTED), "{quoted}: {clean}");
            // What stood beside it in the same Base64 is no secret.
            assert!(clean.len() <= REDACTED.len() + 30, "{quoted}: {clean}");
        }
        assert_eq!(cleaned(&percent(SECRET)), REDACTED);
        assert_eq!(
            cleaned("other%2Dsecret other-%73ecret OTHER-SECRET"),
            "[redacted] [redacted] [redacted]"
        );
        let whole = r#"{"message":"no","trace":"Bearer other-secret\n"}"#;
        assert_eq!(cleaned(whole), r#"{"message":"no","trace":"Bearer [redacted]\n"}"#);
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for text in ["", "other secrets", "100 % & more \\ + é", "\u{feff}{\"a\": \"b\\u00e4\"}"] {
            assert_eq!(cleaned(text), text);
        }
        let short = EchoFilter::of([&Secret::from("short")]);
        assert_eq!(short.clean_text("a short text"), "a short text");
    }

    proptest! {
        #[test]
        fn any_bytes_are_cleaned_and_only_secrets_go(bytes: Vec<u8>, text in "[a-d%&+\\\\ 0-9;#xé]{0,60}") {
            let filter = EchoFilter::of([&Secret::from("abcdab")]);
            let clean = filter.clean(Bytes::from(bytes.clone()));
            prop_assert!(clean.len() <= bytes.len() + REDACTED.len() * (bytes.len() / 6 + 1));
            let clean = filter.clean_text(&text);
            for piece in clean.split(REDACTED) {
                prop_assert!(text.contains(piece));
                prop_assert!(!piece.contains("abcdab"));
            }
        }
    }
}
