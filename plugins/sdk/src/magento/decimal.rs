//! Exact decimal numbers, as Magento keeps them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use schemars::json_schema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

/// How many digits Magento keeps after the point: `decimal(20,6)`.
const DIGITS: usize = 6;
const UNIT: i128 = 1_000_000;

/// A decimal number with six digits after the point: money, quantities, weights. Exact, unlike a
/// float; adding and comparing prices is safe. Sums saturate far beyond what Magento can store.
///
/// Magento writes prices as numbers in one place and as strings in another (`19.99`,
/// `"9.500000"`); both are read.
///
/// ```
/// use souk_sdk::magento::Decimal;
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
    /// A hundredth: what money is counted in.
    pub const CENT: Self = Self(UNIT / 100);

    /// So many millionths.
    #[must_use]
    pub const fn of_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// A whole number of things.
    #[must_use]
    pub const fn whole(count: u32) -> Self {
        Self(count as i128 * UNIT)
    }

    /// In millionths, exactly.
    #[must_use]
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// The number in a JSON number or string, exactly; `None` where it has more than six digits
    /// after the point. For what callers write.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            // The shortest text that means the same float is what the store wrote.
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The number in a JSON number or string, rounded to six digits after the point. For what the
    /// store answers: sums of PHP's have digits that nobody stored (`0.30000000000000004`).
    #[must_use]
    pub fn rounded(value: &Value) -> Option<Self> {
        if let Some(exact) = Self::of(value) {
            return Some(exact);
        }
        let text = match value {
            Value::Number(number) => match number.to_string() {
                // `1.0e-5`, as PHP writes what is next to nothing.
                text if text.contains('e') => format!("{:.12}", number.as_f64()?),
                text => text,
            },
            Value::String(text) => text.clone(),
            _ => return None,
        };
        let (whole, fraction) = text.split_once('.')?;
        let (stored, beyond) = fraction.split_at_checked(DIGITS)?;
        if !beyond.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let stored: Self = [whole, ".", stored].concat().parse().ok()?;
        let up = i128::from(beyond.bytes().next().is_some_and(|digit| digit >= b'5'));
        Some(Self(stored.0 + if whole.starts_with('-') { -up } else { up }))
    }

    /// Refuses a number that is larger than any amount, as the end of a sentence that begins with the
    /// argument: beyond twelve digits before the point the host judges none.
    ///
    /// # Errors
    /// When the value is such a number.
    pub fn check_amount(value: &Value) -> Result<(), String> {
        const LIMIT: f64 = 1e12;
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number| number.abs() >= LIMIT) {
            Some(_) => Err(format!("is too large: an amount is below {LIMIT}")),
            None => Ok(()),
        }
    }

    /// As a JSON number; a whole one has no point.
    #[must_use]
    pub fn json(self) -> Value {
        if self.is_whole()
            && let Ok(whole) = i64::try_from(self.0 / UNIT)
        {
            return whole.into();
        }
        // The shortest text of the nearest float is this text again: at most 15 digits matter.
        let float = self.to_string().parse().ok().and_then(Number::from_f64);
        float.map_or(Value::Null, Value::Number)
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is a whole number.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % UNIT == 0
    }

    /// Whether it has at most four digits after the point, as amounts are kept.
    #[must_use]
    pub const fn is_in_ten_thousandths(self) -> bool {
        self.0 % 100 == 0
    }

    /// Whether it has no digits beyond cents.
    #[must_use]
    pub const fn is_in_cents(self) -> bool {
        self.0 % Self::CENT.0 == 0
    }

    /// Without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Rounded to cents, half away from zero.
    #[must_use]
    pub const fn cents(self) -> Self {
        let half_up = self.0.saturating_abs().saturating_add(Self::CENT.0 / 2);
        Self(half_up / Self::CENT.0 * Self::CENT.0 * self.0.signum())
    }

    /// The product, cut to six digits after the point: so much for each of `quantity` things.
    #[must_use]
    pub const fn times(self, quantity: Self) -> Self {
        Self(self.0.saturating_mul(quantity.0) / UNIT)
    }

    /// The quotient, cut to six digits after the point; `None` by zero.
    #[must_use]
    pub const fn over(self, divisor: Self) -> Option<Self> {
        match self.0.saturating_mul(UNIT).checked_div(divisor.0) {
            Some(quotient) => Some(Self(quotient)),
            None => None,
        }
    }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
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
        Self(self.0.saturating_neg())
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(decimals: I) -> Self {
        decimals.fold(Self::ZERO, Add::add)
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
    /// From the store: [`rounded`](Self::rounded).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::rounded(&value).ok_or_else(|| serde::de::Error::custom(ParseDecimalError))
    }
}

