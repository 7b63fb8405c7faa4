//! Credit memos of a bundle that is billed by its parts and shipped whole, and what they do to its
//! shipments: as a real store was seen to do it.

use serde_json::{Map, Value, json};
use souk_demo_store::DemoStore;

use crate::client::{Answer, Store};
use crate::replay::golden;

/// Two bundles, of which each holds one of a part and two of another, and two of something else; paid.
const ORDER: u64 = 83;
const BUNDLE: u64 = 154;
const PARTS: [u64; 2] = [155, 156];
const BESIDE: u64 = 157;

struct Shop(Store);

impl Shop {
    async fn open() -> Self {
        let state = std::fs::read(golden("state.json")).unwrap();
        let mut state: Value = serde_json::from_slice(&state).unwrap();
        let lines = std::fs::read_to_string(golden("live2_orders.jsonl")).unwrap();
        let seeds = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let seeds = seeds.filter_map(|mut line| match line["seed"].take() {
            Value::Object(seed) => Some(seed),
            _ => None,
        });
        let is_wanted = |seed: &Map<String, Value>| {
            seed.contains_key("sources") || seed["orders"][0]["entity_id"] == ORDER
        };
        for seed in seeds.filter(is_wanted) {
            for (table, rows) in seed {
                state[table] = rows;
            }
        }
        Self(Store::start(DemoStore::from_state(state.to_string().as_bytes()).unwrap()).await)
    }

    async fn post(&self, act: &str, body: Value) -> Answer {
        self.0.call("POST", &format!("/rest/V1/order/{ORDER}/{act}"), Some(body)).await
    }

    /// Gives back these, and no shipping.
    async fn refund(&self, items: &[(u64, u32)]) -> Answer {
        let items: Vec<Value> =
            items.iter().map(|(item, qty)| json!({"order_item_id": item, "qty": qty})).collect();
        self.post("refund", json!({"items": items, "arguments": {"shipping_amount": 0}})).await
    }

    async fn ship(&self, items: &[(u64, u32)]) -> Answer {
        let items: Vec<Value> =
            items.iter().map(|(item, qty)| json!({"order_item_id": item, "qty": qty})).collect();
        let from = json!({"extension_attributes": {"source_code": "wh_berlin"}});
        self.post("ship", json!({"items": items, "arguments": from})).await
    }

    async fn order(&self) -> Value {
        self.0.call("GET", &format!("/rest/V1/orders/{ORDER}"), None).await.body
    }

    /// A quantity of the bundle, its parts and what is beside it.
    async fn quantities(&self, field: &str) -> [f64; 4] {
        let order = self.order().await;
        let items = order["items"].as_array().unwrap();
        [BUNDLE, PARTS[0], PARTS[1], BESIDE].map(|id| {
            let item = items.iter().find(|item| item["item_id"] == id).unwrap();
            item[field].as_f64().unwrap()
        })
    }
}

#[tokio::test]
async fn a_memo_of_a_part_counts_all_that_was_invoiced_of_the_bundle_each_time() {
    let shop = Shop::open().await;
    for (items, refunded) in [
        (&[(BESIDE, 1)][..], [0.0, 0.0, 0.0, 1.0]),
        (&[(PARTS[1], 1)], [2.0, 0.0, 1.0, 1.0]),
        (&[(PARTS[0], 1), (PARTS[1], 2), (BESIDE, 0)], [4.0, 1.0, 3.0, 1.0]),
    ] {
        let answer = shop.refund(items).await;
        assert_eq!(answer.status, 200, "{items:?} {}", answer.body);
        assert_eq!(shop.quantities("qty_refunded").await, refunded, "{items:?}");
    }
    assert_eq!(shop.post("refund", json!({"items": []})).await.status, 200);
    assert_eq!(shop.quantities("qty_refunded").await, [6.0, 2.0, 4.0, 2.0]);
    let order = shop.order().await;
    assert_eq!((&order["state"], &order["total_refunded"]), (&json!("closed"), &json!(832.98)));
}

#[tokio::test]
async fn a_memo_that_names_nothing_counts_the_bundle_as_long_as_a_part_is_left() {
    let shop = Shop::open().await;
    let nothing = json!({
        "items": [{"order_item_id": BESIDE, "qty": 0}], "arguments": {"shipping_amount": 5},
    });
    assert_eq!(shop.post("refund", nothing).await.status, 200);
    assert_eq!(shop.quantities("qty_refunded").await, [2.0, 0.0, 0.0, 0.0]);
    assert_eq!(shop.refund(&[(PARTS[0], 2), (PARTS[1], 4)]).await.status, 200);
    assert_eq!(shop.quantities("qty_refunded").await, [4.0, 2.0, 4.0, 0.0]);
    let rest = json!({
        "items": [{"order_item_id": BESIDE, "qty": 0}], "arguments": {"shipping_amount": 1},
    });
    assert_eq!(shop.post("refund", rest).await.status, 200);
    assert_eq!(shop.quantities("qty_refunded").await, [4.0, 2.0, 4.0, 0.0]);
}

#[tokio::test]
async fn what_stays_of_the_bundle_leaves_with_something_else_or_not_at_all() {
    let shop = Shop::open().await;
    assert_eq!(shop.refund(&[(PARTS[1], 1)]).await.status, 200);
    let by_name = shop.ship(&[(BUNDLE, 1)]).await;
    assert_eq!(by_name.status, 400, "{}", by_name.body);
    assert_eq!(shop.ship(&[]).await.status, 200);
    assert_eq!(shop.quantities("qty_shipped").await, [0.0, 2.0, 3.0, 2.0]);

    let shop = Shop::open().await;
    assert_eq!(shop.refund(&[(PARTS[1], 1)]).await.status, 200);
    assert_eq!(shop.ship(&[(BESIDE, 2)]).await.status, 200);
    for items in [&[][..], &[(BUNDLE, 1)]] {
        let refused = shop.ship(items).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        let message = refused.body["message"].as_str().unwrap();
        let (_, why) = message.split_once('\n').unwrap();
        assert_eq!(why, "The order does not allow a shipment to be created.");
    }
    assert_eq!(shop.quantities("qty_shipped").await, [0.0, 0.0, 0.0, 2.0]);
    assert_eq!(shop.order().await["state"], "processing");
}
