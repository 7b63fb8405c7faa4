//! Refunds through a payment gateway, which the recorded store did not have.

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;

async fn list(store: &Store, what: &str, field: &str, value: &Value) -> Vec<Value> {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let criteria = "searchCriteria[filter_groups][0][filters][0]";
    let target = format!("/rest/V1/{what}?{criteria}[field]={field}&{criteria}[value]={value}");
    store.call("GET", &target, None).await.body["items"].as_array().unwrap().clone()
}

async fn order_paid_by(store: &Store, method: &str) -> Value {
    let orders = list(store, "orders", "state", &json!("processing")).await;
    let is_whole = |order: &&Value| order["payment"]["method"] == method && order["total_due"] == 0;
    orders.iter().find(is_whole).unwrap().clone()
}

#[tokio::test]
async fn an_online_refund_moves_money_through_the_gateway() {
    let store = Store::start(DemoStore::sample()).await;
    let order = order_paid_by(&store, "braintree").await;
    let id = &order["entity_id"];
    let invoice = list(&store, "invoices", "order_id", id).await.remove(0);
    let target = format!("/rest/V1/invoice/{}/refund", invoice["entity_id"]);
    let memo = store.call("POST", &target, Some(json!({ "isOnline": true }))).await;
    assert_eq!(memo.status, 200, "{}", memo.body);
    let transactions = list(&store, "transactions", "order_id", id).await;
    let kinds: Vec<&Value> =
        transactions.iter().map(|transaction| &transaction["txn_type"]).collect();
    assert_eq!(kinds, ["capture", "refund"]);
    assert_eq!(transactions[1]["parent_txn_id"], transactions[0]["txn_id"]);
    let closed = store.call("GET", &format!("/rest/V1/orders/{id}"), None).await.body;
    assert_eq!(closed["total_online_refunded"], order["grand_total"]);
    assert_eq!(closed["state"], "closed");
}

#[tokio::test]
async fn an_invoice_paid_by_bank_transfer_cannot_be_refunded_itself() {
    let store = Store::start(DemoStore::sample()).await;
    let order = order_paid_by(&store, "banktransfer").await;
    let invoice = list(&store, "invoices", "order_id", &order["entity_id"]).await.remove(0);
    let target = format!("/rest/V1/invoice/{}/refund", invoice["entity_id"]);
    let refused = store.call("POST", &target, Some(json!({ "isOnline": false }))).await;
    assert_eq!(refused.status, 400);
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.ends_with("We can't create creditmemo for the invoice."), "{message}");
}
