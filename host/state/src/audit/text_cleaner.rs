//! What a text goes through before the trail keeps it.

use std::borrow::Cow;
use std::sync::Arc;

use souk_model::{Principal, visible};

use super::key::TrailKey;
use super::redact::Redactor;

/// How many bytes of a failure's message a line keeps.
pub const MAX_MESSAGE: usize = 512;
/// How many bytes a line keeps of a name: of an action, a principal, a route, …
pub const MAX_NAME: usize = 256;

/// What texts about a principal's calls go through before they are written, by its name.
pub type TextMask = dyn Fn(&str, String) -> String + Send + Sync;

/// What a text goes through before it is kept.
pub(super) struct TextCleaner<'c> {
    pub(super) redactor: &'c Redactor,
    pub(super) text_mask: Arc<TextMask>,
    pub(super) key: &'c TrailKey,
}

impl TextCleaner<'_> {
    /// Redacts and masks before it cuts, or half a secret would be left at the end.
    pub(super) fn clean(&self, principal: &str, text: &mut String, limit: usize) {
        let redacted = self.redactor.redact(std::mem::take(text));
        let masked = (self.text_mask)(principal, redacted);
        *text = cut(without_addresses(masked, self.key), limit);
    }
}

impl TextCleaner<'_> {
    /// A caller's name. Of the operator's own callers it is the operator's to choose; of those whom
    /// another service vouches for it may be an address of e-mail, or whatever else is masked.
    pub(super) fn clean_principal(&self, name: &mut String) {
        let principal = Principal::named(name);
        match name.strip_prefix(Principal::VOUCHED) {
            Some(subject) => {
                let mut subject = subject.to_owned();
                self.clean(principal.as_str(), &mut subject, MAX_NAME);
                *name = format!("{}{subject}", Principal::VOUCHED);
            }
            None => clean_name(name),
        }
    }
}

/// The text with a keyed digest for each e-mail address in it: lines of one person can be found, the
/// person cannot, and nothing need be taken from the trail when one is to be forgotten.
fn without_addresses(text: String, key: &TrailKey) -> String {
    if !text.contains(['@', '%']) {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after, sign)) = split_at_sign(rest) {
        let local = before.len()
            - before.chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum::<usize>();
        let host: usize = after.chars().take_while(|c| is_host(*c)).map(char::len_utf8).sum();
        let domain = after[..host].trim_end_matches(['.', '-']);
        if local == before.len() || domain.is_empty() {
            clean.push_str(before);
            clean.push_str(sign);
            rest = after;
            continue;
        }
        let address = format!("{}@{domain}", &before[local..]).to_lowercase();
        clean.push_str(&before[..local]);
        clean.push_str(&format!("[e-mail {}]", key.short_digest(&address)));
        rest = &after[domain.len()..];
    }
    clean.push_str(rest);
    clean
}

/// What stands before and after the first sign of an address, and the sign as it is written.
fn split_at_sign(text: &str) -> Option<(&str, &str, &str)> {
    let plain = text.find('@').map(|at| (at, 1));
    let encoded = text.find("%40").map(|at| (at, 3));
    let (at, length) = [plain, encoded].into_iter().flatten().min()?;
    Some((&text[..at], &text[at + length..], &text[at..at + length]))
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "._%+-!#$&'*/=?^{|}~".contains(c)
}

fn is_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}

/// Cuts a name that operators and plugins give, not callers and stores.
pub(super) fn clean_name(name: &mut String) {
    *name = cut(std::mem::take(name), MAX_NAME);
}

/// Makes a text visible, so that it deceives nobody who prints the line, and cuts it to so many
/// bytes.
fn cut(text: String, limit: usize) -> String {
    let mut text = match visible::line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    };
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit - "…".len()));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_digest_however_it_is_written() {
        let key = TrailKey::from_bytes([1; 32]);
        let clean = |text: &str| without_addresses(text.to_owned(), &key);
        let digest = clean("ada.l+shop@example.com");
        assert!(digest.starts_with("[e-mail ") && !digest.contains("ada"), "{digest}");
        assert_eq!(
            clean("customer Ada.L+shop@Example.com, twice"),
            format!("customer {digest}, twice")
        );
        assert_eq!(clean("see <ada.l+shop@example.com>."), format!("see <{digest}>."));
        assert_eq!(clean("/V1/x/ada.l+shop%40example.com?a=1").matches("ada").count(), 0);
        assert!(!clean("é@ü.de and o@p").contains('@'));
        for plain in ["24-MB01", "a @ b", "@media", "100% of it", "50%40"] {
            assert_eq!(clean(plain), plain);
        }
    }

    #[test]
    fn texts_are_cut_at_whole_characters_and_cannot_steer_a_terminal() {
        assert_eq!(cut("ab\u{9b}2J\u{202e}".to_owned(), 99), r"ab\u{9b}2J\u{202e}");
        assert_eq!(cut("ééééé".to_owned(), 8), "éé…");
        assert_eq!(cut("éééé".to_owned(), 8), "éééé");
    }
}
