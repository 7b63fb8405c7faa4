//! What can be done with an order now, and why not the rest.
//!
//! The one place that says so: `orders_why` lists it, and every act asks it first. The rules are
//! Magento's own (`canHold`, `canCancel`, `canInvoice`, `canShip`, `canCreditmemo`), as recorded in
//! `orders.jsonl` and `orders_more.jsonl`; the store applies them once more when it is asked.

use souk_sdk::prelude::*;

use crate::json_object::JsonObject;
use crate::miscounted_bundle;
use crate::order::{Order, OrderItem};
use crate::order_state::OrderState;
use crate::state_refusal::StateRefusal;
use crate::uninvoiced_bundle;

/// What may be done with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderAct {
    Comment,
    Email,
    Hold,
    Unhold,
    Cancel,
    Invoice,
    Ship,
    RefundOffline,
    RefundOnline,
}

impl OrderAct {
    /// All of them with their names, in the order of results.
    pub(crate) const ALL: [(Self, &'static str); 9] = [
        (Self::Comment, "comment"),
        (Self::Email, "email"),
        (Self::Hold, "hold"),
        (Self::Unhold, "unhold"),
        (Self::Cancel, "cancel"),
        (Self::Invoice, "invoice"),
        (Self::Ship, "ship"),
        (Self::RefundOffline, "refund_offline"),
        (Self::RefundOnline, "refund_online"),
    ];

    fn verb(self) -> &'static str {
        let name = Self::ALL.iter().find(|(act, _)| *act == self).map_or("", |(_, name)| name);
        name.split_once('_').map_or(name, |(verb, _)| verb)
    }
}

/// Whether the order's payment method never moves money by itself: what such an order was paid is
/// what people say. Every other method is taken for one with a gateway.
pub(crate) fn is_paid_offline(order: &Order) -> bool {
    matches!(
        order.payment_method.as_str(),
        "checkmo" | "banktransfer" | "cashondelivery" | "purchaseorder" | "free"
    )
}

/// Fails unless the order's state and quantities allow it.
pub(crate) fn require(order: &Order, act: OrderAct) -> Result<(), Failure> {
    check(order, act).map_err(|why| why.failure(order, act.verb()))
}

/// Whether the order's state and quantities allow it.
pub(crate) fn check(order: &Order, act: OrderAct) -> Result<(), StateRefusal> {
    let state = order.state;
    if !matches!(act, OrderAct::Comment | OrderAct::Email | OrderAct::Unhold) {
        not_waiting(state)?;
    }
    let ends = matches!(state, OrderState::Canceled | OrderState::Complete | OrderState::Closed);
    if ends && matches!(act, OrderAct::Hold | OrderAct::Cancel | OrderAct::Invoice) {
        return Err(StateRefusal::new(format!("it is {}", order.document.text("state"))));
    }
    let has_to_invoice = || order.items().iter().any(|item| item.to_invoice().is_positive());
    let refusal = match act {
        OrderAct::Comment | OrderAct::Email | OrderAct::Hold => return Ok(()),
        OrderAct::Unhold if state == OrderState::Holded => return Ok(()),
        OrderAct::Unhold => StateRefusal::new("it is not on hold"),
        OrderAct::Cancel if has_to_invoice() => return keeps_nothing(order),
        OrderAct::Invoice if has_to_invoice() => return Ok(()),
        OrderAct::Cancel => {
            StateRefusal::new("all of it was invoiced, so nothing is left to cancel")
                .remedy("refund it with `orders_refund`")
        }
        OrderAct::Invoice => StateRefusal::new("all of it was invoiced or canceled"),
        OrderAct::Ship => {
            can_ship(order, OrderItem::to_ship)?;
            return miscounted_bundle::check_rest(order);
        }
        OrderAct::RefundOffline => {
            can_refund(order)?;
            return uninvoiced_bundle::check(order);
        }
        OrderAct::RefundOnline => {
            can_refund(order)?;
            if !is_paid_offline(order) {
                return Ok(());
            }
            let method = &order.payment_method;
            StateRefusal::new(format!(
                "it was paid by `{method}`, which cannot give money back by itself"
            ))
            .remedy("refund it offline, and pay the customer back outside the store")
        }
    };
    Err(refusal)
}

