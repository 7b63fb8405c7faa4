//! `orders_cancel`

use souk_sdk::prelude::*;

use super::apply::{ActReply, apply, order_change, post};
use super::document_items::expect_item;
use crate::order::Order;
use crate::order_ref::OrderRef;
use crate::order_state::OrderState;
use crate::routes::{CANCEL, CANCELLATIONS, FIND_ORDER};
use crate::state::{OrderAct, is_paid_offline, require, state_after_cancel};

/// Cancel an order
///
/// Cancels what of an order was neither invoiced nor shipped; the goods are free again, an authorised
/// payment is voided. What was paid is not given back by it. It cannot be undone: see it with
/// `preview: true` first.
#[action(apply, tier = critical, reads(FIND_ORDER), changes(CANCELLATIONS), keywords("call off", "annul", "stop an order"))]
pub(crate) fn cancel(args: &OrderRef, context: &ApplyContext) -> ActReply {
    let order = args.read(context)?;
    Ok(apply(context, &order, "cancel", cancel_change(&order)?)?.result())
}

/// The change that calls off what was neither invoiced nor shipped.
pub(crate) fn cancel_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    require(order, OrderAct::Cancel)?;
    let mut change = order_change(order);
    // Magento's "no" is 200 and `false` (`orders.jsonl`, `cancel-held`).
    change.step(post(&CANCEL).failure_responses("", Some(&false.into())));
    let after = state_after_cancel(order);
    change.expect("state", "/state", Some(&json!(after)));
    let canceled = (order.grand_total - order.total_paid).abs();
    change.expect("total_canceled", "/total_canceled", Some(&canceled.json()));
    for item in order.items().iter().filter(|item| item.to_cancel().is_positive()) {
        expect_item(&mut change, item, "qty_canceled", item.to_cancel());
    }
    if after != "canceled" {
        change.warn(format!(
            "{} {} of it were paid: the rest is canceled, and the order goes on as `{after}`",
            order.total_paid,
            order.currency()
        ));
    }
    let shipped: Decimal =
        order.items().iter().map(|item| item.to_invoice() - item.to_cancel()).sum();
    if shipped.is_positive() {
        change.warn(format!(
            "{shipped} of it were shipped and not invoiced: once it is canceled they cannot be \
             invoiced any more"
        ));
    }
    if after == "canceled" && order.fee_kept.is_positive() {
        change.warn(format!(
            "{} {} of what was paid stay with the store as a fee",
            order.fee_kept,
            order.currency()
        ));
    }
    if !is_paid_offline(order) && order.state != OrderState::PendingPayment {
        change.warn("an authorised payment is voided at the gateway");
    }
    change.cannot_be_undone("a canceled order cannot be revived; it has to be placed again");
    Ok(change)
}
