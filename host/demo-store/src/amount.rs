//! Money and quantities as the database keeps them: exact, with four decimals.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde_json::Value;

use crate::php;

/// Units in one: four decimals.
const SCALE: i64 = 10_000;
/// Units of a [`PriceCalculator`] in one.
const FINE: i128 = 1_000_000_000_000;
/// How far below a half still counts as one, in those units: PHP rounds what it can tell apart, and a
/// third of something taken twice is no longer exact.
const NEARLY: i128 = 1_000;

/// An amount of money or of goods, exact to four decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i64);

impl Amount {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);

    /// The amount in a document's field; nothing when it has none.
    pub(crate) fn of(value: Option<&Value>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "amounts beyond 2^63 ten-thousandths saturate"
        )]
        let units = value.map_or(0, |value| (php::number_of(value) * SCALE as f64).round() as i64);
        Self(units)
    }

    /// The amount as a JSON number.
    pub(crate) fn json(self) -> Value {
        php::number(self.float())
    }

    /// The nearest float.
    pub(crate) fn float(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact up to nine hundred thousand million")]
        let float = self.0 as f64 / SCALE as f64;
        float
    }

    /// Without its fraction, towards zero.
    pub(crate) fn truncated(self) -> Self {
        Self(self.0 / SCALE * SCALE)
    }

    /// Rounded to cents, half away from zero.
    pub(crate) fn cents(self) -> Self {
        Self(round_to(i128::from(self.0), 100))
    }

    /// Without its sign.
    pub(crate) const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// This much of each of `quantity` things.
    pub(crate) fn times(self, quantity: Self) -> Self {
        Self(round_to(i128::from(self.0) * i128::from(quantity.0), SCALE) / SCALE)
    }

    /// This much times `factor`, for each of `per` things and again for each of `per_again`, rounded to the
    /// four decimals that the database keeps; nothing of nothing.
    pub(crate) fn in_proportion(
        self,
        factor: Self,
        per: Self,
        again: Option<(Self, Self)>,
    ) -> Self {
        let (times, over) = again.unwrap_or((Self(SCALE), Self(SCALE)));
        let whole = i128::from(per.0) * i128::from(over.0);
        if whole == 0 {
            return Self::ZERO;
        }
        let exact = i128::from(self.0) * i128::from(factor.0) * i128::from(times.0);
        let half = whole.abs() / 2;
        let rounded = (exact.abs() + half) / whole.abs() * exact.signum() * whole.signum();
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }

    /// The part that `part` is of `whole`, rounded to cents; nothing of nothing.
    pub(crate) fn share(self, part: Self, whole: Self) -> Self {
        PriceCalculator::default().delta_round(self, part, whole, Sign::Added)
    }
}

/// Rounds `units` to a multiple of `step`, half away from zero.
fn round_to(units: i128, step: i64) -> i64 {
    let step = i128::from(step);
    let rounded = (units.abs() + step / 2) / step * step;
    i64::try_from(rounded * units.signum()).unwrap_or(i64::MAX)
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

/// What rounding leaves over, and for whom: an amount that is taken away later counts the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// The amount is added to the document's total.
    Added,
    /// It is a discount.
    Deducted,
}

/// The price calculator of one document: its `deltaRound` adds what one price lost by rounding to the
/// next, so that the lines of the document add up to what they should.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PriceCalculator {
    delta: i128,
}

impl PriceCalculator {
    /// The part that `part` is of `whole`, in cents.
    pub(crate) fn delta_round(
        &mut self,
        amount: Amount,
        part: Amount,
        whole: Amount,
        sign: Sign,
    ) -> Amount {
        self.delta_round_with(Amount::ZERO, amount, part, whole, sign)
    }

