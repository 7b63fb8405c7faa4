//! Addresses that are something else than they look, and values of them that nobody reviews.

use serde_json::{Value, json};

use super::{
    Attack, OTHER, SKU, Shop, change, edit, expected, once, plan, post, products, put, rules,
};

fn two(first: Value, second: Value) -> Value {
    let edits = [edit("name", "/name", "/product/name")];
    plan(products(), &[change("product", SKU, &edits, &[first, second])])
}

fn named(name: &str) -> Value {
    put(&json!({"product": {"name": name}}))
}

fn anything(a: Value, b: Value, c: Value) -> Value {
    json!({"method": "POST", "route": "/V1/{a}/{b}/{c}", "path": {"a": a, "b": b, "c": c},
        "body": {"notify": false}})
}

fn text(text: &str) -> Value {
    json!({"text": text})
}

fn answered(pointer: &str) -> Value {
    json!({"from_response": pointer})
}

/// A new rule, and a second request about a rule.
fn rule_and(second: Value) -> Value {
    let by = "searchCriteria[filterGroups][0][filters][0]";
    let intent = json!({"one": {"route": "/V1/salesRules/search", "query": {
        format!("{by}[field]"): {"text": "name"}, format!("{by}[value]"): "subject"}}});
    let rule = json!({"rule": {"name": "1", "website_ids": [1], "customer_group_ids": [0]}});
    let edits = [edit("name", "/items/0/name", "/rule/name")];
    let steps = [post("/V1/salesRules", &rule), second];
    plan(intent, &[once(change("cart-rule", "1", &edits, &steps))])
}

fn attacks() -> Vec<Attack> {
    let rename = |id: Value| {
        json!({"method": "PUT", "route": "/V1/salesRules/{ruleId}", "path": {"ruleId": id},
            "body": {"rule": {"name": "another"}}})
    };
    let query = |name: &str| {
        let mut step = named("Telt");
        step["query"] = json!({name: text("1")});
        plan(
            products(),
            &[change("product", SKU, &[edit("name", "/name", "/product/name")], &[step])],
        )
    };
    let delete = json!({"method": "DELETE", "route": "/V1/salesRules/{ruleId}",
        "path": {"ruleId": text("1")}});
    let other_rule = {
        let edit = expected("name", "/name", &json!("gone"));
        plan(rules(), &[change("cart-rule", "2", &[edit], &[delete])])
    };
    vec![
        (
            "a refund whose address is filled from a name",
            two(named("order"), anything(answered("/name"), text("5"), text("refund"))),
        ),
        (
            "a refund whose end is filled from a name",
            two(named("refund"), anything(text("order"), text("5"), answered("/name"))),
        ),
        (
            "a refund in words",
            two(named("Telt"), anything(text("order"), text("5"), text("refund"))),
        ),
        (
            "a refund in words, in the other case",
            two(named("Telt"), anything(text("Order"), text("5"), text("REFUND"))),
        ),
        (
            "something whose address nobody knows",
            two(named("links"), anything(text("products"), text(SKU), answered("/name"))),
        ),
        (
            "another product whose sku is filled from a name",
            two(
                named(OTHER),
                json!({"method": "PUT", "route": "/V1/products/{sku}", "path": {"sku": answered("/name")},
                    "body": {"product": {"name": "x"}}}),
            ),
        ),
        ("a rule whose number is filled from a name", rule_and(rename(answered("/name")))),
        ("a rule that was there", rule_and(rename(text("1")))),
        ("another rule than the one that is read", other_rule),
        ("a query", query("product[price]")),
        ("a query with the sku", query("sku")),
    ]
}

#[tokio::test]
async fn an_address_is_what_comes_out_and_is_known_before() {
    Shop::new("").await.refuses(attacks()).await;
}

#[tokio::test]
async fn what_is_found_by_another_name_than_it_gets_is_refused() {
    let by = "searchCriteria[filterGroups][0][filters][0]";
    let intent = |field: &str| {
        json!({"one": {"route": "/V1/salesRules/search", "query": {
            format!("{by}[field]"): {"text": field}, format!("{by}[value]"): "subject"}}})
    };
    let rule = |name: &str| {
        post(
            "/V1/salesRules",
            &json!({"rule": {"name": name, "website_ids": [1], "customer_group_ids": [0]}}),
        )
    };
    let edits = [edit("name", "/items/0/name", "/rule/name")];
    let attack = |field: &str, name: &str| {
        plan(intent(field), &[once(change("cart-rule", "Autumn", &edits, &[rule(name)]))])
    };
    // A read would show each time that it is not there, and it would be made again.
    Shop::new("")
        .await
        .refuses(vec![
            ("by another name", attack("name", "Winter")),
            ("by another field", attack("description", "Autumn")),
        ])
        .await;
}
