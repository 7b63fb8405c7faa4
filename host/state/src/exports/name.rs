//! What a document is called and what it is: texts of a plugin, taken as such.

use std::fmt;
use std::str::FromStr;

/// Characters of a file's name that come from a document's.
const FILE_NAME_CHARS: usize = 80;
/// Characters of a media type.
const MEDIA_TYPE_CHARS: usize = 100;

/// A file's name made of a document's: letters of ASCII, digits, `-`, `_` and `.`, anything else a
/// dash. It is never empty, never begins with a dot, and holds no separator.
///
/// ```
/// use souk_state::exports::file_name;
/// assert_eq!(file_name("coupons of May.csv"), "coupons-of-May.csv");
/// assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
/// assert_eq!(file_name(".."), "document");
/// ```
#[must_use]
pub fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut file = String::new();
    for c in name.chars() {
        let c = if plain(c) { c } else { '-' };
        // Nothing at the beginning, and one dash or dot for many.
        let idle = matches!(c, '-' | '.');
        if !(idle && (file.is_empty() || file.ends_with(['-', '.']))) {
            file.push(c);
        }
    }
    // The end tells what kind of file it is, so what is too long loses its middle.
    if file.len() > FILE_NAME_CHARS {
        let end = file.split_off(file.len() - 20);
        file.truncate(FILE_NAME_CHARS - 20);
        file.truncate(file.trim_end_matches(['-', '.']).len());
        file.push_str(&end);
    }
    if file.is_empty() { "document".to_owned() } else { file }
}

/// A media type of text: `text/csv`, `application/json`; parameters are taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(String);

/// Why a text is no media type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no media type of text, such as `text/csv` or `application/json`")]
pub struct InvalidMediaType(String);

impl MediaType {
    /// As it is sent: `text/csv`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(given: &str) -> Result<Self, InvalidMediaType> {
        let invalid = || InvalidMediaType(given.escape_debug().take(MEDIA_TYPE_CHARS).collect());
        let text = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
        };
        match text.split_once('/') {
            Some((kind, sub)) if word(kind) && word(sub) && text.len() <= MEDIA_TYPE_CHARS => {
                let is_text = kind == "text" || kind == "application";
                if is_text { Ok(Self(text)) } else { Err(invalid()) }
            }
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn media_types_of_text_are_taken_without_their_parameters() {
        for (given, taken) in [
            ("text/csv; charset=UTF-8", "text/csv"),
            ("Application/X-NDJSON", "application/x-ndjson"),
        ] {
            assert_eq!(given.parse::<MediaType>().unwrap().as_str(), taken);
        }
        for wrong in
            ["", "text", "text/", "/csv", "text/a b", "image/png", "text/csv\r\nX: y", "text/<"]
        {
            assert!(wrong.parse::<MediaType>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_document_is_called_its_file_stays_in_the_directory(name in "\\PC{0,200}") {
            let file = file_name(&name);
            prop_assert!(!file.is_empty() && file.len() <= FILE_NAME_CHARS);
            prop_assert!(!file.starts_with('.') && !file.contains(['/', '\\', '\0']));
            prop_assert_eq!(file_name(&file), file);
        }
    }
}
