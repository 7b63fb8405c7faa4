//! What goes over the wire to a store, and what it says when it refuses.

use souk_model::visible;
use souk_upstream::fuzz;

/// Paths and queries, as they are normalised and signed: `path?query`.
pub(super) fn oauth(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    for decoded in [true, false] {
        let normal = fuzz::path(path, decoded);
        let plain = |byte: u8| byte.is_ascii_graphic();
        assert!(normal.bytes().all(plain), "{normal:?}");
        // Half an escape may become a whole one; nothing that is permitted holds one.
        if !decoded && has_whole_escapes(path) {
            assert_eq!(fuzz::path(&normal, decoded), normal, "normal is normal");
        }
        let header = fuzz::authorization(path, query, decoded);
        assert!(header.starts_with("OAuth oauth_consumer_key=\"key\""), "{header}");
        assert!(header.bytes().all(|byte| plain(byte) || byte == b' '), "{header:?}");
        assert_eq!(header, fuzz::authorization(path, query, decoded));
    }
    let canonical = fuzz::canonical_text(query);
    assert_eq!(fuzz::canonical_text(&canonical), canonical);
    assert!(canonical.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b)));
    has_whole_escapes(path)
}

/// Whether every `%` stands before two digits.
fn has_whole_escapes(path: &str) -> bool {
    path.split('%').skip(1).all(|after| {
        let mut digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.next().is_some() && digits.next().is_some()
    })
}

/// A refusal: the first byte chooses the status, the rest is the body.
pub(super) fn error_body(bytes: &[u8]) -> bool {
    let (choice, body) = match bytes.split_first() {
        Some((choice, body)) if !bytes.starts_with(b"{") => (*choice, body),
        _ => (0, bytes),
    };
    let statuses = [400_u16, 401, 403, 404, 429, 500, 503, 302, 413];
    let status = statuses[usize::from(choice) % statuses.len()];
    for json in [true, false] {
        let failure = fuzz::refusal(status, json, body);
        assert_eq!(failure.status, Some(status));
        assert!(!failure.message.is_empty());
        assert!(failure.message.chars().count() < 1_000, "{}", failure.message);
        let rendered = failure.render();
        assert!(visible::is_visible(&rendered), "{rendered:?}");
        assert!(rendered.lines().count() <= 3, "{rendered:?}");
    }
    true
}
