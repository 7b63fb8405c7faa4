//! Texts from outside, made visible: what could steer a terminal, turn the order of reading around,
//! or be read by a model and be seen by nobody, is written out as `\u{202e}`.
//!
//! Everything that the host shows of plugins, stores and callers goes through here: names, labels,
//! summaries, warnings and messages through [`line()`], whole results through [`json`]. Ordinary text
//! stays as it is, byte for byte, and what was made visible once stays as it is, too.
//!
//! ```
//! use souk_model::visible;
//! assert_eq!(visible::line("Skarv\n+ 219\u{1b}[8m"), r"Skarv\n+ 219\u{1b}[8m");
//! assert_eq!(visible::text("two\nlines\u{202e}"), "two\nlines\\u{202e}");
//! assert_eq!(visible::line("Åsa’s “Tält” – 2 × 3 m²"), "Åsa’s “Tält” – 2 × 3 m²");
//! ```

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What ends a text that was cut.
const CUT: char = '…';

/// Whether a character shows nothing, or changes how what stands around it is shown: control
/// characters, what Unicode calls ignorable (zero-width, bidirectional, tag characters, variation
/// selectors, fillers), separators of lines, and a blank that is no space.
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a text is seen as it is, but for its line breaks and tabs.
#[must_use]
pub fn is_visible(text: &str) -> bool {
    matches!(self::text(text), Cow::Borrowed(_))
}

/// What somebody else says, in one line and in quotes that it cannot close: so that it does not pass for
/// the host's own words.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("“{}”", line(text).replace(['“', '”'], "\""))
}

/// The text in one line: line breaks and tabs are written out too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    shown(text, Layout::Line)
}

/// The text with its line breaks and tabs, and with hyphens that only show where a line ends.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    shown(text, Layout::Lines)
}

/// A sentence in one line, of so many characters at most: runs of white space are one space, so that
/// nothing is pushed to where it looks like a line of its own.
#[must_use]
pub fn sentence(text: &str, max_chars: usize) -> String {
    // White space at a line's end is nobody's; in between it may be a forged line.
    let line = line(text.trim());
    let mut sentence = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(word);
    }
    cut(sentence, max_chars)
}

