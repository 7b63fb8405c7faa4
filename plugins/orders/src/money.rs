//! What a credit memo will come to, before it is made.
//!
//! Magento shares what is left of an item's row, discount and tax out by quantity, rounds each share
//! to cents, and lets each rounding's remainder count for the next line; the last of an item gets all
//! that is left. The same is done here, in both currencies, so that the order's `total_refunded`
//! afterwards can be said exactly and read back. Checked against recorded memos (`orders_more.jsonl`)
//! and, for whatever sequence of invoices and refunds, against the demo store.

use souk_sdk::{Failure, FailureCode};

use crate::amount::{Amount, Money, MoneyRounding};
use crate::order::{Item, Order};

/// What is asked for beside the items, in the base currency: that is what Magento's bodies take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Shipping, without its tax.
    pub(crate) shipping: Amount,
    /// To give back on top.
    pub(crate) extra: Amount,
    /// To keep.
    pub(crate) fee: Amount,
}

/// A credit memo's totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memo {
    pub(crate) subtotal: Money,
    /// A positive amount.
    pub(crate) discount: Money,
    pub(crate) shipping: Money,
    pub(crate) tax: Money,
    compensation: Money,
    pub(crate) extra: Money,
    pub(crate) fee: Money,
}

/// So many of an order item, out of what is left of it.
struct Line<'order> {
    item: Item<'order>,
    quantity: Amount,
    left: Amount,
}

impl Line<'_> {
    fn rest(&self, of: &str, done: &str) -> Money {
        self.item.money(of) - self.item.money(done)
    }

    /// The line's part of what is left of an amount: all of it where nothing of the item is left.
    fn part(&self, rounding: &mut MoneyRounding, rest: Money, deducted: bool) -> Money {
        if self.quantity == self.left {
            return rest;
        }
        rounding.share(rest, self.quantity, self.left, deducted)
    }
}

impl Memo {
    /// The memo for these quantities of order items, by id; of items that are not named, nothing.
    ///
    /// # Errors
    /// When more shipping is asked for than is left.
    pub(crate) fn of(
        order: &Order,
        items: &[(u64, Amount)],
        terms: Terms,
    ) -> Result<Self, Failure> {
        let asked = |id: u64| items.iter().find(|(known, _)| *known == id).map(|(_, q)| *q);
        let lines: Vec<Line<'_>> = order
            .whole_items()
            .map(|item| Line {
                item,
                quantity: asked(item.id()).unwrap_or(Amount::ZERO),
                left: item.to_refund(),
            })
            .filter(|line| line.left.is_positive())
            .collect();
        let mut memo = Self::default();
        memo.add_rows(&lines);
        memo.add_shipping(order, terms.shipping)?;
        let in_both = |base: Amount| Money { order: converted(order, base), base };
        memo.extra = in_both(terms.extra);
        memo.fee = in_both(terms.fee);
        Ok(memo)
    }

