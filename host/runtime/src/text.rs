//! Texts of plugins and stores as people and models may be shown them.

use souk_model::visible;

/// The text in one line, with everything in it that would not be seen written out, and not too long.
pub(crate) fn printable(text: &str, chars: usize) -> String {
    visible::sentence(text, chars)
}
