//! Decoding JSON with errors that say where.

use std::fmt;

use serde::de::DeserializeOwned;

/// Why a JSON text is not of a type, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeError {
    /// An RFC 6901 pointer; empty for the document itself.
    pub(crate) pointer: String,
    /// Of serde's, without line and column.
    pub(crate) reason: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{} at `{}`", self.reason, self.pointer)
        }
    }
}

/// Decodes a whole text.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| located(text, &error))
}

/// serde tells a line and a column, which say nothing to somebody who never saw the text. The place
/// is found by walking the text again up to there: no cost while all is well, and none per type.
fn located(text: &str, error: &serde_json::Error) -> DecodeError {
    let mut reason = error.to_string();
    if let Some(at) = reason.rfind(" at line ") {
        reason.truncate(at);
    }
    let before: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    DecodeError { pointer: pointer(text, before + error.column()), reason }
}

enum PathStep<'text> {
    Member(&'text str),
    Element(usize),
}

/// The place of the value that holds the byte before `end`.
fn pointer(text: &str, end: usize) -> String {
    let mut path = Vec::new();
    let mut key_is_next = false;
    let mut rest = text.as_bytes().iter().enumerate().take(end);
    while let Some((at, &byte)) = rest.next() {
        match byte {
            b'{' => {
                path.push(PathStep::Member(""));
                key_is_next = true;
            }
            b'[' => {
                path.push(PathStep::Element(0));
                key_is_next = false;
            }
            // The bracket that the error points at still belongs to what it closes.
            b'}' | b']' => {
                path.pop();
                key_is_next = false;
            }
            b',' => match path.last_mut() {
                Some(PathStep::Element(index)) => *index += 1,
                _ => key_is_next = true,
            },
            b'"' => {
                let mut escaped = false;
                let closing = rest.find(|(_, byte)| {
                    let closes = **byte == b'"' && !escaped;
                    escaped = **byte == b'\\' && !escaped;
                    closes
                });
                if key_is_next {
                    let to = closing.map_or(end.min(text.len()), |(to, _)| to);
                    if let Some(PathStep::Member(key)) = path.last_mut() {
                        *key = text.get(at + 1..to).unwrap_or_default();
                    }
                    key_is_next = false;
                }
            }
            _ => {}
        }
    }
    let mut place = String::new();
    for step in path {
        match step {
            PathStep::Member("") => {}
            PathStep::Member(key) => {
                place.push('/');
                place.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            PathStep::Element(index) => {
                place.push('/');
                place.push_str(&index.to_string());
            }
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only decoding is tested")]
    struct Order {
        id: u32,
        items: Vec<BTreeMap<String, f64>>,
        note: Option<String>,
    }

    fn wrong_of(text: &str) -> (String, String) {
        let wrong = decode::<Order>(text).unwrap_err();
        (wrong.pointer, wrong.reason)
    }

    #[test]
    fn a_wrong_value_is_found_in_its_place() {
        for (text, place) in [
            (r#"{"id": "x", "items": []}"#, "/id"),
            (r#"{"id": {}, "items": []}"#, "/id"),
            (r#"{"id": 1.5, "items": []}"#, "/id"),
            (r#"{"id": -1, "items": []}"#, "/id"),
            (r#"{"id": 1, "items": 3}"#, "/items"),
            (
                r#"{"id": 1, "items": [{"qty": 1}, {"a\"b,{": 1, "price/eur": "7"}]}"#,
                "/items/1/price~1eur",
            ),
            ("{\"id\": 1,\n \"items\": [{}, {},\n {\"qty\": [1]}]}", "/items/2/qty"),
            (r#"{"id": 1, "items": [], "note": 4}"#, "/note"),
        ] {
            assert_eq!(wrong_of(text).0, place, "{text}");
        }
    }

    #[test]
    fn a_missing_or_unknown_field_is_named() {
        let (_, reason) = wrong_of(r#"{"id": 1}"#);
        assert_eq!(reason, "missing field `items`");
        let (_, reason) = wrong_of(r#"{"id": 1, "itmes": []}"#);
        assert!(reason.starts_with("unknown field `itmes`"), "{reason}");
    }
}
