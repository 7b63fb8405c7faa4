//! What a refund asks of Magento, and what the order will show.
//!
//! Where everything that is left of an order is refunded, its body names neither items nor shipping:
//! that is how Magento refunds all that is left, whatever it is. Else what the body says is all that can
//! happen: every item is named with its quantity, 0 too, since an empty list would refund everything,
//! and the shipping is given, since leaving it out would refund all of it (`orders_more.jsonl`,
//! `refund-shiponly`, `refund-rest`).

mod warnings;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use souk_sdk::core::StepIndex;
use souk_sdk::magento::LIST_LIMIT;
use souk_sdk::prelude::*;

use super::apply::{DocumentNote, order_change, post};
use super::document_items::{IN_PARTS, check_length, expect_added, is_all};
use super::refund_args::{RefundArgs, RefundItemArgs};
use super::refund_invoice::RefundInvoice;
use crate::balance::OrderBalance;
use crate::credit_memo::{
    CreditMemo, RefundExtras, ShippingDisplay, adjustment_in_base, shipping_in_base,
};
use crate::item_quantity::{ItemQuantity, all_left, quantity_of, resolve};
use crate::item_role::DocumentSide;
use crate::json_object::JsonObject;
use crate::money::Money;
use crate::order::{Order, OrderItem};
use crate::routes::{REFUND, REFUND_INVOICE};
use crate::uninvoiced_bundle;

/// A refund, worked out.
pub(super) struct Refund<'order> {
    order: &'order Order,
    balance: &'order OrderBalance,
    /// The invoice of an online refund.
    invoice: Option<u64>,
    quantities: Vec<ItemQuantity<'order>>,
    /// Whether the body names items; else all that is left of the order is meant.
    names_items: bool,
    /// Order items whose goods come back.
    returned: Vec<u64>,
    extras: RefundExtras,
    pub(super) memo: CreditMemo,
    /// What is taken off since adjustments before gave it back, in the order's currency.
    given_before: Decimal,
    /// What is given on top since Magento takes a discount off the tax of shipping too.
    taken_twice: Decimal,
    /// Whether it is known how the store shows shipping.
    display_is_known: bool,
    /// How much less the store may give back, in the order's currency, and of that the shipping.
    uncertainty: Uncertainty,
    /// What no other memo's comment has: by it the own memo is told from others', however alike.
    mark: String,
}

/// By how much the store may differ from what is computed, in the order's currency.
#[derive(Debug, Clone, Copy, Default)]
struct Uncertainty {
    total: Decimal,
    shipping: Decimal,
}

impl<'order> Refund<'order> {
    /// Works out what the arguments mean; `display` is what is known of how the store takes shipping.
    ///
    /// # Errors
    /// Arguments that contradict each other or the order, and more than is left.
    pub(super) fn new(
        args: &RefundArgs,
        order: &'order Order,
        balance: &'order OrderBalance,
        invoice: Option<&RefundInvoice>,
        display: Option<ShippingDisplay>,
    ) -> Result<Self, Failure> {
        let left = |item: &OrderItem| {
            let left = item.to_refund();
            invoice.map_or(left, |invoice| invoice.left(item).min(left))
        };
        let quantities = if !args.everything {
            resolve(
                order,
                args.items.iter().map(|item| &item.item),
                DocumentSide::Money,
                left,
                "refund",
            )?
        } else if args.items.is_empty() && args.shipping.is_none() {
            all_left(order, left)
        } else {
            return Err(Failure::argument("everything", "everything includes items and shipping")
                .remedy("leave `items` and `shipping` out, or `everything`"));
        };
        let covers_order = all_left(order, OrderItem::to_refund)
            .iter()
            .all(|line| left(line.item) >= line.quantity)
            && invoice.is_none_or(|own| own.balance.has_all_shipping(balance));
        let adjustment = |wanted: Option<NonNegative>, argument: &str| match wanted {
            None => Ok(Decimal::ZERO),
            Some(NonNegative(wanted)) => adjustment_in_base(order, balance, wanted, argument),
        };
        let extras = RefundExtras {
            shipping: shipping(args, order, balance, invoice, display, covers_order)?,
            adjustment: adjustment(args.adjustment_refund, "adjustment_refund")?,
            fee: adjustment(args.adjustment_fee, "adjustment_fee")?,
        };
        if invoice.is_none() {
            uninvoiced_bundle::check_refund(order, &quantities)
                .map_err(|why| why.failure(order, "refund"))?;
        }
        let returned = returned(args, order, &quantities)?;
        let is_long = order.billed_items().count() > LIST_LIMIT;
        let takes_all = is_all(&quantities, &all_left(order, OrderItem::to_refund));
        let names_items = match quantities.iter().find(|line| is_short_in_binary(line)) {
            _ if args.everything && covers_order => false,
            _ if is_long && takes_all && invoice.is_none() => false,
            None => true,
            Some(_) if takes_all => false,
            Some(line) => return Err(short_in_binary(line)),
        };
        let mut refund = Self {
            order,
            balance,
            invoice: invoice.map(|invoice| invoice.id),
            quantities,
            names_items,
            returned,
            extras,
            memo: CreditMemo::default(),
            given_before: Decimal::ZERO,
            taken_twice: Decimal::ZERO,
            display_is_known: display.is_some(),
            uncertainty: Uncertainty::default(),
            mark: format!("ref. {:016x}", RandomState::new().build_hasher().finish()),
        };
        refund.reckon(args.everything, invoice, display)?;
        refund.check(invoice)?;
        Ok(refund)
    }

