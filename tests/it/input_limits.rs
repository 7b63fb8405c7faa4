//! Stores that limit what one request may hold: what is all is sent as all, long lists are split where
//! Magento lets them be, and what cannot be is refused before anything is sent, with what to do. A store
//! without limits takes the same calls as they are.

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, confirmed};
use tempfile::TempDir;

/// Lines of the long order; Magento's limit is 20.
const LINES: usize = 25;

struct Shop {
    store: DemoStore,
    home: Home,
    order: u64,
    _data: TempDir,
}

impl Shop {
    /// The sample shop with an order of many lines, of two pieces each at 10, and shipping of 5.
    async fn new(arguments: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let directory = data.path().to_str().unwrap();
        let store = DemoStore::start_with(&["--data", directory]).await;
        let order = place_long_order(&store).await;
        drop(store);
        let arguments = [&["--data", directory], arguments].concat();
        let store = DemoStore::start_with(&arguments).await;
        Self { store, home: Home::new(), order, _data: data }
    }

    async fn limited() -> Self {
        Self::new(&["--input-limits"]).await
    }

    async fn host(&self) -> Mcp {
        self.home.souk(["serve", "--max-tier", "critical"]).on(&self.store).logged_in().await
    }

    async fn order(&self) -> Value {
        self.store.rest(&format!("/V1/orders/{}", self.order)).await
    }

    /// An act on the order.
    fn act(&self, more: &Value) -> Value {
        let mut arguments = json!({"order_id": self.order});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        confirmed(arguments)
    }

    /// The bodies' lists that reached the store were none too long: it refused nothing.
    async fn assert_nothing_refused(&self) {
        for request in self.store.requests().await {
            let is_question = request.method == "GET" && request.target.contains("[20]");
            assert!(request.status != 400 || is_question, "{request:?}");
        }
    }

    async fn categories(&self, sku: &str) -> Value {
        let product = self.store.rest(&format!("/all/V1/products/{sku}")).await;
        product["extension_attributes"]["category_links"].clone()
    }
}

async fn place_long_order(store: &DemoStore) -> u64 {
    let found = store
        .rest(
            "/all/V1/products?searchCriteria[filterGroups][0][filters][0][field]=type_id\
             &searchCriteria[filterGroups][0][filters][0][value]=simple\
             &searchCriteria[pageSize]=25&fields=items[id,sku,name]",
        )
        .await;
    let products = found["items"].as_array().unwrap();
    assert_eq!(products.len(), LINES);
    let source_items: Vec<Value> = products
        .iter()
        .map(|product| {
            json!({"sku": product["sku"], "source_code": "default", "quantity": 100, "status": 1})
        })
        .collect();
    store.post("/V1/inventory/source-items", &json!({"sourceItems": source_items})).await;
    let items: Vec<Value> = products
        .iter()
        .zip(9_001..)
        .map(|(product, id)| {
            let mut item = json!({
                "item_id": id, "product_id": product["id"], "sku": product["sku"],
                "name": product["name"], "product_type": "simple", "store_id": 1,
                "qty_ordered": 2, "qty_invoiced": 0, "qty_shipped": 0, "qty_refunded": 0,
                "qty_canceled": 0, "is_virtual": 0, "tax_percent": 0,
            });
            both(&mut item, &[("price", 10), ("price_incl_tax", 10), ("original_price", 10)]);
            both(&mut item, &[("row_total", 20), ("row_total_incl_tax", 20), ("row_invoiced", 0)]);
            both(&mut item, &[("tax_amount", 0), ("tax_invoiced", 0), ("discount_amount", 0)]);
            both(&mut item, &[("discount_invoiced", 0), ("amount_refunded", 0)]);
            item
        })
        .collect();
    let mut order = store.rest("/V1/orders/40").await;
    let goods = 20 * u32::try_from(LINES).unwrap();
    both(&mut order, &[("subtotal", goods), ("subtotal_incl_tax", goods), ("tax_amount", 0)]);
    both(
        &mut order,
        &[("shipping_amount", 5), ("shipping_incl_tax", 5), ("shipping_tax_amount", 0)],
    );
    both(
        &mut order,
        &[("discount_amount", 0), ("grand_total", goods + 5), ("total_due", goods + 5)],
    );
    order["items"] = items.into();
    for own in ["entity_id", "increment_id"] {
        order.as_object_mut().unwrap().remove(own);
    }
    let placed = store.post("/V1/orders", &json!({"entity": order})).await;
    placed["entity_id"].as_u64().unwrap()
}

/// Amounts in the order's currency and the website's, which are the same.
fn both(document: &mut Value, amounts: &[(&str, u32)]) {
    for (name, amount) in amounts {
        document[*name] = (*amount).into();
        document[format!("base_{name}")] = (*amount).into();
    }
}

