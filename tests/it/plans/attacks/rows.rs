//! Rows of bodies count, and field lists hold, whatever the route.

use serde_json::{Value, json};

use super::{Attack, SKU, Shop, change, edit, plan, post, products, put};

const LIMITS: &str = "[guards]\nproduct_fields = ['name', 'price', 'special_price', 'tier_price', \
    'tier_prices', 'status']\nbulk_cap = 3\n";

/// A proposal that is shown as one about a product.
fn shown_as_one(step: Value, place: &str) -> Value {
    plan(products(), &[change("product", SKU, &[edit("price", "/price", place)], &[step])])
}

fn rows(skus: &[String], more: &Value) -> Value {
    let row = |sku: &String| {
        let mut row = more.clone();
        row["sku"] = json!(sku);
        row
    };
    skus.iter().map(row).collect()
}

fn many(skus: &[String]) -> Vec<Attack> {
    let prices = rows(skus, &json!({"price": 200, "store_id": 0}));
    let special = rows(
        skus,
        &json!({"price": 200, "store_id": 0, "price_from": "2030-01-01 00:00:00",
            "price_to": "2030-02-01 00:00:00"}),
    );
    let tiers = rows(
        skus,
        &json!({"price": 200, "price_type": "fixed", "website_id": 0, "customer_group": "ALL GROUPS",
            "quantity": 2}),
    );
    let products: Value =
        skus.iter().map(|sku| json!({"product": {"sku": sku, "price": 200}})).collect();
    let places = ["/prices/0/price", "/0/product/price"];
    let list = |rows: &Value| json!({"prices": rows});
    let bulk = |method: &str, route: &str| json!({"method": method, "route": route, "body": products.clone()});
    vec![
        ("prices", shown_as_one(post("/V1/products/base-prices", &list(&prices)), places[0])),
        ("sales", shown_as_one(post("/V1/products/special-price", &list(&special)), places[0])),
        ("tier prices", shown_as_one(post("/V1/products/tier-prices", &list(&tiers)), places[0])),
        (
            "bodies to be worked off later",
            shown_as_one(bulk("PUT", "/async/bulk/V1/products/bySku"), places[1]),
        ),
        (
            "new ones to be worked off later",
            shown_as_one(bulk("POST", "/async/bulk/V1/products"), places[1]),
        ),
    ]
}

#[tokio::test]
async fn fifty_rows_are_fifty_and_a_row_of_another_product_is_not_this_one() {
    let shop = Shop::new(LIMITS).await;
    let skus = shop.simple(50).await;
    let mut attacks = many(&skus);
    // Few enough, and not of the subject.
    attacks
        .extend(many(&skus.iter().filter(|sku| *sku != SKU).take(2).cloned().collect::<Vec<_>>()));
    shop.refuses(attacks).await;
}

#[tokio::test]
async fn the_cap_counts_rows_over_a_whole_plan() {
    let shop = Shop::new(LIMITS).await;
    let client = shop.attacker().await;
    let tiers = |sku: &str| {
        let row = |quantity: u32| {
            json!({"sku": sku, "price": 200, "price_type": "fixed", "website_id": 0,
                "customer_group": "ALL GROUPS", "quantity": quantity})
        };
        let body = json!({"prices": [row(2), row(3)]});
        let step = post("/V1/products/tier-prices", &body);
        let edit = json!({"field": "tiers", "at": "/tier_prices",
            "after": {"set_by_store": [{"value": 200}]}});
        change("product", sku, &[edit], &[step])
    };
    let refusal =
        client.refusal("forger_prepare", plan(products(), &[tiers(SKU), tiers("TEN-002")])).await;
    assert!(refusal.starts_with("BULK_CAP_EXCEEDED: "), "{refusal}");
    // An action that declared one change makes no two rows.
    let mut applied = plan(products(), &[tiers(SKU)]);
    applied["close"] = json!("apply");
    applied["reason"] = json!("forged");
    let refusal = client.refusal("forger_apply", applied).await;
    assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
    assert_eq!(shop.changes().await, [""; 0]);
}

#[tokio::test]
async fn a_field_list_is_about_the_field_and_not_about_the_route() {
    let shop = Shop::new("[guards]\nproduct_fields = ['name']\n").await;
    let one = [SKU.to_owned()];
    let mut attacks = many(&one);
    attacks.push((
        "the product itself",
        shown_as_one(put(&json!({"product": {"price": 200}})), "/product/price"),
    ));
    attacks.push((
        "the product, later",
        shown_as_one(
            json!({"method": "PUT", "route": "/async/V1/products/{sku}", "path": {"sku": "subject"},
                "body": {"product": {"price": 200}}}),
            "/product/price",
        ),
    ));
    shop.refuses(attacks).await;
}

#[tokio::test]
async fn what_nobody_has_described_is_refused_where_limits_could_not_be_held() {
    let shop = Shop::new("").await;
    let step = |body: Value| {
        json!({"method": "POST", "route": "/V1/acme-gifts/{id}/give", "path": {"id": "subject"},
            "body": body})
    };
    let attack = |body: Value| {
        let edit = json!({"field": "name", "at": "/name", "after": {"set_by_store": "given"}});
        plan(products(), &[change("product", SKU, &[edit], &[step(body)])])
    };
    let attacks = vec![
        ("a body of an unknown kind", attack(json!({"gift": {"value": 1}}))),
        ("no body", attack(Value::Null)),
        ("a list", attack(json!([1, 2, 3]))),
    ];
    shop.refuses(attacks).await;
}
