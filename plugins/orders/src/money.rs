//! Money in both of an order's currencies, and Magento's way of rounding shares of it.

use std::ops::{Add, AddAssign, Sub};

use souk_sdk::prelude::*;

/// Units of a [`Decimal`] in a hundredth.
const CENT: i128 = Decimal::CENT.millionths();
/// How much finer a [`CentRounding`] counts than a [`Decimal`].
const FINER: i128 = 1_000_000;
/// What is so near below a half is rounded up, as PHP does it: its floats are no nearer to the half.
const NEARLY: i128 = 1_000;

/// One amount in the currency of the order and in the base currency of its website.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Money {
    /// In the currency of the order.
    pub(crate) order: Decimal,
    /// In the base currency.
    pub(crate) base: Decimal,
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

impl Money {
    /// Each rounded to cents.
    pub(crate) fn cents(self) -> Self {
        Self { order: self.order.cents(), base: self.base.cents() }
    }

    /// The smaller on each side.
    pub(crate) fn min(self, other: Self) -> Self {
        Self { order: self.order.min(other.order), base: self.base.min(other.base) }
    }
}

/// The part that `part` is of `whole`, not rounded to cents; nothing of nothing.
pub(crate) fn proportion(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    let [amount, part, whole] = [amount, part, whole].map(Decimal::millionths);
    if whole == 0 {
        return Decimal::ZERO;
    }
    let product = amount.saturating_mul(part);
    let half = whole.saturating_abs() / 2;
    let rounded = product.saturating_abs().saturating_add(half) / whole.saturating_abs();
    Decimal::of_millionths(rounded * product.signum() * whole.signum())
}

/// The part that `part` is of `whole`, rounded to cents; nothing of nothing.
pub(crate) fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    CentRounding::default().share(amount, part, whole, false)
}

/// Rounding to cents that carries what it left over into the next amount, so that the lines of one
/// document add up to what they should.
#[derive(Debug, Clone, Copy, Default)]
struct CentRounding {
    left: i128,
}

impl CentRounding {
    /// As [`share`]. `deducted` amounts are taken away later, so their remainder counts the other
    /// way.
    fn share(&mut self, amount: Decimal, part: Decimal, whole: Decimal, deducted: bool) -> Decimal {
        self.sum(Decimal::ZERO, amount, part, whole, deducted)
    }

    /// `before` and the part that `part` is of `whole` together, rounded as one amount. Nothing is not
    /// rounded, and leaves what is carried for the next.
    fn sum(
        &mut self,
        before: Decimal,
        amount: Decimal,
        part: Decimal,
        whole: Decimal,
        deducted: bool,
    ) -> Decimal {
        let [amount, part, whole] = [amount, part, whole].map(Decimal::millionths);
        let product = amount.saturating_mul(FINER).saturating_mul(part);
        let shared = product.checked_div(whole).unwrap_or_default();
        let exact = before.millionths().saturating_mul(FINER).saturating_add(shared);
        if exact == 0 {
            return Decimal::ZERO;
        }
        let sign = if deducted { -1 } else { 1 };
        let carried = exact.saturating_add(sign * self.left);
        let cent = CENT * FINER;
        let up = carried.saturating_abs().saturating_add(cent / 2 + NEARLY);
        let rounded = up / cent * cent * carried.signum();
        self.left = sign * (carried - rounded);
        Decimal::of_millionths(rounded / FINER)
    }
}

/// A [`CentRounding`] for each currency.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MoneyRounding {
    order: CentRounding,
    base: CentRounding,
}

impl MoneyRounding {
    /// The part that `part` is of `whole`, in cents, with what the last one left over. `deducted`
    /// amounts are taken away later, so their remainder counts the other way.
    pub(crate) fn share(
        &mut self,
        money: Money,
        part: Decimal,
        whole: Decimal,
        deducted: bool,
    ) -> Money {
        Money {
            order: self.order.share(money.order, part, whole, deducted),
            base: self.base.share(money.base, part, whole, deducted),
        }
    }

    /// As [`Self::share`], of parts and wholes that differ by the currency.
    pub(crate) fn portion(&mut self, money: Money, part: Money, whole: Money) -> Money {
        self.rounded_sum(Money::default(), money, part, whole)
    }

    /// What is there `before` and a portion of `money`, rounded together.
    pub(crate) fn rounded_sum(
        &mut self,
        before: Money,
        money: Money,
        part: Money,
        whole: Money,
    ) -> Money {
        Money {
            order: self.order.sum(before.order, money.order, part.order, whole.order, false),
            base: self.base.sum(before.base, money.base, part.base, whole.base, false),
        }
    }
}

#[cfg(test)]
mod tests;
