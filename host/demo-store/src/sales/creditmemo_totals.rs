//! What a credit memo comes to: the totals that Magento collects, in its order, since each rounding counts
//! for the next.

use serde_json::json;

use super::composition::Roles;
use super::line::{Line, RemainingQuantity};
use super::payment;
use crate::amount::{Amount, Money, PriceCalculators, Sign};
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;

const COMPENSATION: &str = "discount_tax_compensation_amount";
const SHIPPING_COMPENSATION: &str = "shipping_discount_tax_compensation_amount";

/// What a memo draws on.
#[derive(Debug)]
pub(super) struct MemoBasis<'a> {
    pub(super) order: &'a Doc,
    /// The order's memos before.
    pub(super) earlier: Vec<&'a Doc>,
    /// The invoice that is refunded.
    pub(super) invoice: Option<&'a Doc>,
    /// The shipping that the request names, in the base currency.
    pub(super) named_shipping: Option<Amount>,
    /// Whether the store shows shipping in its orders with tax only, and so takes amounts of it.
    pub(super) shows_tax: bool,
}

/// The totals of a memo, but for adjustments.
#[derive(Debug, Default)]
pub(super) struct MemoTotals {
    pub(super) subtotal: Money,
    pub(super) subtotal_incl_tax: Money,
    /// A positive amount.
    pub(super) discount: Money,
    pub(super) shipping: Money,
    pub(super) shipping_incl_tax: Money,
    pub(super) shipping_tax: Money,
    pub(super) tax: Money,
    pub(super) compensation: Money,
}

impl MemoTotals {
    /// Collects the totals, and puts each line's amounts into it.
    ///
    /// # Errors
    /// More shipping than is left, and shipping of an order that has none.
    pub(super) fn collect(basis: &MemoBasis<'_>, lines: &mut [Line]) -> Result<Self, Refusal> {
        let mut totals = Self::default();
        let mut calculators = PriceCalculators::default();
        totals.add_rows(basis, lines, &mut calculators);
        totals.discount = basis.shipping_discount()?;
        totals.add_discounts(basis, lines, &mut calculators);
        totals.add_shipping(basis)?;
        totals.add_taxes(basis, lines, &mut calculators);
        Ok(totals)
    }

    /// All of them together.
    pub(super) fn sum(&self) -> Money {
        self.subtotal - self.discount + self.shipping + self.tax + self.compensation
    }

    fn add_rows(
        &mut self,
        basis: &MemoBasis<'_>,
        lines: &mut [Line],
        calculators: &mut PriceCalculators,
    ) {
        let items = basis.order.docs("items");
        let mut with_tax = PriceCalculators::default();
        for line in lines.iter_mut().filter(|line| line.is_billed) {
            let item = items[line.place];
            let rest = item.money("row_invoiced") - item.money("amount_refunded");
            line.row_total = line.part(calculators, rest, left(item), Sign::Added);
            line.row_total_incl_tax = line.with_tax(&mut with_tax, item);
            self.subtotal += line.row_total;
            self.subtotal_incl_tax += line.row_total_incl_tax;
        }
    }

    fn add_discounts(
        &mut self,
        basis: &MemoBasis<'_>,
        lines: &mut [Line],
        calculators: &mut PriceCalculators,
    ) {
        let items = basis.order.docs("items");
        for line in lines.iter_mut().filter(|line| line.is_billed) {
            let item = items[line.place];
            if item.money("discount_invoiced") != Money::ZERO {
                let rest = item.money("discount_invoiced") - item.money("discount_refunded");
                let part = line.part(calculators, rest, left(item), Sign::Deducted);
                line.discount = Some(part);
                self.discount += part;
            }
        }
    }

    fn add_shipping(&mut self, basis: &MemoBasis<'_>) -> Result<(), Refusal> {
        let allowed = basis.shipping_left();
        let with_tax = basis.shipping_left_incl_tax();
        let Some(asked) = basis.asked_shipping().map(Amount::cents) else {
            self.shipping = allowed;
            self.shipping_incl_tax = with_tax.map(Amount::cents);
            return Ok(());
        };
        let most = if basis.shows_tax { with_tax.base } else { allowed.base };
        if asked > most.cents() {
            let most = payment::formatted(most, &basis.order.text("base_currency_code"));
            return Err(Refusal::bad("Maximum shipping amount allowed to refund is: %1")
                .with(json!([most])));
        }
        let whole = basis.whole_shipping().base;
        let share = |money: Money| money.map(|amount| amount.share(asked, whole));
        self.shipping = match asked >= most {
            true => allowed,
            false => share(basis.order.money("shipping_amount")),
        };
        self.shipping_incl_tax = share(basis.order.money("shipping_incl_tax"));
        Ok(())
    }

