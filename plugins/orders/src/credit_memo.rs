//! What a credit memo will come to, before it is made.
//!
//! Magento shares what is left of an item's row, discount and tax out by quantity, rounds each share
//! to cents, and lets each rounding's remainder count for the next one; the last of an item gets all
//! that is left. The same is done here, in both currencies, so that the order's `total_refunded`
//! afterwards can be said exactly and read back. Checked against every recorded refund
//! (`order_operations.jsonl`) and, for whatever sequence of invoices and refunds, against the demo
//! store.

use souk_sdk::prelude::*;

use crate::balance::OrderBalance;
use crate::money::{Money, MoneyRounding, share};
use crate::order::Order;

/// What is refunded beside the items, in the base currency: that is what Magento's bodies take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RefundExtras {
    /// Shipping, without its tax.
    pub(crate) shipping: Decimal,
    /// To give back on top.
    pub(crate) adjustment: Decimal,
    /// To keep.
    pub(crate) fee: Decimal,
}

/// A credit memo's totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CreditMemo {
    pub(crate) subtotal: Money,
    /// A positive amount.
    pub(crate) discount: Money,
    pub(crate) shipping: Money,
    pub(crate) tax: Money,
    compensation: Money,
    pub(crate) adjustment: Money,
    pub(crate) fee: Money,
}

impl CreditMemo {
    /// The memo for these quantities of order items, by id; of items that are not named, nothing.
    ///
    /// # Errors
    /// When more shipping is to be refunded than is left.
    pub(crate) fn new(
        order: &Order,
        balance: &OrderBalance,
        quantities: &[(u64, Decimal)],
        extras: RefundExtras,
    ) -> Result<Self, Failure> {
        if extras.shipping > balance.shipping_left.base.cents() {
            return Err(too_much_shipping(order, balance));
        }
        let mut memo = Self::default();
        memo.add_parts(balance, quantities, extras.shipping);
        let in_both = |base: Decimal| Money { order: converted(balance, base), base };
        memo.adjustment = in_both(extras.adjustment);
        memo.fee = in_both(extras.fee);
        Ok(memo)
    }

    /// Adds rows, shipping, discounts and taxes in the order of Magento's own totals: the remainder of
    /// each rounding counts for the next one.
    fn add_parts(
        &mut self,
        balance: &OrderBalance,
        quantities: &[(u64, Decimal)],
        shipping: Decimal,
    ) {
        let mut rounding = MoneyRounding::default();
        let lines: Vec<_> = balance
            .items
            .iter()
            .map(|item| {
                let named = quantities.iter().find(|(id, _)| *id == item.id);
                (item, named.map_or(Decimal::ZERO, |(_, quantity)| *quantity))
            })
            .collect();
        // All that is left of an amount where nothing of the item is left after.
        let part = |rounding: &mut MoneyRounding, left, quantity, of, deducted| {
            if quantity == of { left } else { rounding.share(left, quantity, of, deducted) }
        };
        for (item, quantity) in &lines {
            self.subtotal += part(&mut rounding, item.row, *quantity, item.quantity, false);
        }
        let total = balance.shipping_amount;
        let takes_all = shipping >= balance.shipping_left.base;
        self.shipping = match takes_all {
            true => balance.shipping_left,
            false => rounding.share(total, shipping, total.base, false),
        };
        for (item, quantity) in &lines {
            self.discount += part(&mut rounding, item.discount, *quantity, item.quantity, true);
        }
        self.discount += shipping_discount(balance, self.shipping.base);
        for (item, quantity) in &lines {
            let (quantity, of) = (*quantity, item.quantity);
            self.tax += part(&mut rounding, item.tax, quantity, of, false);
            self.compensation += part(&mut rounding, item.compensation, quantity, of, false);
        }
        // The compensation is given back whole with the last of the shipping, and once more with every
        // memo after that: nobody counts it.
        let (tax, compensation) = match takes_all {
            true => (balance.shipping_tax_left, balance.shipping_compensation),
            false => {
                let mut share = |money| rounding.share(money, shipping, total.base, false);
                (share(balance.shipping_tax), share(balance.shipping_compensation))
            }
        };
        self.tax += tax;
        self.compensation += compensation;
    }

    /// What is given back in all.
    pub(crate) fn grand_total(&self) -> Money {
        self.subtotal - self.discount
            + self.shipping
            + self.tax
            + self.compensation
            + self.adjustment
            - self.fee
    }

