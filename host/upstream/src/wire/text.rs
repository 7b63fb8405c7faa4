//! Text from outside, made fit to be shown.

use souk_model::visible;

use super::php_trace::before_trace;

/// The longest text of a page that is not JSON, in characters.
const MAX_PAGE_CHARS: usize = 200;
/// Of a page no more is looked at, in bytes.
const MAX_PAGE_BYTES: usize = 64 * 1024;

/// Text from outside on one line: bounded, white space collapsed, and with everything in it that
/// would not be seen written out.
pub(crate) fn sanitize(text: &str, max: usize) -> String {
    let spaced: String =
        text.chars().take(max * 4).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    visible::sentence(&spaced, max)
}

/// What is readable of a body that is not JSON: the title of a page, else its text without tags.
pub(crate) fn page_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_PAGE_BYTES)]);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + 7).and_then(|from| {
        let to = lower[from..].find("</title>")? + from;
        Some(&text[from..to])
    });
    if let Some(title) = title {
        return sanitize(before_trace(title), MAX_PAGE_CHARS);
    }
    let mut inside = false;
    let bare: String = text
        .chars()
        .filter(|c| {
            inside = (inside || *c == '<') && *c != '>';
            !inside && *c != '>'
        })
        .collect();
    sanitize(before_trace(&bare), MAX_PAGE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_read() {
        assert_eq!(
            sanitize(" a\u{202e}b\u{200b}\r\n\tc\u{1b}[2Jd ", 60),
            r"a\u{202e}b\u{200b} c\u{1b}[2Jd"
        );
        assert_eq!(sanitize(&"x".repeat(30), 20), format!("{}…", "x".repeat(20)));
    }
}
