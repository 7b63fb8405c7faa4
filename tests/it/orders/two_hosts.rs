//! Two hosts that share nothing but the store: neither takes what the other did for its own, and neither
//! fails since the other was in its way.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, confirmed};

use super::recorded_shop::{APART, RecordedShop};

/// An order of one simple product, new; and one that was paid through a gateway: three of one item and
/// more beside it.
const NEW: u64 = 82;
const PAID: u64 = 208;

async fn host(home: &Home, store: &DemoStore) -> Mcp {
    home.souk(["serve", "--max-tier", "critical"]).on(store).logged_in().await
}

/// Proposes to ship these orders; answers the plan.
async fn proposal(client: &Mcp, orders: &[u64]) -> String {
    let asked = json!({"match": {"order_ids": orders}, "action": "ship"});
    let proposed = client.answer("orders_prepare_bulk_update", asked).await;
    assert_eq!(proposed["affected_count"], orders.len(), "{proposed}");
    proposed["plan_id"].as_str().unwrap().to_owned()
}

async fn commit(client: &Mcp, plan: &str) -> Value {
    client.outcome("plans_commit", confirmed(json!({"plan_id": plan}))).await
}

#[tokio::test]
async fn fifty_orders_are_shipped_while_another_host_ships_others() {
    const MANY: usize = 50;
    const OTHERS: usize = 20;
    let store = RecordedShop::of_recordings().with_copies(&[NEW], MANY + OTHERS).open().await;
    let homes = [Home::new(), Home::new()];
    let (one, other) = (host(&homes[0], &store).await, host(&homes[1], &store).await);
    let orders: Vec<u64> = (1..=(MANY + OTHERS) as u64).map(|copy| NEW + copy * APART).collect();
    let (many, others) = orders.split_at(MANY);
    let (first, second) = (proposal(&one, many).await, proposal(&other, others).await);
    store.forget_requests().await;
    let (first, second) = tokio::join!(commit(&one, &first), commit(&other, &second));
    for (ended, orders) in [(&first, many), (&second, others)] {
        let told = (&ended["state"], &ended["success_count"], &ended["error_count"]);
        assert_eq!(told, (&json!("done"), &json!(orders.len()), &json!(0)), "{ended}");
    }
    // The store ended transactions that overlapped, and each of the orders left once.
    let log = store.requests().await;
    let ships: Vec<_> = log.iter().filter(|sent| sent.target.ends_with("/ship")).collect();
    let refused = ships.iter().filter(|sent| sent.status == 400).count();
    eprintln!("{refused} of {} shipments were taken back by the store", ships.len());
    assert!(refused > 0, "they were in each other's way");
    assert_eq!(ships.len() - refused, orders.len());
    for id in orders {
        let order = store.rest(&format!("/all/V1/orders/{id}")).await;
        assert_eq!(order["items"][0]["qty_shipped"], order["items"][0]["qty_ordered"], "{id}");
    }
}

/// The memos of an order, as the store shows them.
async fn memos(store: &DemoStore, order: u64) -> Vec<Value> {
    let found = store
        .rest(&format!(
            "/all/V1/creditmemos?searchCriteria[filterGroups][0][filters][0][field]=order_id\
             &searchCriteria[filterGroups][0][filters][0][value]={order}"
        ))
        .await;
    found["items"].as_array().unwrap().clone()
}

/// What the request of a refund says in its memo's comment.
async fn comment_of(client: &Mcp, answer: &Value) -> String {
    let shown = client.answer("plans_get", json!({"plan_id": answer["plan_id"]})).await;
    let text = shown["items"][0]["constants"].to_string();
    let (_, after) = text.split_once("ref. ").unwrap_or_else(|| panic!("no mark: {text}"));
    format!("ref. {}", &after[..16])
}

#[tokio::test]
async fn two_hosts_that_refund_the_same_alike_each_show_their_own_memo() {
    let store = RecordedShop::of_recordings().open().await;
    let homes = [Home::new(), Home::new()];
    let (one, other) = (host(&homes[0], &store).await, host(&homes[1], &store).await);
    let order = store.rest(&format!("/all/V1/orders/{PAID}")).await;
    let item = order["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["qty_invoiced"].as_f64() >= Some(2.0) && item["is_virtual"] == 0);
    let item = &item.expect("two of something")["item_id"];
    let refund = confirmed(json!({
        "order_id": PAID, "method": "online", "shipping": 0, "return_to_stock": true,
        "items": [{"order_item_id": item, "qty": 1}],
    }));
    // The store takes its time, so that both are under way; of the first it loses the answer.
    let slow = json!({"method": "POST", "path": "/refund", "times": 2, "delay_ms": 300});
    let lost = json!({"method": "POST", "path": "/refund", "times": 1, "fault": "drop-after"});
    store.faults(&json!([slow, lost])).await;
    let (mine, theirs) = tokio::join!(
        one.outcome("orders_refund", refund.clone()),
        other.outcome("orders_refund", refund)
    );
    store.faults(&json!([])).await;
    let shown = memos(&store, PAID).await;
    assert_eq!(shown.len(), 2, "each gave back one");
    let mut own = Vec::new();
    for (client, answer) in [(&one, &mine), (&other, &theirs)] {
        assert_eq!(answer["done"], true, "{answer}");
        let memo = shown.iter().find(|memo| memo["entity_id"] == answer["creditmemo"]["entity_id"]);
        let memo = memo.unwrap_or_else(|| panic!("no such memo: {answer}"));
        let comment = comment_of(client, answer).await;
        assert_eq!(memo["comments"][0]["comment"], comment, "{answer}");
        assert_eq!(answer["creditmemo"]["transaction_id"], memo["transaction_id"], "{answer}");
        assert_eq!(answer["refund"]["total"], memo["grand_total"], "{answer}");
        own.push(memo["entity_id"].clone());
    }
    assert_ne!(own[0], own[1], "{mine} {theirs}");
    let after = store.rest(&format!("/all/V1/orders/{PAID}")).await;
    let sum: f64 = shown.iter().map(|memo| memo["grand_total"].as_f64().unwrap()).sum();
    assert!((after["total_refunded"].as_f64().unwrap() - sum).abs() < 0.011, "{after}");
}
