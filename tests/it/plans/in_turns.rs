//! Writes that a store cannot take side by side: they take turns, whichever hosts they come from, and
//! what the store took back all the same is sent again.

use serde_json::{Value, json};
use souk_tests::{LoggedRequest, Mcp};

use super::{Shop, commit, id, in_state, items};

/// Proposes to ship these orders, or all that can be; answers the plan and which orders those are.
async fn propose(client: &Mcp, chosen: Value) -> (String, Vec<String>) {
    let asked = json!({"match": chosen, "action": "ship"});
    let proposed = client.answer("orders_prepare_bulk_update", asked).await;
    let plan = id(&proposed).to_owned();
    let orders = in_state(&items(client, &plan).await, "pending");
    (plan, orders)
}

/// Every order that can be shipped, once there is enough of everything.
async fn shippable(shop: &Shop, client: &Mcp) -> Vec<String> {
    let all = "/V1/inventory/source-items?searchCriteria[pageSize]=1000";
    let mut stock = shop.store.rest(all).await["items"].take();
    for source_item in stock.as_array_mut().unwrap() {
        source_item["quantity"] = json!(1_000);
        source_item["status"] = json!(1);
    }
    shop.store.post("/V1/inventory/source-items", &json!({"sourceItems": stock})).await;
    let (plan, orders) = propose(client, json!({"states": ["new", "processing"]})).await;
    client.answer("plans_discard", json!({"plan_id": plan})).await;
    assert!(orders.len() >= 6, "{orders:?}");
    orders
}

impl Shop {
    /// The requests for shipments that reached the store, in their order.
    async fn shipments(&self) -> Vec<LoggedRequest> {
        let mut log = self.store.requests().await;
        log.retain(|request| request.method == "POST" && request.target.ends_with("/ship"));
        log.sort_by(|one, other| one.time.total_cmp(&other.time));
        log
    }
}

#[tokio::test]
async fn hosts_on_one_state_ship_in_turns_and_nothing_deadlocks() {
    let shop = Shop::new("").await;
    let (one, other) = (shop.host().await, shop.host().await);
    let orders = shippable(&shop, &one).await;
    let (some, rest) = orders.split_at(orders.len() / 2);
    let (first, _) = propose(&one, json!({"order_ids": some})).await;
    let (second, _) = propose(&other, json!({"order_ids": rest})).await;
    shop.store.forget_requests().await;
    // Longer than anything between two requests of one host.
    shop.store.faults(&json!([{"method": "POST", "path": "/ship", "delay_ms": 60}])).await;
    let (first, second) = tokio::join!(commit(&one, &first), commit(&other, &second));
    assert_eq!(first["success_count"], some.len(), "{first}");
    assert_eq!(second["success_count"], rest.len(), "{second}");
    let log = shop.shipments().await;
    assert!(log.iter().all(|request| request.status == 200), "{log:?}");
    assert_eq!(log.len(), orders.len());
    // Neither waited until the other had done all of its own.
    let is_of_first = |request: &LoggedRequest| {
        some.iter().any(|order| request.target.contains(&format!("/order/{order}/")))
    };
    let changes =
        log.windows(2).filter(|pair| is_of_first(&pair[0]) != is_of_first(&pair[1])).count();
    assert!(changes >= some.len(), "they took turns: {log:?}");
}

#[tokio::test]
async fn what_the_store_took_back_for_somebody_elses_shipment_is_sent_again() {
    // Two hosts that share nothing but the store.
    let (shop, elsewhere) = (Shop::new("").await, souk_tests::Home::new());
    let one = shop.host().await;
    let other = elsewhere.souk(["serve"]).on(&shop.store).logged_in().await;
    let orders = shippable(&shop, &one).await;
    let (some, rest) = orders.split_at(orders.len() / 2);
    let (first, _) = propose(&one, json!({"order_ids": some})).await;
    let (second, _) = propose(&other, json!({"order_ids": rest})).await;
    shop.store.forget_requests().await;
    shop.store
        .faults(&json!([{"method": "POST", "path": "/ship", "times": 2, "delay_ms": 60}]))
        .await;
    let (first, second) = tokio::join!(commit(&one, &first), commit(&other, &second));
    for (ended, orders) in [(&first, some), (&second, rest)] {
        assert_eq!(ended["success_count"], orders.len(), "{ended}");
    }
    let log = shop.shipments().await;
    let refused = log.iter().filter(|request| request.status == 400).count();
    assert!(refused > 0, "they were in each other's way: {log:?}");
    assert_eq!(log.len() - refused, orders.len(), "nothing was shipped twice: {log:?}");
}
