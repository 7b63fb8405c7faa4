//! One comparison of a search, and all the ways to compare.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::{Failure, FailureCode};

/// How a field is compared. These are all that Magento knows; a word it does not know it takes for
/// `eq`, without a warning (`products_search.jsonl`, `unknown-condition`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Equal; ignores case, accents and trailing spaces.
    Eq,
    /// Not equal.
    Neq,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gteq,
    /// Less than.
    Lt,
    /// Less than or equal.
    Lteq,
    /// Greater than or equal, by another name.
    Moreq,
    /// The lower end of a range, itself included.
    From,
    /// The upper end of a range, itself included.
    To,
    /// Matches, with `%` for any text and `_` for any character.
    Like,
    /// Does not match.
    Nlike,
    /// One of a list with commas.
    In,
    /// None of a list with commas.
    Nin,
    /// Has no value.
    Null,
    /// Has a value.
    Notnull,
    /// A multi-select holds this option.
    Finset,
    /// A multi-select does not hold this option.
    Nfinset,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 17] = [
        Self::Eq,
        Self::Neq,
        Self::Gt,
        Self::Gteq,
        Self::Lt,
        Self::Lteq,
        Self::Moreq,
        Self::From,
        Self::To,
        Self::Like,
        Self::Nlike,
        Self::In,
        Self::Nin,
        Self::Null,
        Self::Notnull,
        Self::Finset,
        Self::Nfinset,
    ];

    /// The condition as Magento spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Gteq => "gteq",
            Self::Lt => "lt",
            Self::Lteq => "lteq",
            Self::Moreq => "moreq",
            Self::From => "from",
            Self::To => "to",
            Self::Like => "like",
            Self::Nlike => "nlike",
            Self::In => "in",
            Self::Nin => "nin",
            Self::Null => "null",
            Self::Notnull => "notnull",
            Self::Finset => "finset",
            Self::Nfinset => "nfinset",
        }
    }

    /// The condition that is spelt so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.as_str() == name)
    }

    /// Whether it is about having a value at all, and takes none itself.
    #[must_use]
    pub const fn takes_no_value(self) -> bool {
        matches!(self, Self::Null | Self::Notnull)
    }
}

/// How long an `in` list may be in a URL, in encoded bytes. Magento's web servers answer 414 above
/// 8 kB for the whole URL; this leaves room for the rest of it.
pub const LIST_BUDGET: usize = 6_000;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub(crate) field: String,
    pub(crate) condition: Condition,
    pub(crate) value: String,
}

impl Filter {
    /// A field compared with a value. Conditions that take no value ignore it.
    ///
    /// # Errors
    /// When the field is not a field's name: letters, digits, `_`, `.` and `-`.
    pub fn new(
        field: &str,
        condition: Condition,
        value: impl Into<String>,
    ) -> Result<Self, Failure> {
        let value = if condition.takes_no_value() { "1".to_owned() } else { value.into() };
        Ok(Self { field: field_name(field)?.to_owned(), condition, value })
    }

    /// The field is one of these values. A long list has to be [split](Self::split).
    ///
    /// # Errors
    /// As [`new`](Self::new); when the list is empty, or a value holds a comma, which Magento would
    /// take for two.
    pub fn any_of<V: AsRef<str>>(field: &str, values: &[V]) -> Result<Self, Failure> {
        Self::new(field, Condition::In, list(field, values)?)
    }

    /// The field is none of these values.
    ///
    /// # Errors
    /// As [`any_of`](Self::any_of).
    pub fn none_of<V: AsRef<str>>(field: &str, values: &[V]) -> Result<Self, Failure> {
        Self::new(field, Condition::Nin, list(field, values)?)
    }

