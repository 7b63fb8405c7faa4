//! The sample shop's orders: nine months of them, in every state. Some are stuck: paid and not shipped
//! for weeks, waiting for a cheque, invoiced and not paid, forgotten on hold.

use serde_json::{Value, json};

use super::orders_data::ORDERS;
use super::orders_place::place;
use super::story::Story;
use super::{ENGLISH, GERMAN, TRADE};
use crate::sales::fields::Fields;
use crate::sales::order;
use crate::shop::{ALL, Shop, StoreId, Table};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// One thing that happened to an order, its first being that it was placed.
struct Event<'a> {
    at: i64,
    row: usize,
    step: &'a str,
}

/// One line of the table.
pub(super) struct Row<'a> {
    /// When it was placed, in seconds since 1970.
    pub(super) placed: i64,
    /// Who placed it.
    pub(super) email: &'a str,
    /// Where.
    pub(super) store: StoreId,
    /// What.
    pub(super) basket: &'a str,
    /// With which coupon.
    pub(super) coupon: &'a str,
    /// How it is paid.
    pub(super) payment: &'a str,
    /// What came of it.
    steps: &'a str,
}

/// Writes the orders and what came of them, in the order of time.
pub(super) fn write(story: &mut Story<'_>) {
    let shop = &mut story.shop;
    for table in [&mut shop.orders, &mut shop.invoices, &mut shop.shipments, &mut shop.creditmemos]
    {
        *table = Table::new("entity_id");
    }
    shop.transactions = Table::new("transaction_id");
    let rows: Vec<Row<'_>> = ORDERS.lines().filter_map(row).collect();
    let mut events: Vec<Event<'_>> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        events.push(Event { at: row.placed, row: number, step: "" });
        for (count, step) in (1i64..).zip(row.steps.split_whitespace()) {
            let (step, days) = step.rsplit_once('@').unwrap_or((step, "0"));
            let days: i64 = days.parse().unwrap_or(0);
            events.push(Event { at: row.placed + days * DAY + count * 1_260, row: number, step });
        }
    }
    events.sort_by_key(|event| event.at);
    let mut ids = vec![0; rows.len()];
    for event in events {
        story.now = event.at;
        if event.step.is_empty() {
            ids[event.row] = place(story.shop, &rows[event.row]);
        } else {
            happen(story, ids[event.row], event.step);
        }
    }
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = line.split('|').collect();
    let [placed, email, view, basket, coupon, payment, steps] = cells[..] else { return None };
    let placed: jiff::civil::DateTime = format!("{placed}:00").parse().ok()?;
    let placed = placed.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let store = match view {
        "de" => GERMAN,
        "trade" => TRADE,
        _ => ENGLISH,
    };
    Some(Row { placed, email, store, basket, coupon, payment, steps })
}

/// Does one step of an order's story, by the request that does it in any shop.
fn happen(story: &mut Story<'_>, id: u64, step: &str) {
    let (verb, goods) = step.split_once('(').unwrap_or((step, ""));
    let items = items(story.shop, id, goods.trim_end_matches(')'));
    let is_trade =
        story.shop.orders.get(id).is_some_and(|order| order.id("store_id") == u64::from(TRADE));
    let source = if is_trade { "leipzig" } else { "default" };
    let mut tell = |method: &str, template: &str, arguments: Value| {
        story.tell(method, template, ALL, arguments);
    };
    match verb {
        "invoice" => tell(
            "POST",
            "/V1/order/{orderId}/invoice",
            json!({ "orderId": id, "capture": true, "items": items, "notify": true }),
        ),
        "ship" => {
            let track = json!({
                "track_number": format!("00340{:011}", id * 7_919_113 + 40_017), "title": "DHL", "carrier_code": "dhl"
            });
            let arguments = json!({
                "orderId": id, "items": items, "notify": true, "tracks": [track],
                "arguments": { "extension_attributes": { "source_code": source } }
            });
            tell("POST", "/V1/order/{orderId}/ship", arguments);
        }
        "refund" | "refund!" => {
            let returned: Vec<Value> = match verb {
                "refund" => items.iter().map(|item| item["order_item_id"].clone()).collect(),
                _ => Vec::new(),
            };
            let shipping = if items.is_empty() { Value::Null } else { json!(0) };
            let arguments = json!({
                "orderId": id, "items": items, "notify": true, "appendComment": true,
                "comment": { "comment": "Sent back within thirty days.", "is_visible_on_front": 1 },
                "arguments": {
                    "shipping_amount": shipping, "extension_attributes": { "return_to_stock_items": returned }
                }
            });
            tell("POST", "/V1/order/{orderId}/refund", arguments);
        }
        "cancel" | "hold" | "unhold" | "email" => {
            let template = match verb {
                "cancel" => "/V1/orders/{id}/cancel",
                "hold" => "/V1/orders/{id}/hold",
                "unhold" => "/V1/orders/{id}/unhold",
                _ => "/V1/orders/{id}/emails",
            };
            tell("POST", template, json!({ "id": id }));
        }
        "fraud" => {
            let history = json!({
                "comment": "Two cards in one minute, the second one worked.", "status": "fraud",
                "is_customer_notified": 0, "is_visible_on_front": 0
            });
            tell("POST", "/V1/orders/{id}/comments", json!({ "id": id, "statusHistory": history }));
        }
        "open" => leave_unpaid(story.shop, id),
        "review" => set_state(story.shop, id, "payment_review"),
        "unpaid" => set_state(story.shop, id, "pending_payment"),
        said => {
            let comment = said.trim_start_matches("say:").replace('_', " ");
            let history =
                json!({ "comment": comment, "is_customer_notified": 0, "is_visible_on_front": 0 });
            tell("POST", "/V1/orders/{id}/comments", json!({ "id": id, "statusHistory": history }));
        }
    }
}

