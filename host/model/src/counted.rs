//! Numbers of things in sentences.

use std::fmt::Display;

/// So many of something, in the singular or the plural.
///
/// ```
/// use souk_model::counted;
/// assert_eq!(counted(1, "item", "items"), "1 item");
/// assert_eq!(counted(0_usize, "item", "items"), "0 items");
/// ```
#[must_use]
pub fn counted(count: impl Display, one: &str, many: &str) -> String {
    let count = count.to_string();
    let things = if count == "1" { one } else { many };
    format!("{count} {things}")
}
