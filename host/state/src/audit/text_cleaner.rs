//! What a text goes through before the trail keeps it.

use std::borrow::Cow;
use std::sync::Arc;

use souk_model::visible;

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
}

impl TextCleaner<'_> {
    /// Redacts and masks before it cuts, or half a secret would be left at the end.
    pub(super) fn clean(&self, principal: &str, text: &mut String, limit: usize) {
        let redacted = self.redactor.redact(std::mem::take(text));
        *text = cut((self.text_mask)(principal, redacted), limit);
    }
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
    fn texts_are_cut_at_whole_characters_and_cannot_steer_a_terminal() {
        assert_eq!(cut("ab\u{9b}2J\u{202e}".to_owned(), 99), r"ab\u{9b}2J\u{202e}");
        assert_eq!(cut("ééééé".to_owned(), 8), "éé…");
        assert_eq!(cut("éééé".to_owned(), 8), "éééé");
    }
}
