//! `orders_refund`
//!
//! What the arguments mean in detail is worked out in [`refund_change`](super::refund_change).

use souk_sdk::magento::PRODUCTS;
use souk_sdk::prelude::*;

use super::apply::{ActReply, apply_to, order_lookup};
use super::refund_args::{RefundArgs, RefundMethod};
use super::refund_change::Refund;
use super::refund_invoice::{RefundInvoice, refunds_of};
use crate::balance::OrderBalance;
use crate::credit_memo::{CreditMemo, ShippingDisplay};
use crate::json_object::{JsonObject, JsonObjectView, object};
use crate::money::Money;
use crate::order::Order;
use crate::routes::{CREDITMEMOS, FIND_ORDER, INVOICES, REFUNDS};
use crate::sales_document::DocumentKind;
use crate::state::{OrderAct, require};

/// Refund an order
///
/// Gives money back: quantities of items, shipping, an adjustment on top, a fee kept, or everything
/// that is left; offline (the store notes it) or online (through the gateway). Amounts are in the
/// order's currency and refused above what is left of what was paid; the total is computed beforehand
/// and verified by reading back. It cannot be undone: see it with `preview: true` first.
#[action(
    apply,
    tier = critical,
    reads(FIND_ORDER, INVOICES, CREDITMEMOS, PRODUCTS),
    changes(REFUNDS), keywords("money back", "credit memo", "return", "reimburse"))]
pub(crate) fn refund(args: &RefundArgs, context: &ApplyContext) -> ActReply {
    let mut order = args.order.read(context)?;
    order.learn_shipping(context)?;
    let memos = refunds_of(context, &order)?;
    order.learn_refunds(&memos)?;
    let invoice = refund_invoice(args, context, &order, &memos)?;
    let balance = OrderBalance::parse(&order)?;
    let display = shipping_display(context)?;
    let refund = Refund::new(args, &order, &balance, invoice.as_ref(), display)?;
    refund.check_length(context)?;
    let change = refund.change(&args.note);
    let summary = format!("refund {} of {}", refund.amount(), order.name());
    let mut outcome = apply_to(context, summary, order_lookup(), change)?;
    let kind = DocumentKind::CreditMemo;
    let is_told = outcome.put_made(&order, kind);
    // Where the store may differ from what was computed, what it did counts.
    let grown = match &outcome.after {
        Some(after) => Some(after.amount("total_refunded")? - order.total_refunded),
        None => None,
    };
    let is_others = grown.is_some_and(|grown| !refund.comes_to(grown));
    let memo = if invoice.is_some() || !is_told || is_others {
        outcome.put_read_back(context, &order, kind, |memo| refund.is_own(memo))?
    } else {
        None
    };
    // What others gave back meanwhile is in the order's total, and not in the memo's.
    let total = match &memo {
        Some(memo) => Some(memo.amount("grand_total")?),
        None => grown,
    };
    outcome.put("refund", Some(amounts(&order, &refund.memo, total)));
    Ok(outcome.result())
}

/// The totals in the order's currency, and where that is another in the base currency, too; in all by
/// how much the order's total of refunds has grown, once it has.
fn amounts(order: &Order, memo: &CreditMemo, total: Option<Decimal>) -> JsonObject {
    let of = |currency: &str, side: fn(Money) -> Decimal| {
        object(json!({
            "currency": currency,
            "total": side(memo.grand_total()),
            "items": side(memo.subtotal),
            "discount": side(memo.discount),
            "shipping": side(memo.shipping),
            "tax": side(memo.tax),
            "adjustment_refund": side(memo.adjustment),
            "adjustment_fee": side(memo.fee),
        }))
    };
    let mut amounts = of(order.currency(), |money| money.order);
    amounts.put("total", total.map(Decimal::json));
    let base = order.is_converted().then(|| of(order.base_currency(), |money| money.base));
    amounts.put("in_base_currency", base);
    amounts
}

/// How the operator says that the store shows shipping in its orders. No answer of Magento's tells.
fn shipping_display(context: &ApplyContext) -> Result<Option<ShippingDisplay>, Failure> {
    const SETTING: &str = "shipping_display";
    let Some(setting) = context.setting::<String>(SETTING)? else { return Ok(None) };
    match setting.as_str() {
        "excluding_tax" | "both" => Ok(Some(ShippingDisplay::ExcludingTax)),
        "including_tax" => Ok(Some(ShippingDisplay::IncludingTax)),
        _ => Err(Failure::unavailable(format!(
            "the setting `{SETTING}` of this plugin is `{setting}`"
        ))
        .remedy("ask the operator to set it to excluding_tax, including_tax or both")),
    }
}

/// Whether the order can be refunded so, and for an online refund through which invoice.
fn refund_invoice(
    args: &RefundArgs,
    context: &ApplyContext,
    order: &Order,
    memos: &[JsonObject],
) -> Result<Option<RefundInvoice>, Failure> {
    let online = args.method == RefundMethod::Online;
    require(order, if online { OrderAct::RefundOnline } else { OrderAct::RefundOffline })?;
    match (online, args.invoice_id) {
        (true, id) => RefundInvoice::find(context, order, memos, id.map(EntityId::get)).map(Some),
        (false, None) => Ok(None),
        (false, Some(_)) => {
            Err(Failure::argument("invoice_id", "an offline refund is of the order")
                .remedy("leave `invoice_id` out, or refund `online`"))
        }
    }
}
