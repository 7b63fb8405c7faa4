//! Invoices, shipments, credit memos and transactions: what was made from orders.

use serde_json::{Value, json};

use super::entity::plain;
use super::route::{HandlerResult, Route, read, write};
use super::sales::{comments, refund_on};
use super::sales_columns::{CREDITMEMOS, INVOICES, SHIPMENTS, TRANSACTIONS};
use crate::call::Call;
use crate::document::{Doc, Fields};
use crate::refusal::Refusal;
use crate::sales::creditmemo::RefundTarget;
use crate::sales::lookup::no_such_entity;
use crate::sales::{history, invoice, shipment, unchecked_save};
use crate::shop::numbers::{Document, Part};
use crate::shop::{Shop, Table};

const INVOICE: &str = "Magento_Sales::sales_invoice";
const SHIPMENT: &str = "Magento_Sales::shipment";
const MEMO: &str = "Magento_Sales::sales_creditmemo";
const TRANSACTION: &str = "Magento_Sales::transactions_fetch";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/invoices", INVOICE, |shop, call| {
        INVOICES.list(shop, call, shop.invoices.iter(), plain)
    }),
    read("/V1/invoices/{id}", INVOICE, |shop, call| get(&shop.invoices, call)),
    read("/V1/invoices/{id}/comments", INVOICE, |shop, call| comments_of(&shop.invoices, call)),
    write("POST", "/V1/invoices", INVOICE, |shop, call| {
        save_as_given(shop, call, Document::Invoice)
    }),
    write("POST", "/V1/invoices/comments", INVOICE, |shop, call| comment(shop, call, Of::Invoice)),
    write("POST", "/V1/invoices/{id}/emails", INVOICE, |shop, call| {
        email(&mut shop.invoices, call)
    }),
    write("POST", "/V1/invoices/{id}/capture", INVOICE, |shop, call| {
        invoice::capture(shop, call.id("id"), &call.stamp()).map(|()| Value::Bool(true))
    }),
    write("POST", "/V1/invoices/{id}/void", INVOICE, void),
    write("POST", "/V1/invoice/{invoiceId}/refund", "Magento_Sales::creditmemo", refund),
    read("/V1/shipments", SHIPMENT, |shop, call| {
        SHIPMENTS.list(shop, call, shop.shipments.iter(), plain)
    }),
    read("/V1/shipment/{id}", SHIPMENT, |shop, call| get(&shop.shipments, call)),
    read("/V1/shipment/{id}/comments", SHIPMENT, |shop, call| comments_of(&shop.shipments, call)),
    read("/V1/shipment/{id}/label", SHIPMENT, |shop, call| {
        let shipment = shop.shipments.get(call.id("id")).ok_or_else(no_such_entity)?;
        Ok(Value::String(shipment.text("shipping_label")))
    }),
    write("POST", "/V1/shipment/{id}/comments", SHIPMENT, |shop, call| {
        comment(shop, call, Of::Shipment)
    }),
    write("POST", "/V1/shipment/{id}/emails", SHIPMENT, |shop, call| {
        email(&mut shop.shipments, call)
    }),
    write("POST", "/V1/shipment", SHIPMENT, |shop, call| {
        save_as_given(shop, call, Document::Shipment)
    }),
    write("POST", "/V1/shipment/track", SHIPMENT, |shop, call| {
        shipment::add_track(shop, &call.object("entity"), &call.stamp()).map(Value::Object)
    }),
    write("DELETE", "/V1/shipment/track/{id}", SHIPMENT, |shop, call| {
        shipment::remove_track(shop, call.id("id"));
        Ok(Value::Bool(true))
    }),
    read("/V1/creditmemos", MEMO, |shop, call| {
        CREDITMEMOS.list(shop, call, shop.creditmemos.iter(), plain)
    }),
    read("/V1/creditmemo/{id}", MEMO, |shop, call| get(&shop.creditmemos, call)),
    read("/V1/creditmemo/{id}/comments", MEMO, |shop, call| comments_of(&shop.creditmemos, call)),
    write("POST", "/V1/creditmemo/{id}/comments", MEMO, |shop, call| {
        comment(shop, call, Of::Creditmemo)
    }),
    write("POST", "/V1/creditmemo/{id}/emails", MEMO, |shop, call| {
        email(&mut shop.creditmemos, call)
    }),
    write("POST", "/V1/creditmemo", MEMO, |shop, call| {
        save_as_given(shop, call, Document::Creditmemo)
    }),
    write("POST", "/V1/creditmemo/refund", MEMO, |shop, call| {
        let given = call.object("creditmemo");
        unchecked_save::refund(shop, &given, &call.stamp()).map(Value::Object)
    }),
    // The service has never been able to, whatever the memo.
    write("PUT", "/V1/creditmemo/{id}", MEMO, |_, _| {
        Err(Refusal::bad("You can not cancel Credit Memo"))
    }),
    read("/V1/transactions", TRANSACTION, |shop, call| {
        TRANSACTIONS.list(shop, call, shop.transactions.iter(), |row| transaction(shop, row))
    }),
    read("/V1/transactions/{id}", TRANSACTION, |shop, call| {
        let row = shop.transactions.get(call.id("id")).ok_or_else(no_such_entity)?;
        Ok(transaction(shop, row))
    }),
];