impl Serialize for Decimal {
    /// As a JSON number, as the store answers it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

crate::inline_schema!(Decimal, |_| json_schema!({ "type": "number" }));

/// An amount or a quantity as a caller writes it: a number or a text, exact, not below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonNegative(pub Decimal);

impl<'de> Deserialize<'de> for NonNegative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let exact = Decimal::of(&value).filter(|decimal| !decimal.is_negative());
        exact.map(Self).ok_or_else(|| {
            serde::de::Error::custom("an amount is a decimal number such as 19.99 or \"19.99\"")
        })
    }
}

crate::inline_schema!(NonNegative, |_| json_schema!({
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": "^[0-9]{1,14}(\\.[0-9]{1,6})?$"
}));

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

    #[test]
    fn an_amount_has_a_limit_that_is_named() {
        for fits in
            [json!(999_999_999_999.99), json!("999999999999.99"), json!("none"), json!(null)]
        {
            assert_eq!(Decimal::check_amount(&fits), Ok(()), "{fits}");
        }
        for large in
            [json!(1_000_000_000_000_u64), json!("1000000000000"), json!(1e15), json!(1e300)]
        {
            let why = Decimal::check_amount(&large).unwrap_err();
            assert_eq!(why, "is too large: an amount is below 1000000000000", "{large}");
        }
    }

    #[test]
    fn what_the_store_answers_is_rounded_and_what_callers_write_is_not() {
        for (value, text) in [
            (json!(19.99), "19.99"),
            (json!("9.500000"), "9.5"),
            (json!(0.1 + 0.2), "0.3"),
            (json!(-2.675_000_000_1), "-2.675"),
            (json!(-0.000_000_7), "-0.000001"),
            (json!(34), "34"),
        ] {
            assert_eq!(Decimal::rounded(&value).unwrap().to_string(), text, "{value}");
        }
        assert_eq!(Decimal::of(&json!(0.1 + 0.2)), None);
        for wrong in [json!(null), json!("ten"), json!("1.23456789x"), json!(true), json!("")] {
            assert_eq!(Decimal::rounded(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cents_round_half_away_from_zero() {
        let cents = |value: Value| Decimal::of(&value).unwrap().cents().json();
        assert_eq!(cents(json!(2.135)), json!(2.14));
        assert_eq!(cents(json!(-2.135)), json!(-2.14));
        assert_eq!(cents(json!(2.134_999)), json!(2.13));
    }

    #[test]
    fn answers_are_numbers_as_magento_writes_them() {
        for (text, json) in [("97", "97"), ("9.500000", "9.5"), ("-0.000001", "-1e-6"), ("0", "0")]
        {
            let decimal: Decimal = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&decimal).unwrap(), json);
        }
    }

    #[test]
    fn an_amount_of_a_callers_is_exact_and_not_negative() {
        let read = |value: Value| serde_json::from_value::<NonNegative>(value).ok();
        assert_eq!(read(json!("19.99")), Decimal::of(&json!(19.99)).map(NonNegative));
        for wrong in [json!(-1), json!("-0.01"), json!(1.234_567_8), json!("x"), json!(null)] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn cents_read_back_from_numbers_and_texts(cents in -1_000_000_000_i64..1_000_000_000) {
            let decimal = Decimal(i128::from(cents) * Decimal::CENT.0);
            prop_assert_eq!(Decimal::of(&decimal.json()), Some(decimal));
            prop_assert_eq!(Decimal::of(&json!(decimal.to_string())), Some(decimal));
        }

        #[test]
        fn what_is_written_reads_back(millionths in -10_i128.pow(20) + 1..10_i128.pow(20)) {
            let decimal = Decimal(millionths);
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
        }
    }
}
