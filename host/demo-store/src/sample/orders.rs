//! The sample shop's orders: nine months of them, in every state. Some are stuck: paid and not shipped
//! for weeks, waiting for a cheque, invoiced and not paid, forgotten on hold.

use serde_json::{Value, json};

use super::data::Data;
use super::order_place::place;
use super::read::{Line, SampleError};
use super::rows::{Event, OrderEvent};
use super::story::Story;
use crate::call::stamp;
use crate::document::Fields;
use crate::sales::order;
use crate::shop::{ALL, Shop, Table};

/// Seconds in a day.
const DAY: i64 = 86_400;
/// Seconds from one event of an order to its next on the same day.
const PAUSE: i64 = 21 * 60;

/// Something that happens to an order: that it is placed, or an event of the table.
struct OrderMoment<'a> {
    at: i64,
    /// Its place among the orders.
    order: usize,
    event: Option<&'a Line<OrderEvent>>,
}

/// Writes the orders and what came of them, in the order of time.
///
/// # Errors
/// When the store refuses what is said to have happened.
pub(super) fn write(story: &mut Story<'_>, data: &Data) -> Result<(), SampleError> {
    let shop = &mut story.shop;
    for table in [&mut shop.orders, &mut shop.invoices, &mut shop.shipments, &mut shop.creditmemos]
    {
        *table = Table::new("entity_id");
    }
    shop.transactions = Table::new("transaction_id");
    let mut happenings: Vec<OrderMoment<'_>> = Vec::new();
    for (order, row) in data.orders.iter().enumerate() {
        let placed = row.placed.to_zoned(jiff::tz::TimeZone::UTC);
        let placed = placed.map_err(|cause| row.error(cause))?.timestamp().as_second();
        happenings.push(OrderMoment { at: placed, order, event: None });
        let events = data.events.iter().filter(|event| event.order == row.order);
        for (event, count) in events.zip(1i64..) {
            let at = placed + event.days * DAY + count * PAUSE;
            happenings.push(OrderMoment { at, order, event: Some(event) });
        }
    }
    happenings.sort_by_key(|happening| happening.at);
    let mut ids = vec![0; data.orders.len()];
    for OrderMoment { at, order, event } in happenings {
        story.now = at;
        match event {
            None => ids[order] = place(story.shop, data, &data.orders[order], &stamp(at)),
            Some(event) => happen(story, data, ids[order], event)?,
        }
    }
    Ok(())
}

/// Does to an order what the row says, by the request that does it in any shop.
fn happen(
    story: &mut Story<'_>,
    data: &Data,
    id: u64,
    row: &Line<OrderEvent>,
) -> Result<(), SampleError> {
    let items = items(story.shop, id, row)?;
    let spread = &data.spread;
    let is_spread = story.shop.orders.get(id).is_some_and(|order| {
        let store = u32::try_from(order.id("store_id")).unwrap_or(ALL);
        Some(story.shop.stores.website_of(store)) == data.website(&spread.website)
    });
    let first = data.sources.first().map_or("", |source| &*source.code);
    let source = if is_spread { &*spread.source } else { first };
    let (operation, arguments) = match row.event {
        Event::Invoice => (
            "/V1/order/{orderId}/invoice",
            json!({ "orderId": id, "capture": true, "items": items, "notify": true }),
        ),
        Event::Ship => {
            let track = json!({
                "track_number": format!("00340{:011}", id * 7_919_113 + 40_017), "title": "DHL", "carrier_code": "dhl"
            });
            let arguments = json!({
                "orderId": id, "items": items, "notify": true, "tracks": [track],
                "arguments": { "extension_attributes": { "source_code": source } }
            });
            ("/V1/order/{orderId}/ship", arguments)
        }
        Event::Refund | Event::RefundWithoutReturn => {
            let returned: Vec<Value> = match row.event {
                Event::Refund => items.iter().map(|item| item["order_item_id"].clone()).collect(),
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
            ("/V1/order/{orderId}/refund", arguments)
        }
        Event::Cancel => ("/V1/orders/{id}/cancel", json!({ "id": id })),
        Event::Hold => ("/V1/orders/{id}/hold", json!({ "id": id })),
        Event::Unhold => ("/V1/orders/{id}/unhold", json!({ "id": id })),
        Event::Comment | Event::Fraud => {
            let mut history = json!({ "comment": row.comment.as_deref() });
            if row.event == Event::Fraud {
                // A module for payments sets it: a comment can only name what the order has.
                set_status(story.shop, id, "fraud");
                history["status"] = json!("fraud");
            }
            history["is_customer_notified"] = json!(0);
            history["is_visible_on_front"] = json!(0);
            ("/V1/orders/{id}/comments", json!({ "id": id, "statusHistory": history }))
        }
        Event::NotPaid => {
            leave_unpaid(story.shop, id);
            return Ok(());
        }
        Event::PaymentReview => {
            set_state(story.shop, id, "payment_review");
            return Ok(());
        }
        Event::PendingPayment => {
            set_state(story.shop, id, "pending_payment");
            return Ok(());
        }
    };
    story.request(row, ("POST", operation), ALL, arguments)
}

/// The row's goods as the items of a request.
fn items(shop: &Shop, id: u64, row: &Line<OrderEvent>) -> Result<Vec<Value>, SampleError> {
    let goods = row.goods.0.iter();
    goods
        .map(|(sku, quantity)| {
            let order = shop.orders.get(id);
            let mut wholes = order.into_iter().flat_map(order::whole_items);
            match wholes.find(|item| item.text("sku") == *sku) {
                Some(item) => Ok(json!({ "order_item_id": item.id("item_id"), "qty": quantity })),
                None => Err(row.error(format!("the order has no `{sku}`"))),
            }
        })
        .collect()
}

fn set_state(shop: &mut Shop, id: u64, state: &str) {
    if let Some(order) = shop.orders.get_mut(id) {
        order.put("state", state);
    }
    set_status(shop, id, state);
}

fn set_status(shop: &mut Shop, id: u64, status: &str) {
    if let Some(order) = shop.orders.get_mut(id) {
        order.put("status", status);
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

    use super::super::data::Files;
    use super::*;
    use crate::amount::{Amount, Money};
    use crate::document::Doc;
    use crate::sales::states::{self, Can};

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
        assert!(
            count(&|order| is_paid(order) && states::can(order, Can::Ship)) >= 2,
            "paid, not shipped"
        );
        assert!(count(&|order| order.text("status") == "pending") >= 1, "pending");
        let is_open = |order: &Doc| {
            !is_paid(order) && order.amount("total_invoiced") == order.amount("grand_total")
        };
        assert!(count(&is_open) >= 1, "invoiced, not paid");
    }

    #[test]
    fn every_event_of_the_table_happened() {
        let shop = super::super::shop();
        let data = Data::read(&Files::shipped()).unwrap();
        let count =
            |events: &[Event]| data.events.iter().filter(|row| events.contains(&row.event)).count();
        assert_eq!(shop.invoices.iter().count(), count(&[Event::Invoice]));
        assert_eq!(shop.shipments.iter().count(), count(&[Event::Ship]));
        let refunds = [Event::Refund, Event::RefundWithoutReturn];
        assert_eq!(shop.creditmemos.iter().count(), count(&refunds));
    }
}
