//! What can be done with an order now, and why not the rest.
//!
//! The one place that says so: `orders_why` tells it, and every act asks it first. The rules are
//! Magento's own (`canHold`, `canCancel`, `canInvoice`, `canShip`, `canCreditmemo`), as recorded in
//! `orders.jsonl` and `orders_more.jsonl`; the store applies them once more when it is asked.

use schemars::JsonSchema;
use serde::Deserialize;
use souk_sdk::{Failure, FailureCode};

use crate::amount::Amount;
use crate::order::Order;

/// The state of an order. A status is a label within it.
// The words about each are no doc comments: callers who name a state would get them all in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    // Placed, nothing done.
    New,
    // Waiting for a payment made elsewhere.
    PendingPayment,
    // Something was invoiced or shipped.
    Processing,
    // Everything was invoiced and shipped.
    Complete,
    // Everything was refunded.
    Closed,
    // Called off.
    Canceled,
    // Put aside by somebody.
    Holded,
    // The payment is being looked at.
    PaymentReview,
    // One that some extension made. Nobody can ask for it.
    #[serde(skip)]
    Other,
}

impl State {
    /// The state of an order.
    pub(crate) fn of(order: &Order) -> Self {
        let name = order.text("state");
        Self::ALL.into_iter().find(|state| state.as_str() == name).unwrap_or(Self::Other)
    }

    /// Magento's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PendingPayment => "pending_payment",
            Self::Processing => "processing",
            Self::Complete => "complete",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
            Self::Holded => "holded",
            Self::PaymentReview => "payment_review",
            Self::Other => "other",
        }
    }

    /// Its statuses in a store as Magento ships it. A store may have more of its own.
    pub(crate) const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::New => &["pending"],
            Self::PendingPayment => &["pending_payment"],
            Self::Processing => &["processing", "fraud"],
            Self::Complete => &["complete"],
            Self::Closed => &["closed"],
            Self::Canceled => &["canceled"],
            Self::Holded => &["holded"],
            Self::PaymentReview => &["payment_review", "fraud"],
            Self::Other => &[],
        }
    }

    const ALL: [Self; 8] = [
        Self::New,
        Self::PendingPayment,
        Self::Processing,
        Self::Complete,
        Self::Closed,
        Self::Canceled,
        Self::Holded,
        Self::PaymentReview,
    ];

    const fn is_ended(self) -> bool {
        matches!(self, Self::Canceled | Self::Complete | Self::Closed)
    }
}

/// What may be done with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
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

impl Act {
    /// All of them, as they are told.
    pub(crate) const ALL: [Self; 9] = [
        Self::Comment,
        Self::Email,
        Self::Hold,
        Self::Unhold,
        Self::Cancel,
        Self::Invoice,
        Self::Ship,
        Self::RefundOffline,
        Self::RefundOnline,
    ];

    /// Its name in answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Email => "email",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
            Self::Cancel => "cancel",
            Self::Invoice => "invoice",
            Self::Ship => "ship",
            Self::RefundOffline => "refund_offline",
            Self::RefundOnline => "refund_online",
        }
    }
}

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forbidden {
    /// In plain words, about the order: `it is on hold`.
    pub(crate) why: String,
    /// What would make it possible.
    pub(crate) remedy: Option<&'static str>,
}

impl Forbidden {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: None }
    }

    const fn remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// As the failure of an action on this order.
    pub(crate) fn failure(self, order: &Order, act: &str) -> Failure {
        let message = format!("cannot {act} {}: {}", order.name(), self.why);
        let failure = Failure::new(FailureCode::ValidationError, message);
        match self.remedy {
            Some(remedy) => failure.remedy(remedy),
            None => failure.remedy("`orders_why` tells what can be done with it now"),
        }
    }
}

/// Whether a payment method never moves money by itself: what such an order was paid is what people
/// say. Every other method is taken for one with a gateway.
pub(crate) fn is_offline(method: &str) -> bool {
    matches!(method, "checkmo" | "banktransfer" | "cashondelivery" | "purchaseorder" | "free")
}

