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
    while let Some((at, sign)) = next_sign(text, from) {
        let after = at + sign.len();
        from = after;
        let begin = found.last().map_or(0, |last| last.end);
        let before = text[begin..at].trim_end_matches(is_local);
        let start = match begin + before.len() {
            // `"jane doe"@example.com`
            start if start == at && before.ends_with('"') => {
                before[..before.len() - 1].rfind('"').map(|quote| begin + quote)
            }
            start if start == at => None,
            start => Some(start),
        };
        if let (Some(start), Some(length)) = (start, domain(&text[after..])) {
            found.push(start..after + length);
            from = after + length;
        }
    }
    found
}

fn next_sign(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = &text[from..];
    SIGNS.into_iter().filter_map(|sign| Some((from + rest.find(sign)?, sign))).min()
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
