//! `orders_hold` and `orders_unhold`

use souk_sdk::prelude::*;

use super::apply::{ActReply, apply, order_change, post};
use crate::order::Order;
use crate::order_ref::OrderRef;
use crate::routes::{FIND_ORDER, HOLD, HOLDS, UNHOLD};
use crate::state::{OrderAct, require};

/// Put an order on hold
///
/// Puts an order on hold: it cannot be invoiced, shipped, canceled or refunded until it is released.
#[action(apply, reads(FIND_ORDER), changes(HOLDS), keywords("pause", "block", "freeze"))]
pub(crate) fn hold(args: &OrderRef, context: &ApplyContext) -> ActReply {
    let order = args.read(context)?;
    Ok(apply(context, &order, "hold", hold_change(&order)?)?.result())
}

/// Release an order from hold
///
/// Releases an order from hold: it returns to the state and status it had before.
#[action(apply, reads(FIND_ORDER), changes(HOLDS), keywords("resume", "unblock", "release"))]
pub(crate) fn unhold(args: &OrderRef, context: &ApplyContext) -> ActReply {
    let order = args.read(context)?;
    Ok(apply(context, &order, "release from hold", unhold_change(&order)?)?.result())
}

/// The change that puts an order on hold.
pub(crate) fn hold_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    require(order, OrderAct::Hold)?;
    let mut change = order_change(order);
    change.step(post(&HOLD));
    change.expect("state", "/state", Some(&json!("holded")));
    change.undo_step(post(&UNHOLD));
    Ok(change)
}

/// The change that releases it: it returns to what it was.
///
/// # Errors
/// When it is not on hold, or the store does not say what it was before.
pub(crate) fn unhold_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    require(order, OrderAct::Unhold)?;
    let mut change = order_change(order);
    change.step(post(&UNHOLD));
    for (field, before) in [("state", "hold_before_state"), ("status", "hold_before_status")] {
        let before = order.document.text(before);
        if before.is_empty() {
            return Err(Failure::unavailable(format!(
                "the store does not say which {field} {} had before it was put on hold",
                order.name()
            ))
            .remedy("release it from hold in the store's administration"));
        }
        change.expect(field, &["/", field].concat(), Some(&json!(before)));
    }
    change.undo_step(post(&HOLD));
    Ok(change)
}