fn get(table: &Table, call: &Call) -> HandlerResult {
    table.get(call.id("id")).map(plain).ok_or_else(no_such_entity)
}

/// A transaction with those that followed from it.
fn transaction(shop: &Shop, row: &Doc) -> Value {
    let mut shown = row.clone();
    let id = row.id("transaction_id");
    let children = shop.transactions.iter().filter(|other| other.id("parent_id") == id);
    let children: Value = children.map(|child| transaction(shop, child)).collect();
    shown.put("child_transactions", children);
    plain(&shown)
}

fn comments_of(table: &Table, call: &Call) -> HandlerResult {
    let id = call.id("id");
    Ok(comments(id, table.get(id).map_or(&Value::Null, |document| document.value("comments"))))
}

fn save_as_given(shop: &mut Shop, call: &Call, document: Document) -> HandlerResult {
    let saved = unchecked_save::save(shop, document, &call.object("entity"), &call.stamp());
    Ok(Value::Object(saved))
}

/// Sends the document to the customer.
fn email(table: &mut Table, call: &Call) -> HandlerResult {
    let document = table.get_mut(call.id("id")).ok_or_else(no_such_entity)?;
    document.put("email_sent", 1);
    document.put("updated_at", call.stamp());
    Ok(Value::Bool(true))
}

/// Authorisations are not kept here, so there is nothing to void.
fn void(shop: &mut Shop, call: &Call) -> HandlerResult {
    shop.invoices.get(call.id("id")).ok_or_else(no_such_entity)?;
    Err(Refusal::bad("The void action is not available."))
}

/// What a comment belongs to.
#[derive(Clone, Copy)]
enum Of {
    Invoice,
    Shipment,
    Creditmemo,
}

/// Adds a comment to the document that its `parent_id` names, whatever the path says.
fn comment(shop: &mut Shop, call: &Call, of: Of) -> HandlerResult {
    let given = call.object("entity");
    let (table, part, name) = match of {
        Of::Invoice => (&mut shop.invoices, Part::InvoiceComment, "invoice"),
        Of::Shipment => (&mut shop.shipments, Part::ShipmentComment, "shipment"),
        Of::Creditmemo => (&mut shop.creditmemos, Part::CreditmemoComment, "creditmemo"),
    };
    let parent = given.id("parent_id");
    let document = table
        .get_mut(parent)
        .ok_or_else(|| Refusal::bad(format!("Could not save the {name} comment.")))?;
    let saved: Doc = history::comment_document(parent, shop.sales_numbers.next(part), &given);
    let mut kept = saved.clone();
    kept.put("created_at", call.stamp());
    history::push(document, "comments", Value::Object(kept));
    Ok(json!(saved))
}

fn refund(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("invoiceId");
    let order = shop.invoices.get(id).ok_or_else(no_such_entity)?.id("order_id");
    let online = call.argument("isOnline") == true;
    refund_on(shop, call, order, RefundTarget::Invoice { id, online })
}