/// The first so many lines of the order, so many pieces of each.
fn lines(count: usize, quantity: u32) -> Value {
    (9_001..).take(count).map(|id| json!({"order_item_id": id, "qty": quantity})).collect()
}

fn sum(order: &Value, field: &str) -> f64 {
    order["items"].as_array().unwrap().iter().map(|item| item[field].as_f64().unwrap()).sum()
}

#[tokio::test]
async fn documents_of_long_orders_are_all_that_is_left_or_within_the_limit() {
    let shop = Shop::limited().await;
    let client = shop.host().await;
    // All, however it is said.
    let done = client.answer("orders_invoice", shop.act(&json!({"items": lines(LINES, 2)}))).await;
    assert_eq!(done["done"], true, "{done}");
    assert_eq!(shop.order().await["total_paid"], 505);

    // One document has too many rows for the store, and two take it all.
    shop.store.forget_requests().await;
    let refusal = client.refusal("orders_ship", shop.act(&json!({"items": lines(21, 1)}))).await;
    assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
    for says in ["at most 20 `items`", "these are 21", "leave `items` out"] {
        assert!(refusal.contains(says), "{refusal}");
    }
    let log = shop.store.requests().await;
    assert!(log.iter().all(|request| request.method == "GET"), "{log:?}");
    let tracks: Vec<Value> = (0..21)
        .map(|n| json!({"number": format!("A{n}"), "carrier_code": "dhl", "title": "DHL"}))
        .collect();
    let refusal = client.refusal("orders_ship", shop.act(&json!({"tracks": tracks}))).await;
    assert!(refusal.contains("orders_add_track"), "{refusal}");
    shop.store.forget_requests().await;
    client.answer("orders_ship", shop.act(&json!({"items": lines(20, 1)}))).await;
    assert_eq!(sum(&shop.order().await, "qty_shipped"), 20.0);
    let done = client.answer("orders_ship", shop.act(&json!({}))).await;
    assert_eq!(done["done"], true, "{done}");
    assert_eq!(sum(&shop.order().await, "qty_shipped"), 50.0);
    shop.assert_nothing_refused().await;

    // A refund names what is given back and leaves out what is not.
    let refund = |what: Value| {
        let mut arguments = shop.act(&what);
        arguments["method"] = "offline".into();
        arguments["return_to_stock"] = true.into();
        arguments
    };
    for (what, total) in [
        (json!({"items": [{"order_item_id": 9_003, "qty": 1}]}), 10.0),
        (json!({"shipping": 2}), 12.0),
        (json!({"items": lines(20, 1)}), 212.0),
    ] {
        let done = client.answer("orders_refund", refund(what.clone())).await;
        assert_eq!(done["done"], true, "{what}: {done}");
        assert_eq!(shop.order().await["total_refunded"], total, "{what}");
    }
    let done = client.answer("orders_refund", refund(json!({"everything": true}))).await;
    assert_eq!(done["done"], true, "{done}");
    let order = shop.order().await;
    assert_eq!(order["total_refunded"], 505);
    assert_eq!(sum(&order, "qty_refunded"), 50.0);
    shop.assert_nothing_refused().await;
}

#[tokio::test]
async fn every_item_that_is_left_can_be_refunded_with_other_shipping() {
    let shop = Shop::limited().await;
    let client = shop.host().await;
    client.answer("orders_invoice", shop.act(&json!({}))).await;
    let mut all = shop.act(&json!({"items": lines(LINES, 2), "method": "offline"}));
    let done = client.answer("orders_refund", all.clone()).await;
    assert_eq!(done["done"], true, "{done}");
    let order = shop.order().await;
    assert_eq!((&order["total_refunded"], sum(&order, "qty_refunded")), (&json!(500), 50.0));
    all["items"] = lines(22, 1);
    let refusal = client.refusal("orders_refund", all).await;
    assert!(refusal.contains("0 of"), "{refusal}");
    shop.assert_nothing_refused().await;
}

#[tokio::test]
async fn a_store_without_limits_takes_lists_of_any_length() {
    let shop = Shop::new(&[]).await;
    let client = shop.host().await;
    let done = client.answer("orders_invoice", shop.act(&json!({"items": lines(24, 2)}))).await;
    assert_eq!(done["done"], true, "{done}");
    let done = client.answer("orders_ship", shop.act(&json!({"items": lines(21, 1)}))).await;
    assert_eq!(done["done"], true, "{done}");
    let refund = shop.act(&json!({"items": lines(22, 1), "method": "offline"}));
    let done = client.answer("orders_refund", refund).await;
    assert_eq!(done["done"], true, "{done}");
    let order = shop.order().await;
    let quantities = ["qty_invoiced", "qty_shipped", "qty_refunded"];
    assert_eq!(quantities.map(|field| sum(&order, field)), [48.0, 21.0, 22.0]);
}

