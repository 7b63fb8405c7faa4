//! Text from outside, made fit to be shown.

/// The longest text of a page that is not JSON, in characters.
const MAX_PAGE_CHARS: usize = 200;
/// Of a page no more is looked at, in bytes.
const MAX_PAGE_BYTES: usize = 64 * 1024;

/// Characters that show nothing and change how what follows is read.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text from outside on one line: bounded, white space collapsed, nothing a terminal would obey.
pub(crate) fn sanitize(text: &str, max: usize) -> String {
    let clean: String = text
        .chars()
        .take(max * 4)
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let mut out = String::new();
    for word in clean.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if let Some((at, _)) = out.char_indices().nth(max) {
        out.truncate(at);
        out.push('…');
    }
    out
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
        return sanitize(title, MAX_PAGE_CHARS);
    }
    let mut inside = false;
    let bare: String = text
        .chars()
        .filter(|c| {
            inside = (inside || *c == '<') && *c != '>';
            !inside && *c != '>'
        })
        .collect();
    sanitize(&bare, MAX_PAGE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_read() {
        assert_eq!(sanitize(" a\u{202e}b\u{200b}\r\n\tc\u{1b}[2Jd ", 20), "ab c [2Jd");
        assert_eq!(sanitize(&"x".repeat(30), 20), format!("{}…", "x".repeat(20)));
    }
}