    /// Works out the memo, as the store most probably makes it and as it may.
    fn reckon(
        &mut self,
        everything: bool,
        invoice: Option<&RefundInvoice>,
        display: Option<ShippingDisplay>,
    ) -> Result<(), Failure> {
        let likely = display.unwrap_or(ShippingDisplay::ExcludingTax);
        self.memo = self.memo_as(invoice, likely)?;
        if everything || self.is_above_by_roundings_alone() {
            self.take_off_what_was_given_before(invoice);
            // What a fee takes is not given back in the same memo.
            if everything && !self.given_before.is_positive() {
                self.give_back_what_is_taken_twice(invoice, likely)?;
            }
            self.memo = self.memo_as(invoice, likely)?;
        }
        if self.memo.is_rounded {
            self.uncertainty.total = Decimal::CENT;
        }
        // A store that shows shipping with tax takes nothing twice, and refuses what would be too much.
        if display.is_none()
            && !self.taken_twice.is_positive()
            && let Ok(other) = self.memo_as(invoice, ShippingDisplay::IncludingTax)
        {
            let off = |a: Decimal, b: Decimal| (a - b).abs();
            let (mine, other_total) = (self.memo.grand_total().order, other.grand_total().order);
            self.uncertainty.total += off(mine, other_total);
            self.uncertainty.shipping = off(self.memo.shipping.order, other.shipping.order);
        }
        Ok(())
    }

    fn memo_as(
        &self,
        invoice: Option<&RefundInvoice>,
        display: ShippingDisplay,
    ) -> Result<CreditMemo, Failure> {
        self.memo_with(self.extras, invoice, display)
    }

    fn memo_with(
        &self,
        extras: RefundExtras,
        invoice: Option<&RefundInvoice>,
        display: ShippingDisplay,
    ) -> Result<CreditMemo, Failure> {
        let named: Vec<_> =
            self.quantities.iter().map(|line| (line.item.id, line.quantity)).collect();
        let own = invoice.map(|invoice| &invoice.balance);
        CreditMemo::new(self.order, self.balance, &named, extras, own, display)
    }

    /// Whether nobody ever adjusted what is given back of the order: if what is named is worth more than
    /// what is left of the money, Magento's own roundings gave back too much before. It does so, too, with
    /// each memo of an order whose shipping is discounted.
    fn is_above_by_roundings_alone(&self) -> bool {
        self.extras.adjustment == Decimal::ZERO
            && self.order.unrecorded_refunds == Money::default()
            && self.balance.adjustment_refunded.base == Decimal::ZERO
    }

