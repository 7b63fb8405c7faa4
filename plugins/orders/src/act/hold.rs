//! `orders_hold` and `orders_unhold`

use serde_json::json;
use souk_sdk::{ApplyContext, ChangeBuilder, Failure};

use super::apply::{ActResult, apply, order_change, post};
use crate::document::Members;
use crate::order::Order;
use crate::order_ref::OrderRef;
use crate::result::OrdersResult;
use crate::routes::{HOLD, UNHOLD};
use crate::state::{OrderAct, require};

pub(super) fn hold(
    args: &OrderRef,
    context: &ApplyContext,
) -> Result<OrdersResult<ActResult>, Failure> {
    let order = args.read(context)?;
    Ok(apply(context, &order, "hold", hold_change(&order)?)?.result())
}

pub(super) fn unhold(
    args: &OrderRef,
    context: &ApplyContext,
) -> Result<OrdersResult<ActResult>, Failure> {
    let order = args.read(context)?;
    Ok(apply(context, &order, "release from hold", unhold_change(&order)?)?.result())
}

/// The change that puts an order on hold.
///
/// # Errors
/// When its state does not allow it.
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
