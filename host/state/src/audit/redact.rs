//! Takes known secrets out of texts before they are kept.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use souk_model::{ExposeSecret, Secret};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Knows the process's secrets and replaces them wherever a text holds one.
///
/// Whoever obtains a secret registers it: configured credentials at start, tokens when a store
/// hands them out. It is the last line of defence, for a back end that quotes a credential in its
/// error; secrets that nobody registered it cannot know.
#[derive(Default)]
pub struct Redactor {
    /// Each secret in every spelling that a message may quote it in.
    spellings: RwLock<Vec<Secret>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor([redacted])")
    }
}

impl Redactor {
    /// Redacts this secret from now on, as it is, percent-encoded, and as JSON escapes it.
    /// An empty one is ignored.
    pub fn register(&self, secret: &Secret) {
        let plain = secret.expose_secret();
        if plain.is_empty() {
            return;
        }
        let mut spellings = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        for spelling in [plain.to_owned(), percent_encoded(plain), json_escaped(plain)] {
            if spellings.iter().all(|known| known.expose_secret() != spelling) {
                spellings.push(Secret::from(spelling));
            }
        }
    }

    /// The text with `[redacted]` in place of every registered secret. Secrets that overlap in
    /// the text go together, so that no piece of one is left.
    #[must_use]
    pub fn redact(&self, text: String) -> String {
        let mut found: Vec<Range<usize>> = {
            let spellings = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
            spellings.iter().flat_map(|secret| occurrences(&text, secret.expose_secret())).collect()
        };
        if found.is_empty() {
            return text;
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut clean = String::with_capacity(text.len());
        let mut kept_to = 0;
        for range in found {
            if range.start >= kept_to {
                clean.push_str(&text[kept_to..range.start]);
                clean.push_str(REDACTED);
            }
            kept_to = kept_to.max(range.end);
        }
        clean.push_str(&text[kept_to..]);
        clean
    }
}

/// Every place where the secret stands, those that overlap each other too.
fn occurrences<'a>(text: &'a str, secret: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let step = secret.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(secret)?;
        from = start + step;
        Some(start..start + secret.len())
    })
}

/// As in a URL: everything but RFC 3986's unreserved characters is encoded.
fn percent_encoded(plain: &str) -> String {
    plain.bytes().fold(String::with_capacity(plain.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// As inside a JSON string.
fn json_escaped(plain: &str) -> String {
    let quoted = serde_json::Value::from(plain).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        for secret in secrets {
            redactor.register(&Secret::from(*secret));
        }
        redactor
    }

    #[test]
    fn every_spelling_of_a_secret_goes() {
        let redactor = redactor(&["p\"ss/wörd", ""]);
        assert_eq!(
            redactor.redact(r#"p"ss/wörd, {"p\"ss/wörd"} and ?p%22ss%2Fw%C3%B6rd."#.to_owned()),
            r#"[redacted], {"[redacted]"} and ?[redacted]."#
        );
        assert!(!format!("{redactor:?}").contains("ss"));
    }

    #[test]
    fn overlapping_secrets_leave_no_piece() {
        let redactor = redactor(&["abcdef", "defghi", "ghijk"]);
        assert_eq!(redactor.redact("-abcdefghijk-".to_owned()), "-[redacted]-");
    }

    proptest! {
        #[test]
        fn what_is_left_was_there_and_holds_no_secret(
            text in "[ab-dx ]{0,40}",
            secrets in prop::collection::vec("[xb]{1,4}", 1..4),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let clean = redactor(&secrets).redact(text.clone());
            for piece in clean.split(REDACTED) {
                prop_assert!(text.contains(piece));
                for secret in &secrets {
                    prop_assert!(!piece.contains(secret), "{clean}");
                }
            }
        }
    }
}
