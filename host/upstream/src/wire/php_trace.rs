//! PHP's traces in what a store says: cut off before their first frame.
//!
//! A frame names a file of the server and quotes the arguments of the call, a database's password
//! among them. A store shows them in developer mode, or where PHP itself fails: in messages, in plain
//! texts, in pages.

use bytes::Bytes;

/// What introduces a trace, in lower case.
const HEADINGS: [&str; 5] =
    ["stack trace", "[stacktrace]", "call stack", "backtrace", "debug trace"];
/// How far a frame's beginning is looked through for what makes it one, in bytes.
const LONGEST_HEAD: usize = 400;
/// Of a page no more is looked through for PHP's own words, in bytes.
const LONGEST_PAGE: usize = 64 << 10;
/// Members of a store's answer that hold what it says, and not what it keeps.
const SAYING: [&[u8]; 5] = [b"message", b"result_message", b"trace", b"exception", b"error"];

/// Whether a page is what PHP says of an error of its own: it names the file of a script.
pub(crate) fn is_php_error(page: &[u8]) -> bool {
    const SAID: [&str; 5] = ["fatal error", "parse error", "uncaught ", "stack trace", "exception"];
    let head = String::from_utf8_lossy(&page[..page.len().min(LONGEST_PAGE)]).to_ascii_lowercase();
    SAID.iter().any(|said| head.contains(said))
        && [".php", ".phtml"].iter().any(|of| head.contains(of))
}

/// The text before the first frame, and before the heading of the trace.
pub(crate) fn before_trace(text: &str) -> &str {
    let end = trace_start(text).unwrap_or(text.len());
    let kept = &text[..end];
    if end == text.len() {
        kept
    } else {
        kept.trim_end_matches(|c: char| !c.is_alphanumeric() && !")]'\"".contains(c))
    }
}

/// Where a trace begins.
fn trace_start(text: &str) -> Option<usize> {
    // Whatever is not ASCII keeps its length.
    let lower = text.to_ascii_lowercase();
    let heading = HEADINGS.iter().filter_map(|heading| lower.find(heading)).min();
    let numbered = lower.match_indices('#').map(|(at, _)| at).find(|at| is_frame(&lower[*at..]));
    let call =
        ["->", "::", "-&gt;", "-gt;"].iter().filter_map(|arrow| quoting_call(&lower, arrow)).min();
    [heading, numbered, call].into_iter().flatten().min()
}

/// Whether a numbered frame begins here: `#0 /var/www/a.php(12): …`, `#1 [internal function]: …`,
/// `#2 A\B->c() called at [d.php:3]`, `#3 {main}`.
fn is_frame(text: &str) -> bool {
    let after = text[1..].trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - 1 - after.len();
    if digits == 0 || digits > 4 {
        return false;
    }
    let gap = |c: char| c.is_whitespace() || matches!(c, ':' | '.' | ')' | '\\');
    let head = after.strip_prefix("&nbsp;").unwrap_or(after);
    let head = head.strip_prefix("\\n").unwrap_or(head).trim_start_matches(gap);
    if head.starts_with("[internal") || head.starts_with("{main}") {
        return true;
    }
    let token = &head
        [..head.find(char::is_whitespace).unwrap_or(head.len()).min(floor(head, LONGEST_HEAD))];
    let is_file = token.contains(".php") || token.contains(".phtml");
    let is_path = token.starts_with('/') && token[1..].contains('/')
        || token.contains(":\\")
        || token.starts_with("phar:");
    let is_call = !token.starts_with('(')
        && token.contains('(')
        && ["->", "::", "\\", "-gt;"].iter().any(|mark| token.contains(mark));
    is_file || is_path || is_call
}

