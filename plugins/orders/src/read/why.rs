//! `orders_why`

use souk_sdk::magento::PRODUCTS;
use souk_sdk::prelude::*;

use crate::act::{RefundInvoice, refunds_of};
use crate::balance::OrderBalance;
use crate::item_role::ShippedAs;
use crate::json_object::{JsonObject, JsonObjectView, object};
use crate::order::OrderItem;
use crate::order_ref::OrderRef;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::{CREDITMEMOS, FIND_ORDER, INVOICES};
use crate::sales_document::DocumentKind;
use crate::state::{OrderAct, check, is_paid_offline, money_left};
use crate::state_refusal::StateRefusal;

pub(crate) struct WhyResult;

impl ResultSchema for WhyResult {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object"},
        "acts": {"type": "array", "description": "Each act with whether it is possible now, and if not why and what to do.",
            "items": {"type": "object", "properties": {"act": {"type": "string"}, "possible": {"type": "boolean"}, "why": {"type": "string"}, "remedy": {"type": "string"}}, "required": ["act", "possible"]}},
        "items": {"type": "array", "items": {"type": "object"}, "description": "What is left of each item to invoice, ship, refund and cancel. Of a bundle (part_of) either the whole or its parts count, for money and for goods each."},
        "refundable": {"type": "object", "description": "What is left to give back, in the order's currency."},
        "statuses": {"type": "array", "items": {"type": "string"}, "description": "Statuses that a comment can name: Magento takes only the one that the order has."},
        "payment": {"type": "object"}"#;
    const REQUIRED: &'static str = "order acts items refundable statuses payment";
}

/// List what can be done with an order
///
/// Lists for one order which of comment, email, hold, unhold, cancel, invoice, ship, refund offline
/// and refund online are possible now, and for each that is not, why and what to do; what is left of
/// each item; how much can be refunded; which status a comment can name. The acts themselves follow
/// the same rules.
#[action(
    query,
    reads(FIND_ORDER, INVOICES, CREDITMEMOS, PRODUCTS),
    keywords("allowed", "possible", "can it be refunded", "next step")
)]
pub(crate) fn why(args: &OrderRef, context: &Context) -> OrdersReply<WhyResult> {
    let mut order = args.read(context)?;
    order.learn_shipping(context)?;
    let memos = refunds_of(context, &order)?;
    order.learn_refunds(&memos)?;
    let balance = OrderBalance::parse(&order)?;
    let invoices = DocumentKind::Invoice.all_of(context, &order)?;
    let mut acts = Vec::with_capacity(OrderAct::ALL.len());
    for (act, name) in OrderAct::ALL {
        let refusal = match check(&order, act) {
            Err(refusal) => Some(refusal),
            // Its invoices have a say, too.
            Ok(()) if act == OrderAct::RefundOnline => {
                RefundInvoice::why_none(&order, &invoices, &memos)?
            }
            Ok(()) => None,
        };
        acts.push(act_view(name, refusal));
    }
    let invoices: Vec<JsonObject> = invoices
        .iter()
        .map(|invoice| invoice.pick("entity_id increment_id state grand_total transaction_id"))
        .collect();
    // What only goes with another item has nothing of its own left.
    let counts =
        |item: &&OrderItem| item.role.is_billed || item.role.shipped_as != ShippedAs::Another;
    let items = order.items().iter().filter(counts).map(|item| {
        let mut view = object(json!({
            "order_item_id": item.id,
            "sku": item.sku(),
            "to_invoice": item.to_invoice(),
            "to_ship": item.to_ship(),
            "to_refund": item.to_refund(),
            "to_cancel": item.to_cancel(),
        }));
        view.put("part_of", item.is_part().then_some(item.parent_id));
        view
    });
    Ok(OrdersResult::from(json!({
        "order": order.document.pick("entity_id increment_id state status grand_total order_currency_code"),
        "acts": acts,
        "items": items.collect::<Vec<_>>(),
        // Of everything, and of the shipping in it.
        "refundable": {
            "currency": order.currency(),
            "paid": order.total_paid,
            "refunded": order.total_refunded,
            "left": money_left(&order),
            "shipping_left": balance.shipping_to_refund(),
        },
        "statuses": [order.document.text("status")],
        "payment": {
            "method": order.payment_method,
            "moves_money_by_itself": !is_paid_offline(&order),
            "invoices": invoices,
        },
    })))
}

fn act_view(name: &str, refusal: Option<StateRefusal>) -> JsonObject {
    let mut view = object(json!({"act": name, "possible": refusal.is_none()}));
    if let Some(refusal) = refusal {
        view.put("why", Some(refusal.why));
        view.put("remedy", refusal.remedy);
    }
    view
}