/// `SKU*quantity,…` as the items of a request.
fn items(shop: &Shop, id: u64, goods: &str) -> Vec<Value> {
    let Some(order) = shop.orders.get(id) else { return Vec::new() };
    goods
        .split(',')
        .filter_map(|part| {
            let (sku, quantity) = part.split_once('*')?;
            let item = order::whole_items(order).find(|item| item.text("sku") == sku)?;
            Some(json!({ "order_item_id": item.id("item_id"), "qty": quantity.parse::<u32>().ok()? }))
        })
        .collect()
}

fn set_state(shop: &mut Shop, id: u64, state: &str) {
    if let Some(order) = shop.orders.get_mut(id) {
        order.put("state", state);
        order.put("status", state);
    }
}

/// The invoice is out and the money is not in.
fn leave_unpaid(shop: &mut Shop, id: u64) {
    for invoice in shop.invoices.iter_mut().filter(|invoice| invoice.id("order_id") == id) {
        invoice.put("state", 1);
    }
    if let Some(order) = shop.orders.get_mut(id) {
        order.shift_remove("total_paid");
        order.shift_remove("base_total_paid");
        order::set_due(order);
        if let Some(payment) = order.get_mut("payment").and_then(Value::as_object_mut) {
            payment.shift_remove("amount_paid");
            payment.shift_remove("base_amount_paid");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sales::amount::{Amount, Money};
    use crate::shop::Doc;

    fn sums_up(shop: &Shop) {
        for order in shop.orders.iter() {
            let lines: Money = order::whole_items(order)
                .map(|item| item.money("row_total") + item.money("tax_amount"))
                .fold(Money::ZERO, |sum, row| sum + row);
            let total = lines + order.money("shipping_amount") + order.money("shipping_tax_amount");
            assert_eq!(total, order.money("grand_total"), "order {}", order.text("increment_id"));
        }
    }

    #[test]
    fn orders_are_in_every_state_and_sum_up() {
        let shop = super::super::shop();
        let states: BTreeSet<String> =
            shop.orders.iter().map(|order| order.text("state")).collect();
        let wanted = [
            "canceled",
            "closed",
            "complete",
            "holded",
            "new",
            "payment_review",
            "pending_payment",
            "processing",
        ];
        assert_eq!(states, wanted.map(str::to_owned).into());
        assert!(shop.orders.iter().count() >= 40);
        assert!(shop.transactions.iter().count() >= 15);
        sums_up(&shop);
    }

    #[test]
    fn some_orders_are_stuck() {
        let shop = super::super::shop();
        let old = |order: &&Doc| order.text("created_at").as_str() < "2026-10-20";
        let count = |stuck: &dyn Fn(&Doc) -> bool| {
            shop.orders.iter().filter(old).filter(|order| stuck(order)).count()
        };
        let is_paid = |order: &Doc| order.amount("total_due") == Amount::ZERO;
        assert!(count(&|order| is_paid(order) && order::can_ship(order)) >= 2, "paid, not shipped");
        assert!(count(&|order| order.text("status") == "pending") >= 1, "pending");
        let is_open = |order: &Doc| {
            !is_paid(order) && order.amount("total_invoiced") == order.amount("grand_total")
        };
        assert!(count(&is_open) >= 1, "invoiced, not paid");
    }

    #[test]
    fn every_step_of_the_table_happened() {
        let shop = super::super::shop();
        let steps = |verb: &str| {
            let table = ORDERS.lines().filter_map(|line| line.rsplit('|').next());
            table.flat_map(str::split_whitespace).filter(|step| step.starts_with(verb)).count()
        };
        assert_eq!(shop.invoices.iter().count(), steps("invoice"));
        assert_eq!(shop.shipments.iter().count(), steps("ship"));
        assert_eq!(shop.creditmemos.iter().count(), steps("refund"));
    }
}
