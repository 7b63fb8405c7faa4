//! Payment methods, and the transactions of those that move money by themselves.

use serde_json::{Value, json};

use crate::amount::{Amount, Money};
use crate::document::{Doc, Fields};
use crate::shop::Shop;

/// Whether the order was paid through a gateway: it captures and refunds by itself. Checks, transfers
/// and the like cannot.
pub(crate) fn is_gateway(order: &Doc) -> bool {
    let method = order.value("payment")["method"].as_str().unwrap_or_default();
    matches!(method, "braintree" | "payflowpro" | "paypal_express")
}

/// Adds money to what the order's payment has of it.
pub(crate) fn add(order: &mut Doc, field: &str, money: Money) {
    if let Some(payment) = order.get_mut("payment").and_then(Value::as_object_mut) {
        payment.add_money(field, money);
    }
}

/// Adds to what the order's payment has in the base currency alone.
pub(crate) fn add_base(order: &mut Doc, field: &str, amount: Amount) {
    if let Some(payment) = order.get_mut("payment").and_then(Value::as_object_mut) {
        payment.add_amount(field, amount);
    }
}

/// What moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Movement {
    /// An invoice.
    Capture,
    /// A credit memo.
    Refund,
    /// A cancellation: what was authorised is not captured any more.
    Void,
}

/// Whether the gateway declines to give this back, as the sandboxes of gateways always decline some
/// amount.
pub(crate) fn declines(amount: Amount) -> bool {
    amount == Amount::of(Some(&json!(6.66)))
}

/// Gives up what the order's gateway authorised and did not capture, if anything; the transaction's id at
/// the gateway.
pub(crate) fn void(shop: &mut Shop, order: &mut Doc, now: &str) -> Option<String> {
    let authorization = open_authorization(shop, order)?;
    let amount = order.value("payment")["amount_authorized"].clone();
    if let Some(payment) = order.get_mut("payment").and_then(Value::as_object_mut) {
        payment.put("last_trans_id", authorization);
    }
    Some(record(shop, order, Movement::Void, Amount::of(Some(&amount)), now))
}

/// The gateway's id of an authorisation of the order that is still open.
fn open_authorization(shop: &Shop, order: &Doc) -> Option<Value> {
    let is_open = |known: &Doc| {
        known.value("order_id") == order.value("entity_id")
            && known.text("txn_type") == "authorization"
            && known.id("is_closed") == 0
    };
    shop.transactions.find(is_open).map(|known| known.value("txn_id").clone())
}

/// Records that the gateway moved the money; the transaction's id at the gateway.
pub(crate) fn record(
    shop: &mut Shop,
    order: &mut Doc,
    movement: Movement,
    amount: Amount,
    now: &str,
) -> String {
    let id = shop.transactions.take_id();
    let parent = order.value("payment")["last_trans_id"].clone();
    let txn = format!("{:08x}", id.wrapping_mul(0x9e37_79b1) & 0xffff_ffff);
    let (kind, suffix) = match movement {
        Movement::Capture => ("capture", ""),
        Movement::Refund => ("refund", "-refund"),
        Movement::Void => ("void", "-void"),
    };
    let txn = format!("{txn}{suffix}");
    let parent_id = shop
        .transactions
        .find(|known| known.value("txn_id") == &parent)
        .map(|known| known.id("transaction_id"));
    if let Some(row) = parent_id.and_then(|id| shop.transactions.get_mut(id))
        && movement != Movement::Capture
    {
        // A capture that money was given back of takes no more, and what was voided neither.
        row.put("is_closed", 1);
    }
    let mut doc = Doc::new();
    doc.put("transaction_id", id);
    doc.put("parent_id", parent_id.map_or(Value::Null, Value::from));
    doc.put("order_id", order.value("entity_id").clone());
    doc.put("payment_id", order.value("payment")["entity_id"].clone());
    doc.put("txn_id", txn.clone());
    doc.put("parent_txn_id", parent);
    doc.put("txn_type", kind);
    doc.put("is_closed", i32::from(movement != Movement::Capture));
    doc.put("additional_information", json!([format!("amount {}", amount.json())]));
    doc.put("created_at", now);
    doc.put("child_transactions", json!([]));
    shop.transactions.put(doc);
    if let Some(payment) = order.get_mut("payment").and_then(Value::as_object_mut) {
        payment.put("last_trans_id", txn.clone());
    }
    txn
}

/// Money as the store writes it in texts.
pub(crate) fn formatted(amount: Amount, currency: &str) -> String {
    let cents = amount.cents();
    let plain = format!("{:.2}", cents.abs().float());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if cents < Amount::ZERO { "-" } else { "" };
    let symbol = match currency {
        "EUR" => "€".to_owned(),
        "USD" => "$".to_owned(),
        "GBP" => "£".to_owned(),
        code => format!("{code}\u{a0}"),
    };
    format!("{sign}{symbol}{grouped}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_in_texts_has_its_sign_and_thousands() {
        let amount = |value: f64| Amount::of(Some(&json!(value)));
        assert_eq!(formatted(amount(7.36), "EUR"), "€7.36");
        assert_eq!(formatted(amount(-1234.5), "USD"), "-$1,234.50");
        assert_eq!(formatted(amount(12.0), "CHF"), "CHF\u{a0}12.00");
    }
}