    /// The lines' taxes and the shipping's. No more than is left of all of them, and all of that in a memo
    /// of everything.
    fn add_taxes(
        &mut self,
        basis: &MemoBasis<'_>,
        lines: &mut [Line],
        calculators: &mut PriceCalculators,
    ) {
        let items = basis.order.docs("items");
        let given_back = |line: &&mut Line| line.is_billed && line.quantity > Amount::ZERO;
        for line in lines.iter_mut().filter(given_back) {
            let item = items[line.place];
            let rest = |of: &str, done: &str| item.money(of) - item.money(done);
            let left = left(item);
            let tax = rest("tax_invoiced", "tax_refunded");
            line.tax = line.part(calculators, tax, left, Sign::Added);
            let compensation =
                rest("discount_tax_compensation_invoiced", "discount_tax_compensation_refunded");
            line.compensation = line.part(calculators, compensation, left, Sign::Added);
            self.tax += line.tax;
            self.compensation += line.compensation;
        }
        let is_part = match basis.invoice {
            Some(invoice) => self.add_invoiced_shipping_tax(basis, invoice, calculators),
            None => self.add_shipping_tax(basis, calculators),
        };
        let (tax, compensation) = basis.taxes_left();
        if basis.is_last(lines) && !is_part {
            (self.tax, self.compensation) = (tax, compensation);
        } else {
            self.tax = self.tax.min(tax);
            self.compensation = self.compensation.min(compensation);
        }
    }

    /// The taxes of the shipping in a memo of the order; whether it is a part that counts as one.
    fn add_shipping_tax(
        &mut self,
        basis: &MemoBasis<'_>,
        calculators: &mut PriceCalculators,
    ) -> bool {
        let order = basis.order;
        let (total, tax) = (order.money("shipping_amount"), order.money("shipping_tax_amount"));
        let compensation = order.money(SHIPPING_COMPENSATION);
        if total.order > Amount::ZERO
            && (basis.shipping_left().base > self.shipping.base || basis.shows_tax)
        {
            let mut part = |money: Money| {
                calculators.delta_round_with(Money::ZERO, money, self.shipping, total)
            };
            self.shipping_tax = part(tax);
            let compensation = part(compensation);
            self.tax += self.shipping_tax;
            self.compensation += compensation;
            return self.shipping.order < total.order
                && (tax.order > Amount::ZERO || basis.ships_free());
        }
        self.shipping_tax = tax - order.money("shipping_tax_refunded");
        self.tax += self.shipping_tax;
        // What was given back of it is not counted on the order: it comes again with every such memo.
        self.compensation += compensation;
        false
    }

    /// The taxes of the shipping in a memo of an invoice: of its own, by the base currency's factor.
    fn add_invoiced_shipping_tax(
        &mut self,
        basis: &MemoBasis<'_>,
        invoice: &Doc,
        calculators: &mut PriceCalculators,
    ) -> bool {
        let total = basis.order.amount("base_shipping_amount");
        if total == Amount::ZERO {
            return false;
        }
        let factor = Money { order: self.shipping.base, base: self.shipping.base };
        let whole = Money { order: total, base: total };
        let tax = invoice.money("shipping_tax_amount");
        self.shipping_tax = calculators.delta_round_with(Money::ZERO, tax, factor, whole);
        let compensation = invoice.money(SHIPPING_COMPENSATION);
        self.compensation =
            calculators.delta_round_with(self.compensation, compensation, factor, whole);
        self.tax += self.shipping_tax;
        self.shipping.base < total && tax.order > Amount::ZERO || basis.ships_free()
    }
}