/// Fails unless something of it can be shipped by name: also what was refunded.
pub(crate) fn require_shippable(order: &Order) -> Result<(), Failure> {
    not_waiting(order.state)
        .and_then(|()| can_ship(order, OrderItem::shippable))
        .map_err(|why| why.failure(order, OrderAct::Ship.verb()))
}

fn can_ship(order: &Order, left: impl Fn(&OrderItem) -> Decimal) -> Result<(), StateRefusal> {
    let any = |left: &dyn Fn(&OrderItem) -> Decimal| {
        order.items().iter().any(|item| left(item).is_positive())
    };
    if order.is_virtual {
        Err(StateRefusal::new("nothing in it needs a parcel"))
    } else if order.state == OrderState::Canceled {
        Err(StateRefusal::new("it is canceled"))
    } else if any(&left) {
        Ok(())
    } else if any(&OrderItem::shippable) {
        Err(StateRefusal::new("what is left of it was refunded or canceled")
            .remedy("name `items` to ship them all the same"))
    } else {
        miscounted_bundle::check_rest(order)?;
        Err(StateRefusal::new("all of it was shipped, refunded or canceled"))
    }
}

fn not_waiting(state: OrderState) -> Result<(), StateRefusal> {
    match state {
        OrderState::Holded => {
            Err(StateRefusal::new("it is on hold")
                .remedy("release it from hold with `orders_unhold`"))
        }
        OrderState::PaymentReview => Err(StateRefusal::new("its payment is under review")
            .remedy("accept or deny the payment in the store's administration")),
        _ => Ok(()),
    }
}

/// What was paid and not yet given back, in the order's currency.
fn left_to_refund(order: &Order) -> Decimal {
    order.total_paid.cents() - order.total_refunded - order.unrecorded_refunds.order
}

/// What of that can be given back: nothing once all was in the base currency, which is what Magento holds
/// refunds against. In the order's own a cent of the conversion may stay, for ever.
pub(crate) fn money_left(order: &Order) -> Decimal {
    let base_refunded = order.base_refunded + order.unrecorded_refunds.base;
    let base_left = order.base_paid.cents() - base_refunded.cents();
    if order.base_paid.is_positive() && !base_left.is_positive() {
        return Decimal::ZERO;
    }
    left_to_refund(order).max(Decimal::ZERO)
}

fn can_refund(order: &Order) -> Result<(), StateRefusal> {
    match order.state {
        OrderState::Canceled => return Err(StateRefusal::new("it is canceled")),
        OrderState::Closed => {
            return Err(StateRefusal::new("it is closed: all that was paid was refunded"));
        }
        _ => {}
    }
    if !order.is_invoiced() {
        return Err(StateRefusal::new("nothing of it was invoiced, so nothing was paid")
            .remedy("cancel it with `orders_cancel`, or invoice it first with `orders_invoice`"));
    }
    if !order.total_paid.is_positive() && order.grand_total != Decimal::ZERO {
        return Err(StateRefusal::new("it was invoiced and not paid"));
    }
    let left = money_left(order);
    let quantities_left = order.items().iter().any(|item| item.to_refund().is_positive());
    let is_free = order.grand_total == Decimal::ZERO;
    // A canceled part leaves an order that was refunded in full `complete`, and Magento would write
    // one more memo for it (`orders_more.jsonl`, `refund-closed`).
    if left.is_positive() || is_free && quantities_left {
        return match other_payment(order) {
            None => Ok(()),
            Some(part) => Err(StateRefusal::new(format!(
                "it has a `{part}`, and what a refund of that comes to cannot be said beforehand"
            ))
            .remedy("refund it in the store's administration")),
        };
    }
    let of_conversion = left_to_refund(order);
    let (paid, currency, besides) = match of_conversion.is_positive() {
        false => (order.total_paid, order.currency(), String::new()),
        true => (
            order.base_paid,
            order.base_currency(),
            format!(", and {of_conversion} {} stay of the conversion", order.currency()),
        ),
    };
    Err(StateRefusal::new(format!(
        "all of the {paid} {currency} that were paid have been refunded{besides}, although its state is \
         still `{}`",
        order.document.text("state")
    )))
}

