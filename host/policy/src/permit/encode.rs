//! Percent-encoding of path segments and query parameters, as PHP's `rawurlencode` does it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters. Nothing that a proxy, PHP or Magento could take
/// for structure is left as it is: not `/`, not `+` (a space to `urldecode`), not `=` (a second one
/// in a parameter makes Magento leave it out of the signature).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How often a value is decoded in search of dots: once more than a careless proxy and Magento do.
const DECODINGS: usize = 3;

/// Appends the text, encoded.
pub(crate) fn push_encoded(to: &mut String, text: &str) {
    to.extend(utf8_percent_encode(text, RESERVED));
}

/// Whether the text is, or holds between slashes, a `.` or `..` segment, encoded or not.
///
/// A single encoded segment cannot climb by itself; but something between here and Magento may
/// decode and normalise before it routes.
pub(crate) fn has_dot_segment(text: &str) -> bool {
    let has_dots = |text: &str| text.split(['/', '\\']).any(|piece| matches!(piece, "." | ".."));
    if has_dots(text) {
        return true;
    }
    let mut text = text.to_owned();
    for _ in 0..DECODINGS {
        if !text.contains('%') {
            return false;
        }
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if has_dots(&text) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_found_however_they_are_wrapped() {
        for text in [".", "..", "a/../b", "a\\..", "%2e%2e", "%252E.", "a%2f..%2fb", "%25252e"] {
            assert!(has_dot_segment(text), "{text}");
        }
        for text in ["...", "LAB.dot.jpg", "a..b", "50%", "100%25", "..a", "a/b", "LAB#hash%25'q"] {
            assert!(!has_dot_segment(text), "{text}");
        }
    }
}
