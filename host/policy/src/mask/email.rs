//! Finding e-mail addresses in text.

use std::ops::Range;

/// How the sign is written: as it is, and as in a URL.
const SIGNS: [&str; 2] = ["@", "%40"];

/// Where e-mail addresses stand in the text, in order and apart: something, the sign, and a domain
/// with a dot whose last part begins with a letter. Whatever can stand before the sign and is not
/// rather the punctuation around an address belongs to it.
pub(super) fn find_in(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    // Where what can stand before a sign begins that ends at `from`. It is carried along, since
    // `%40` itself can stand there: nothing is read twice, however many signs there are.
    let mut local = 0;
    while let Some((at, sign)) = next_sign(text, from) {
        let before = text[from..at].trim_end_matches(is_local);
        if !before.is_empty() {
            local = from + before.len();
        }
        let after = at + sign.len();
        let start = if local < at { Some(local) } else { quoted(text, &found, at) };
        from = after;
        if !sign.chars().all(is_local) {
            local = after;
        }
        if let (Some(start), Some(length)) = (start, domain(&text[after..])) {
            found.push(start..after + length);
            from = after + length;
            local = from;
        }
    }
    found
}

/// Where the quotes begin that end at a sign: `"jane doe"@example.com`.
fn quoted(text: &str, found: &[Range<usize>], at: usize) -> Option<usize> {
    let begin = found.last().map_or(0, |last| last.end);
    let inside = text[begin..at].strip_suffix('"')?;
    inside.rfind('"').map(|quote| begin + quote)
}

/// The next sign from a place on, and where it stands.
fn next_sign(text: &str, from: usize) -> Option<(usize, &'static str)> {
    text[from..].match_indices(['@', '%']).find_map(|(at, _)| {
        let at = from + at;
        let sign = SIGNS.into_iter().find(|sign| text[at..].starts_with(sign))?;
        Some((at, sign))
    })
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || ".!#$%&'*+^_`{|}~-".contains(c)
}

/// How long the domain is that the text begins with.
fn domain(text: &str) -> Option<usize> {
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut domain = &text[..text.find(|c: char| !is_domain(c)).unwrap_or(text.len())];
    loop {
        domain = domain.trim_end_matches(['.', '-']);
        let (front, last) = domain.rsplit_once('.')?;
        if last.starts_with(char::is_alphabetic) && !front.is_empty() {
            return Some(domain.len());
        }
        // `jane@example.com.12`: what follows is no part of it.
        domain = front;
    }
}
