//! The same change asked for again: answered from before, and sent once.

use serde_json::{Value, json};
use souk_tests::confirmed;

use super::Shop;

fn update_arguments(skus: &[String], title: &str) -> Value {
    confirmed(json!({
        "match": {"sku_list": skus},
        "meta_updates": {"meta_title": title},
        "scope": {"scope": "global"},
    }))
}

fn with_key(mut asked: Value, key: &str) -> Value {
    asked["idempotency_key"] = json!(key);
    asked
}

#[tokio::test]
async fn an_identical_call_answers_the_first_outcome_while_the_store_still_shows_it() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(3).await;
    let tool = "seo_bulk_update_meta";

    let first = client.answer(tool, update_arguments(&skus, "Autumn")).await;
    assert_eq!((&first["success_count"], &first["repeated"]), (&json!(3), &Value::Null));
    let again = client.answer(tool, update_arguments(&skus, "Autumn")).await;
    assert_eq!(again["success_count"], 3, "{again}");
    assert!(again["repeated"].is_string(), "{again}");
    assert_eq!(shop.writes().await.len(), 3);

    // Another host answers from the same memory.
    let elsewhere = shop.host().await;
    let there = elsewhere.answer(tool, update_arguments(&skus, "Autumn")).await;
    assert!(there["repeated"].is_string(), "{there}");
    assert_eq!(shop.writes().await.len(), 3);

    // Overtaken by another change, the same call is a new one.
    client.answer(tool, update_arguments(&skus, "Winter")).await;
    let back = client.answer(tool, update_arguments(&skus, "Autumn")).await;
    assert_eq!((&back["success_count"], &back["repeated"]), (&json!(3), &Value::Null));
    let titles = shop.field("all", &skus, "meta_title").await;
    assert!(titles.values().all(|title| title == "Autumn"), "{titles:?}");
}

#[tokio::test]
async fn a_key_stands_for_what_was_asked_and_for_nothing_else() {
    let shop = Shop::new("").await;
    let client = shop.host().await;
    let skus = shop.simple(2).await;
    let tool = "seo_bulk_update_meta";

    client.answer(tool, with_key(update_arguments(&skus, "Autumn"), "one")).await;
    client.answer(tool, update_arguments(&skus, "Winter")).await;
    let writes = shop.writes().await.len();
    // Whatever stands in the store by now: the key's change was made, and is not made again.
    let again = client.answer(tool, with_key(update_arguments(&skus, "Autumn"), "one")).await;
    assert!(again["repeated"].is_string(), "{again}");
    let refusal = client.refusal(tool, with_key(update_arguments(&skus, "Spring"), "one")).await;
    assert!(refusal.starts_with("IDEMPOTENCY_CONFLICT: "), "{refusal}");
    assert_eq!(shop.writes().await.len(), writes);
    let fresh = client.answer(tool, with_key(update_arguments(&skus, "Autumn"), "two")).await;
    assert_eq!(fresh["repeated"], Value::Null);
    assert_eq!(shop.writes().await.len(), writes + 2);
}
