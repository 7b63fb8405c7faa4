//! Patterns of places in JSON documents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pointer::{InvalidPointer, Pointer, Token, escape_token, index, is_where};

/// Places in a JSON document, each with all that stands below it: a [`Pointer`] in which a token may
/// also be `*`, every element of a list or every member of an object.
///
/// ```
/// use serde_json::json;
/// use souk_model::PointerPattern;
///
/// let allowed = ["/prices/*/price", "/prices/*/sku"].map(|text| text.parse().unwrap());
/// let uncovered = |body| PointerPattern::uncovered(&allowed, &body);
/// assert_eq!(uncovered(json!({"prices": [{"sku": "A", "price": 1}]})), None);
/// assert_eq!(
///     uncovered(json!({"prices": [{"sku": "A", "store_id": 0}]})),
///     Some("/prices/0/store_id".to_owned())
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PointerPattern(Pointer);

impl PointerPattern {
    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The tokens, as they were written but without their escapes.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.tokens().iter().map(|token| match token {
            Token::Key(key) => key.as_str(),
            Token::Where { .. } => EVERY,
        })
    }

    /// The first value of a document that stands at no place of these patterns nor below one, as a
    /// plain pointer. Empty objects and lists on the way to such a place hold no value.
    #[must_use]
    pub fn uncovered(patterns: &[Self], document: &Value) -> Option<String> {
        let patterns: Vec<&[Token]> = patterns.iter().map(|pattern| pattern.0.tokens()).collect();
        let mut at = String::new();
        (!covered(document, &patterns, &mut at)).then_some(at)
    }
}

/// The token that stands for every element or member.
const EVERY: &str = "*";

/// Whether patterns, of which these tokens are left at this value, cover all of it. Where they do
/// not, `at` ends with what is not covered.
fn covered(value: &Value, patterns: &[&[Token]], at: &mut String) -> bool {
    if patterns.iter().any(|tokens| tokens.is_empty()) {
        return true;
    }
    if patterns.is_empty() {
        return false;
    }
    let mut all_within = |key: &str, value: &Value, leads: &dyn Fn(&Token) -> bool| {
        let left: Vec<&[Token]> = patterns
            .iter()
            .filter_map(|tokens| tokens.split_first())
            .filter(|(first, _)| leads(first))
            .map(|(_, rest)| rest)
            .collect();
        let length = at.len();
        at.push('/');
        at.push_str(&escape_token(key));
        let covered = covered(value, &left, at);
        if covered {
            at.truncate(length);
        }
        covered
    };
    match value {
        Value::Object(members) => members.iter().all(|(name, value)| {
            all_within(
                name,
                value,
                &|token| matches!(token, Token::Key(key) if key == EVERY || key == name),
            )
        }),
        Value::Array(items) => items.iter().enumerate().all(|(number, value)| {
            all_within(&number.to_string(), value, &|token| match token {
                Token::Key(key) => key == EVERY || index(key) == Some(number),
                Token::Where { name, value: wanted } => is_where(value, name, wanted),
            })
        }),
        _ => false,
    }
}

impl FromStr for PointerPattern {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        text.parse().map(Self)
    }
}

impl fmt::Display for PointerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<PointerPattern> for String {
    fn from(pattern: PointerPattern) -> Self {
        pattern.0.into()
    }
}

impl TryFrom<String> for PointerPattern {
    type Error = InvalidPointer;

    fn try_from(text: String) -> Result<Self, InvalidPointer> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uncovered(patterns: &[&str], document: &Value) -> Option<String> {
        let patterns: Vec<_> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        PointerPattern::uncovered(&patterns, document)
    }

    #[test]
    fn what_stands_below_a_place_is_covered_and_what_stands_beside_it_is_not() {
        let body = json!({"product": {"name": "Joust", "media": [{"file": "a"}]}});
        assert_eq!(uncovered(&[""], &body), None);
        assert_eq!(uncovered(&["/product"], &body), None);
        assert_eq!(uncovered(&["/product/name", "/product/media"], &body), None);
        assert_eq!(uncovered(&["/product/name"], &body).unwrap(), "/product/media");
        assert_eq!(
            uncovered(&["/product/media/1"], &json!({"product": {"media": [1]}})).unwrap(),
            "/product/media/0"
        );
        assert_eq!(uncovered(&[], &body).unwrap(), "");
        assert_eq!(uncovered(&["/product/name"], &json!({"product": {}})), None);
        assert_eq!(uncovered(&["/product/name"], &json!({"product": 1})).unwrap(), "/product");
    }

    #[test]
    fn an_element_is_known_by_its_member_wherever_it_stands() {
        let attribute = |code: &str| json!({"attribute_code": code, "value": 1});
        let body =
            |codes: &[&str]| json!({"a": codes.iter().map(|c| attribute(c)).collect::<Vec<_>>()});
        let pattern = ["/a/[attribute_code=color]"];
        assert_eq!(uncovered(&pattern, &body(&["color", "color"])), None);
        assert_eq!(uncovered(&pattern, &body(&["color", "price"])).unwrap(), "/a/1");
    }

    #[test]
    fn names_are_escaped_in_what_is_told() {
        assert_eq!(uncovered(&["/b"], &json!({"a/~": 1})).unwrap(), "/a~1~0");
    }
}
