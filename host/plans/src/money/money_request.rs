//! Which request of a change moves money, found by where it goes; a plugin is not asked.

use souk_model::plan::{Change, Retry, Step};
use souk_model::{Code, Failure};
use souk_policy::writes::WriteTarget;

use crate::refusals::{money_refusal, refuse};

/// Documents that are written past the rules of states and totals (`orders_more.jsonl`,
/// `g-post-orders`, `g-inv-post`).
const NEVER: [&[&str]; 5] =
    [&["orders"], &["orders", "create"], &["invoices"], &["creditmemo"], &["creditmemo", "refund"]];

/// A request that moves money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoneyRequest<'a> {
    /// A refund of an order, without the payment gateway.
    Order,
    /// A refund through the gateway that captured this invoice.
    Invoice(&'a str),
    /// An order is called off.
    Cancel,
}

/// The one step of a change that moves money, if there is one.
///
/// # Errors
/// FORBIDDEN for what is never allowed, and for a change that could not be accounted for.
pub(crate) fn money_request(change: &Change) -> Result<Option<(&Step, MoneyRequest<'_>)>, Failure> {
    let mut found = None;
    for step in &change.steps {
        let target = WriteTarget::of(step, &change.subject.id);
        let Some(money_request) = money_request_of(change, &target)? else { continue };
        let wrong = if found.is_some() {
            "two requests of one change would move money"
        } else if target.form.is_asynchronous() {
            "a request that moves money would be carried out later, where no read shows it"
        } else if change.retry == Retry::Idempotent {
            "a request that moves money is declared idempotent"
        } else if !step.body_bindings.is_empty() || !step.query.is_empty() {
            "a request that moves money takes something from elsewhere than its body"
        } else {
            found = Some((step, money_request));
            continue;
        };
        return Err(money_refusal(change, wrong)
            .remedy("this is a fault of the plugin; nothing was changed"));
    }
    Ok(found)
}

fn money_request_of<'a>(
    change: &Change,
    target: &WriteTarget<'a>,
) -> Result<Option<MoneyRequest<'a>>, Failure> {
    if NEVER.iter().any(|path| target.is(path)) {
        return Err(refuse(
            "never-written",
            Code::Forbidden,
            format!(
                "the change of {} would write a document past Magento's own rules of states and totals",
                change.subject
            ),
            "orders are invoiced, refunded and canceled by `/V1/order/{id}/invoice`, \
             `/V1/order/{id}/refund`, `/V1/invoice/{id}/refund` and `/V1/orders/{id}/cancel`"
                .into(),
        ));
    }
    let of_subject = || match target.segment(1) == Some(change.subject.id.as_str()) {
        true => Ok(()),
        false => {
            Err(money_refusal(change, "it would move money of another order than its subject"))
        }
    };
    if target.is(&["order", "*", "refund"]) {
        of_subject().map(|()| Some(MoneyRequest::Order))
    } else if target.is(&["orders", "*", "cancel"]) {
        of_subject().map(|()| Some(MoneyRequest::Cancel))
    } else if target.is(&["invoice", "*", "refund"]) {
        match target.segment(1) {
            Some(invoice) => Ok(Some(MoneyRequest::Invoice(invoice))),
            None => {
                Err(money_refusal(change, "it would refund an invoice that is not known before"))
            }
        }
    } else {
        Ok(None)
    }
}