/// Whether the order's state and quantities allow it.
///
/// # Errors
/// Why not.
pub(crate) fn check(order: &Order, act: Act) -> Result<(), Forbidden> {
    let state = State::of(order);
    match act {
        Act::Comment | Act::Email => Ok(()),
        Act::Hold => not_waiting(state).and_then(|()| not_ended(order, state)),
        Act::Unhold if state == State::Holded => Ok(()),
        Act::Unhold => Err(Forbidden::new("it is not on hold")),
        Act::Cancel => {
            not_waiting(state)?;
            not_ended(order, state)?;
            if has_to_invoice(order) {
                return Ok(());
            }
            Err(Forbidden::new("all of it was invoiced, so nothing is left to cancel")
                .remedy("refund it with `orders_refund`"))
        }
        Act::Invoice => {
            not_waiting(state)?;
            not_ended(order, state)?;
            if has_to_invoice(order) {
                return Ok(());
            }
            Err(Forbidden::new("all of it was invoiced or canceled"))
        }
        Act::Ship => {
            not_waiting(state)?;
            if order.is_virtual() {
                return Err(Forbidden::new("nothing in it needs a parcel"));
            }
            if state == State::Canceled {
                return Err(Forbidden::new("it is canceled"));
            }
            if order.whole_items().any(|item| item.to_ship().is_positive()) {
                return Ok(());
            }
            Err(Forbidden::new("all of it was shipped, refunded or canceled"))
        }
        Act::RefundOffline => can_refund(order, state),
        Act::RefundOnline => {
            can_refund(order, state)?;
            let method = order.payment_method();
            if is_offline(method) {
                return Err(Forbidden::new(format!(
                    "it was paid by `{method}`, which cannot give money back by itself"
                ))
                .remedy("refund it offline, and pay the customer back outside the store"));
            }
            Ok(())
        }
    }
}

fn not_waiting(state: State) -> Result<(), Forbidden> {
    match state {
        State::Holded => {
            Err(Forbidden::new("it is on hold").remedy("take it up again with `orders_unhold`"))
        }
        State::PaymentReview => Err(Forbidden::new("its payment is under review")
            .remedy("accept or deny the payment in the store's administration")),
        _ => Ok(()),
    }
}

fn not_ended(order: &Order, state: State) -> Result<(), Forbidden> {
    if state.is_ended() {
        return Err(Forbidden::new(format!("it is {}", order.text("state"))));
    }
    Ok(())
}

fn has_to_invoice(order: &Order) -> bool {
    order.whole_items().any(|item| item.to_invoice().is_positive())
}

/// What was paid and not yet given back, in the order's currency.
pub(crate) fn left_to_refund(order: &Order) -> Amount {
    order.amount("total_paid").cents() - order.amount("total_refunded")
}

fn can_refund(order: &Order, state: State) -> Result<(), Forbidden> {
    not_waiting(state)?;
    match state {
        State::Canceled => return Err(Forbidden::new("it is canceled")),
        State::Closed => {
            return Err(Forbidden::new("it is closed: all that was paid was refunded"));
        }
        _ => {}
    }
    if !order.items().any(|item| item.amount("qty_invoiced").is_positive()) {
        return Err(Forbidden::new("nothing of it was invoiced, so nothing was paid")
            .remedy("cancel it with `orders_cancel`, or invoice it first with `orders_invoice`"));
    }
    if !order.amount("total_paid").is_positive() && order.amount("grand_total") != Amount::ZERO {
        return Err(Forbidden::new("it was invoiced and not paid"));
    }
    let left = left_to_refund(order);
    let quantities_left = order.whole_items().any(|item| item.to_refund().is_positive());
    let is_free = order.amount("grand_total") == Amount::ZERO;
    // A canceled part leaves an order that was refunded in full `complete`, and Magento would write
    // one more memo for it (`orders_more.jsonl`, `refund-closed`).
    if left.is_positive() || is_free && quantities_left {
        return Ok(());
    }
    Err(Forbidden::new(format!(
        "all of the {} {} that were paid have been refunded, although its state is still `{}`",
        order.amount("total_paid"),
        order.currency(),
        order.text("state")
    )))
}

