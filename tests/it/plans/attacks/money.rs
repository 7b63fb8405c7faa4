//! Money moves by the requests that are known to move it, within the caps, and once.

use serde_json::{Value, json};

use super::{
    Attack, SKU, Shop, change, edit, expected, id, items, once, orders, plan, products, put,
};

const SHUT: &str = "[guards]\nmax_refund = 0\nmax_refund_per_day = 0\nmax_cancel_per_day = 0\n";

fn at(route: &str, path: Value, body: &Value) -> Value {
    json!({"method": "POST", "route": route, "path": path, "body": body})
}

fn refund(id: Value) -> Value {
    at("/V1/order/{orderId}/refund", json!({"orderId": id}), &json!({}))
}

/// A refund of an order as a plugin has to propose it.
fn honest(order: u64, before: f64, grows: f64, more: &Value) -> Value {
    let mut step = refund(json!("subject"));
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    let claim = expected("total_refunded", "/total_refunded", &json!(before + grows));
    plan(orders(), &[once(change("order", &order.to_string(), &[claim], &[step]))])
}

fn attacks() -> Vec<Attack> {
    let name = [edit("name", "/name", "/product/name")];
    let named = put(&json!({"product": {"name": "Telt"}}));
    let beside =
        |step: Value| plan(products(), &[change("product", SKU, &name, &[named.clone(), step])]);
    let text = |text: &str| json!({"text": text});
    let claim = [expected("name", "/increment_id", &json!("x"))];
    let alone = |step: Value| plan(orders(), &[once(change("order", "5", &claim, &[step]))]);
    let anything = |a: &str, b: Value, c: &str| {
        at("/V1/{a}/{b}/{c}", json!({"a": text(a), "b": b, "c": text(c)}), &json!({}))
    };
    vec![
        ("beside the name of a product", beside(refund(text("5")))),
        (
            "beside the name of a product, by its words",
            beside(anything("order", text("5"), "refund")),
        ),
        ("a cancellation beside it", beside(anything("orders", text("5"), "cancel"))),
        ("as a change of a number", alone(refund(json!("subject")))),
        ("by its words", alone(anything("order", json!("subject"), "refund"))),
        ("of another order", alone(refund(text("1")))),
        (
            "of an invoice",
            alone(at(
                "/V1/invoice/{invoiceId}/refund",
                json!({"invoiceId": text("1")}),
                &json!({}),
            )),
        ),
        ("above the cap of nothing", honest(5, 0.0, 4_276.0, &json!({}))),
    ]
}

#[tokio::test]
async fn no_money_moves_past_a_cap_of_nothing() {
    let shop = Shop::new(SHUT).await;
    let before = shop.order(5).await["total_refunded"].clone();
    shop.refuses(attacks()).await;
    assert_eq!(shop.order(5).await["total_refunded"], before);
}

/// An order that can be refunded whole, its total, and what was refunded of it.
async fn refundable(shop: &Shop) -> (u64, f64, f64) {
    let found = shop.store.rest("/all/V1/orders?searchCriteria[pageSize]=100").await;
    let number = |order: &Value, field: &str| order[field].as_f64().unwrap_or_default();
    let order = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|order| {
            order["order_currency_code"] == "EUR"
                && order["state"] == "complete"
                && number(order, "total_refunded") == 0.0
                && (50.0..900.0).contains(&number(order, "grand_total"))
                && number(order, "total_paid") == number(order, "grand_total")
        })
        .expect("an order of the sample that is complete and paid");
    (order["entity_id"].as_u64().unwrap(), number(order, "total_paid"), 0.0)
}

/// A refund whose every answer its plugin calls a failure: it happened, and is not sent again.
#[tokio::test]
async fn a_refund_is_not_sent_again_because_its_plugin_calls_success_a_failure() {
    for failure in [json!({"at": ""}), json!({"at": "", "equals": "x"})] {
        let shop = Shop::new(
            "[guards]\nmax_refund = 100000\nmax_refund_per_day = 100000\n[plans]\nlease_s = 1\n",
        )
        .await;
        let client = shop.attacker().await;
        let (order, total, before) = refundable(&shop).await;
        // Half of what is there, so that a second one would go through as well.
        let whole = shop.order(order).await;
        let item = whole["items"].as_array().unwrap().iter().find(|item| {
            item["qty_invoiced"].as_f64() >= Some(1.0) && item["product_type"] == "simple"
        });
        let item = item.expect("an item").clone();
        let body = json!({"items": [{"order_item_id": item["item_id"], "qty": 0}],
            "arguments": {"shipping_amount": 0, "adjustment_positive": 5}});
        let more = json!({"body": body, "failure_responses": [failure]});
        let proposed = client.answer("forger_prepare", honest(order, before, 5.0, &more)).await;
        let plan = id(&proposed);
        let first = super::super::commit(&client, plan).await;
        for _ in 0..3 {
            let _ = client.call("plans_resume", super::super::confirmed(plan)).await;
        }
        let refunds = shop.changes().await;
        assert_eq!(refunds.len(), 1, "{first} {refunds:?}, of {total}");
        let shown = items(&client, plan).await;
        assert_eq!(shown[0]["state"], "done", "a read shows it: {shown:?}");
    }
}

/// A tool is listed by the least that its grants allow; what it sends is held to what that is.
#[tokio::test]
async fn a_safe_tool_whose_grants_cover_a_refund_sends_none_under_a_lower_ceiling() {
    let shop = Shop::new("[guards]\nmax_refund = 100000\nmax_refund_per_day = 100000\n").await;
    let (order, total, before) = refundable(&shop).await;
    let plugins = shop.home.plugins_and_forger();
    for ceiling in ["safe", "risk"] {
        let souk = shop.souk().args(["--max-tier", ceiling, "--tools", "all"]);
        let client = souk.env("SOUK_PLUGINS", &plugins).logged_in().await;
        let told = format!("is of tier `critical`, above the ceiling `{ceiling}`");
        let tools = client.tools().await;
        assert!(tools.iter().any(|tool| tool == "forger_apply"), "it is listed: {tools:?}");
        let mut refund = honest(order, before, total, &json!({}));
        refund["close"] = json!("apply");
        let refusal = client.refusal("forger_apply", souk_tests::confirmed(refund)).await;
        assert!(refusal.contains(&told), "{refusal}");
        // By way of a plan neither.
        let proposed =
            client.answer("forger_prepare", honest(order, before, total, &json!({}))).await;
        let refusal = client.refusal("plans_commit", super::super::confirmed(id(&proposed))).await;
        // Under the lowest ceiling nothing is committed at all.
        assert!(refusal.contains(&format!("above the ceiling `{ceiling}`")), "{refusal}");
    }
    assert_eq!(shop.changes().await, [""; 0]);
    assert_eq!(shop.order(order).await["total_refunded"].as_f64().unwrap_or_default(), before);
}