    /// Refuses a memo of more than was paid, or of less than nothing: Magento would write the latter
    /// (`orders_more.jsonl`).
    pub(crate) fn check(&self, order: &Order, balance: &OrderBalance) -> Result<(), Failure> {
        let total = self.grand_total();
        let currency = order.currency();
        let refused = |message: String| Failure::new(FailureCode::ValidationError, message);
        if total.order.is_negative() || total.base.is_negative() {
            let before = total + self.fee;
            return Err(refused(format!(
                "the fee of {} {currency} is more than the {} {currency} that would be given back",
                self.fee.order, before.order
            ))
            .at("adjustment_fee"));
        }
        let (paid, refunded) = (balance.total_paid, balance.total_refunded);
        let above = (refunded.base + total.base).cents() > paid.base.cents()
            || (refunded.order + total.order).cents() > paid.order.cents();
        if above {
            let left = (paid.order - refunded.order).max(Decimal::ZERO);
            return Err(refused(format!(
                "this would give back {} {currency}, and of {} only {left} {currency} of what was \
                 paid is left",
                total.order,
                order.name(),
            ))
            .remedy("`orders_why` shows what is left of each item and of the shipping"));
        }
        if total.order == Decimal::ZERO && order.grand_total != Decimal::ZERO {
            return Err(refused("nothing would be given back".to_owned())
                .at("items")
                .remedy("name `items`, `shipping` or `adjustment_refund`, or set `everything`"));
        }
        Ok(())
    }
}

/// The discount on this much shipping, in the base currency, not rounded to cents. Without shipping
/// Magento takes it from minus the tax on all of the order's.
fn shipping_discount(balance: &OrderBalance, shipping: Decimal) -> Money {
    let total = balance.shipping_amount;
    let shipping = match shipping {
        Decimal::ZERO => -balance.shipping_tax.base,
        shipping => shipping,
    };
    let base = balance.shipping_discount.base.times(shipping).over(total.base).unwrap_or_default();
    Money { order: total.order.times(base).over(total.base).unwrap_or_default(), base }
}

fn too_much_shipping(order: &Order, balance: &OrderBalance) -> Failure {
    let left = balance.shipping_left.order.max(Decimal::ZERO);
    let message = format!(
        "of the shipping of {}, {left} {} is left to refund",
        order.name(),
        order.currency()
    );
    Failure::argument("shipping", message)
        .remedy("refund no more than that, or leave `shipping` out to refund none")
}

/// A base amount in the order's currency, in cents.
fn converted(balance: &OrderBalance, base: Decimal) -> Decimal {
    base.times(balance.rate).cents()
}

/// An adjustment in the base currency.
///
/// # Errors
/// When it has more digits than cents, or no base amount makes it.
pub(crate) fn adjustment_in_base(
    order: &Order,
    balance: &OrderBalance,
    wanted: Decimal,
    argument: &str,
) -> Result<Decimal, Failure> {
    in_cents(wanted, argument)?;
    if !order.is_converted() {
        return Ok(wanted);
    }
    let near = wanted.over(balance.rate).unwrap_or_default();
    in_base(order, wanted, near, |base| converted(balance, base), argument)
}

/// Shipping to refund, in the base currency.
///
/// # Errors
/// When it has more digits than cents, is more than is left, or no base amount makes it.
pub(crate) fn shipping_in_base(
    order: &Order,
    balance: &OrderBalance,
    wanted: Decimal,
) -> Result<Decimal, Failure> {
    in_cents(wanted, "shipping")?;
    let (total, left) = (balance.shipping_amount, balance.shipping_left);
    if wanted > left.order {
        return Err(too_much_shipping(order, balance));
    }
    if wanted == left.order {
        return Ok(left.base);
    }
    if !order.is_converted() {
        return Ok(wanted);
    }
    let near = total.base.times(wanted).over(total.order).unwrap_or_default();
    in_base(order, wanted, near, |base| share(total.order, base, total.base), "shipping")
}

fn in_cents(wanted: Decimal, argument: &str) -> Result<(), Failure> {
    if wanted.is_negative() || !wanted.is_in_cents() {
        let message = format!(
            "{wanted} is no amount of money: at most two digits after the point, not below zero"
        );
        return Err(Failure::argument(argument, message));
    }
    Ok(())
}

/// The base amount that Magento `converts` to the wanted one, if there is one: orders in a dear
/// currency cannot express every cent of a cheap one.
fn in_base(
    order: &Order,
    wanted: Decimal,
    near: Decimal,
    converts: impl Fn(Decimal) -> Decimal,
    argument: &str,
) -> Result<Decimal, Failure> {
    let near = near.cents();
    let (below, above) = (near - Decimal::CENT, near + Decimal::CENT);
    let exact = |base: &Decimal| !base.is_negative() && converts(*base) == wanted;
    if let Some(base) = [near, below, above].into_iter().find(exact) {
        return Ok(base);
    }
    let around = if converts(near) > wanted { [below, near] } else { [near, above] };
    let [below, above] = around.map(converts);
    let (currency, base) = (order.currency(), order.base_currency());
    let message = format!(
        "Magento keeps this amount in {base}, and no cent of that makes {wanted} {currency}"
    );
    Err(Failure::argument(argument, message)
        .remedy(format!("the nearest are {below} and {above} {currency}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
