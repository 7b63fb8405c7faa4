//! Exact decimal numbers, as Magento keeps them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// How many digits Magento keeps after the point: `decimal(20,6)`.
const DIGITS: usize = 6;
const UNIT: i128 = 1_000_000;

/// A decimal number with six digits after the point: money, quantities, weights. Exact, unlike a
/// float; adding and comparing prices is safe.
///
/// Magento writes prices as numbers in one place and as strings in another (`19.99`,
/// `"9.500000"`); both are read.
///
/// ```
/// use souk_sdk::Decimal;
/// let price: Decimal = "9.500000".parse().unwrap();
/// assert_eq!(price.to_string(), "9.5");
/// assert!(price < "9.51".parse().unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

/// The text is not a decimal number of at most 14 digits before and 6 after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseDecimalError;

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number of at most 14 digits before and 6 after the point")
    }
}

impl std::error::Error for ParseDecimalError {}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths.
    #[must_use]
    pub const fn of_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// In millionths, exactly.
    #[must_use]
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The number in a JSON number or string.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            // The shortest text that means the same float is what the store wrote.
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(ParseDecimalError),
            Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
            None => (unsigned, ""),
        };
        if whole.is_empty() || whole.len() > 14 || fraction.len() > DIGITS {
            return Err(ParseDecimalError);
        }
        let padding = std::iter::repeat_n(b'0', DIGITS - fraction.len());
        let mut millionths: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
            if !digit.is_ascii_digit() {
                return Err(ParseDecimalError);
            }
            millionths = millionths * 10 + i128::from(digit - b'0');
        }
        Ok(Self(if negative { -millionths } else { millionths }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, unit) = (self.0.unsigned_abs(), UNIT.unsigned_abs());
        let (whole, fraction) = (units / unit, units % unit);
        if fraction == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let fraction = format!("{fraction:06}");
            write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::of(&value).ok_or_else(|| serde::de::Error::custom(ParseDecimalError))
    }
}

impl Serialize for Decimal {
    /// As text, which no reader rounds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_strings_mean_the_same() {
        assert_eq!(Decimal::of(&json!(19.99)), "19.990000".parse().ok());
        assert_eq!(Decimal::of(&json!(7)), Decimal::of(&json!("7.0000000000")));
        assert_eq!(Decimal::of(&json!(true)), None);
        for wrong in ["", "-", ".5", "1.", "1e3", "1,5", "0.0000001", "+1", "123456789012345"] {
            assert_eq!(wrong.parse::<Decimal>(), Err(ParseDecimalError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millionths in -10_i128.pow(20) + 1..10_i128.pow(20)) {
            let decimal = Decimal(millionths);
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
        }
    }
}