    /// No more than what is left of the money is given back, of the order, in both currencies, and of the
    /// invoice: what was given back before is kept as a fee now. All are held to in cents, so that the least
    /// fee counts that is enough: with more a cent of the order would stay.
    fn take_off_what_was_given_before(&mut self, invoice: Option<&RefundInvoice>) {
        let goods = self.memo.goods_and_shipping();
        let (paid, refunded) = (self.balance.total_paid, self.balance.total_refunded);
        let of_invoice = invoice.map(|own| own.money_left.base);
        let is_above = |fee: Decimal, slack: Decimal| {
            let base = goods.base - fee;
            let order = goods.order - fee.times(self.balance.rate).cents();
            self.balance.is_exceeded_by(Money { order, base }, slack)
                || of_invoice.is_some_and(|left| base.cents() > left)
        };
        let mut above = Decimal::ZERO;
        // A cent of the order's own currency is no reason to keep one.
        if is_above(above, self.balance.conversion_slack) {
            let left = (paid.base - refunded.base).min(of_invoice.unwrap_or(paid.base));
            above = ((goods.base - left).cents() - Decimal::CENT).max(Decimal::ZERO);
            while is_above(above, Decimal::ZERO) {
                above += Decimal::CENT;
            }
        }
        if above.is_positive() {
            let fee_before = self.memo.fee.order;
            self.extras.fee += above;
            let fee = self.extras.fee.times(self.balance.rate).cents();
            self.given_before = fee - fee_before;
        }
    }

    /// Everything is all that is left, too: of shipping that the body does not name Magento takes the discount
    /// off the tax as well, and cents would stay with the store. They are given back as an adjustment.
    fn give_back_what_is_taken_twice(
        &mut self,
        invoice: Option<&RefundInvoice>,
        display: ShippingDisplay,
    ) -> Result<(), Failure> {
        if invoice.is_some() || self.extras.shipping.is_some() {
            return Ok(());
        }
        let shipping = Some(display_amount(self.balance, Some(display)));
        let named = self.memo_with(RefundExtras { shipping, ..self.extras }, None, display)?;
        let now = self.memo_as(None, display)?;
        let (total, refunded) = (now.grand_total().base, self.balance.total_refunded.base);
        let left = self.balance.total_paid.base - refunded - total;
        let mut more = left.min(named.grand_total().base - total).cents();
        // The store compares whole cents.
        if (refunded + total + more).cents() > self.balance.total_paid.base.cents() {
            more = more - Decimal::CENT;
        }
        if more.is_positive() {
            self.extras.adjustment += more;
            self.taken_twice = more.times(self.balance.rate).cents();
        }
        Ok(())
    }

    fn check(&self, invoice: Option<&RefundInvoice>) -> Result<(), Failure> {
        let total = self.memo.grand_total();
        let worth = (total + self.memo.fee).order;
        if self.given_before.is_positive() && !(worth - self.given_before).cents().is_positive() {
            let message = format!(
                "nothing of what was paid for {} is left: the {} {} that its items and shipping are \
                 still worth were given back before",
                self.order.name(),
                worth.cents(),
                self.order.currency()
            );
            return Err(Failure::new(FailureCode::ValidationError, message)
                .remedy("`orders_why` shows what was paid and what was refunded"));
        }
        self.memo.check(self.order, self.balance)?;
        let Some(invoice) = invoice.filter(|own| total.base.cents() > own.money_left.base) else {
            return Ok(());
        };
        let message = format!(
            "this would give back {} {}, and {} of the invoice {} are left",
            total.order,
            self.order.currency(),
            invoice.money_left.order,
            invoice.id
        );
        Err(Failure::argument("invoice_id", message))
    }

    /// Whether an order's total of refunds that has grown by so much shows this refund and no other.
    pub(super) fn comes_to(&self, grown: Decimal) -> bool {
        let off = (grown - self.memo.grand_total().order).abs();
        off <= self.uncertainty.total.max(Decimal::CENT)
    }

    /// What is given back, in words: in the order's currency and, where that is another, the base one's.
    pub(super) fn amount(&self) -> String {
        let total = self.memo.grand_total();
        let own = format!("{} {}", total.order, self.order.currency());
        if !self.order.is_converted() {
            return own;
        }
        format!("{own} ({} {})", total.base, self.order.base_currency())
    }

