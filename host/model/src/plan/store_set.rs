//! Values that the store sets by itself, and how exactly they are known beforehand.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Decimal;

/// By how much a number may differ from what was expected: a plain decimal, `0.01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Tolerance(Decimal);

/// A text that is no tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tolerance is a plain decimal of at most nineteen digits, like `0.01`, and not below zero"
)]
pub struct InvalidTolerance;

impl Tolerance {
    /// Digits of its text, the point not counted.
    const DIGITS: usize = 19;

    /// The difference that is allowed.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.0
    }
}

impl FromStr for Tolerance {
    type Err = InvalidTolerance;

    fn from_str(text: &str) -> Result<Self, InvalidTolerance> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let plain =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(part) || text.len() > Self::DIGITS {
            return Err(InvalidTolerance);
        }
        text.parse().map(Self).map_err(|_| InvalidTolerance)
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Tolerance> for String {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.to_string()
    }
}

impl TryFrom<String> for Tolerance {
    type Error = InvalidTolerance;

    fn try_from(text: String) -> Result<Self, InvalidTolerance> {
        text.parse()
    }
}

/// A value that the store sets by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreSet {
    /// What is expected.
    pub value: Value,
    /// By how much a number may differ from it. `None`: not at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tolerance: Option<Tolerance>,
}

impl StoreSet {
    /// Whether this is a number within the tolerance of the one that is expected. A decimal text is
    /// a number too, since Magento writes amounts either way; without a tolerance nothing is.
    #[must_use]
    pub fn is_near(&self, value: &Value) -> bool {
        let numbers = (Decimal::from_json(&self.value), Decimal::from_json(value));
        match (self.tolerance, numbers) {
            (Some(tolerance), (Some(expected), Some(is))) => {
                (expected - is).abs() <= tolerance.amount()
            }
            _ => false,
        }
    }
}

impl From<Value> for StoreSet {
    fn from(value: Value) -> Self {
        Self { value, tolerance: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_near_within_the_tolerance_and_nothing_else_is() {
        let set = |value, tolerance: &str| StoreSet {
            value,
            tolerance: Some(tolerance.parse().unwrap()),
        };
        let cent = set(json!(13.17), "0.01");
        for (value, near) in [
            (json!(13.18), true),
            (json!("13.1600"), true),
            (json!(13.181), false),
            (json!(13), false),
            (json!(null), false),
            (json!("about 13.17"), false),
            (json!(1.3e300), false),
        ] {
            assert_eq!(cent.is_near(&value), near, "{value}");
        }
        assert!(set(json!(-1), "2").is_near(&json!(1)));
        assert!(!StoreSet::from(json!(1)).is_near(&json!(1)));
    }

    #[test]
    fn a_tolerance_is_a_plain_decimal() {
        for wrong in ["", "-1", "1e3", ".5", "5.", "1,5", "0x1", "12345678901234567890", "+1", " 1"]
        {
            assert!(wrong.parse::<Tolerance>().is_err(), "{wrong}");
        }
        assert!("0".parse::<Tolerance>().is_ok());
    }
}