/// Where a call stands that quotes its arguments: `PDO->__construct('mysql:host=db', …`.
fn quoting_call(text: &str, arrow: &str) -> Option<usize> {
    text.match_indices(arrow).find_map(|(at, _)| {
        let rest = &text[at + arrow.len()..];
        let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let arguments = rest[name..].strip_prefix('(')?.trim_start();
        let quotes = ["'", "\"", "\\\"", "&#039;", "&quot;", "&#39;"];
        if name == 0 || !quotes.iter().any(|quote| arguments.starts_with(quote)) {
            return None;
        }
        let class = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\\');
        Some(text[..at].trim_end_matches(class).len())
    })
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// JSON without the traces in what it says: in the members that hold messages. What else it holds are
/// the store's own data, which stay as they are.
pub(crate) fn without_traces(body: Bytes) -> Bytes {
    if !body.windows(5).any(|five| five.eq_ignore_ascii_case(b".php(") || five == b"{main") {
        return body;
    }
    let mut clean: Vec<u8> = Vec::new();
    let mut kept_to = 0;
    let strings = JsonStrings { body: &body, at: 0 };
    // The member that stands before a value.
    let mut member: Option<(usize, usize)> = None;
    for (from, to) in strings {
        let next = body[to + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
        if next == Some(&b':') {
            member = Some((from, to));
            continue;
        }
        let says = member.is_some_and(|(from, to)| SAYING.contains(&&body[from..to]));
        if !says {
            continue;
        }
        let Ok(text) = serde_json::from_slice::<String>(&body[from - 1..=to]) else { continue };
        let kept = before_trace(&text);
        if kept.len() < text.len() {
            clean.extend_from_slice(&body[kept_to..from - 1]);
            clean.extend_from_slice(serde_json::Value::from(kept).to_string().as_bytes());
            kept_to = to + 1;
        }
    }
    if kept_to == 0 {
        return body;
    }
    clean.extend_from_slice(&body[kept_to..]);
    clean.into()
}

/// The strings of a JSON text, names of members included: where each begins and ends, without its
/// quotes.
struct JsonStrings<'b> {
    body: &'b [u8],
    at: usize,
}

impl Iterator for JsonStrings<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let from = self.at + self.body[self.at..].iter().position(|byte| *byte == b'"')? + 1;
        let mut to = from;
        loop {
            match self.body.get(to)? {
                b'"' => break,
                b'\\' => to += 2,
                _ => to += 1,
            }
        }
        self.at = to + 1;
        Some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_error_of_phps_own_is_told_from_other_pages() {
        for page in [
            "<br />\n<b>Fatal error</b>: Uncaught TypeError: strlen(): Argument #1 in /var/www/html/a.php:12",
            "<pre>PDOException: SQLSTATE[HY000] in /var/www/html/Abstract.php:128",
            "PHP Parse error:  syntax error in /srv/app/code/Acme/etc/x.phtml on line 3",
        ] {
            assert!(is_php_error(page.as_bytes()), "{page}");
        }
        for page in [
            "<html><title>Log in</title><form action=\"login.php\"></form></html>",
            "<h1>502 Bad Gateway</h1>nginx",
            "a fatal error of the proxy",
            "",
        ] {
            assert!(!is_php_error(page.as_bytes()), "{page}");
        }
    }

    #[test]
    fn what_is_said_ends_before_the_first_frame() {
        for (said, kept) in [
            (
                "PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/Abstract.php:128 Stack trace: #0 /var/www/html/Abstract.php(128): PDO->__construct('mysql:host=db', 'magento', 'S3cretPw', Array)",
                "PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/Abstract.php:128",
            ),
            (
                "Error in #0 /var/www/Secret.php(12): PDO->__construct('mysql:host=db', 'magento', 'S3cretPw')",
                "Error in",
            ),
            ("Could not save\n#0 [internal function]: A->b()\n#1 {main}", "Could not save"),
            (
                "1 exception(s):\nException #0 (PDOException): denied\n#1 Magento\\Framework\\App\\Http->launch() called at [vendor/App/Bootstrap.php:264]",
                "1 exception(s):\nException #0 (PDOException): denied",
            ),
            ("failed #0&nbsp;/var/www/a.php(3): x('S3cretPw')", "failed"),
            ("failed #0 C:\\shop\\a.php(3): x('S3cretPw')", "failed"),
            ("failed #12 vendor/a/b.php(3): x('S3cretPw')", "failed"),
            ("failed: PDO->__construct('mysql:host=db', 'magento', 'S3cretPw')", "failed"),
            ("failed: PDO::connect(\"mysql:host=db\", \"magento\", \"S3cretPw\")", "failed"),
            ("failed (Call Stack) 0.1 {main}( )", "failed"),
        ] {
            assert_eq!(before_trace(said), kept, "{said}");
        }
        for whole in [
            "",
            "Order #000000012 is closed.",
            "The order #12 has no item.",
            "Invalid color #336699 (of 16)",
            "A\\B::c(): Argument #1 ($items) must be of type array, null given, called in /a/B.php on line 12",
            "the price -> 9.95 :: sale ('now')",
        ] {
            assert_eq!(before_trace(whole), whole);
        }
    }

    #[test]
    fn an_answer_loses_the_traces_in_what_it_says_and_nothing_else() {
        let told = r##"{"items":[{"result_message":"failed\n#0 \/var\/www\/a.php(1): PDO->__construct('S3cretPw')","status":3}],"content":"see #0 /a/b.php(1): c('x')"}"##;
        let clean = without_traces(Bytes::from(told));
        assert_eq!(
            clean,
            r##"{"items":[{"result_message":"failed","status":3}],"content":"see #0 /a/b.php(1): c('x')"}"##
        );
        let own = r#"{"content":"about .php( and {main}","message":"well"}"#;
        assert_eq!(without_traces(Bytes::from(own)), own);
    }

    proptest! {
        #[test]
        fn any_text_and_any_answer_can_be_looked_through(text: String, pieces in "[#0-9 a-z/.(\\\\\"'>:-]{0,60}", bytes: Vec<u8>) {
            for text in [&text, &pieces] {
                prop_assert!(text.starts_with(before_trace(text)));
                let said = serde_json::json!({"message": format!("{text} .php("), "id": text});
                let clean = without_traces(Bytes::from(said.to_string()));
                let clean: serde_json::Value = serde_json::from_slice(&clean).unwrap();
                prop_assert_eq!(&clean["id"], text);
            }
            let _ = without_traces(Bytes::from([b".php(".as_slice(), &bytes].concat()));
        }
    }
}
