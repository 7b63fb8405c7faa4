//! Money that a change moves: found by where its steps go, computed from what the host read.
//!
//! A plugin is not asked how much it is. A refund is computed from its body and the order; the plugin
//! has to claim the growth of the order's `total_refunded` in an edit, which is reviewed and read
//! back, and a claim below what the request can move is refused. Caps are held against the larger.

use serde_json::{Map, Value};
use souk_model::plan::{Change, Expectation, Lookup, Tolerance};
use souk_model::{BindingSource, Decimal, Failure};
use souk_state::plans::SpendKind;

use super::credit_memo::{CreditMemoBound, amount, credit_memo};
use super::money_request::{MoneyRequest, money_request};
use crate::magento::route_words::is_route;
use crate::magento::values::is_id;
use crate::observed::ObservedState;
use crate::refusals::money_refusal;

/// Money that a change moves, at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MoneyMovement {
    pub(crate) kind: SpendKind,
    pub(crate) currency: String,
    pub(crate) amount: Decimal,
}

/// Reckons what a change moves, of the order that its lookup showed.
///
/// # Errors
/// FORBIDDEN where that cannot be computed, or is more than the change claims.
pub(crate) fn money_movement(
    change: &Change,
    lookup: &Lookup,
    observed: &ObservedState,
) -> Result<Option<MoneyMovement>, Failure> {
    let Some((step, money_request)) = money_request(change)? else { return Ok(None) };
    let wrong = |why: String| money_refusal(change, &why);
    if !reads_orders(lookup) {
        return Err(wrong("a change that moves money must be looked up as a whole order".into())
            .remedy("the lookup is `/V1/orders/{id}` of the subject, without a query"));
    }
    let order = observed.here.as_ref().and_then(Value::as_object);
    let order = order.ok_or_else(|| wrong("the order is not there".into()))?;
    if !is_id(order.get("entity_id"), &change.subject.id) {
        return Err(wrong("the lookup shows another order".into()));
    }
    let currency = order.get("order_currency_code").and_then(Value::as_str);
    let currency = currency
        .ok_or_else(|| wrong("the lookup does not show the order's currency".into()))?
        .to_owned();
    let money_movement = match money_request {
        MoneyRequest::Cancel => {
            let open = not_invoiced(order).map_err(wrong)?;
            MoneyMovement { kind: SpendKind::Cancel, currency, amount: open }
        }
        MoneyRequest::Order | MoneyRequest::Invoice(_) => {
            let by_invoice = matches!(money_request, MoneyRequest::Invoice(_));
            let bound = credit_memo(order, step.body.as_ref(), by_invoice).map_err(wrong)?;
            let amount = bound.most.max(declared_growth(change, order, bound)?);
            MoneyMovement { kind: SpendKind::Refund, currency, amount }
        }
    };
    Ok(Some(money_movement))
}

/// What of an order was not invoiced yet.
fn not_invoiced(order: &Map<String, Value>) -> Result<Decimal, String> {
    let total = amount(order, "grand_total")?.ok_or("the lookup does not show `grand_total`")?;
    let invoiced = amount(order, "total_invoiced")?.unwrap_or_default();
    Ok((total - invoiced).max(Decimal::ZERO))
}

/// By how much the change says that the order's `total_refunded` will grow.
fn declared_growth(
    change: &Change,
    order: &Map<String, Value>,
    bound: CreditMemoBound,
) -> Result<Decimal, Failure> {
    let expected = change.edits.iter().find_map(|edit| match &edit.after {
        Expectation::SetByStore(set) if edit.at.as_str() == "/total_refunded" => {
            let more = set.tolerance.map(Tolerance::amount).unwrap_or_default();
            Some((Decimal::from_json(&set.value)?, more))
        }
        _ => None,
    });
    let (expected, more) = expected.ok_or_else(|| {
        money_refusal(change, "a refund must say what the order's `total_refunded` will be")
            .remedy("the plugin has to expect a value at `/total_refunded`")
    })?;
    let before = amount(order, "total_refunded").map_err(|why| money_refusal(change, &why))?;
    let growth = expected - before.unwrap_or_default();
    if growth < bound.least {
        return Err(money_refusal(
            change,
            &format!(
                "it says that it gives back {}, and the request can give back {}",
                growth, bound.most
            ),
        )
        .remedy("name each item with its quantity, and say the `shipping_amount`, 0 too"));
    }
    // It may be more by the tolerance, and count as done all the same.
    Ok(growth + more)
}

/// Whether subjects are looked up as whole orders.
fn reads_orders(lookup: &Lookup) -> bool {
    let one = &lookup.one;
    let [id] = one.path.as_slice() else { return false };
    let many = lookup.many.as_ref().is_none_or(|batch| {
        is_route(&batch.read.route, &["V1", "orders"])
            && batch.items.as_str() == "/items"
            && batch.id.as_str() == "/entity_id"
            && !batch.read.query.iter().any(|binding| binding.name.starts_with("fields"))
    });
    is_route(&one.route, &["V1", "orders", "*"])
        && id.value == BindingSource::Subject
        && one.query.is_empty()
        && !lookup.inherits
        && many
}
