//! What must be true of invoices and refunds however an order is split into them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::creditmemo::{self, RefundArguments, RefundTarget};
use super::history::Remarks;
use super::line::RequestedQuantities;
use super::shipment::Parcel;
use super::states::{self, Can};
use super::{invoice, shipment};
use crate::amount::{Amount, Money};
use crate::document::doc;
use crate::document::{Doc, Fields};
use crate::shop::{Shop, Table};

const NOW: &str = "2026-11-22 12:00:00";

/// An item: how many, the price and the discount of the row in cents, tax in percent.
#[derive(Debug, Clone)]
struct ItemSpec {
    quantity: i64,
    price: i64,
    discount: i64,
    tax: i64,
}

fn wanted() -> impl Strategy<Value = ItemSpec> {
    (1i64..6, 1i64..20_000, 0i64..100, prop::sample::select(vec![0i64, 7, 19])).prop_map(
        |(quantity, price, part, tax)| ItemSpec {
            quantity,
            price,
            discount: quantity * price * part / 120,
            tax,
        },
    )
}

#[expect(clippy::cast_precision_loss, reason = "cents are small")]
fn cents(cents: i64) -> f64 {
    cents as f64 / 100.0
}

/// A shop with one order of these items and this much for shipping.
fn shop(items: &[ItemSpec], shipping: i64) -> Shop {
    let rows: Vec<Value> = items
        .iter()
        .zip(1u64..)
        .map(|(item, id)| {
            let row = item.quantity * item.price;
            let tax = (row - item.discount) * item.tax / 100;
            let both = |value: i64| cents(value);
            json!({
                "item_id": id, "order_id": 1, "sku": format!("S{id}"), "name": format!("S{id}"),
                "product_type": "simple", "qty_ordered": item.quantity, "price": both(item.price),
                "base_price": both(item.price),
                "row_total": both(row - item.discount), "base_row_total": both(row - item.discount),
                "row_total_incl_tax": both(row - item.discount + tax),
                "base_row_total_incl_tax": both(row - item.discount + tax),
                "discount_amount": both(item.discount), "base_discount_amount": both(item.discount),
                "tax_amount": both(tax), "base_tax_amount": both(tax)
            })
        })
        .collect();
    let sum = |of: &dyn Fn(&ItemSpec) -> i64| items.iter().map(of).sum::<i64>();
    let row = |item: &ItemSpec| item.quantity * item.price;
    let subtotal = sum(&row);
    let discount = sum(&|item| item.discount);
    let tax = sum(&|item| (row(item) - item.discount) * item.tax / 100);
    let mut order = doc(json!({
        "entity_id": 1, "increment_id": "000000001", "store_id": 1, "state": "new", "status": "pending",
        "base_currency_code": "EUR", "base_to_order_rate": 1, "payment": { "method": "checkmo" },
        "items": rows, "status_histories": [], "total_qty_ordered": sum(&|item| item.quantity)
    }));
    let money = |value: i64| {
        let amount = Amount::of(Some(&json!(cents(value))));
        Money { order: amount, base: amount }
    };
    order.set_money("subtotal", money(subtotal));
    order.set_money("discount_amount", money(-discount));
    order.set_money("shipping_amount", money(shipping));
    order.set_money("shipping_incl_tax", money(shipping));
    order.set_money("tax_amount", money(tax));
    order.set_money("grand_total", money(subtotal - discount + shipping + tax));
    let mut shop = Shop { orders: Table::new("entity_id"), ..Shop::default() };
    for table in [&mut shop.invoices, &mut shop.shipments, &mut shop.creditmemos] {
        *table = Table::new("entity_id");
    }
    shop.source_items = (1..=items.len())
        .map(|id| json!({ "sku": format!("S{id}"), "source_code": "default", "quantity": 100, "status": 1 }))
        .collect();
    shop.orders.put(order);
    shop
}

fn asked(item: u64, quantity: i64) -> RequestedQuantities {
    RequestedQuantities::read(&[json!({ "order_item_id": item, "qty": quantity })])
}

fn the_order(shop: &Shop) -> Doc {
    shop.orders.get(1).cloned().unwrap_or_default()
}

fn sum(table: &Table, field: &str) -> Money {
    table.iter().map(|document| document.money(field)).fold(Money::ZERO, |sum, money| sum + money)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn invoices_and_refunds_add_up_to_the_order_however_it_is_split(
        items in prop::collection::vec(wanted(), 1..4),
        shipping in 0i64..2_000,
        steps in prop::collection::vec((0usize..3, 1i64..4, any::<bool>()), 0..12),
    ) {
        let mut shop = shop(&items, shipping);
        let total = the_order(&shop).money("grand_total");
        let remarks = Remarks::default();
        let terms = RefundArguments { shipping: Some(Amount::ZERO), ..RefundArguments::default() };
        for (item, quantity, refunds) in steps {
            // Too much is refused and changes nothing; that is part of the law.
            let item = (item % items.len()) as u64 + 1;
            let before = the_order(&shop);
            let made = if refunds {
                creditmemo::make(&mut shop, 1, RefundTarget::Order, &asked(item, quantity), &terms, &remarks, NOW)
            } else {
                invoice::make(&mut shop, 1, &asked(item, quantity), true, &remarks, NOW)
            };
            if made.is_err() {
                prop_assert_eq!(the_order(&shop), before);
            }
            let order = the_order(&shop);
            prop_assert_eq!(sum(&shop.invoices, "grand_total"), order.money("total_invoiced"));
            prop_assert_eq!(sum(&shop.creditmemos, "grand_total"), order.money("total_refunded"));
            prop_assert!(order.amount("total_refunded") <= order.amount("total_paid"));
        }
        let everything = RequestedQuantities::default();
        invoice::make(&mut shop, 1, &everything, true, &remarks, NOW).ok();
        let order = the_order(&shop);
        prop_assert!(!states::can(&order, Can::Invoice));
        prop_assert_eq!(order.money("total_invoiced"), total);
        prop_assert_eq!(order.amount("total_due"), Amount::ZERO);
        creditmemo::make(&mut shop, 1, RefundTarget::Order, &everything, &RefundArguments::default(), &remarks, NOW).ok();
        let order = the_order(&shop);
        prop_assert_eq!(order.money("total_refunded"), total);
        prop_assert_eq!(order.text("state"), "closed");
    }

    #[test]
    fn shipments_take_from_the_source_what_they_count_on_the_order(
        items in prop::collection::vec(wanted(), 1..4),
        steps in prop::collection::vec((0usize..3, 1i64..9), 0..8),
    ) {
        let mut shop = shop(&items, 500);
        for (item, quantity) in steps {
            let item = (item % items.len()) as u64 + 1;
            let goods = asked(item, quantity);
            shipment::make(&mut shop, 1, &goods, &Parcel::default(), &Remarks::default(), NOW).ok();
        }
        for (row, item) in shop.source_items.iter().zip(the_order(&shop).docs("items")) {
            let shipped = item.amount("qty_shipped");
            prop_assert!(shipped <= item.amount("qty_ordered"));
            prop_assert_eq!(Amount::of(row.get("quantity")) + shipped, Amount::of(Some(&json!(100))));
        }
    }
}
