use serde_json::{Value, json};

use super::*;

fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Adds the base currency's twins, at this rate.
fn doubled(mut document: Value, rate: u32) -> Value {
    let fields = document.as_object().unwrap().clone();
    for (name, value) in fields {
        if let Some(amount) = Decimal::of(&value).filter(|_| !name.starts_with("qty")) {
            let base = amount.over(Decimal::whole(rate)).unwrap().cents();
            document[["base_", &name].concat()] = base.json();
        }
    }
    document
}

fn order(head: Value, items: &[Value], rate: u32) -> (Order, OrderBalance) {
    let mut order = doubled(head, rate);
    order["entity_id"] = json!(1);
    order["increment_id"] = json!("000000001");
    order["base_currency_code"] = json!("EUR");
    order["order_currency_code"] = json!(if rate == 1 { "EUR" } else { "NOK" });
    order["base_to_order_rate"] = json!(rate);
    order["shipping_discount_tax_compensation_amount"] = json!(0);
    order["base_shipping_discount_tax_compensation_amnt"] = json!(0);
    let items: Vec<Value> = items
        .iter()
        .map(|item| {
            let mut doubled = doubled(item.clone(), rate);
            doubled["item_id"] = item["item_id"].clone();
            doubled
        })
        .collect();
    order["items"] = json!(items);
    let order = Order::parse(order).unwrap();
    let balance = OrderBalance::parse(&order).unwrap();
    (order, balance)
}

/// Order 1 of `orders.jsonl`, invoiced and shipped: `get-a-complete`.
fn complete() -> (Order, OrderBalance) {
    let head = json!({
        "total_paid": 34, "grand_total": 34, "total_due": 0, "total_invoiced": 34,
        "shipping_amount": 15, "shipping_incl_tax": 15, "shipping_invoiced": 15, "tax_invoiced": 0,
        "discount_tax_compensation_invoiced": 0, "shipping_tax_amount": 0,
        "shipping_discount_amount": 0,
    });
    let item = |id: u32, quantity: u32, row: f64, discount: f64| {
        json!({
            "item_id": id, "qty_ordered": quantity, "qty_invoiced": quantity,
            "qty_shipped": quantity, "qty_refunded": 0, "qty_canceled": 0,
            "row_invoiced": row, "discount_invoiced": discount, "amount_refunded": 0,
            "tax_invoiced": 0, "discount_tax_compensation_invoiced": 0,
        })
    };
    order(head, &[item(1, 2, 19.0, 4.27), item(2, 1, 5.5, 1.23)], 1)
}

fn memo(
    (order, balance): &(Order, OrderBalance),
    items: &[(u64, u32)],
    extras: RefundExtras,
) -> Result<CreditMemo, Failure> {
    let items: Vec<_> = items.iter().map(|(id, q)| (*id, Decimal::whole(*q))).collect();
    CreditMemo::new(order, balance, &items, extras, None, ShippingDisplay::ExcludingTax)
}

fn total(order: &(Order, OrderBalance), items: &[(u64, u32)], extras: RefundExtras) -> String {
    memo(order, items, extras).unwrap().grand_total().order.to_string()
}

fn nothing_else() -> RefundExtras {
    shipped("0")
}

fn shipped(shipping: &str) -> RefundExtras {
    RefundExtras { shipping: Some(amount(shipping)), ..RefundExtras::default() }
}

#[test]
fn recorded_memos_come_to_what_was_recorded() {
    // `refund-offline`: one of two jackets, half of an odd discount.
    assert_eq!(total(&complete(), &[(1, 1)], nothing_else()), "7.36");
    // `orders_more.jsonl`, `refund-shiponly`: the last shirt, and three of the shipping.
    assert_eq!(total(&complete(), &[(2, 1)], shipped("3")), "7.27");
    // `refund-rest`: all of it.
    assert_eq!(total(&complete(), &[(1, 2), (2, 1)], shipped("15")), "34");
}

#[test]
fn a_fee_above_the_memo_and_more_than_was_paid_are_refused() {
    let order = complete();
    let refused = |items: &[(u64, u32)], extras: RefundExtras| {
        memo(&order, items, extras)?.check(&order.0, &order.1)
    };
    let fee = RefundExtras { fee: amount("7.37"), ..nothing_else() };
    assert!(refused(&[(1, 1)], fee).unwrap_err().message.contains("the fee of 7.37"));
    let extra = RefundExtras { adjustment: amount("34.01"), ..nothing_else() };
    assert!(refused(&[], extra).unwrap_err().message.contains("only 34 EUR"));
    assert!(refused(&[], shipped("15.01")).unwrap_err().message.contains("15 EUR is left"));
    assert!(refused(&[], nothing_else()).unwrap_err().message.contains("nothing"));
    assert!(refused(&[(1, 2), (2, 1)], shipped("15")).is_ok());
}

#[test]
fn amounts_are_taken_in_the_orders_currency_and_sent_in_the_base_currency() {
    let head = json!({
        "total_paid": 1162, "grand_total": 1162, "total_due": 0, "shipping_amount": 120, "shipping_incl_tax": 120,
        "shipping_tax_amount": 0, "shipping_discount_amount": 0,
    });
    let (order, balance) = order(head, &[], 12);
    assert_eq!(adjustment_in_base(&order, &balance, amount("12"), "x").unwrap(), amount("1"));
    assert_eq!(adjustment_in_base(&order, &balance, amount("0.12"), "x").unwrap(), amount("0.01"));
    assert_eq!(
        shipping_in_base(&order, &balance, amount("120"), ShippingDisplay::ExcludingTax).unwrap(),
        amount("10")
    );
    assert_eq!(
        shipping_in_base(&order, &balance, amount("60"), ShippingDisplay::ExcludingTax).unwrap(),
        amount("5")
    );
    let between = adjustment_in_base(&order, &balance, amount("12.05"), "x").unwrap_err();
    assert!(between.remedy.unwrap().contains("12 and 12.12 NOK"));
    for wrong in ["0.001", "-1"] {
        assert!(adjustment_in_base(&order, &balance, amount(wrong), "x").is_err(), "{wrong}");
    }
}
