//! What stands in the store before is read of the very subject that is written, whole enough to show
//! what is changed.

use serde_json::{Value, json};

use super::{Attack, OTHER, ROUTE, SKU, Shop, change, edit, plan, products, put};

const FIELD: &str = "searchCriteria[filter_groups][0][filters][0][field]";
const VALUE: &str = "searchCriteria[filter_groups][0][filters][0][value]";

fn price() -> Value {
    edit("price", "/price", "/product/price")
}

fn price_of(intent: Value, step: Value) -> Value {
    plan(intent, &[change("product", SKU, &[price()], &[step])])
}

fn cheap() -> Value {
    json!({"product": {"price": 12}})
}

/// A search for products, and how its answer is read.
fn searched(query: Value, ids: &str, id: &str) -> Value {
    let mut intent = products();
    intent["many"] = json!({
        "read": {"route": "/V1/products", "query": query}, "ids": ids, "items": "/items", "id": id,
    });
    intent
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

fn attacks() -> Vec<Attack> {
    let other = json!({"one": {"route": "/V1/products/{x}", "path": {"x": text(OTHER)}}});
    let to_other = json!({"method": "PUT", "route": "/V1/products/{x}",
        "path": {"x": text(OTHER)}, "body": cheap()});
    let projected = |fields: &str| {
        let mut intent = products();
        intent["one"]["query"] = json!({"fields": text(fields)});
        intent
    };
    let honest = |field: &str, id: &str| {
        searched(
            json!({FIELD: text(field),
                "searchCriteria[filter_groups][0][filters][0][condition_type]": text("in")}),
            VALUE,
            id,
        )
    };
    let mut narrowed = honest("sku", "/sku");
    let second = "searchCriteria[filter_groups][1][filters][0]";
    let query = &mut narrowed["many"]["read"]["query"];
    query[format!("{second}[field]")] = text("price");
    query[format!("{second}[value]")] = text("0");
    let mut by_number = price_of(honest("sku", "/id"), put(&cheap()));
    by_number["changes"][0]["subject"]["id"] = json!("62");
    let one_of_many = json!({"one": {"route": "/V1/products", "query": {
        FIELD: text("sku"), VALUE: text(OTHER)}}});
    let pages = json!({"one": {"route": "/V1/cmsPage/search", "query": {
        FIELD: text("identifier"), VALUE: "subject"}}});
    vec![
        ("another product is read", price_of(other.clone(), put(&cheap()))),
        (
            "another product is read, and both are written",
            plan(other, &[change("product", SKU, &[price()], &[to_other.clone(), put(&cheap())])]),
        ),
        (
            "the product is read, and another one is written",
            plan(
                products(),
                &[change("product", SKU, &[price()], std::slice::from_ref(&to_other))],
            ),
        ),
        (
            "the product is read, and another one is written beside it",
            plan(products(), &[change("product", SKU, &[price()], &[put(&cheap()), to_other])]),
        ),
        (
            "another product is searched for",
            price_of(
                searched(json!({FIELD: text("sku"), VALUE: text(OTHER)}), "x", "/sku"),
                put(&cheap()),
            ),
        ),
        (
            "products are told apart by something else",
            price_of(honest("sku", "/price"), put(&cheap())),
        ),
        ("products are told by their numbers", by_number),
        ("a search by something else", price_of(honest("name", "/sku"), put(&cheap()))),
        ("a search that is narrowed until it finds nothing", price_of(narrowed, put(&cheap()))),
        ("a search for another one instead of a read", price_of(one_of_many, put(&cheap()))),
        ("what is read is no product", price_of(pages, put(&cheap()))),
        ("the price is left out of what is read", price_of(projected("sku,name"), put(&cheap()))),
        (
            "the attribute's value is left out",
            plan(
                projected("sku,price,custom_attributes[attribute_code]"),
                &[change(
                    "product",
                    SKU,
                    &[edit(
                        "meta_title",
                        "/custom_attributes/[attribute_code=meta_title]/value",
                        "/product/custom_attributes/0/value",
                    )],
                    &[put(&json!({"product": {"custom_attributes":
                        [super::attribute("meta_title", json!("Telt"))]}}))],
                )],
            ),
        ),
    ]
}

#[tokio::test]
async fn what_was_before_is_read_of_what_is_written() {
    Shop::new("").await.refuses(attacks()).await;
}

#[tokio::test]
async fn an_honest_lookup_is_one_however_it_spells_the_sku() {
    let shop = Shop::new("").await;
    let client = shop.attacker().await;
    for subject in [SKU, "ten-001", "TEN-001 "] {
        let step =
            json!({"method": "PUT", "route": ROUTE, "path": {"sku": text(SKU)}, "body": cheap()});
        let proposal = plan(products(), &[change("product", subject, &[price()], &[step])]);
        let proposed = client.answer("forger_prepare", proposal).await;
        assert_eq!(proposed["count"], 1, "{subject:?}");
    }
    // And so one plan has it once.
    let twice = plan(
        products(),
        &[
            change("product", SKU, &[price()], &[put(&cheap())]),
            change("product", "ten-001", &[price()], &[put(&json!({"product": {"price": 13}}))]),
        ],
    );
    let refusal = client.refusal("forger_prepare", twice).await;
    assert!(refusal.starts_with("INTERNAL_ERROR: "), "{refusal}");
    assert_eq!(shop.changes().await, [""; 0]);
}