    /// The change that makes the memo.
    pub(super) fn change(&self, note: &DocumentNote) -> ChangeBuilder {
        let mut change = order_change(self.order);
        let step = change.step(match self.invoice {
            None => post(&REFUND),
            Some(id) => {
                let invoice = BindingSource::Text(id.to_string());
                REFUND_INVOICE.step(Method::Post, [invoice], StoreView::Global)
            }
        });
        if self.invoice.is_some() {
            change.constant(step, "/isOnline", true.into());
        }
        if self.names_items {
            change.constant(step, "/items", self.named_items().into());
        }
        if let Some(shipping) = self.extras.shipping {
            change.constant(step, "/arguments/shipping_amount", shipping.json());
        }
        for (field, amount) in [
            ("adjustment_positive", self.extras.adjustment),
            ("adjustment_negative", self.extras.fee),
        ] {
            change.constant(step, &["/arguments/", field].concat(), amount.json());
        }
        let returned = self.returned_items();
        if !returned.is_empty() {
            let pointer = "/arguments/extension_attributes/return_to_stock_items";
            change.constant(step, pointer, returned.into());
        }
        self.write_note(&mut change, step, note);
        self.expect(&mut change);
        self.warn(&mut change);
        change.cannot_be_undone("money that was given back cannot be taken again");
        change
    }

    /// Writes what is said with the memo, and the mark into its comment. Where nobody said anything, the
    /// comment is the mark alone, which customers do not see.
    fn write_note(&self, change: &mut ChangeBuilder, step: StepIndex, note: &DocumentNote) {
        if let Some(comment) = &note.comment {
            let comment = Some(format!("{comment} ({})", self.mark));
            DocumentNote { comment, ..note.clone() }.write(change, step);
            return;
        }
        note.write(change, step);
        change.constant(step, "/comment/comment", self.mark.as_str().into());
        change.constant(step, "/comment/is_visible_on_front", 0.into());
    }

    /// Whether this is the memo that the change made.
    pub(super) fn is_own(&self, memo: &JsonObject) -> bool {
        let has_mark = |comment: &JsonObject| comment.text("comment").contains(&self.mark);
        memo.rows("comments").any(has_mark)
    }

    /// What the order will show.
    fn expect(&self, change: &mut ChangeBuilder) {
        let mut expect = |name: &str, value: Decimal, uncertainty: Decimal| {
            let pointer = ["/", name].concat();
            if uncertainty.is_positive() {
                let within = uncertainty.to_string();
                change.expect_about(name, &pointer, &value.json(), &within);
            } else {
                change.expect(name, &pointer, Some(&value.json()));
            }
        };
        // The discount on shipping can have more digits than cents; the order's total has not.
        let total = (self.order.total_refunded + self.memo.grand_total().order).cents();
        expect("total_refunded", total, self.uncertainty.total.cents());
        if self.memo.shipping.order.is_positive() {
            let shipping = self.balance.shipping_refunded + self.memo.shipping.order;
            expect("shipping_refunded", shipping, self.uncertainty.shipping);
        }
        expect_added(change, &self.quantities, "qty_refunded");
    }

    /// Every item with its quantity. Of many only those that are given back: Magento takes one that is not
    /// named for none, as long as any is.
    fn named_items(&self) -> Vec<Value> {
        let quantity = |item: &OrderItem| quantity_of(&self.quantities, item);
        let row = |item: &OrderItem| json!({"order_item_id": item.id, "qty": quantity(item)});
        let items: Vec<&OrderItem> = self.order.billed_items().collect();
        if items.len() <= LIST_LIMIT {
            return items.into_iter().map(row).collect();
        }
        if self.quantities.is_empty() {
            return items.into_iter().take(1).map(row).collect();
        }
        items.into_iter().filter(|item| quantity(item).is_positive()).map(row).collect()
    }

    /// Refuses more items than the store takes in one request.
    pub(super) fn check_length(&self, context: &Context) -> Result<(), Failure> {
        let rows = if self.names_items { self.named_items().len() } else { 0 };
        check_length(context, "items", rows, IN_PARTS)
    }