    fn add_rows(&mut self, lines: &[Line<'_>]) {
        let mut rounding = MoneyRounding::default();
        for line in lines {
            let rest = line.rest("row_invoiced", "amount_refunded");
            self.subtotal += line.part(&mut rounding, rest, false);
        }
        for line in lines.iter().filter(|l| l.item.money("discount_invoiced") != Money::ZERO) {
            let rest = line.rest("discount_invoiced", "discount_refunded");
            self.discount += line.part(&mut rounding, rest, true);
        }
        for line in lines {
            let rest = line.rest("tax_invoiced", "tax_refunded");
            self.tax += line.part(&mut rounding, rest, false);
            let rest = line
                .rest("discount_tax_compensation_invoiced", "discount_tax_compensation_refunded");
            self.compensation += line.part(&mut rounding, rest, false);
        }
    }

    fn add_shipping(&mut self, order: &Order, wanted: Amount) -> Result<(), Failure> {
        let total = order.money("shipping_amount");
        let left = shipping_left(order);
        if wanted > left.base.cents() {
            return Err(too_much_shipping(order));
        }
        let tax = order.money("shipping_tax_amount");
        let part = |money: Money| money.map(|amount| amount.share(wanted, total.base));
        if wanted >= left.base {
            self.shipping = left;
            self.tax += tax - order.money("shipping_tax_refunded");
        } else {
            self.shipping = part(total);
            self.tax += part(tax);
        }
        if self.shipping.base != Amount::ZERO {
            let discount = order.money("shipping_discount_amount");
            self.discount += discount.map(|amount| amount.share(self.shipping.base, total.base));
        }
        Ok(())
    }

    /// What is given back in all.
    pub(crate) fn grand_total(&self) -> Money {
        self.subtotal - self.discount + self.shipping + self.tax + self.compensation + self.extra
            - self.fee
    }
}

/// The shipping that was not given back yet, without its tax.
pub(crate) fn shipping_left(order: &Order) -> Money {
    order.money("shipping_amount") - order.money("shipping_refunded")
}

fn too_much_shipping(order: &Order) -> Failure {
    let left = shipping_left(order).order.max(Amount::ZERO);
    Failure::argument(
        "shipping",
        format!(
            "of the shipping of {}, {left} {} is left to refund",
            order.name(),
            order.currency()
        ),
    )
    .remedy("ask for no more, or leave `shipping` out to refund none")
}

fn rate(order: &Order) -> Amount {
    match order.amount("base_to_order_rate") {
        Amount::ZERO => Amount::whole(1),
        rate => rate,
    }
}

/// A base amount in the order's currency, in cents.
fn converted(order: &Order, base: Amount) -> Amount {
    base.times(rate(order)).cents()
}

/// The base amount that Magento makes `wanted` of, if there is one: orders in a dear currency cannot
/// express every cent of a cheap one.
fn base_for(
    wanted: Amount,
    near: Amount,
    makes: impl Fn(Amount) -> Amount + Copy,
) -> Result<Amount, [Amount; 2]> {
    let near = near.cents();
    let tries = [near, near - Amount::CENT, near + Amount::CENT];
    let exact = tries.into_iter().find(|base| !base.is_negative() && makes(*base) == wanted);
    match exact {
        Some(base) => Ok(base),
        None if makes(near) > wanted => Err([near - Amount::CENT, near].map(makes)),
        None => Err([near, near + Amount::CENT].map(makes)),
    }
}

/// An adjustment in the base currency.
///
/// # Errors
/// When it has more digits than cents, or no base amount makes it.
pub(crate) fn adjustment(order: &Order, wanted: Amount, argument: &str) -> Result<Amount, Failure> {
    in_cents(wanted, argument)?;
    if !order.is_converted() {
        return Ok(wanted);
    }
    base_for(wanted, wanted.over(rate(order)), |base| converted(order, base))
        .map_err(|near| inexpressible(order, wanted, near, argument))
}

/// Shipping to refund, in the base currency.
///
/// # Errors
/// When it has more digits than cents, is more than is left, or no base amount makes it.
pub(crate) fn shipping(order: &Order, wanted: Amount) -> Result<Amount, Failure> {
    in_cents(wanted, "shipping")?;
    let left = shipping_left(order);
    if wanted > left.order {
        return Err(too_much_shipping(order));
    }
    if wanted == left.order {
        return Ok(left.base);
    }
    if !order.is_converted() {
        return Ok(wanted);
    }
    let total = order.money("shipping_amount");
    let near = total.base.times(wanted).over(total.order);
    base_for(wanted, near, |base| total.order.share(base, total.base))
        .map_err(|near| inexpressible(order, wanted, near, "shipping"))
}

fn in_cents(wanted: Amount, argument: &str) -> Result<(), Failure> {
    if wanted.is_negative() || !wanted.is_in_cents() {
        return Err(Failure::argument(
            argument,
            format!(
                "{wanted} is no amount of money: at most two digits after the point, not below zero"
            ),
        ));
    }
    Ok(())
}

fn inexpressible(order: &Order, wanted: Amount, near: [Amount; 2], argument: &str) -> Failure {
    let currency = order.currency();
    let base = order.text("base_currency_code");
    let [below, above] = near;
    Failure::argument(
        argument,
        format!(
            "Magento keeps this amount in {base}, and no cent of that makes {wanted} {currency}"
        ),
    )
    .remedy(format!("the nearest are {below} and {above} {currency}"))
}

/// Refuses a memo of more than was paid, or of less than nothing: Magento would write the latter
/// (`orders_more.jsonl`).
///
/// # Errors
/// Why, in words.
pub(crate) fn check_total(order: &Order, memo: &Memo) -> Result<(), Failure> {
    let total = memo.grand_total();
    let currency = order.currency();
    let refused = |message: String| Failure::new(FailureCode::ValidationError, message);
    if total.order.is_negative() || total.base.is_negative() {
        let before = total + memo.fee;
        return Err(refused(format!(
            "the fee of {} {currency} is more than the {} {currency} that would be given back",
            memo.fee.order, before.order
        ))
        .at("adjustment_fee"));
    }
    let paid = order.money("total_paid");
    let refunded = order.money("total_refunded");
    let above = (refunded.base + total.base).cents() > paid.base.cents()
        || (refunded.order + total.order).cents() > paid.order.cents();
    if above {
        let left = (paid.order - refunded.order).max(Amount::ZERO);
        return Err(refused(format!(
            "this would give back {} {currency}, and of {} only {left} {currency} of what was paid \
             is left",
            total.order,
            order.name(),
        ))
        .remedy("`orders_why` tells what is left of each item and of the shipping"));
    }
    if total.order == Amount::ZERO && order.amount("grand_total") != Amount::ZERO {
        return Err(refused("nothing would be given back".to_owned())
            .at("items")
            .remedy("name `items`, `shipping` or `adjustment_refund`, or set `everything`"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::of(&json!(text)).unwrap()
    }

    /// Adds the base currency's twins, at this rate.
    fn doubled(mut document: Value, rate: u32) -> Value {
        let fields = document.as_object().unwrap().clone();
        for (name, value) in fields {
            if let Some(amount) = Amount::of(&value).filter(|_| !name.starts_with("qty")) {
                let base = amount.over(Amount::whole(rate)).cents();
                document[["base_", &name].concat()] = base.json();
            }
        }
        document
    }

    fn order(head: Value, items: &[Value], rate: u32) -> Order {
        let mut order = doubled(head, rate);
        order["entity_id"] = json!(1);
        order["increment_id"] = json!("000000001");
        order["base_currency_code"] = json!("EUR");
        order["order_currency_code"] = json!(if rate == 1 { "EUR" } else { "NOK" });
        order["base_to_order_rate"] = json!(rate);
        let items: Vec<Value> = items
            .iter()
            .map(|item| {
                let mut doubled = doubled(item.clone(), rate);
                doubled["item_id"] = item["item_id"].clone();
                doubled
            })
            .collect();
        order["items"] = json!(items);
        Order::of(order).unwrap()
    }

    /// Order 1 of `orders.jsonl`, invoiced and shipped: `get-a-complete`.
    fn complete() -> Order {
        let head = json!({"total_paid": 34, "grand_total": 34, "shipping_amount": 15});
        let jacket = json!({
            "item_id": 1, "qty_invoiced": 2, "row_invoiced": 19, "discount_invoiced": 4.27,
        });
        let shirt = json!({
            "item_id": 2, "qty_invoiced": 1, "row_invoiced": 5.5, "discount_invoiced": 1.23,
        });
        order(head, &[jacket, shirt], 1)
    }

    fn total(order: &Order, items: &[(u64, u32)], terms: Terms) -> String {
        let items: Vec<_> = items.iter().map(|(id, q)| (*id, Amount::whole(*q))).collect();
        Memo::of(order, &items, terms).unwrap().grand_total().order.to_string()
    }

    fn shipped(shipping: &str) -> Terms {
        Terms { shipping: amount(shipping), ..Terms::default() }
    }

    #[test]
    fn recorded_memos_come_to_what_was_recorded() {
        // `refund-offline`: one of two jackets, half of an odd discount.
        assert_eq!(total(&complete(), &[(1, 1)], Terms::default()), "7.36");
        // `orders_more.jsonl`, `refund-shiponly`: the last shirt, and three of the shipping.
        assert_eq!(total(&complete(), &[(2, 1)], shipped("3")), "7.27");
        // `refund-rest`: all of it.
        assert_eq!(total(&complete(), &[(1, 2), (2, 1)], shipped("15")), "34");
    }

    #[test]
    fn a_fee_above_the_memo_and_more_than_was_paid_are_refused() {
        let order = complete();
        let refused = |items: &[(u64, u32)], terms: Terms| {
            let items: Vec<_> = items.iter().map(|(id, q)| (*id, Amount::whole(*q))).collect();
            let memo = Memo::of(&order, &items, terms)?;
            check_total(&order, &memo)
        };
        let fee = Terms { fee: amount("7.37"), ..Terms::default() };
        assert!(refused(&[(1, 1)], fee).unwrap_err().message.contains("the fee of 7.37"));
        let extra = Terms { extra: amount("34.01"), ..Terms::default() };
        assert!(refused(&[], extra).unwrap_err().message.contains("only 34 EUR"));
        assert!(refused(&[], shipped("15.01")).unwrap_err().message.contains("15 EUR is left"));
        assert!(refused(&[], Terms::default()).unwrap_err().message.contains("nothing"));
        assert!(refused(&[(1, 2), (2, 1)], shipped("15")).is_ok());
    }

    #[test]
    fn amounts_are_taken_in_the_orders_currency_and_sent_in_the_base_currency() {
        let head = json!({"total_paid": 1162, "grand_total": 1162, "shipping_amount": 120});
        let order = order(head, &[], 12);
        assert_eq!(adjustment(&order, amount("12"), "x").unwrap(), amount("1"));
        assert_eq!(adjustment(&order, amount("0.12"), "x").unwrap(), amount("0.01"));
        assert_eq!(shipping(&order, amount("120")).unwrap(), amount("10"));
        assert_eq!(shipping(&order, amount("60")).unwrap(), amount("5"));
        let between = adjustment(&order, amount("12.05"), "x").unwrap_err();
        assert!(between.remedy.unwrap().contains("12 and 12.12 NOK"));
        for wrong in ["0.001", "-1"] {
            assert!(adjustment(&order, amount(wrong), "x").is_err(), "{wrong}");
        }
    }
}
