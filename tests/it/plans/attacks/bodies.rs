//! What a guard cannot read for certain is refused.

use serde_json::{Value, json};

use super::{
    Attack, OTHER, SKU, Shop, attribute, beside_the_name, change, edit, plan, product, products,
    put,
};

fn price(value: Value) -> Value {
    product(&[edit("price", "/price", "/product/price")], &json!({"product": {"price": value}}))
}

/// An honest body into which the host is to put something.
fn filled(at: &str, value: &Value, more: &Value) -> Value {
    let mut proposal = beside_the_name(more);
    proposal["changes"][0]["steps"][0]["body_bindings"] = json!([{"at": at, "value": value}]);
    proposal
}

/// A second request that is filled from the answer to the first.
fn answered(at: &str, from: &str) -> Value {
    let mut second = put(&json!({"product": {"custom_attributes": []}}));
    second["body_bindings"] = json!([{"at": at, "value": {"from_response": from}}]);
    let first = put(&json!({"product": {"name": "Telt"}}));
    let edits = [edit("name", "/name", "/product/name")];
    plan(products(), &[change("product", SKU, &edits, &[first, second])])
}

fn attacks() -> Vec<Attack> {
    let long = format!("200.{}", "1".repeat(45));
    let attributes = |list: Value| beside_the_name(&json!({"custom_attributes": list}));
    vec![
        ("a price as text", price(json!("200"))),
        ("with an exponent", price(json!("2e2"))),
        (
            "with an exponent in an attribute",
            attributes(json!([attribute("special_price", json!("1.8e2"))])),
        ),
        ("with 45 digits", attributes(json!([attribute("special_price", json!(long))]))),
        ("with a blank", attributes(json!([attribute("special_price", json!(" 180"))]))),
        ("with a comma", attributes(json!([attribute("special_price", json!("180,00"))]))),
        ("in hexadecimal", attributes(json!([attribute("special_price", json!("0xB4"))]))),
        ("too large to be one", price(json!(1e30))),
        ("a flag", price(json!(true))),
        ("a list", price(json!([200]))),
        ("an object", price(json!({"amount": 200}))),
        ("a list by its numbers", price(json!({"0": 200}))),
        ("two spellings", beside_the_name(&json!({"price": 200, "Price": 1}))),
        (
            "one attribute twice",
            attributes(json!([
                attribute("special_price", json!("180")),
                attribute("special_price", json!("1"))
            ])),
        ),
        (
            "attributes by their numbers",
            attributes(json!({"0": attribute("special_price", json!("180"))})),
        ),
        ("another sku in the body", beside_the_name(&json!({"sku": OTHER}))),
        ("another number in the body", beside_the_name(&json!({"id": 1}))),
        ("a name for a price", filled("/product/price", &json!({"before": "name"}), &json!({}))),
        ("the subject for a price", filled("/product/price", &json!("subject"), &json!({}))),
        (
            "all that stands there",
            filled("/product/custom_attributes", &json!({"before": "name"}), &json!({})),
        ),
        ("attributes from an answer", answered("/product/custom_attributes", "/custom_attributes")),
        ("a price from an answer", answered("/product/price", "/weight")),
        ("everything from an answer", answered("/product", "")),
    ]
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    Shop::new("").await.refuses(attacks()).await;
}
