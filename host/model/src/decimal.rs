//! Exact decimal numbers: money, quantities, per cent.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An exact decimal number, as Magento's money, quantities and per cent are. Binary fractions never
/// stand for money.
///
/// Adding and subtracting stop at the largest and smallest number instead of overflowing, so that
/// what is too much stays too much; multiplying and dividing say when they cannot be done exactly
/// enough.
///
/// ```
/// use serde_json::json;
/// use souk_model::Decimal;
///
/// let price = Decimal::from_json(&json!("9.500000")).unwrap();
/// assert_eq!(Some(price), Decimal::from_json(&json!(9.5)));
/// assert_eq!((price.to_string(), price.with_cents()), ("9.5".into(), "9.50".into()));
/// let third = price.checked_div(Decimal::from(3_u32)).unwrap();
/// assert_eq!(third.round_to_cents().to_string(), "3.17");
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(into = "String", try_from = "String")]
pub struct Decimal(rust_decimal::Decimal);

/// A text that is no plain decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number is meant, like `9.50`")]
pub struct InvalidDecimal;

/// How many parts of a unit the host's accounts are kept in: Magento's columns have four digits.
const TEN_THOUSAND: rust_decimal::Decimal =
    rust_decimal::Decimal::from_parts(10_000, 0, 0, false, 0);

impl Decimal {
    /// 0.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);
    /// 1.
    pub const ONE: Self = Self(rust_decimal::Decimal::ONE);
    /// 100.
    pub const ONE_HUNDRED: Self = Self(rust_decimal::Decimal::ONE_HUNDRED);
    /// More than any price, quantity or id that a store means; [`from_json`](Self::from_json) takes
    /// nothing beyond it, so that what is worked out from such numbers is exact.
    pub const LARGEST_READ: Self =
        Self(rust_decimal::Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0));

    /// So many hundredths.
    #[must_use]
    pub const fn from_cents(count: i64) -> Self {
        let magnitude = count.unsigned_abs();
        #[expect(clippy::cast_possible_truncation, reason = "the two halves of 64 bits")]
        let (low, high) = (magnitude as u32, (magnitude >> 32) as u32);
        Self(rust_decimal::Decimal::from_parts(low, high, 0, count < 0, 2))
    }

    /// A number of the store's, or a text that PHP takes for one: digits, a point, an exponent,
    /// blanks around it. None where it is anything else, or beyond
    /// [`LARGEST_READ`](Self::LARGEST_READ).
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        let text = text.strip_prefix('+').unwrap_or(&text);
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
        if !is_plain || text.len() > 40 {
            return None;
        }
        let number = rust_decimal::Decimal::from_str_exact(text)
            .or_else(|_| text.parse())
            .or_else(|_| rust_decimal::Decimal::from_scientific(text))
            .ok()?;
        (number.abs() <= Self::LARGEST_READ.0).then_some(Self(number))
    }

    /// Ten-thousandths of a unit, as accounts keep money; rounded up, so that no part of it is
    /// lost. None where there are too many to count.
    #[must_use]
    pub fn to_ten_thousandths(self) -> Option<i64> {
        self.0.checked_mul(TEN_THOUSAND).and_then(|count| count.ceil().to_i64())
    }

    /// So many ten-thousandths of a unit.
    #[must_use]
    pub fn from_ten_thousandths(count: i64) -> Self {
        Self(rust_decimal::Decimal::new(count, 4))
    }

    /// Whether it is 0.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is below 0.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The product; none where it is too large.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        self.0.checked_mul(other.0).map(Self)
    }

    /// The quotient, to 28 digits; none where it is too large or `other` is 0.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        self.0.checked_div(other.0).map(Self)
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// To two digits, a half away from zero, as Magento rounds money.
    #[must_use]
    pub fn round_to_cents(self) -> Self {
        Self(self.0.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }

    /// The nearest binary fraction, for comparing with a setting. Never for money itself.
    #[must_use]
    pub fn to_f64(self) -> Option<f64> {
        self.0.to_f64()
    }

    /// As people write money: with two digits after the point, or more where they say more.
    #[must_use]
    pub fn with_cents(self) -> String {
        let plain = self.0.normalize();
        format!("{plain:.*}", plain.scale().max(2) as usize)
    }
}

/// As short as it can be written: `9.5`, `100`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.normalize(), f)
    }
}

/// Digits with a point, exactly; no exponent, no blanks.
impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        rust_decimal::Decimal::from_str_exact(text).map(Self).map_err(|_| InvalidDecimal)
    }
}

/// As text: a binary fraction would not be exact.
impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for Decimal {
    type Error = InvalidDecimal;

    fn try_from(text: String) -> Result<Self, InvalidDecimal> {
        text.parse()
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl From<u64> for Decimal {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for (value, wanted) in [
            (json!(9.5), "9.5"),
            (json!("9.500000"), "9.5"),
            (json!(" 1e3"), "1000"),
            (json!(2e2), "200"),
            (json!("-0.5"), "-0.5"),
            (json!(1_000_000_000_000_u64), "1000000000000"),
        ] {
            assert_eq!(Decimal::from_json(&value), Some(number(wanted)), "{value}");
        }
        for no_number in
            [json!("12abc"), json!("50%"), json!(""), json!(null), json!(true), json!([1])]
        {
            assert_eq!(Decimal::from_json(&no_number), None, "{no_number}");
        }
        assert_eq!(Decimal::from_json(&json!(1e300)), None);
        assert_eq!(Decimal::from_json(&json!(1_000_000_000_001_u64)), None);
    }

    #[test]
    fn money_is_counted_up_and_written_with_cents() {
        for (amount, count, text) in [
            ("12345", 123_450_000, "12345.00"),
            ("0.5125", 5_125, "0.5125"),
            ("1.5", 15_000, "1.50"),
            ("0.00001", 1, "0.00001"),
        ] {
            assert_eq!(number(amount).to_ten_thousandths(), Some(count));
            assert_eq!(number(amount).with_cents(), text);
        }
        assert_eq!(Decimal::from_ten_thousandths(5_125), number("0.5125"));
        assert_eq!(Decimal::from_cents(-317), number("-3.17"));
        assert_eq!(number("79228162514264337593543950335").to_ten_thousandths(), None);
    }

    #[test]
    fn sums_stop_at_the_largest_number() {
        let largest = number("79228162514264337593543950335");
        assert_eq!(largest + Decimal::ONE, largest);
        assert_eq!(largest.checked_mul(largest), None);
        assert_eq!(Decimal::ONE.checked_div(Decimal::ZERO), None);
        assert_eq!(number("2.345").round_to_cents(), number("2.35"));
        assert_eq!([number("0.1"), number("0.2")].into_iter().sum::<Decimal>(), number("0.3"));
    }
}