/// What an order was paid with that no memo computed here knows of: gift cards, store credit, reward
/// points, wrapping, fixed product taxes. Extensions add these members; where they are not
/// installed, there are none.
fn other_payment(order: &Order) -> Option<&'static str> {
    const PARTS: [&str; 5] = [
        "gift_cards_amount",
        "customer_balance_amount",
        "reward_currency_amount",
        "gw_price",
        "gw_items_price",
    ];
    let is_there = |document: &JsonObject, name: &str| {
        let value = document.get(name).filter(|value| !value.is_null());
        value.is_some_and(|value| Decimal::rounded(value) != Some(Decimal::ZERO))
    };
    let extension = order.document.get("extension_attributes").and_then(Value::as_object);
    let of_order = PARTS.into_iter().find(|part| {
        is_there(&order.document, part) || extension.is_some_and(|more| is_there(more, part))
    });
    let taxed = |item: &OrderItem| {
        is_there(&item.document, "weee_tax_applied_row_amount")
            || is_there(&item.document, "gw_price")
    };
    of_order.or_else(|| order.items().iter().any(taxed).then_some("weee_tax_applied_row_amount"))
}

/// The state that a cancellation leaves the order in: `canceled`, unless something of it is left that was
/// paid.
pub(crate) fn state_after_cancel(order: &Order) -> &'static str {
    let mut state = "canceled";
    for item in order.items() {
        if state != "processing" && item.to_refund().is_positive() {
            state = if item.stays_to_ship() { "processing" } else { "complete" };
        }
    }
    // What Magento does whenever it saves an order.
    let to_ship = |item: &OrderItem| item.stays_to_ship() && !item.is_virtual;
    let stays_to_ship = order.items().iter().any(to_ship) && !order.is_virtual;
    match state {
        "canceled" => "canceled",
        _ if !order.is_virtual && !stays_to_ship && !is_refundable(order) => "closed",
        "processing" if !stays_to_ship => "complete",
        state => state,
    }
}

/// What was paid and is neither given back nor kept as a fee, in the order's currency.
fn kept(order: &Order) -> Decimal {
    left_to_refund(order) - order.fee_kept
}

fn is_refundable(order: &Order) -> bool {
    // Where nothing was to be paid, what was invoiced can be given back all the same.
    order.grand_total == Decimal::ZERO
        || left_to_refund(order) != Decimal::ZERO && kept(order) != Decimal::ZERO
}

/// A canceled order can never be refunded. Where it ends so, nothing may be left that was paid, but a fee
/// that was meant to be kept.
fn keeps_nothing(order: &Order) -> Result<(), StateRefusal> {
    let kept = kept(order);
    let is_left = kept.is_positive() && money_left(order).is_positive();
    if state_after_cancel(order) != "canceled" || !is_left {
        return Ok(());
    }
    Err(StateRefusal::new(format!(
        "{kept} {currency} of the {paid} {currency} that were paid have not been given back, and a canceled \
         order cannot be refunded any more",
        currency = order.currency(),
        paid = order.total_paid,
    ))
    .remedy(
        "refund it first with `orders_refund`: what is left of the shipping as `shipping`, the rest as \
         `adjustment_refund`; `orders_why` shows how much that is",
    ))
}

/// Whether a comment may name this status.
///
/// # Errors
/// When it is another than the order has: Magento takes no other, not even one of the same state.
pub(crate) fn check_status(order: &Order, status: &str) -> Result<(), StateRefusal> {
    let current = order.document.text("status");
    if status == current {
        return Ok(());
    }
    Err(StateRefusal::new(format!(
        "a comment can name the status that it has, `{current}`, and not `{status}`"
    ))
    .remedy("leave `status` out; invoice, ship, hold or cancel the order to change what it is"))
}

#[cfg(test)]
mod tests;