/// The state that a cancellation leaves the order in: `canceled`, unless something of it was paid.
pub(crate) fn after_cancel(order: &Order) -> &'static str {
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
pub(crate) fn check_status(order: &Order, status: &str) -> Result<(), Forbidden> {
    let state = State::of(order);
    let known = State::ALL.iter().any(|state| state.statuses().contains(&status));
    if !known || status == order.text("status") || state.statuses().contains(&status) {
        return Ok(());
    }
    let possible = state.statuses().join("`, `");
    Err(Forbidden::new(format!(
        "the status `{status}` is not one of its state, `{}`: there it can be `{possible}`",
        order.text("state")
    ))
    .remedy("a comment changes the status within the state only; invoice, ship, hold or cancel it to change the state"))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(crate) fn order(state: &str, item: &Value, more: &Value) -> Order {
        let mut order = json!({
            "entity_id": 7, "increment_id": "000000007", "state": state, "status": state,
            "grand_total": 20, "order_currency_code": "EUR", "base_currency_code": "EUR",
            "payment": {"method": "checkmo"},
        });
        let mut only = json!({
            "item_id": 1, "sku": "A", "product_type": "simple", "qty_ordered": 2,
            "qty_invoiced": 0, "qty_shipped": 0, "qty_refunded": 0, "qty_canceled": 0,
        });
        for (field, value) in item.as_object().into_iter().flatten() {
            only[field] = value.clone();
        }
        for (field, value) in more.as_object().into_iter().flatten() {
            order[field] = value.clone();
        }
        order["items"] = json!([only]);
        Order::of(order).unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    /// The acts that are possible, joined.
    fn possible(order: &Order) -> String {
        let acts = Act::ALL.into_iter().skip(2).filter(|act| check(order, *act).is_ok());
        acts.map(Act::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_state_allows_what_magento_allows() {
        let none = json!({});
        let invoiced = json!({"qty_invoiced": 2});
        let paid = json!({"total_paid": 20});
        for (state, item, more, acts) in [
            ("new", &none, &none, "hold cancel invoice ship"),
            ("pending_payment", &none, &none, "hold cancel invoice ship"),
            ("holded", &none, &none, "unhold"),
            ("payment_review", &none, &none, ""),
            ("canceled", &none, &none, ""),
            ("processing", &invoiced, &paid, "hold ship refund_offline"),
            ("processing", &invoiced, &none, "hold ship"),
            ("processing", &json!({"qty_shipped": 2}), &none, "hold cancel invoice"),
            (
                "processing",
                &json!({"qty_invoiced": 1}),
                &json!({"total_paid": 10}),
                "hold cancel invoice ship refund_offline",
            ),
            ("complete", &json!({"qty_invoiced": 2, "qty_shipped": 2}), &paid, "refund_offline"),
            (
                "closed",
                &json!({"qty_invoiced": 2, "qty_shipped": 2, "qty_refunded": 2}),
                &json!({"total_paid": 20, "total_refunded": 20}),
                "",
            ),
        ] {
            assert_eq!(possible(&order(state, item, more)), acts, "{state} {item} {more}");
        }
    }

    #[test]
    fn money_goes_back_through_a_gateway_only_where_there_is_one() {
        let card = json!({"total_paid": 20, "payment": {"method": "braintree"}});
        let order = order("processing", &json!({"qty_invoiced": 2}), &card);
        assert_eq!(possible(&order), "hold ship refund_offline refund_online");
    }

    #[test]
    fn an_order_refunded_in_full_and_still_complete_is_not_refunded_again() {
        let refunded = json!({"total_paid": 20, "total_refunded": 20});
        let item = json!({"qty_invoiced": 2, "qty_shipped": 2, "qty_refunded": 2});
        let why = check(&order("complete", &item, &refunded), Act::RefundOffline).unwrap_err();
        assert!(why.why.contains("have been refunded"), "{}", why.why);
    }

    #[test]
    fn a_status_stays_within_its_state() {
        let order = order("processing", &json!({}), &json!({}));
        for fits in ["processing", "fraud", "our_own_packing"] {
            assert_eq!(check_status(&order, fits), Ok(()), "{fits}");
        }
        for other in ["complete", "pending", "holded"] {
            assert!(check_status(&order, other).is_err(), "{other}");
        }
    }

    #[test]
    fn what_was_paid_keeps_a_canceled_order_going() {
        let invoiced = json!({"qty_invoiced": 1});
        assert_eq!(after_cancel(&order("processing", &invoiced, &json!({}))), "processing");
        let shipped = json!({"qty_invoiced": 1, "qty_shipped": 1});
        assert_eq!(after_cancel(&order("processing", &shipped, &json!({}))), "complete");
        assert_eq!(after_cancel(&order("new", &json!({}), &json!({}))), "canceled");
    }
}