impl MemoBasis<'_> {
    /// Whether nothing of any item is left after these lines.
    fn is_last(&self, lines: &[Line]) -> bool {
        if !lines.is_empty() {
            return lines.iter().all(|line| line.is_last || !line.is_billed);
        }
        let roles = Roles::of(self.order);
        let mut items = self.order.docs("items").into_iter().enumerate();
        items.all(|(place, item)| roles.at(place).to_refund(item) == Amount::ZERO)
    }

    fn shipping_left(&self) -> Money {
        self.order.money("shipping_amount") - self.order.money("shipping_refunded")
    }

    fn shipping_left_incl_tax(&self) -> Money {
        let order = self.order;
        let whole = order.money("shipping_incl_tax");
        if self.shows_tax {
            let refunded = self.earlier.iter().map(|memo| memo.money("shipping_incl_tax"));
            let left = refunded.fold(whole, |left, refunded| left - refunded);
            return Money { base: left.base.max(Amount::ZERO), ..left };
        }
        let tax_left = order.money("shipping_tax_amount") - order.money("shipping_tax_refunded");
        let refunded = order.money("shipping_refunded") + order.money("shipping_tax_refunded");
        Money {
            order: self.shipping_left().order + tax_left.order,
            base: (whole - refunded).base.max(Amount::ZERO),
        }
    }

    /// The shipping that counts as asked for: of an invoice its own, where none is named.
    fn asked_shipping(&self) -> Option<Amount> {
        let of_invoice = || {
            self.invoice.map(|invoice| {
                if self.shows_tax {
                    let order = self.order;
                    let refunded =
                        order.money("shipping_refunded") + order.money("shipping_tax_refunded");
                    (order.money("shipping_incl_tax") - refunded).base
                } else {
                    self.shipping_left().base.min(invoice.amount("base_shipping_amount"))
                }
            })
        };
        self.named_shipping.or_else(of_invoice)
    }

    /// All shipping, with tax or without as the store takes amounts of it.
    fn whole_shipping(&self) -> Money {
        self.order.money(if self.shows_tax { "shipping_incl_tax" } else { "shipping_amount" })
    }

    /// The part of the discount on shipping that goes with the shipping given back, in four decimals. It is
    /// taken before the shipping is known: for none, minus the tax on shipping counts, and where none is
    /// named, all shipping.
    fn shipping_discount(&self) -> Result<Money, Refusal> {
        let order = self.order;
        let given_back = match self.asked_shipping().unwrap_or(Amount::ZERO) {
            Amount::ZERO => {
                let with_tax =
                    self.named_shipping.unwrap_or_else(|| order.amount("base_shipping_incl_tax"));
                let tax = order.amount("base_shipping_tax_amount");
                if self.shows_tax { with_tax } else { with_tax - tax }
            }
            asked => asked,
        };
        if given_back == Amount::ZERO {
            return Ok(Money::ZERO);
        }
        if order.amount("base_shipping_amount") <= Amount::ZERO {
            return Err(Refusal::bad(
                "You can not refund shipping if there is no shipping amount.",
            ));
        }
        let whole = self.whole_shipping();
        let discount = order.amount("base_shipping_discount_amount");
        Ok(Money {
            base: discount.in_proportion(given_back, whole.base, None),
            order: discount.in_proportion(given_back, whole.base, Some((whole.order, whole.base))),
        })
    }

    /// Whether the discount took all of the shipping.
    fn ships_free(&self) -> bool {
        self.order.amount("shipping_discount_amount") >= self.order.amount("shipping_amount")
    }

    /// All tax that is left, and all that discounts hide of it: of the invoice, or of the order.
    fn taxes_left(&self) -> (Money, Money) {
        let order = self.order;
        let Some(invoice) = self.invoice else {
            let tax = order.money("tax_invoiced") - order.money("tax_refunded");
            let compensation = order.money("discount_tax_compensation_invoiced")
                + order.money(SHIPPING_COMPENSATION)
                - order.money("discount_tax_compensation_refunded");
            return (tax, compensation);
        };
        let id = invoice.id("entity_id");
        let own = || self.earlier.iter().filter(|memo| memo.id("invoice_id") == id);
        let tax =
            own().fold(invoice.money("tax_amount"), |left, memo| left - memo.money("tax_amount"));
        let compensation = invoice.money(COMPENSATION) + invoice.money(SHIPPING_COMPENSATION);
        let compensation = own().fold(compensation, |left, memo| left - memo.money(COMPENSATION));
        (tax, compensation)
    }
}

fn left(item: &Doc) -> RemainingQuantity {
    RemainingQuantity { quantity: item.amount("qty_invoiced") - item.amount("qty_refunded") }
}