#[tokio::test]
async fn a_product_goes_into_many_categories_and_back_in_steps_within_the_limit() {
    let shop = Shop::limited().await;
    let client = shop.host().await;
    let many: Vec<u32> = (4..=28).collect();
    let before = shop.categories("TEN-001").await;
    let prepare = |categories: &[u32]| {
        json!({"match": {"sku_list": ["TEN-001"]}, "updates": {"category_ids": categories},
            "scope": {"scope": "global"}})
    };
    let commit = async |plan: &Value| {
        let asked = confirmed(json!({"plan_id": plan["plan_id"]}));
        let done = client.answer("plans_commit", asked).await;
        assert_eq!(done["state"], "done", "{done}");
    };
    let grown = client.answer("catalog_prepare_bulk_update", prepare(&many)).await;
    commit(&grown).await;
    let large = shop.categories("TEN-001").await;
    assert_eq!(large.as_array().unwrap().len(), many.len());

    let shrunk = client.answer("catalog_prepare_bulk_update", prepare(&[12])).await;
    commit(&shrunk).await;
    assert_eq!(shop.categories("TEN-001").await.as_array().unwrap().len(), 1);
    for (plan, is) in [(&shrunk, &large), (&grown, &before)] {
        let back = client.answer("plans_undo", json!({"plan_id": plan["plan_id"]})).await;
        commit(&back).await;
        assert_eq!(shop.categories("TEN-001").await, *is);
    }
    shop.assert_nothing_refused().await;
}

#[tokio::test]
async fn conditions_side_by_side_are_as_many_as_the_store_takes() {
    let shop = Shop::limited().await;
    let client = shop.host().await;
    let leaf = |least: u32| json!({"subtotal": {"op": ">=", "value": least}});
    let rule = |conditions: Value| {
        json!({"name": "Many conditions", "website_ids": [1], "customer_group_ids": [0],
            "simple_action": "by_percent", "discount_amount": 5, "conditions": conditions})
    };
    let tool = "promotions_prepare_cart_price_rule_create";
    let flat: Value = (1..=21).map(leaf).collect();
    let refusal = client.refusal(tool, rule(json!({"any": flat}))).await;
    assert!(refusal.contains("at most 20 conditions side by side"), "{refusal}");
    assert!(refusal.contains("nest them"), "{refusal}");
    let halves: [Value; 2] = [(1..=11).map(leaf).collect(), (12..=21).map(leaf).collect()];
    let nested = json!({"any": halves.map(|half| json!({"any": half}))});
    let plan = client.answer(tool, rule(nested)).await;
    let asked = confirmed(json!({"plan_id": plan["plan_id"]}));
    let done = client.answer("plans_commit", asked).await;
    assert_eq!(done["state"], "done", "{done}");
}

#[tokio::test]
async fn a_bulk_change_leaves_nothing_out_of_a_store_with_shorter_pages() {
    let shop = Shop::new(&["--input-limits", "20,9,9"]).await;
    let client = shop.host().await;
    let counted = client.answer("catalog_search_products", json!({"page_size": 1})).await;
    let plan = client
        .answer(
            "catalog_prepare_bulk_update",
            json!({"match": {"attribute_filters": {"sku": {"value": "%-%", "condition": "like"}}},
                "updates": {"meta_title": "Short pages"}, "scope": {"scope": "global"}}),
        )
        .await;
    let products = counted["total_count"].as_u64().unwrap();
    assert!(products > 200, "{products}");
    assert_eq!(plan["affected_count"], products, "{plan}");
    // So is a page that somebody asks for, and what is looked up together: nobody but the host knows.
    let page = client.answer("catalog_search_products", json!({"page_size": 60})).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 60);
    let skus: Vec<&str> = items.iter().map(|item| item["sku"].as_str().unwrap()).collect();
    assert_eq!(skus.iter().collect::<std::collections::BTreeSet<_>>().len(), 60);
    let listed = json!({"match": {"sku_list": &skus[..25]},
        "updates": {"meta_keyword": "listed"}, "scope": {"scope": "global"}});
    let plan = client.answer("catalog_prepare_bulk_update", listed).await;
    assert_eq!(plan["affected_count"], 25, "{plan}");
    let commit = confirmed(json!({"plan_id": plan["plan_id"]}));
    let done = client.answer("catalog_commit_bulk_update", commit).await;
    assert_eq!(done["success_count"], 25, "{done}");
    // One refusal tells how much the store takes.
    let requests = shop.store.requests().await;
    let refused = |request: &&souk_tests::LoggedRequest| request.status == 400;
    assert!(requests.iter().filter(refused).count() <= 2, "{requests:?}");
    assert!(requests.iter().filter(|request| request.target.contains("sku%5D")).count() < 25);
}
