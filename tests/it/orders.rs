//! Orders, money above all: what a tool says happened is what a read of the store shows, also when
//! the store's answer was lost, and nothing happens twice.

mod amounts;
mod every_act;
mod recorded_shop;
mod two_hosts;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, Mcp, Souk, confirmed};

/// An order that is paid online and not shipped, one that is neither, and one that is offline.
const PAID: u32 = 41;
const NEW: u32 = 42;
const PENDING: u32 = 34;

struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    async fn new() -> Self {
        Self { store: DemoStore::start().await, home: Home::new() }
    }

    fn souk(&self) -> Souk<'_> {
        self.home.souk(["serve", "--max-tier", "critical"]).on(&self.store)
    }

    async fn host(&self) -> Mcp {
        self.souk().logged_in().await
    }

    async fn order(&self, id: u32) -> Value {
        self.store.rest(&format!("/V1/orders/{id}")).await
    }

    /// How often the store was asked for this act.
    async fn request_count(&self, route: &str) -> usize {
        let log = self.store.requests().await;
        log.iter().filter(|one| one.method == "POST" && one.target.ends_with(route)).count()
    }
}

/// A tool, the order it acts on, its arguments, the route it goes by, and how the order shows it.
type Act = (&'static str, u32, Value, String, fn(&Value) -> bool);

/// The acts that move money or goods.
fn acts() -> Vec<Act> {
    vec![
        (
            "orders_invoice",
            NEW,
            json!({"order_id": NEW, "capture": "online"}),
            format!("/V1/order/{NEW}/invoice"),
            |order| order["total_paid"] == order["grand_total"],
        ),
        (
            "orders_ship",
            PAID,
            json!({"order_id": PAID, "tracks": [
                {"number": "00340", "carrier_code": "dhl", "title": "DHL"},
            ]}),
            format!("/V1/order/{PAID}/ship"),
            |order| order["state"] == "complete",
        ),
        (
            "orders_refund",
            PAID,
            json!({
                "order_id": PAID, "method": "online", "shipping": 0, "return_to_stock": true,
                "items": [{"sku": "BTL-008", "qty": 1}],
            }),
            "/refund".to_owned(),
            |order| order["total_refunded"].as_f64().is_some_and(|total| total > 0.0),
        ),
        (
            "orders_cancel",
            PENDING,
            json!({"order_id": PENDING}),
            format!("/V1/orders/{PENDING}/cancel"),
            |order| order["state"] == "canceled",
        ),
    ]
}

#[tokio::test]
async fn what_the_store_did_before_the_connection_broke_is_found_and_not_done_again() {
    let shop = Shop::new().await;
    let client = shop.host().await;
    for (tool, id, arguments, route, shown) in acts() {
        assert!(!shown(&shop.order(id).await), "{tool}");
        let lost = json!([{"method": "POST", "path": route, "times": 1, "fault": "drop-after"}]);
        shop.store.faults(&lost).await;
        let done = client.answer(tool, confirmed(arguments.clone())).await;
        shop.store.faults(&json!([])).await;
        assert_eq!(done["done"], true, "{tool}: {done}");
        let order = shop.order(id).await;
        assert!(shown(&order), "{tool}: {order}");
        assert_eq!(shop.request_count(&route).await, 1, "{tool}");

        // The same call again, by this host and by another, after all that.
        for host in [&client, &shop.host().await] {
            let again = host.answer(tool, confirmed(arguments.clone())).await;
            assert!(again["repeated"].is_string(), "{tool}: {again}");
        }
        assert_eq!(shop.request_count(&route).await, 1, "{tool}");
        assert_eq!(shop.order(id).await["total_refunded"], order["total_refunded"], "{tool}");
    }
}

#[tokio::test]
async fn money_moves_within_the_operators_caps_and_what_was_paid() {
    let shop = Shop::new().await;
    let souk = shop.souk().env("SOUK_MAX_REFUND", "50").env("SOUK_MAX_REFUND_PER_DAY", "60");
    let client = souk.logged_in().await;
    let refund = |what: Value| {
        let mut arguments = json!({"order_id": PAID, "method": "offline", "return_to_stock": true});
        for (name, value) in what.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        confirmed(arguments)
    };
    // More than one call may move; more than was paid; a fee above what there is to give back.
    for (what, says) in [
        (json!({"everything": true}), "max_refund"),
        (json!({"adjustment_refund": 91.91}), "VALIDATION_ERROR: "),
        (json!({"shipping": 5.9, "adjustment_fee": 6}), "VALIDATION_ERROR: "),
        (json!({"items": [{"sku": "BTL-008", "qty": 2}]}), "VALIDATION_ERROR: "),
    ] {
        let refusal = client.refusal("orders_refund", refund(what.clone())).await;
        assert!(refusal.contains(says), "{what}: {refusal}");
    }
    let done = client.answer("orders_refund", refund(json!({"adjustment_refund": 40}))).await;
    assert_eq!(done["done"], true, "{done}");
    assert_eq!(shop.order(PAID).await["total_refunded"], 40);
    // The day's account holds over all hosts of this user, and over the other order.
    let refusal = client.refusal("orders_refund", refund(json!({"adjustment_refund": 30}))).await;
    assert!(refusal.contains("per_day"), "{refusal}");
    assert_eq!(shop.order(PAID).await["total_refunded"], 40);
    assert_eq!(shop.request_count("/refund").await, 1);
}

#[tokio::test]
async fn refunds_and_cancels_are_not_there_below_tier_critical() {
    let shop = Shop::new().await;
    let souk = shop.home.souk(["serve", "--tools", "all"]).on(&shop.store);
    let client = souk.stdio(Era::Modern).await;
    let tools = client.tools().await;
    assert!(tools.contains(&"orders_hold".to_owned()), "{tools:?}");
    for critical in ["orders_refund", "orders_cancel", "orders_prepare_bulk_cancel"] {
        assert!(!tools.contains(&critical.to_owned()), "{critical}");
    }
}
