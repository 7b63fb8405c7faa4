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
        let [amount, part, whole] = [amount, part, whole].map(Decimal::millionths);
        if amount == 0 || part == 0 || whole == 0 {
            return Decimal::ZERO;
        }
        let sign = if deducted { -1 } else { 1 };
        let exact = amount.saturating_mul(FINER).saturating_mul(part) / whole;
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
}

#[cfg(test)]
mod tests;