    /// The ids of what comes back: of a configurable product the variant too, whose stock it is.
    fn returned_items(&self) -> Vec<Value> {
        let returned = self.order.items().iter().filter(|item| self.comes_back(item));
        returned.map(|item| item.id.into()).collect()
    }

    /// Whether its goods go back to stock.
    fn comes_back(&self, item: &OrderItem) -> bool {
        self.returned.contains(&item.id) || self.returned.contains(&item.parent_id)
    }
}

/// Whether Magento takes so many for more than are left: it reckons in binary fractions, in which 2.75
/// less 2.333 is a bit less than 0.417 (`live2_orders.jsonl`, order 158).
fn is_short_in_binary(line: &ItemQuantity<'_>) -> bool {
    let binary = |quantity: Decimal| quantity.to_string().parse::<f64>().unwrap_or_default();
    let ItemQuantity { item, quantity } = line;
    binary(*quantity) > binary(item.qty_invoiced) - binary(item.qty_refunded)
}

fn short_in_binary(line: &ItemQuantity<'_>) -> Failure {
    let ItemQuantity { item, quantity } = line;
    let message = format!(
        "{quantity} of `{}` are all that is left, and the store refuses them by name: it reckons in binary \
         fractions, and finds a bit less",
        item.sku()
    );
    Failure::argument("items", message)
        .remedy("refund them with all else that is left, by `everything`, or a thousandth less")
}

/// The `shipping_amount` of the request, if it says one.
///
/// All that is left is refunded by leaving it out, which means the same however the store shows
/// shipping. Only a discount on it goes wrong then, once a part of the shipping was given back.
fn shipping(
    args: &RefundArgs,
    order: &Order,
    balance: &OrderBalance,
    invoice: Option<&RefundInvoice>,
    display: Option<ShippingDisplay>,
    covers_order: bool,
) -> Result<Option<Decimal>, Failure> {
    let is_left = balance.shipping_left.base.is_positive();
    let was_refunded = balance.shipping_refunded.is_positive();
    let is_discounted = balance.shipping_discount.base != Decimal::ZERO;
    let may_leave_out = covers_order && !(is_discounted && was_refunded);
    match args.shipping {
        None if args.everything && may_leave_out => Ok(None),
        // Other invoices than that with the shipping give none back.
        None if args.everything && is_left && invoice.is_none_or(RefundInvoice::has_shipping) => {
            let all = display_amount(balance, display);
            Ok(Some(invoice.map_or(all, |own| all.min(own.balance.base_shipping))))
        }
        None => Ok(Some(Decimal::ZERO)),
        Some(NonNegative(wanted)) => {
            let all = is_left && wanted == balance.shipping_left.order;
            let is_taxed = balance.shipping_tax.base.is_positive();
            let has_own = invoice.is_none_or(|own| own.balance.has_all_shipping(balance));
            if all && is_taxed && display.is_none() && has_own && !(is_discounted && was_refunded) {
                return Ok(None);
            }
            let likely = display.unwrap_or(ShippingDisplay::ExcludingTax);
            shipping_in_base(order, balance, wanted, likely).map(Some)
        }
    }
}

/// All shipping that is left, as the amount that the store takes for it.
fn display_amount(balance: &OrderBalance, display: Option<ShippingDisplay>) -> Decimal {
    match display {
        Some(ShippingDisplay::IncludingTax) => balance.shipping_left_incl_tax(),
        Some(ShippingDisplay::ExcludingTax) | None => balance.shipping_left.base,
    }
}

/// The order items whose goods come back: of a bundle that is named its parts.
fn returned(
    args: &RefundArgs,
    order: &Order,
    quantities: &[ItemQuantity<'_>],
) -> Result<Vec<u64>, Failure> {
    if args.items.is_empty() {
        let all = quantities.iter().filter(|_| args.return_to_stock);
        return Ok(all.map(|line| line.item.id).collect());
    }
    let mut returned = Vec::new();
    for RefundItemArgs { item, return_to_stock } in &args.items {
        if return_to_stock.unwrap_or(args.return_to_stock) {
            let lines =
                resolve(order, [item], DocumentSide::Money, OrderItem::to_refund, "refund")?;
            returned.extend(lines.iter().map(|line| line.item.id));
        }
    }
    Ok(returned)
}
