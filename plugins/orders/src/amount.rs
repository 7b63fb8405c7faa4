//! Money and quantities, exact.
//!
//! Magento keeps amounts with four decimals and reckons documents in cents, each rounding's remainder
//! counting for the next line. Both are done here as it does them, and never with floats.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde_json::{Number, Value};
use souk_sdk::Decimal;

/// Units in one: six decimals, as in [`Decimal`].
const UNIT: i128 = 1_000_000;
/// Units of a [`Rounding`] in one.
const FINE: i128 = 1_000_000_000_000;

/// An amount of money or of goods in millionths. Sums saturate far beyond what Magento can store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i128);

impl Amount {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);
    /// A hundredth.
    pub(crate) const CENT: Self = Self(UNIT / 100);

    /// The amount in a JSON number or text; `None` where there is none. What PHP adds up can have
    /// more digits than anybody stored (`0.30000000000000004`): it is rounded to six.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        if let Some(exact) = Decimal::of(value) {
            return Some(Self(exact.millionths()));
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
        let (kept, rest) = fraction.split_at_checked(6)?;
        if !rest.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let kept: Decimal = [whole, ".", kept].concat().parse().ok()?;
        let up = i128::from(rest.bytes().next().is_some_and(|digit| digit >= b'5'));
        let sign = if whole.starts_with('-') { -1 } else { 1 };
        Some(Self(kept.millionths() + sign * up))
    }

    /// A whole number of things.
    pub(crate) const fn whole(count: u32) -> Self {
        Self(count as i128 * UNIT)
    }

    /// As a JSON number.
    pub(crate) fn json(self) -> Value {
        if self.0 % UNIT == 0
            && let Ok(whole) = i64::try_from(self.0 / UNIT)
        {
            return whole.into();
        }
        // The shortest text of the nearest float is this text again: at most 15 digits matter.
        let float = self.to_string().parse().ok().and_then(Number::from_f64);
        float.map_or(Value::Null, Value::Number)
    }

    /// Whether it is below zero.
    pub(crate) const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is more than nothing.
    pub(crate) const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it has no digits beyond cents.
    pub(crate) const fn is_in_cents(self) -> bool {
        self.0 % Self::CENT.0 == 0
    }

    /// Whether it is a whole number.
    pub(crate) const fn is_whole(self) -> bool {
        self.0 % UNIT == 0
    }

    /// Without its sign.
    pub(crate) const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Rounded to cents, half away from zero.
    pub(crate) fn cents(self) -> Self {
        Self(rounded(self.0, Self::CENT.0))
    }

    /// This much of each of `quantity` things; cut to six decimals.
    pub(crate) const fn times(self, quantity: Self) -> Self {
        Self(self.0.saturating_mul(quantity.0) / UNIT)
    }

    /// This divided by another, cut to six decimals; nothing by nothing.
    pub(crate) const fn over(self, other: Self) -> Self {
        match self.0.saturating_mul(UNIT).checked_div(other.0) {
            Some(quotient) => Self(quotient),
            None => Self::ZERO,
        }
    }

    /// The part that `part` is of `whole`, rounded to cents; nothing of nothing.
    pub(crate) fn share(self, part: Self, whole: Self) -> Self {
        Rounding::default().share(self, part, whole, false)
    }
}

/// Rounds to a multiple of `step`, half away from zero.
const fn rounded(units: i128, step: i128) -> i128 {
    (units.saturating_abs().saturating_add(step / 2)) / step * step * units.signum()
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    /// As many digits as it has: `3`, `9.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::of_millionths(self.0).fmt(f)
    }
}

/// Rounding to cents that carries what it left over into the next amount, so that the lines of one
/// document add up to what they should.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rounding {
    left: i128,
}

impl Rounding {
    /// The part that `part` is of `whole`, in cents. `deducted` amounts are taken away later, so their
    /// remainder counts the other way.
    pub(crate) fn share(
        &mut self,
        amount: Amount,
        part: Amount,
        whole: Amount,
        deducted: bool,
    ) -> Amount {
        if amount == Amount::ZERO || part == Amount::ZERO || whole == Amount::ZERO {
            return Amount::ZERO;
        }
        let exact = amount.0.saturating_mul(FINE / UNIT).saturating_mul(part.0) / whole.0;
        let sign = if deducted { -1 } else { 1 };
        let wanted = exact.saturating_add(sign * self.left);
        let cents = rounded(wanted, FINE / 100);
        self.left = sign * (wanted - cents);
        Amount(cents / (FINE / UNIT))
    }
}

/// One amount in the currency of the order and in the base currency of its website.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Money {
    /// In the currency of the order.
    pub(crate) order: Amount,
    /// In the base currency.
    pub(crate) base: Amount,
}

impl Money {
    /// Nothing.
    pub(crate) const ZERO: Self = Self { order: Amount::ZERO, base: Amount::ZERO };

    /// Both sides through the same operation.
    pub(crate) fn map(self, change: impl Fn(Amount) -> Amount) -> Self {
        Self { order: change(self.order), base: change(self.base) }
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { order: self.order + other.order, base: self.base + other.base }
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { order: self.order - other.order, base: self.base - other.base }
    }
}

/// A [`Rounding`] for each currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MoneyRounding {
    order: Rounding,
    base: Rounding,
}

impl MoneyRounding {
    /// As [`Rounding::share`], on both sides.
    pub(crate) fn share(
        &mut self,
        money: Money,
        part: Amount,
        whole: Amount,
        deducted: bool,
    ) -> Money {
        Money {
            order: self.order.share(money.order, part, whole, deducted),
            base: self.base.share(money.base, part, whole, deducted),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_of_php_are_read_exactly_or_not_at_all() {
        for (value, shown) in [
            (json!(19.99), "19.99"),
            (json!("9.500000"), "9.5"),
            (json!(0.1 + 0.2), "0.3"),
            (json!(-2.675_000_000_1), "-2.675"),
            (json!(-0.000_000_7), "-0.000001"),
            (json!(34), "34"),
        ] {
            assert_eq!(Amount::of(&value).unwrap().to_string(), shown, "{value}");
        }
        for wrong in [json!(null), json!("ten"), json!("1.23456789x"), json!(true), json!("")] {
            assert_eq!(Amount::of(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cents_round_half_away_from_zero() {
        let cents = |value: Value| Amount::of(&value).unwrap().cents().json();
        assert_eq!(cents(json!(2.135)), json!(2.14));
        assert_eq!(cents(json!(-2.135)), json!(-2.14));
        assert_eq!(cents(json!(2.134_999)), json!(2.13));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(cents in -1_000_000_000_i64..1_000_000_000) {
            let amount = Amount(i128::from(cents) * Amount::CENT.0);
            prop_assert_eq!(Amount::of(&amount.json()), Some(amount));
            prop_assert_eq!(Amount::of(&json!(amount.to_string())), Some(amount));
        }

        #[test]
        fn shares_taken_one_by_one_miss_the_whole_by_less_than_a_cent(
            cents in 0_i64..1_000_000, parts in 1_u32..12,
        ) {
            let whole = Amount(i128::from(cents) * Amount::CENT.0);
            let mut rounding = Rounding::default();
            let one = Amount::whole(1);
            let taken: Amount =
                (0..parts).map(|_| rounding.share(whole, one, Amount::whole(parts), false)).sum();
            prop_assert!((whole - taken).abs() <= Amount::CENT);
        }
    }
}