    /// The field is one of these values, as so many filters that each one's list stays within
    /// `budget` bytes of URL ([`LIST_BUDGET`]): one search for each. A value that is longer by
    /// itself gets a filter of its own.
    ///
    /// # Errors
    /// As [`any_of`](Self::any_of).
    pub fn split<V: AsRef<str>>(
        field: &str,
        values: &[V],
        budget: usize,
    ) -> Result<Vec<Self>, Failure> {
        let mut filters = Vec::new();
        let (mut from, mut length) = (0, 0);
        for (at, value) in values.iter().enumerate() {
            // The comma, encoded, is three bytes.
            let more = encoded_length(value.as_ref()) + 3;
            if at > from && length + more > budget {
                filters.push(Self::any_of(field, &values[from..at])?);
                (from, length) = (at, 0);
            }
            length += more;
        }
        filters.push(Self::any_of(field, &values[from..])?);
        Ok(filters)
    }

    /// The field begins with this text, wildcards in it taken literally.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn starts_with(field: &str, text: &str) -> Result<Self, Failure> {
        Self::new(field, Condition::Like, [&escaped(text), "%"].concat())
    }

    /// The field holds this text, wildcards in it taken literally.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn contains(field: &str, text: &str) -> Result<Self, Failure> {
        Self::new(field, Condition::Like, ["%", &escaped(text), "%"].concat())
    }
}

/// `%`, `_` and `\` so that `like` takes them literally.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn list<V: AsRef<str>>(field: &str, values: &[V]) -> Result<String, Failure> {
    let values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
    if values.is_empty() {
        return Err(invalid(format!("the list for `{field}` is empty")));
    }
    if let Some(value) = values.iter().find(|value| value.contains(',')) {
        return Err(invalid(format!(
            "`{value}` holds a comma, which Magento's lists cannot express"
        ))
        .remedy("ask for it alone, with the condition `eq`"));
    }
    Ok(values.join(","))
}

pub(crate) fn invalid(message: String) -> Failure {
    Failure::new(FailureCode::ValidationError, message)
}

/// The text, if it can be a field's or an attribute's name.
pub(crate) fn field_name(field: &str) -> Result<&str, Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !field.is_empty() && field.chars().all(allowed) {
        return Ok(field);
    }
    Err(invalid(format!("`{field}` is not a field's name: letters, digits, `_`, `.` and `-`")))
}

/// How long a text is in a URL: every byte but the unreserved ones takes three.
pub(crate) fn encoded_length(text: &str) -> usize {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_split_list_keeps_every_value_in_order_and_each_part_short(
            values in prop::collection::vec("[^,]{1,40}", 1..120),
            budget in 20_usize..800,
        ) {
            let parts = Filter::split("sku", &values, budget).unwrap();
            let joined: Vec<_> = parts.iter().flat_map(|part| part.value.split(',')).collect();
            prop_assert_eq!(joined, values.iter().map(String::as_str).collect::<Vec<_>>());
            for part in &parts {
                let alone = !part.value.contains(',');
                prop_assert!(alone || encoded_length(&part.value) <= budget);
            }
        }

        #[test]
        fn a_prefix_matches_only_itself(text in any::<String>(), other in any::<String>()) {
            let filter = Filter::starts_with("sku", &text).unwrap();
            let whole = [text.as_str(), other.as_str()].concat();
            prop_assert!(like(&filter.value, &whole));
            prop_assert_eq!(like(&filter.value, &other), other.starts_with(&text));
        }
    }

    /// SQL's `like`, for patterns whose only wildcard is a `%` at the end.
    fn like(pattern: &str, text: &str) -> bool {
        let mut literal = String::new();
        let mut characters = pattern.strip_suffix('%').unwrap().chars();
        while let Some(character) = characters.next() {
            assert!(!matches!(character, '%' | '_'), "an unescaped wildcard in `{pattern}`");
            literal.push(if character == '\\' { characters.next().unwrap() } else { character });
        }
        text.starts_with(&literal)
    }

    #[test]
    fn what_magento_would_misread_is_refused() {
        let comma = Filter::any_of("sku", &["a", "b,c"]).unwrap_err();
        assert!(comma.message.contains("`b,c` holds a comma"), "{}", comma.message);
        assert!(Filter::any_of::<&str>("sku", &[]).is_err());
        assert!(Filter::new("sku' OR 1=1 --", Condition::Eq, "x").is_err());
        assert!(Filter::new("", Condition::Eq, "x").is_err());
        assert_eq!(Condition::named("regexp"), None);
    }
}
