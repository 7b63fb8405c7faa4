//! The rules of states and the totals of refunds, held to what a real store was recorded doing.

use souk_sdk::prelude::*;

use crate::act::RefundInvoice;
use crate::balance::OrderBalance;
use crate::credit_memo::{CreditMemo, RefundExtras, ShippingDisplay};
use crate::json_object::object;
use crate::order::Order;
use crate::state::{OrderAct, check};

/// An order as it was read, what was then asked of it, whether Magento did it, and what the order
/// showed after. Amounts of zero are left out.
const RECORDED: &str =
    include_str!("../../../../host/demo-store/tests/golden/order_operations.jsonl");

/// Refunds in the same form, some with the credit memo that came of them.
const REFUNDS: &str = include_str!("../../../../host/demo-store/tests/golden/refunds.jsonl");

fn recordings() -> Vec<Value> {
    RECORDED.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The order of a recording, with the zeros that it leaves out.
fn order(recording: &Value) -> Order {
    let mut order = recording["order"].clone();
    let fill = |document: &mut Value, names: &str| {
        for name in names.split_whitespace() {
            for name in [name.to_owned(), ["base_", name].concat()] {
                let members = document.as_object_mut().unwrap();
                members.entry(name).or_insert(json!(0));
            }
        }
    };
    fill(
        &mut order,
        "grand_total total_due total_invoiced total_refunded shipping_amount shipping_invoiced \
         shipping_refunded shipping_tax_amount shipping_tax_refunded shipping_discount_amount \
         shipping_discount_tax_compensation_amount shipping_discount_tax_compensation_amnt \
         shipping_incl_tax tax_invoiced tax_refunded discount_tax_compensation_invoiced \
         discount_tax_compensation_refunded",
    );
    for item in order["items"].as_array_mut().unwrap() {
        fill(
            item,
            "qty_ordered qty_invoiced qty_shipped qty_refunded qty_canceled row_invoiced \
             amount_refunded discount_invoiced discount_refunded tax_invoiced tax_refunded \
             discount_tax_compensation_invoiced discount_tax_compensation_refunded",
        );
    }
    Order::parse(order).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    Decimal::rounded(value).unwrap_or_default()
}

#[test]
fn what_magento_refused_is_refused_and_what_it_did_is_possible() {
    for recording in recordings() {
        let online = recording["body"]["isOnline"] == true;
        let act = match recording["operation"].as_str().unwrap() {
            "hold" => OrderAct::Hold,
            "unhold" => OrderAct::Unhold,
            "cancel" => OrderAct::Cancel,
            "invoice" => OrderAct::Invoice,
            "ship" => OrderAct::Ship,
            "refund" if online => OrderAct::RefundOnline,
            "refund" => OrderAct::RefundOffline,
            other => panic!("{other}"),
        };
        let allowed = check(&order(&recording), act).is_ok();
        assert_eq!(allowed, recording["allowed"], "{}", recording["tag"]);
    }
}

/// What a recorded request says beside items.
fn extras(body: &Value) -> RefundExtras {
    let argument = |name: &str| body["arguments"].get(name).filter(|given| !given.is_null());
    RefundExtras {
        shipping: argument("shipping_amount").map(decimal),
        adjustment: argument("adjustment_positive").map(decimal).unwrap_or_default(),
        fee: argument("adjustment_negative").map(decimal).unwrap_or_default(),
    }
}

/// The memo that a recorded request asks for, as it is said beforehand.
fn memo(recording: &Value, order: &Order, balance: &OrderBalance) -> CreditMemo {
    let body = &recording["body"];
    let objects = |name: &str| {
        let list = recording[name].as_array().into_iter().flatten();
        list.map(|one| object(one.clone())).collect::<Vec<_>>()
    };
    let (invoices, memos) = (objects("invoices"), objects("memos"));
    let invoice = recording["invoice"].as_u64().map(|id| {
        let invoice = invoices.iter().find(|invoice| invoice.id("entity_id") == id).unwrap();
        RefundInvoice::new(order, invoice, &memos).unwrap()
    });
    let named = body["items"].as_array().filter(|items| !items.is_empty());
    let quantities: Vec<_> = match named {
        Some(items) => items
            .iter()
            .map(|item| (item["order_item_id"].as_u64().unwrap(), decimal(&item["qty"])))
            .collect(),
        None => balance.items.iter().map(|item| (item.id, item.quantity)).collect(),
    };
    CreditMemo::new(
        order,
        balance,
        &quantities,
        extras(body),
        invoice.as_ref().map(|invoice| &invoice.balance),
        match recording["shows_tax"] == true {
            true => ShippingDisplay::IncludingTax,
            false => ShippingDisplay::ExcludingTax,
        },
    )
    .unwrap()
}

#[test]
fn recorded_refunds_come_to_what_was_recorded() {
    let (mut orders, mut memos) = (0, 0);
    let refunds = REFUNDS.lines().map(|line| serde_json::from_str(line).unwrap());
    let done =
        |recording: &Value| recording["operation"] == "refund" && recording["allowed"] == true;
    for recording in recordings().into_iter().chain(refunds).filter(done) {
        let order = order(&recording);
        let balance = OrderBalance::parse(&order).unwrap();
        if recording.get("after").is_none() && recording.get("memo").is_none() {
            continue;
        }
        let memo = memo(&recording, &order, &balance);
        let total = memo.grand_total();
        let name = [&recording["recording"], &recording["tag"]];
        if let Some(after) = recording.get("after") {
            let said = [
                (order.total_refunded + total.order).cents(),
                (balance.total_refunded.base + total.base).cents(),
                memo.shipping.order + balance.shipping_refunded,
            ];
            let shown = |field: &str, before: Decimal| match &after[field] {
                Value::Null => before,
                value => decimal(value),
            };
            let recorded = [
                shown("total_refunded", order.total_refunded),
                shown("base_total_refunded", balance.total_refunded.base),
                shown("shipping_refunded", balance.shipping_refunded),
            ];
            assert_eq!(said, recorded, "{name:?}");
            orders += 1;
        }
        if let Some(recorded) = recording.get("memo") {
            // To the four digits that Magento keeps.
            let digits = |amount: Decimal| (amount.millionths() + 50).div_euclid(100);
            for (said, field) in [
                (total.order, "grand_total"),
                (total.base, "base_grand_total"),
                (Decimal::ZERO - memo.discount.order, "discount_amount"),
                (memo.shipping.order, "shipping_amount"),
                (memo.tax.order, "tax_amount"),
                (memo.adjustment.order, "adjustment_positive"),
                (memo.fee.order, "adjustment_negative"),
            ] {
                let recorded = digits(decimal(&recorded[field]));
                assert_eq!(digits(said), recorded, "{name:?} {field}");
            }
            memos += 1;
        }
    }
    assert!(orders >= 55 && memos >= 33, "{orders} orders and {memos} memos");
}
