//! `orders_why`

use serde_json::{Value, json};
use souk_sdk::{Context, Failure, SearchPage};

use super::picked;
use crate::amount::Amount;
use crate::answer::{Answer, Shape, members};
use crate::order::{Order, Plain, documents};
use crate::routes::INVOICES;
use crate::state::{Act, State, check, is_offline, left_to_refund};

pub(crate) struct Why;

impl Shape for Why {
    const PROPERTIES: &'static str = r#"
        "order": {"type": "object"},
        "acts": {"type": "array", "description": "Each act with whether it is possible now, and if not why and what to do.",
            "items": {"type": "object", "properties": {"act": {"type": "string"}, "possible": {"type": "boolean"}, "why": {"type": "string"}, "remedy": {"type": "string"}}, "required": ["act", "possible"]}},
        "items": {"type": "array", "items": {"type": "object"}, "description": "What is left of each item to invoice, ship, refund and cancel."},
        "refundable": {"type": "object", "description": "What is left to give back, in the order's currency."},
        "statuses": {"type": "array", "items": {"type": "string"}, "description": "Statuses that a comment can set in this state, as Magento ships it; the store may have more of its own."},
        "payment": {"type": "object"}"#;
    const REQUIRED: &'static str =
        r#""order", "acts", "items", "refundable", "statuses", "payment""#;
}

pub(crate) fn why(asked: &Plain, context: &Context) -> Result<Answer<Why>, Failure> {
    let order = asked.which().read(context)?;
    let found: SearchPage<Value> = context.get(&documents(&INVOICES, order.id(), "entity_id")?)?;
    let method = order.payment_method();
    let fields = ["entity_id", "increment_id", "state", "grand_total", "transaction_id"];
    let invoices: Vec<Value> = found
        .items
        .iter()
        .filter_map(Value::as_object)
        .map(|invoice| Value::Object(picked(invoice, &fields)))
        .collect();
    Ok(Answer::new(members(json!({
        "order": picked(order.fields(), &["entity_id", "increment_id", "state", "status", "grand_total", "order_currency_code"]),
        "acts": Act::ALL.map(|act| told(&order, act)),
        "items": items(&order),
        "refundable": refundable(&order),
        "statuses": State::of(&order).statuses(),
        "payment": {
            "method": method,
            "moves_money_by_itself": !is_offline(method),
            "invoices": invoices,
        },
    }))))
}

fn told(order: &Order, act: Act) -> Value {
    match check(order, act) {
        Ok(()) => json!({"act": act.as_str(), "possible": true}),
        Err(forbidden) => {
            let mut told = json!({"act": act.as_str(), "possible": false, "why": forbidden.why});
            if let Some(remedy) = forbidden.remedy {
                told["remedy"] = remedy.into();
            }
            told
        }
    }
}

fn items(order: &Order) -> Vec<Value> {
    let whole = order.whole_items().map(|item| {
        json!({
            "order_item_id": item.id(),
            "sku": item.sku(),
            "to_invoice": item.to_invoice().json(),
            "to_ship": item.to_ship().json(),
            "to_refund": item.to_refund().json(),
            "to_cancel": item.to_cancel().json(),
        })
    });
    whole.collect()
}

/// What is left to give back: of everything, and of the shipping in it.
pub(crate) fn refundable(order: &Order) -> Value {
    let shipping = order.amount("shipping_amount") - order.amount("shipping_refunded");
    let invoiced = order.amount("shipping_invoiced") - order.amount("shipping_refunded");
    json!({
        "currency": order.currency(),
        "paid": order.amount("total_paid").json(),
        "refunded": order.amount("total_refunded").json(),
        "left": left_to_refund(order).max(Amount::ZERO).json(),
        "shipping_left": shipping.min(invoiced).max(Amount::ZERO).json(),
    })
}
