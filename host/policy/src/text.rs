//! Foreign text in messages.

use souk_model::visible;

/// The longest piece of it that a message repeats, in characters.
const MAX_CHARS: usize = 120;

/// A foreign text as a message may repeat it: in one line, bounded, without backticks, and with
/// everything in it that would not be seen written out.
pub(crate) fn printable(text: &str) -> String {
    visible::sentence(text, MAX_CHARS).replace('`', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_hides_nothing() {
        assert_eq!(printable("a\x1b[31m`b"), "a\\u{1b}[31m\u{fffd}b");
        assert_eq!(printable(&"x".repeat(500)).chars().count(), MAX_CHARS + 1);
    }
}
