//! Orders: reading them, and everything done to them.

use serde_json::{Value, json};

use super::route::{HandlerResult, Route, read, write};
use super::sales_columns::{ITEMS, ORDERS};
use crate::amount::Amount;
use crate::call::Call;
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::sales::creditmemo::{self, RefundArguments, RefundTarget};
use crate::sales::history::{self, Remarks};
use crate::sales::line::RequestedQuantities;
use crate::sales::lookup::{no_such_entity, order_of};
use crate::sales::shipment::Parcel;
use crate::sales::states::{self, Can};
use crate::sales::{self, invoice, order_actions, order_view, payment, shipment};
use crate::shop::numbers::{Document, Part};
use crate::shop::{Shop, StoreId};

const VIEW: &str = "Magento_Sales::actions_view";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/orders", VIEW, |shop, call| {
        ORDERS.list(shop, call, shop.orders.iter(), order_view::show)
    }),
    read("/V1/orders/items", VIEW, |shop, call| {
        let items = shop.orders.iter().flat_map(|order| order.docs("items"));
        ITEMS.list(shop, call, items, order_view::show_item)
    }),
    read("/V1/orders/items/{id}", VIEW, |shop, call| {
        sales::lookup::item_of(shop, call.id("id"))
            .map(order_view::show_item)
            .ok_or_else(no_such_entity)
    }),
    read("/V1/orders/{id}", VIEW, |shop, call| {
        Ok(order_view::show(&order_of(shop, call.id("id"))?))
    }),
    read("/V1/orders/{id}/statuses", VIEW, |shop, call| {
        Ok(order_of(shop, call.id("id"))?.value("status").clone())
    }),
    read("/V1/orders/{id}/comments", VIEW, |shop, call| {
        let order = shop.orders.get(call.id("id"));
        Ok(comments(
            call.id("id"),
            order.map_or(&Value::Null, |order| order.value("status_histories")),
        ))
    }),
    write("POST", "/V1/orders/{id}/comments", "Magento_Sales::comment", comment),
    write("POST", "/V1/orders/{id}/hold", "Magento_Sales::hold", hold),
    write("POST", "/V1/orders/{id}/unhold", "Magento_Sales::unhold", unhold),
    write("POST", "/V1/orders/{id}/cancel", "Magento_Sales::cancel", cancel),
    write("POST", "/V1/orders/{id}/emails", "Magento_Sales::emails", email),
    write("POST", "/V1/orders", "Magento_Sales::create", save_as_given),
    write("PUT", "/V1/orders/create", "Magento_Sales::create", save_as_given),
    write("PUT", "/V1/orders/{parent_id}", "Magento_Sales::create", save_address),
    write("POST", "/V1/order/{orderId}/invoice", "Magento_Sales::invoice", invoice),
    write("POST", "/V1/order/{orderId}/ship", "Magento_Sales::ship", ship),
    write("POST", "/V1/order/{orderId}/refund", "Magento_Sales::creditmemo", refund),
];

/// A list of comments with the criteria that the service makes up for it.
pub(super) fn comments(parent: u64, entries: &Value) -> Value {
    let items = entries.as_array().cloned().unwrap_or_default();
    let filter =
        json!({ "field": "parent_id", "value": parent.to_string(), "condition_type": "eq" });
    json!({
        "total_count": items.len(),
        "items": items,
        "search_criteria": { "filter_groups": [{ "filters": [filter] }] },
    })
}

/// Changes an order and keeps it.
fn change(
    shop: &mut Shop,
    call: &Call,
    change: impl FnOnce(&mut Doc, &mut Shop) -> Result<(), Refusal>,
) -> HandlerResult {
    let mut order = order_of(shop, call.id("id"))?;
    change(&mut order, shop)?;
    order.put("updated_at", call.stamp());
    shop.orders.put(order);
    Ok(Value::Bool(true))
}

/// Adds a comment. It may name the status that the order has, and no other.
fn comment(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("statusHistory");
    change(shop, call, |order, shop| {
        let status = given.text("status");
        if !status.is_empty() && status != order.text("status") {
            return Err(Refusal::bad(
                "Unable to add comment: The status \"%1\" is not part of the order\n                 status history.",
            )
            .with(json!([status])));
        }
        history::comment_order(order, &mut shop.sales_numbers, &given, &call.stamp());
        Ok(())
    })
}