/// Makes every text and every member's name of a value visible, as [`text()`] does.
pub fn json(value: &mut Value) {
    match value {
        Value::String(string) => {
            if let Cow::Owned(shown) = text(string) {
                *string = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(json),
        Value::Object(map) => object(map),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same of an object.
pub fn object(map: &mut Map<String, Value>) {
    if map.keys().all(|name| is_visible(name)) {
        map.values_mut().for_each(json);
        return;
    }
    for (name, mut value) in std::mem::take(map) {
        json(&mut value);
        map.insert(text(&name).into_owned(), value);
    }
}

/// A document as it is handed out, made visible as [`text()`] does. A mark at the very beginning that
/// tells of its encoding stays; in JSON what is written out is a text again.
#[must_use]
pub fn document(media_type: &str, document: String) -> String {
    let (mark, body) = match document.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", document.as_str()),
    };
    let layout = if media_type.contains("json") { Layout::Json } else { Layout::Lines };
    match shown(body, layout) {
        Cow::Borrowed(_) => document,
        Cow::Owned(shown) => [mark, &shown].concat(),
    }
}

fn cut(mut text: String, max_chars: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(max_chars) {
        text.truncate(at);
        text.push(CUT);
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// All in one line.
    Line,
    /// Lines and tabs stay.
    Lines,
    /// So they do, and all of it is JSON, in whose texts a backslash is written twice.
    Json,
}

fn shown(text: &str, layout: Layout) -> Cow<'_, str> {
    // Nearly every text is of letters and signs that nothing is wrong with.
    let plain = |byte: u8| {
        matches!(byte, b' '..=b'~')
            || (layout != Layout::Line && matches!(byte, b'\n' | b'\r' | b'\t'))
    };
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut around = Neighbours { before: None, layout };
    let mut chars = text.char_indices().peekable();
    let mut escaped: Option<String> = None;
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, after)| *after);
        if around.shows(c, after) {
            around.before = Some(c);
            if let Some(escaped) = &mut escaped {
                escaped.push(c);
            }
            continue;
        }
        // What is written out ends in a brace: nothing joins that.
        around.before = Some('}');
        let escaped = escaped.get_or_insert_with(|| text[..at].to_owned());
        if layout == Layout::Json {
            escaped.push('\\');
        }
        escaped.extend(escape(c));
    }
    escaped.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// As Rust writes it: `\n`, `\u{202e}`.
fn escape(c: char) -> impl Iterator<Item = char> {
    let named = matches!(c, '\n' | '\r' | '\t').then(|| c.escape_default());
    let numbered = named.is_none().then(|| c.escape_unicode());
    named.into_iter().flatten().chain(numbered.into_iter().flatten())
}

/// What was shown before a character, which decides of those that join others.
struct Neighbours {
    before: Option<char>,
    layout: Layout,
}

impl Neighbours {
    /// Whether a character may stand as it is. Some that show nothing by themselves are part of how
    /// their neighbours are written: joiners in Persian, Hindi and emoji, the selector of an emoji.
    fn shows(&self, c: char, after: Option<char>) -> bool {
        if !is_hidden(c) {
            return true;
        }
        match c {
            '\n' | '\r' | '\t' => self.layout != Layout::Line,
            '\u{200c}' | '\u{200d}' => self.before.is_some_and(joins) && after.is_some_and(joins),
            '\u{fe0e}' | '\u{fe0f}' => match self.before {
                Some('0'..='9' | '#' | '*') => after == Some('\u{20e3}'),
                before => before.is_some_and(is_pictograph),
            },
            '\u{ad}' => {
                self.layout != Layout::Line
                    && self.before.is_some_and(char::is_alphabetic)
                    && after.is_some_and(char::is_alphabetic)
            }
            _ => false,
        }
    }
}

/// Whether a character is of those that a joiner changes the look of.
const fn joins(c: char) -> bool {
    // Arabic and its kin, the scripts of India and Southeast Asia, Mongolian.
    matches!(
        c,
        '\u{620}'..='\u{8ff}'
            | '\u{900}'..='\u{109f}'
            | '\u{1780}'..='\u{17b3}'
            | '\u{17b6}'..='\u{17ff}'
            | '\u{1820}'..='\u{18af}'
            | '\u{1900}'..='\u{1cff}'
            | '\u{a840}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{fe0f}'
    ) || is_pictograph(c)
}

/// Whether a character is drawn, and so may be drawn in colour or not.
const fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{27ff}'
            | '\u{2900}'..='\u{2bff}'
            | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_seen_is_written_out() {
        for (hidden, shown) in [
            ("a\u{1b}[2J", r"a\u{1b}[2J"),
            ("a\u{9b}1m", r"a\u{9b}1m"),
            ("a\u{7f}", r"a\u{7f}"),
            ("\u{202e}912", r"\u{202e}912"),
            ("a\u{2066}b\u{2069}", r"a\u{2066}b\u{2069}"),
            ("a\u{200f}", r"a\u{200f}"),
            ("a\u{61c}b", r"a\u{61c}b"),
            ("a\u{200b}b", r"a\u{200b}b"),
            ("a\u{200d}b", r"a\u{200d}b"),
            ("a\u{200c}b", r"a\u{200c}b"),
            ("a\u{2060}b\u{feff}", r"a\u{2060}b\u{feff}"),
            ("a\u{ad}b", r"a\u{ad}b"),
            ("a\u{2028}b\u{2029}", r"a\u{2028}b\u{2029}"),
            ("\u{e0041}\u{e007f}", r"\u{e0041}\u{e007f}"),
            ("a\u{e0100}\u{fe01}", r"a\u{e0100}\u{fe01}"),
            ("12\u{fe0f}", r"12\u{fe0f}"),
            ("☺\u{fe0f}\u{fe0f}", "☺\u{fe0f}\\u{fe0f}"),
            ("\u{3164}\u{115f}\u{2800}", r"\u{3164}\u{115f}\u{2800}"),
            ("a\r\n\tb", r"a\r\n\tb"),
            ("👩\u{200d}", r"👩\u{200d}"),
            ("🏴\u{e0067}\u{e007f}", r"🏴\u{e0067}\u{e007f}"),
        ] {
            assert_eq!(line(hidden), shown);
            assert_eq!(line(shown), shown, "twice is once");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for plain in [
            "",
            "Skarv 1 Tent",
            r#"C:\path "quoted" <b>html</b> {{widget}}"#,
            "Åsa’s “Tält” – 2\u{a0}× 3 m² • naïve, 東京, Привет, שלום, مرحبا",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}🚒 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} ☺\u{fe0f} 👍🏽",
        ] {
            assert!(matches!(line(plain), Cow::Borrowed(_)), "{plain:?}: {}", line(plain));
            assert!(is_visible(plain));
        }
        let lines = "Donau\u{ad}dampf\r\n\tschiff\n";
        assert_eq!(text(lines), lines);
        assert_eq!(text("a\u{ad}1"), "a\\u{ad}1");
    }

    #[test]
    fn a_sentence_is_bounded_and_keeps_to_its_line() {
        let padded = format!("ok{}- price 219\n+ price 1", " ".repeat(200));
        assert_eq!(sentence(&padded, 80), r"ok - price 219\n+ price 1");
        assert_eq!(sentence("abcdef", 3), "abc…");
    }

    #[test]
    fn a_document_keeps_its_mark_and_json_stays_json() {
        let shown = document("text/csv", "\u{feff}sku,name\nA,x\u{202e}y\n".into());
        assert_eq!(shown, "\u{feff}sku,name\nA,x\\u{202e}y\n");
        let shown = document("application/json", "{\n\"name\": \"x\u{202e}\"}".into());
        let read: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, json!({"name": "x\\u{202e}"}));
    }

    #[test]
    fn names_and_values_of_a_result_are_made_visible() {
        let mut value = json!({"a\u{202e}": ["x\u{e0041}", {"b": "line\nline"}], "n": 1});
        json(&mut value);
        assert_eq!(value, json!({"a\\u{202e}": ["x\\u{e0041}", {"b": "line\nline"}], "n": 1}));
    }
}
