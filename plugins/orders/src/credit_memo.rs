//! What a credit memo will come to, before it is made.
//!
//! Magento shares what is left of an order item's row, discount and tax out by quantity, rounds each
//! share to cents, and lets each rounding's remainder count for the next one; the last of an item gets
//! all that is left. The same is done here, in both currencies, so that the order's `total_refunded`
//! afterwards can be said exactly and read back. Checked against every recorded refund
//! (`order_operations.jsonl`, `refunds.jsonl`) and, for whatever sequence of invoices and refunds,
//! against the demo store.

use souk_sdk::prelude::*;

use crate::balance::{ItemBalance, OrderBalance};
use crate::money::{Money, MoneyRounding, proportion, share};
use crate::order::Order;

/// How the store shows shipping in its orders (`tax/sales_display/shipping`): so it takes the
/// `shipping_amount` of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShippingDisplay {
    /// Without tax, or both ways.
    ExcludingTax,
    /// With tax only.
    IncludingTax,
}

/// What a request says beside the quantities of items, in the base currency: that is what Magento's
/// bodies take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RefundExtras {
    /// `shipping_amount`. Left out, all that is left is refunded.
    pub(crate) shipping: Option<Decimal>,
    /// To give back on top.
    pub(crate) adjustment: Decimal,
    /// To keep.
    pub(crate) fee: Decimal,
}

/// What is left of an invoice that is refunded through: then its amounts count instead of the order's.
#[derive(Debug, Clone)]
pub(crate) struct InvoiceBalance {
    /// The order items of which something can be given back through it.
    pub(crate) items: Vec<u64>,
    /// The shipping on it, in the base currency.
    pub(crate) base_shipping: Decimal,
    pub(crate) shipping_tax: Money,
    pub(crate) shipping_compensation: Money,
    /// All its tax that was not given back.
    pub(crate) tax_left: Money,
    /// All its tax that discounts hide and that was not given back.
    pub(crate) compensation_left: Money,
}

impl InvoiceBalance {
    /// Whether all shipping that is left of the order is on it.
    pub(crate) fn has_all_shipping(&self, balance: &OrderBalance) -> bool {
        self.base_shipping >= balance.shipping_left.base
    }
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
    /// Whether shares were rounded: another version of Magento may round a cent otherwise.
    pub(crate) is_rounded: bool,
}

/// So many of an order item.
struct MemoLine<'balance> {
    item: &'balance ItemBalance,
    quantity: Decimal,
}

impl MemoLine<'_> {
    /// Whether nothing of the item is left after.
    fn is_last(&self) -> bool {
        self.quantity == self.item.quantity
    }

    /// The line's share of what is left of an amount.
    fn part(&self, rounding: &mut MoneyRounding, left: Money, deducted: bool) -> Money {
        if self.is_last() {
            return left;
        }
        rounding.share(left, self.quantity, self.item.quantity, deducted)
    }
}

/// What a memo is worked out from.
struct Basis<'a> {
    balance: &'a OrderBalance,
    invoice: Option<&'a InvoiceBalance>,
    lines: Vec<MemoLine<'a>>,
    /// As the request says it.
    named_shipping: Option<Decimal>,
    display: ShippingDisplay,
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
        invoice: Option<&InvoiceBalance>,
        display: ShippingDisplay,
    ) -> Result<Self, Failure> {
        let is_in = |item: &&ItemBalance| invoice.is_none_or(|own| own.items.contains(&item.id));
        let lines = balance.items.iter().filter(is_in).map(|item| {
            let named = quantities.iter().find(|(id, _)| *id == item.id);
            MemoLine { item, quantity: named.map_or(Decimal::ZERO, |(_, quantity)| *quantity) }
        });
        let basis = Basis {
            balance,
            invoice,
            lines: lines.collect(),
            named_shipping: extras.shipping,
            display,
        };
        let in_both = |base: Decimal| Money { order: converted(balance, base), base };
        let mut memo = Self {
            adjustment: in_both(extras.adjustment),
            fee: in_both(extras.fee),
            is_rounded: basis.is_rounded(),
            ..Self::default()
        };
        // In the order of Magento's own totals: the remainder of each rounding counts for the next one.
        let mut rounding = MoneyRounding::default();
        for line in &basis.lines {
            memo.subtotal += line.part(&mut rounding, line.item.row, false);
        }
        memo.discount = basis.shipping_discount();
        for line in &basis.lines {
            memo.discount += line.part(&mut rounding, line.item.discount, true);
        }
        memo.shipping = basis.shipping().ok_or_else(|| too_much_shipping(order, balance))?;
        (memo.tax, memo.compensation) = basis.taxes(&mut rounding, memo.shipping);
        Ok(memo)
    }

    /// What is given back in all.
    pub(crate) fn grand_total(&self) -> Money {
        self.goods_and_shipping() + self.adjustment - self.fee
    }

    /// What is given back but for adjustments.
    pub(crate) fn goods_and_shipping(&self) -> Money {
        self.subtotal - self.discount + self.shipping + self.tax + self.compensation
    }

    /// Refuses a memo of more than was paid, or of less than nothing: Magento would write the latter
    /// (`orders_more.jsonl`). What was paid it compares in the base currency alone.
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
        if balance.is_exceeded_by(total, balance.conversion_slack) {
            let left = (balance.total_paid - balance.total_refunded).order.max(Decimal::ZERO);
            return Err(refused(format!(
                "this would give back {} {currency}, and of {} only {left} {currency} of what was \
                 paid is left",
                total.order,
                order.name(),
            ))
            .remedy(
                "`everything` gives back what is left, whatever adjustments there were; \
                 `orders_why` shows what is left of each item and of the shipping",
            ));
        }
        if total.order == Decimal::ZERO && order.grand_total != Decimal::ZERO {
            return Err(refused("nothing would be given back".to_owned())
                .at("items")
                .remedy("name `items`, `shipping` or `adjustment_refund`, or set `everything`"));
        }
        Ok(())
    }
}