fn hold(shop: &mut Shop, call: &Call) -> HandlerResult {
    change(shop, call, |order, _| {
        if !states::can(order, Can::Hold) {
            return Err(Refusal::bad("A hold action is not available."));
        }
        order_actions::hold(order);
        Ok(())
    })
}

fn unhold(shop: &mut Shop, call: &Call) -> HandlerResult {
    change(shop, call, |order, _| {
        if !states::can(order, Can::Unhold) {
            return Err(Refusal::bad("You cannot remove the hold."));
        }
        order_actions::unhold(order);
        Ok(())
    })
}

/// Calls the order off. That it cannot be is no error: `false`.
fn cancel(shop: &mut Shop, call: &Call) -> HandlerResult {
    if !states::can(&order_of(shop, call.id("id"))?, Can::Cancel) {
        return Ok(Value::Bool(false));
    }
    change(shop, call, |order, shop| {
        let freed = order_actions::cancel(order, &call.stamp());
        if let Some(txn) = payment::void(shop, order, &call.stamp()) {
            let note = format!("Canceled order online Transaction ID: \"{txn}\"");
            let numbers = &mut shop.sales_numbers;
            history::note_gateway(order, numbers, &note, "order", &call.stamp());
        }
        sales::stock::release(shop, order, &freed);
        sales::coupon::give_back(shop, order);
        Ok(())
    })
}

fn email(shop: &mut Shop, call: &Call) -> HandlerResult {
    change(shop, call, |order, _| {
        order.put("email_sent", 1);
        Ok(())
    })
}

/// What a request to make a document says to the customer.
pub(super) fn remarks(call: &Call) -> Remarks {
    Remarks {
        notify: call.argument("notify") == true,
        comment: call.argument("comment").as_object().cloned(),
        append: call.argument("appendComment") == true,
    }
}

/// The id of a new document, which these routes answer as a string.
pub(super) fn quoted(id: u64) -> Value {
    Value::String(id.to_string())
}

fn invoice(shop: &mut Shop, call: &Call) -> HandlerResult {
    let asked = RequestedQuantities::read(&call.list("items"));
    let capture = call.argument("capture") == true;
    let order = call.id("orderId");
    let id = invoice::make(shop, order, &asked, capture, &remarks(call), &call.stamp())?;
    note_capture(shop, order, id, &call.stamp());
    Ok(quoted(id))
}

/// Notes on an order what its gateway captured for an invoice.
fn note_capture(shop: &mut Shop, order: u64, invoice: u64, now: &str) {
    let (Some(invoice), Some(mut order)) =
        (shop.invoices.get(invoice), shop.orders.get(order).cloned())
    else {
        return;
    };
    let txn = invoice.text("transaction_id");
    if txn.is_empty() {
        return;
    }
    let currency = order.text("base_currency_code");
    let amount = payment::formatted(invoice.amount("base_grand_total"), &currency);
    let note = format!("Captured amount of {amount} online. Transaction ID: \"{txn}\"");
    history::note_gateway(&mut order, &mut shop.sales_numbers, &note, "invoice", now);
    shop.orders.put(order);
}

fn ship(shop: &mut Shop, call: &Call) -> HandlerResult {
    let asked = RequestedQuantities::read(&call.list("items"));
    let source = &call.argument("arguments")["extension_attributes"]["source_code"];
    let parcel = Parcel {
        tracks: call.list("tracks").iter().filter_map(Value::as_object).cloned().collect(),
        source: source.as_str().filter(|code| !code.is_empty()).map(str::to_owned),
    };
    shipment::make(shop, call.id("orderId"), &asked, &parcel, &remarks(call), &call.stamp())
        .map(quoted)
}

fn refund(shop: &mut Shop, call: &Call) -> HandlerResult {
    refund_on(shop, call, call.id("orderId"), RefundTarget::Order)
}

