//! `orders_hold`, `orders_unhold`, `orders_cancel`

use souk_sdk::{ApplyContext, ChangeBuilder, Failure};

use super::{Outcome, carry_out, changing, item_place, lookup, post};
use crate::amount::Amount;
use crate::answer::Answer;
use crate::order::{Order, Plain};
use crate::routes::{CANCEL, HOLD, UNHOLD};
use crate::state::{Act, State, after_cancel, check, is_offline};

pub(crate) fn hold(asked: &Plain, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = asked.which().read(context)?;
    let summary = format!("put {} on hold", order.name());
    Ok(carry_out(context, summary, lookup(), hold_change(&order)?)?.answer())
}

pub(crate) fn unhold(asked: &Plain, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = asked.which().read(context)?;
    let summary = format!("take {} up again", order.name());
    Ok(carry_out(context, summary, lookup(), unhold_change(&order)?)?.answer())
}

pub(crate) fn cancel(asked: &Plain, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = asked.which().read(context)?;
    let summary = format!("cancel {}", order.name());
    Ok(carry_out(context, summary, lookup(), cancel_change(&order)?)?.answer())
}

/// The change that puts an order aside.
///
/// # Errors
/// When its state does not allow it.
pub(crate) fn hold_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    check(order, Act::Hold).map_err(|why| why.failure(order, "hold"))?;
    let mut change = changing(order);
    change.step(post(&HOLD));
    change.expect("state", "/state", Some(&"holded".into()));
    change.undo_step(post(&UNHOLD));
    Ok(change)
}

/// The change that takes it up again: it returns to what it was.
///
/// # Errors
/// When it is not on hold, or does not tell what it was.
pub(crate) fn unhold_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    check(order, Act::Unhold).map_err(|why| why.failure(order, "unhold"))?;
    let mut change = changing(order);
    change.step(post(&UNHOLD));
    for (field, before) in [("state", "hold_before_state"), ("status", "hold_before_status")] {
        let before = order.value(before);
        if before.as_str().is_none_or(str::is_empty) {
            return Err(Failure::unavailable(format!(
                "{} does not tell which {field} it had before it was put on hold",
                order.name()
            ))
            .remedy("take it up again in the store's administration, and look at it there"));
        }
        change.expect(field, &["/", field].concat(), Some(before));
    }
    change.undo_step(post(&HOLD));
    Ok(change)
}

/// The change that calls off what was neither invoiced nor shipped.
///
/// # Errors
/// When its state does not allow it.
pub(crate) fn cancel_change(order: &Order) -> Result<ChangeBuilder, Failure> {
    check(order, Act::Cancel).map_err(|why| why.failure(order, "cancel"))?;
    let mut change = changing(order);
    // Magento's "no" is 200 and `false` (`orders.jsonl`, `cancel-held`).
    change.step(post(&CANCEL).failure_responses("", Some(&false.into())));
    change.expect("state", "/state", Some(&after_cancel(order).into()));
    let canceled = order.amount("grand_total") - order.amount("total_paid");
    change.expect("total_canceled", "/total_canceled", Some(&canceled.abs().json()));
    for item in order.whole_items().filter(|item| item.to_cancel().is_positive()) {
        let field = format!("qty_canceled of {} ({})", item.sku(), item.id());
        let place = item_place(item.id(), "qty_canceled");
        change.expect(&field, &place, Some(&item.to_cancel().json()));
    }
    if after_cancel(order) != "canceled" {
        change.warn(format!(
            "{} {} of it were paid: the rest is canceled, and the order goes on as `{}`",
            order.amount("total_paid"),
            order.currency(),
            after_cancel(order)
        ));
    }
    let sent: Amount = order.whole_items().map(|item| item.to_invoice() - item.to_cancel()).sum();
    if sent.is_positive() {
        change.warn(format!(
            "{sent} of it were shipped and not invoiced: once it is canceled they cannot be \
             invoiced any more"
        ));
    }
    if !is_offline(order.payment_method()) && State::of(order) != State::PendingPayment {
        change.warn("an authorised payment is voided at the gateway");
    }
    change.cannot_be_undone("a canceled order cannot be revived; it has to be placed again");
    Ok(change)
}
