//! What can be done with an order now, and why not the rest.
//!
//! The one place that says so: `orders_why` lists it, and every act asks it first. The rules are
//! Magento's own (`canHold`, `canCancel`, `canInvoice`, `canShip`, `canCreditmemo`), as recorded in
//! `orders.jsonl` and `orders_more.jsonl`; the store applies them once more when it is asked.

use souk_sdk::prelude::*;

use crate::order::Order;
use crate::order_state::OrderState;

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

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateRefusal {
    /// In plain words, about the order: `it is on hold`.
    pub(crate) why: String,
    /// What would make it possible.
    pub(crate) remedy: Option<&'static str>,
}

impl StateRefusal {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: None }
    }

    const fn remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// As the failure of an action on this order.
    pub(crate) fn failure(self, order: &Order, verb: &str) -> Failure {
        let message = format!("cannot {verb} {}: {}", order.name(), self.why);
        Failure::new(FailureCode::ValidationError, message)
            .remedy(self.remedy.unwrap_or("`orders_why` lists what can be done with it now"))
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
    let has_to_invoice = || order.whole_items().any(|item| item.to_invoice().is_positive());
    let refusal = match act {
        OrderAct::Comment | OrderAct::Email | OrderAct::Hold => return Ok(()),
        OrderAct::Unhold if state == OrderState::Holded => return Ok(()),
        OrderAct::Unhold => StateRefusal::new("it is not on hold"),
        OrderAct::Cancel | OrderAct::Invoice if has_to_invoice() => return Ok(()),
        OrderAct::Cancel => {
            StateRefusal::new("all of it was invoiced, so nothing is left to cancel")
                .remedy("refund it with `orders_refund`")
        }
        OrderAct::Invoice => StateRefusal::new("all of it was invoiced or canceled"),
        OrderAct::Ship if order.is_virtual => StateRefusal::new("nothing in it needs a parcel"),
        OrderAct::Ship if state == OrderState::Canceled => StateRefusal::new("it is canceled"),
        OrderAct::Ship if order.whole_items().any(|item| item.to_ship().is_positive()) => {
            return Ok(());
        }
        OrderAct::Ship => StateRefusal::new("all of it was shipped, refunded or canceled"),
        OrderAct::RefundOffline => return can_refund(order),
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
pub(crate) fn left_to_refund(order: &Order) -> Decimal {
    order.total_paid.cents() - order.total_refunded
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
    let left = left_to_refund(order);
    let quantities_left = order.whole_items().any(|item| item.to_refund().is_positive());
    let is_free = order.grand_total == Decimal::ZERO;
    // A canceled part leaves an order that was refunded in full `complete`, and Magento would write
    // one more memo for it (`orders_more.jsonl`, `refund-closed`).
    if left.is_positive() || is_free && quantities_left {
        return Ok(());
    }
    Err(StateRefusal::new(format!(
        "all of the {} {} that were paid have been refunded, although its state is still `{}`",
        order.total_paid,
        order.currency(),
        order.document.text("state")
    )))
}

/// The state that a cancellation leaves the order in: `canceled`, unless something of it was paid.
pub(crate) fn state_after_cancel(order: &Order) -> &'static str {
    let mut state = "canceled";
    for item in order.whole_items() {
        if state != "processing" && item.to_refund().is_positive() {
            state = if item.stays_to_ship() { "processing" } else { "complete" };
        }
    }
    state
}

/// Whether a comment may set this status.
///
/// # Errors
/// When it belongs to another state. One that Magento does not ship may be the store's own: whether
/// it is in this state only the store knows.
pub(crate) fn check_status(order: &Order, status: &str) -> Result<(), StateRefusal> {
    let state = order.state;
    if !OrderState::ships_status(status)
        || status == order.document.text("status")
        || state.statuses().contains(&status)
    {
        return Ok(());
    }
    let possible = state.statuses().join("`, `");
    Err(StateRefusal::new(format!(
        "the status `{status}` is not one of its state, `{}`: there it can be `{possible}`",
        order.document.text("state")
    ))
    .remedy("a comment changes the status within the state only; invoice, ship, hold or cancel it to change the state"))
}

#[cfg(test)]
mod tests;