/// Makes a credit memo for an order from a request of either route.
pub(super) fn refund_on(
    shop: &mut Shop,
    call: &Call,
    order: u64,
    basis: RefundTarget,
) -> HandlerResult {
    let arguments = call.object("arguments");
    let amount = |field: &str| {
        arguments.get(field).filter(|value| !value.is_null()).map(|value| Amount::of(Some(value)))
    };
    let returned = &arguments.value("extension_attributes")["return_to_stock_items"];
    let terms = RefundArguments {
        shipping: amount("shipping_amount"),
        extra: amount("adjustment_positive"),
        fee: amount("adjustment_negative"),
        returned: returned.as_array().into_iter().flatten().map(crate::php::id_of).collect(),
    };
    let asked = RequestedQuantities::read(&call.list("items"));
    creditmemo::make(shop, order, basis, &asked, &terms, &remarks(call), &call.stamp()).map(quoted)
}

/// Saves an order as given: with the id of another order, over it, whatever its state. The answer
/// knows only what was given and what hangs on the order.
fn save_as_given(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("entity");
    let now = call.stamp();
    let mut order = match given.id("entity_id") {
        0 => new_order(shop, &given, &now),
        id => shop.orders.get(id).cloned().ok_or_else(no_such_entity)?,
    };
    for (field, value) in &given {
        if value.is_null() {
            order.shift_remove(field);
        } else {
            order.insert(field.clone(), value.clone());
        }
    }
    order.put("updated_at", now);
    let mut shown: Doc = given
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    for field in ["grand_total", "base_grand_total", "customer_email"] {
        shown.entry(field).or_insert(Value::Null);
    }
    for field in ["total_due", "base_total_due"] {
        let due =
            shown.amount(field.trim_end_matches("total_due").to_owned().as_str()).max(Amount::ZERO);
        shown.entry(field).or_insert_with(|| due.json());
    }
    let hanging = [
        "entity_id",
        "billing_address_id",
        "created_at",
        "updated_at",
        "items",
        "billing_address",
        "payment",
    ];
    shown.take_over(&order, &hanging);
    if given.get("items").is_none()
        && let Some(items) = shown.get_mut("items").and_then(Value::as_array_mut)
    {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            item.shift_remove("extension_attributes");
        }
    }
    shown.put("status_histories", history::newest_first(&order));
    shop.orders.put(order);
    Ok(Value::Object(shown))
}

/// An order that comes with nothing but what was given.
fn new_order(shop: &mut Shop, given: &Doc, now: &str) -> Doc {
    let id = shop.orders.take_id();
    let store = StoreId::try_from(given.id("store_id").max(1)).unwrap_or(1);
    let mut order = Doc::new();
    order.put("entity_id", id);
    order.put("increment_id", shop.sales_numbers.increment(Document::Order, store));
    order.put("store_id", store);
    order.put("created_at", now);
    let items: Vec<Value> = given
        .docs("items")
        .into_iter()
        .map(|item| {
            let mut item = item.clone();
            item.put("item_id", shop.sales_numbers.next(Part::OrderItem));
            item.put("order_id", id);
            Value::Object(item)
        })
        .collect();
    order.put("items", items);
    order.put("status_histories", json!([]));
    order
}

/// Replaces the fields of an order's address; the address.
fn save_address(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("entity");
    let mut order = order_of(shop, call.id("parent_id"))?;
    let id = given.id("entity_id");
    let address = if order.value("billing_address")["entity_id"].as_u64() == Some(id) {
        order.get_mut("billing_address")
    } else {
        order
            .get_mut("extension_attributes")
            .and_then(|extension| extension.get_mut("shipping_assignments"))
            .and_then(|assignments| assignments.get_mut(0))
            .and_then(|assignment| assignment.get_mut("shipping"))
            .and_then(|shipping| shipping.get_mut("address"))
            .filter(|address| address["entity_id"].as_u64() == Some(id))
    };
    let Some(address) = address.and_then(Value::as_object_mut) else {
        return Err(Refusal::bad("The order address couldn't be saved."));
    };
    address.extend(given);
    let shown = Value::Object(address.clone());
    order.put("updated_at", call.stamp());
    shop.orders.put(order);
    Ok(shown)
}
