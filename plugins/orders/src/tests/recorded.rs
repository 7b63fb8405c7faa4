//! The rules of states and the totals of refunds, held to what a real store was recorded doing.

use serde_json::{Value, json};
use souk_sdk::prelude::Decimal;

use crate::balance::OrderBalance;
use crate::credit_memo::{CreditMemo, RefundExtras};
use crate::order::Order;
use crate::state::{OrderAct, check};

/// An order as it was read, what was then asked of it, whether Magento did it, and what the order
/// showed after. Amounts of zero are left out.
const RECORDED: &str =
    include_str!("../../../../host/demo-store/tests/golden/order_operations.jsonl");

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
         shipping_discount_tax_compensation_amount shipping_discount_tax_compensation_amnt",
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

#[test]
fn recorded_refunds_come_to_what_was_recorded() {
    let mut compared = 0;
    for recording in recordings() {
        let Some(body) = recording.get("body").filter(|_| recording["operation"] == "refund")
        else {
            continue;
        };
        let order = order(&recording);
        let balance = OrderBalance::parse(&order).unwrap();
        let quantities: Vec<_> = body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["order_item_id"].as_u64().unwrap(), decimal(&item["qty"])))
            .collect();
        let argument = |name: &str| decimal(&body["arguments"][name]);
        let extras = RefundExtras {
            shipping: argument("shipping_amount"),
            adjustment: argument("adjustment_positive"),
            fee: argument("adjustment_negative"),
        };
        let memo = CreditMemo::new(&order, &balance, &quantities, extras).unwrap();
        let total = memo.grand_total();
        let after = |name: &str| decimal(&recording["after"][name]);
        let said = [
            (order.total_refunded + total.order).cents(),
            (balance.total_refunded.base + total.base).cents(),
        ];
        let recorded = [after("total_refunded"), after("base_total_refunded")];
        assert_eq!(said, recorded, "{}", recording["recording"]);
        compared += 1;
    }
    assert!(compared >= 29, "{compared}");
}
