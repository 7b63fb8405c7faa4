//! Foreign text in messages.

/// The longest piece of it that a message repeats, in characters.
const MAX_CHARS: usize = 120;

/// A foreign text as a message may repeat it: bounded, without control characters or backticks.
pub(crate) fn printable(text: &str) -> String {
    let mut printable: String = text
        .chars()
        .take(MAX_CHARS)
        .map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        printable.push('…');
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_loses_its_control_characters() {
        assert_eq!(printable("a\x1b[31m`b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(printable(&"x".repeat(500)).chars().count(), MAX_CHARS + 1);
    }
}