impl Basis<'_> {
    /// Whether the memo gives back the last of all its items.
    fn is_last(&self) -> bool {
        match self.lines.as_slice() {
            [] => self.balance.items.is_empty(),
            lines => lines.iter().all(MemoLine::is_last),
        }
    }

    fn is_rounded(&self) -> bool {
        let in_part = |line: &MemoLine<'_>| line.quantity.is_positive() && !line.is_last();
        let balance = self.balance;
        self.lines.iter().any(in_part)
            || balance.shipping_discount.base != Decimal::ZERO
            || balance.shipping_compensation.base != Decimal::ZERO
            || self
                .named_shipping
                .is_some_and(|named| named != Decimal::ZERO && named != balance.shipping_left.base)
    }

    /// The shipping that counts as asked for. An invoice is refunded with its own, where none is named.
    fn asked_shipping(&self) -> Option<Decimal> {
        let balance = self.balance;
        match (self.named_shipping, self.invoice) {
            (Some(named), _) => Some(named),
            (None, None) => None,
            (None, Some(invoice)) => Some(match self.display {
                ShippingDisplay::ExcludingTax => {
                    balance.shipping_left.base.min(invoice.base_shipping)
                }
                ShippingDisplay::IncludingTax => balance.shipping_left_incl_tax(),
            }),
        }
    }

    /// All shipping of the order in the way that the store takes amounts of it.
    fn whole_shipping(&self) -> Money {
        match self.display {
            ShippingDisplay::ExcludingTax => self.balance.shipping_amount,
            ShippingDisplay::IncludingTax => self.balance.shipping_incl_tax,
        }
    }

    /// The discount on the shipping, not rounded to cents. Magento takes it before it has worked out the
    /// shipping itself: for nothing it takes minus the tax on all of the order's, and where none is named
    /// all of the order's.
    fn shipping_discount(&self) -> Money {
        let balance = self.balance;
        let basis = match self.asked_shipping().filter(|asked| *asked != Decimal::ZERO) {
            Some(asked) => asked,
            None => {
                let incl_tax = self.named_shipping.unwrap_or(balance.shipping_incl_tax.base);
                match self.display {
                    ShippingDisplay::ExcludingTax => incl_tax - balance.shipping_tax.base,
                    ShippingDisplay::IncludingTax => incl_tax,
                }
            }
        };
        let whole = self.whole_shipping();
        let base = proportion(balance.shipping_discount.base, basis, whole.base);
        Money { order: proportion(whole.order, base, whole.base), base }
    }

    /// The shipping without its tax; none where more is asked for than is left.
    fn shipping(&self) -> Option<Money> {
        let balance = self.balance;
        let Some(asked) = self.asked_shipping().map(Decimal::cents) else {
            return Some(balance.shipping_left);
        };
        let most = match self.display {
            ShippingDisplay::ExcludingTax => balance.shipping_left.base,
            ShippingDisplay::IncludingTax => balance.shipping_left_incl_tax(),
        };
        if asked > most.cents() {
            return None;
        }
        if asked >= most {
            return Some(balance.shipping_left);
        }
        let whole = self.whole_shipping().base;
        let Money { order, base } = balance.shipping_amount;
        Some(Money { order: share(order, asked, whole), base: share(base, asked, whole) })
    }

    /// Tax, and tax that discounts hide: of the items, and of so much shipping. No more than is left of
    /// either, and where everything is given back all that is left.
    fn taxes(&self, rounding: &mut MoneyRounding, shipping: Money) -> (Money, Money) {
        let (mut tax, mut compensation) = (Money::default(), Money::default());
        for line in self.lines.iter().filter(|line| line.quantity.is_positive()) {
            tax += line.part(rounding, line.item.tax, false);
            compensation += line.part(rounding, line.item.compensation, false);
        }
        let is_part = match self.invoice {
            Some(invoice) => {
                self.add_invoiced_shipping(rounding, shipping, invoice, &mut tax, &mut compensation)
            }
            None => self.add_ordered_shipping(rounding, shipping, &mut tax, &mut compensation),
        };
        let (tax_left, compensation_left) = match self.invoice {
            Some(invoice) => (invoice.tax_left, invoice.compensation_left),
            None => (self.balance.tax_left, self.balance.compensation_left),
        };
        if self.is_last() && !is_part {
            return (tax_left, compensation_left);
        }
        (tax.min(tax_left), compensation.min(compensation_left))
    }

    /// Adds the taxes of so much of the order's shipping; whether it counts as a part of it.
    fn add_ordered_shipping(
        &self,
        rounding: &mut MoneyRounding,
        shipping: Money,
        tax: &mut Money,
        compensation: &mut Money,
    ) -> bool {
        let balance = self.balance;
        let whole = balance.shipping_amount;
        let in_part = balance.shipping_left.base > shipping.base
            || self.display == ShippingDisplay::IncludingTax;
        if whole.order.is_positive() && in_part {
            *tax += rounding.portion(balance.shipping_tax, shipping, whole);
            *compensation += rounding.portion(balance.shipping_compensation, shipping, whole);
            return shipping.order < whole.order
                && (balance.shipping_tax.order.is_positive() || self.shipping_was_free());
        }
        *tax += balance.shipping_tax_left;
        // Nobody counts what of it was given back: once all shipping was, it counts again each time.
        *compensation += balance.shipping_compensation;
        false
    }

    /// Adds the taxes of so much of an invoice's shipping; whether it counts as a part of it.
    fn add_invoiced_shipping(
        &self,
        rounding: &mut MoneyRounding,
        shipping: Money,
        invoice: &InvoiceBalance,
        tax: &mut Money,
        compensation: &mut Money,
    ) -> bool {
        let whole = self.balance.shipping_amount.base;
        if whole == Decimal::ZERO {
            return false;
        }
        // One factor for both currencies.
        let (part, whole_of_both) =
            (Money { order: shipping.base, ..shipping }, Money { order: whole, base: whole });
        *tax += rounding.portion(invoice.shipping_tax, part, whole_of_both);
        *compensation =
            rounding.rounded_sum(*compensation, invoice.shipping_compensation, part, whole_of_both);
        shipping.base < whole && invoice.shipping_tax.order.is_positive()
            || self.shipping_was_free()
    }

    /// Whether the discount took all of the shipping.
    fn shipping_was_free(&self) -> bool {
        self.balance.shipping_discount.order >= self.balance.shipping_amount.order
    }
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

/// Shipping to refund, without its tax, as the amount that the store takes for it in the base currency.
///
/// # Errors
/// When it has more digits than cents, is more than is left, or no base amount makes it.
pub(crate) fn shipping_in_base(
    order: &Order,
    balance: &OrderBalance,
    wanted: Decimal,
    display: ShippingDisplay,
) -> Result<Decimal, Failure> {
    in_cents(wanted, "shipping")?;
    let (total, left) = (balance.shipping_amount, balance.shipping_left);
    if wanted > left.order {
        return Err(too_much_shipping(order, balance));
    }
    let whole = match display {
        ShippingDisplay::ExcludingTax => {
            if wanted == left.order {
                return Ok(left.base);
            }
            if !order.is_converted() {
                return Ok(wanted);
            }
            total.base
        }
        ShippingDisplay::IncludingTax => balance.shipping_incl_tax.base,
    };
    let near = proportion(whole, wanted, total.order);
    in_base(order, wanted, near, |base| share(total.order, base, whole), "shipping")
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