    /// `before` and the part that `part` is of `whole` as one price, in cents. Of nothing nothing is left
    /// over, and what was stays for the next.
    fn delta_round_with(
        &mut self,
        before: Amount,
        amount: Amount,
        part: Amount,
        whole: Amount,
        sign: Sign,
    ) -> Amount {
        let turned = |delta: i128| if sign == Sign::Deducted { -delta } else { delta };
        let finer = FINE / i128::from(SCALE);
        let share = (i128::from(amount.0) * finer * i128::from(part.0))
            .checked_div(i128::from(whole.0))
            .unwrap_or(0);
        let exact = i128::from(before.0) * finer + share;
        if exact == 0 {
            return Amount::ZERO;
        }
        let price = exact + turned(self.delta);
        let cent = FINE / 100;
        let cents = (price.abs() + cent / 2 + NEARLY) / cent * price.signum();
        self.delta = turned(price - cents * cent);
        Amount(i64::try_from(cents * cent / finer).unwrap_or(i64::MAX))
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

    /// Two of them, side by side, through the same operation.
    pub(crate) fn with(self, other: Self, join: impl Fn(Amount, Amount) -> Amount) -> Self {
        Self { order: join(self.order, other.order), base: join(self.base, other.base) }
    }

    /// The smaller on each side.
    pub(crate) fn min(self, other: Self) -> Self {
        self.with(other, Ord::min)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(other, Add::add)
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
        self.with(other, Sub::sub)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(Neg::neg)
    }
}

/// A calculator for the currency of the order and one for the base currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PriceCalculators {
    order: PriceCalculator,
    base: PriceCalculator,
}

impl PriceCalculators {
    /// As [`PriceCalculator::delta_round`], in both currencies.
    pub(crate) fn delta_round(
        &mut self,
        money: Money,
        part: Amount,
        whole: Amount,
        sign: Sign,
    ) -> Money {
        Money {
            order: self.order.delta_round(money.order, part, whole, sign),
            base: self.base.delta_round(money.base, part, whole, sign),
        }
    }

    /// `before` and the part that `part` is of `whole`, which differ by the currency, as one price.
    pub(crate) fn delta_round_with(
        &mut self,
        before: Money,
        money: Money,
        part: Money,
        whole: Money,
    ) -> Money {
        let round = |calculator: &mut PriceCalculator, side: fn(Money) -> Amount| {
            let [before, money, part, whole] = [before, money, part, whole].map(side);
            calculator.delta_round_with(before, money, part, whole, Sign::Added)
        };
        Money {
            order: round(&mut self.order, |money| money.order),
            base: round(&mut self.base, |money| money.base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn amount(value: f64) -> Amount {
        Amount::of(Some(&json!(value)))
    }

    #[test]
    fn amounts_are_exact_and_round_half_away_from_zero() {
        assert_eq!(amount(36.13) - amount(16.13), amount(20.0));
        assert_eq!((amount(0.1) + amount(0.2)).json(), json!(0.3));
        assert_eq!(amount(2.135).cents(), amount(2.14));
        assert_eq!(amount(-2.135).cents(), amount(-2.14));
        assert_eq!(amount(3.25).times(amount(2.0)), amount(6.5));
        assert_eq!(Amount::of(Some(&json!("9.500000"))).json(), json!(9.5));
    }

    proptest! {
        #[test]
        fn what_one_price_loses_by_rounding_the_next_one_gets(
            prices in prop::collection::vec((1i64..100_000, 1i64..7, 7i64..12), 1..9)
        ) {
            let mut calculator = PriceCalculator::default();
            let (mut rounded, mut exact) = (Amount::ZERO, 0i128);
            for (cents, part, whole) in prices {
                let parts = [cents * 100, part * SCALE, whole * SCALE].map(Amount);
                rounded += calculator.delta_round(parts[0], parts[1], parts[2], Sign::Added);
                exact += i128::from(cents) * (FINE / 100) * i128::from(part) / i128::from(whole);
                let off = (i128::from(rounded.0) * (FINE / i128::from(SCALE)) - exact).abs();
                prop_assert!(off <= FINE / 200 + NEARLY, "{} is off by {}", cents, off);
            }
        }
    }

    #[test]
    fn a_value_a_hair_below_a_half_is_a_half() {
        // Two thirds of 1.96 leave a third of a cent, which makes 0.545 of the third of 1.63 that follows.
        let mut calculator = PriceCalculator::default();
        let mut discount = |amount: f64, part: f64, whole: f64| {
            let [amount, part, whole] = [amount, part, whole].map(self::amount);
            calculator.delta_round(amount, part, whole, Sign::Deducted)
        };
        assert_eq!(discount(0.87, 2.0, 4.0), amount(0.44));
        assert_eq!(discount(1.96, 2.0, 3.0), amount(1.3));
        assert_eq!(discount(1.63, 1.0, 3.0), amount(0.55));
    }
}
