//! Texts of plugins and stores as people and models may be shown them.

/// Whether a character has no business in a text for people: it could drive a terminal, turn the
/// order of what follows around, or be read by a model and not be seen by anybody. What joins
/// letters in some scripts and emoji is not among them.
pub(crate) fn deceives(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text without what [deceives], and not too long.
pub(crate) fn printable(text: &str, chars: usize) -> String {
    text.chars().map(|c| if deceives(c) { ' ' } else { c }).take(chars).collect()
}
