//! Documents saved as they are given. These routes check nothing and compute nothing: what they are given
//! is what the store has then, whether or not it agrees with the order.

use serde_json::{Value, json};

use super::lookup;
use super::states::{self, After};
use super::{history, order, payment};
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::shop::numbers::{Document, Part};
use crate::shop::{Shop, StoreId, Table};

/// The state of a credit memo: refunded.
const REFUNDED: i32 = 2;

fn table(shop: &mut Shop, document: Document) -> &mut Table {
    match document {
        Document::Order => &mut shop.orders,
        Document::Invoice => &mut shop.invoices,
        Document::Shipment => &mut shop.shipments,
        Document::Creditmemo => &mut shop.creditmemos,
    }
}

const fn part(document: Document) -> Part {
    match document {
        Document::Order => Part::OrderItem,
        Document::Invoice => Part::InvoiceItem,
        Document::Shipment => Part::ShipmentItem,
        Document::Creditmemo => Part::CreditmemoItem,
    }
}

/// Saves an invoice, shipment or credit memo: a new one, or over the one whose id is given. What was
/// saved.
pub(crate) fn save(shop: &mut Shop, document: Document, given: &Doc, now: &str) -> Doc {
    let known = table(shop, document).get(given.id("entity_id")).cloned();
    let mut saved = known.unwrap_or_else(|| fresh(shop, document, given, now));
    let id = saved.id("entity_id");
    saved.extend(given.clone());
    saved.put("entity_id", id);
    saved.put("updated_at", now);
    let items: Vec<Value> = given
        .docs("items")
        .into_iter()
        .map(|item| {
            let mut item = item.clone();
            item.put("entity_id", shop.sales_numbers.next(part(document)));
            item.put("parent_id", id);
            item.entry("sku").or_insert(Value::Null);
            Value::Object(item)
        })
        .collect();
    saved.put("items", items);
    table(shop, document).put(saved.clone());
    saved
}

fn fresh(shop: &mut Shop, document: Document, given: &Doc, now: &str) -> Doc {
    let store = shop.orders.get(given.id("order_id")).map_or(0, |order| order.id("store_id"));
    let store = StoreId::try_from(store).unwrap_or(0);
    let mut fresh = Doc::new();
    fresh.put("entity_id", table(shop, document).take_id());
    fresh.put("increment_id", shop.sales_numbers.increment(document, store));
    fresh.put("created_at", now);
    fresh.put("comments", json!([]));
    if document == Document::Invoice {
        fresh.put("total_qty", Value::Null);
    }
    if document == Document::Shipment {
        fresh.put("tracks", json!([]));
        fresh.put("packages", json!([]));
    }
    fresh
}

/// Saves a credit memo and counts its totals on the order, whatever its items say.
///
/// # Errors
/// 404 without an order, 400 when it comes to more than is left of what was paid.
pub(crate) fn refund(shop: &mut Shop, given: &Doc, now: &str) -> Result<Doc, Refusal> {
    let mut order = lookup::order_of(shop, given.id("order_id"))?;
    let currency = order.text("base_currency_code");
    let total = given.money("grand_total");
    let left = order.amount("base_total_paid") - order.amount("base_total_refunded");
    if total.base > left {
        return Err(Refusal::bad("The most money available to refund is %1.")
            .with(json!([payment::formatted(left, &currency)])));
    }
    for (of, on) in [
        ("grand_total", "total_refunded"),
        ("grand_total", "total_offline_refunded"),
        ("subtotal", "subtotal_refunded"),
        ("tax_amount", "tax_refunded"),
        ("shipping_amount", "shipping_refunded"),
        ("discount_amount", "discount_refunded"),
    ] {
        order.add_money(on, given.money(of));
    }
    for line in given.docs("items") {
        order::each_item(&mut order, |item| {
            if item.id("item_id") == line.id("order_item_id") {
                item.add_amount("qty_refunded", line.amount("qty"));
                item.add_money("amount_refunded", line.money("row_total"));
            }
        });
    }
    payment::add(&mut order, "amount_refunded", total);
    states::settle(&mut order, After::Creditmemo);
    order.put("updated_at", now);
    let note = format!("We refunded {} offline.", payment::formatted(total.base, &currency));
    history::note_refund(&mut order, &mut shop.sales_numbers, &note, false, now);
    shop.orders.put(order);
    let mut given = given.clone();
    given.put("state", REFUNDED);
    Ok(save(shop, Document::Creditmemo, &given, now))
}
