//! Numbers as a body writes them, read exactly or not at all.

use serde_json::Value;
use souk_model::Decimal;

/// The most digits before and after the point that a number is read with: more than any price or
/// quantity has, and few enough that nothing is lost on the way.
const WHOLE_DIGITS: usize = 12;
const PART_DIGITS: usize = 20;

/// Why a value cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnreadableReason {
    /// Text where Magento takes a number: how PHP reads it is not for a guard to guess.
    TextForNumber,
    /// Neither a number nor a plain decimal: with an exponent, a sign, blanks, a comma, a flag.
    NotPlainNumber,
    /// More digits than any number of a shop has.
    TooManyDigits,
    /// A list, or an object, where one value is expected.
    ContainerForValue,
    /// One value, where a list or an object is expected.
    ValueForContainer,
    /// An object where a list is expected, or the other way round: PHP takes both for the same.
    ListForObject,
    /// An object whose members are numbers is a list to PHP.
    NumericMembers,
    /// The same member in two spellings: which one counts is Magento's secret.
    GivenTwice,
    /// Filled in by the host, with something that nobody can look at before.
    FilledIn,
    /// Nested deeper than any body is.
    TooDeep,
}

impl UnreadableReason {
    /// What is wrong with it, for people: it follows the name of the place.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextForNumber => "is text where Magento takes a number",
            Self::NotPlainNumber => "is not a number in plain digits",
            Self::TooManyDigits => "has more digits than can be judged",
            Self::ContainerForValue => "is a list or an object where one value is expected",
            Self::ValueForContainer => "is one value where a list or an object is expected",
            Self::ListForObject => "is a list where an object is expected, or the other way round",
            Self::NumericMembers => "has numbers for names, which Magento takes for a list",
            Self::GivenTwice => "is given twice, in two spellings",
            Self::FilledIn => "is filled with something that nobody can see before",
            Self::TooDeep => "is nested too deeply",
        }
    }
}

impl std::fmt::Display for UnreadableReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a number. `as_text`: it is written as text there, as the values of attributes are.
///
/// ```
/// use serde_json::json;
/// use souk_policy::writes::{UnreadableReason, read_number};
///
/// assert_eq!(read_number(&json!(9.5), false).unwrap().to_string(), "9.5");
/// assert_eq!(read_number(&json!("9.500000"), true).unwrap().to_string(), "9.5");
/// assert_eq!(read_number(&json!("9.5"), false), Err(UnreadableReason::TextForNumber));
/// for odd in ["1e3", "+1", " 1", "1,5", "", ".5", "5.", "0x10", "١"] {
///     assert_eq!(read_number(&json!(odd), true), Err(UnreadableReason::NotPlainNumber), "{odd}");
/// }
/// ```
///
/// # Errors
/// Why it cannot be read.
pub fn read_number(value: &Value, as_text: bool) -> Result<Decimal, UnreadableReason> {
    match value {
        Value::Number(number) => plain_number(&number.to_string()),
        Value::String(text) if as_text => plain_number(text),
        Value::String(_) => Err(UnreadableReason::TextForNumber),
        Value::Array(_) | Value::Object(_) => Err(UnreadableReason::ContainerForValue),
        Value::Bool(_) | Value::Null => Err(UnreadableReason::NotPlainNumber),
    }
}

fn plain_number(text: &str) -> Result<Decimal, UnreadableReason> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return Err(UnreadableReason::NotPlainNumber),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return Err(UnreadableReason::NotPlainNumber);
    }
    if whole.len() > WHOLE_DIGITS || part.len() > PART_DIGITS {
        return Err(UnreadableReason::TooManyDigits);
    }
    text.parse().map_err(|_| UnreadableReason::TooManyDigits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_plain_number_is_not_read() {
        for value in [json!(true), json!(null), json!(1e300), json!(1e-9)] {
            assert!(read_number(&value, true).is_err(), "{value}");
        }
        for value in [json!([1]), json!({"a": 1})] {
            assert_eq!(read_number(&value, true), Err(UnreadableReason::ContainerForValue));
        }
        let long = format!("0.{}", "1".repeat(45));
        assert_eq!(read_number(&json!(long), true), Err(UnreadableReason::TooManyDigits));
        let large = "9".repeat(13);
        assert_eq!(read_number(&json!(large), true), Err(UnreadableReason::TooManyDigits));
        assert_eq!(read_number(&json!(-4), false).unwrap().to_string(), "-4");
        assert_eq!(read_number(&json!(0.1 + 0.2), false).map(|_| ()), Ok(()));
    }
}
