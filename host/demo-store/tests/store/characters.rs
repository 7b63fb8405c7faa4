//! Characters of four bytes, which most stores lose without a word.

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;

/// What is left of these texts in a product, a comment and a product that was written later.
async fn kept(store: DemoStore) -> [Value; 3] {
    let store = Store::start(store).await;
    let path = "/rest/all/V1/products/TEN-001";
    let named = json!({ "product": { "name": "Tent 🏕 ⛺" } });
    let answer = store.call("PUT", path, Some(named)).await;
    assert_eq!(answer.status, 200);
    let comment = json!({ "statusHistory": { "comment": "Danke 🏕", "is_customer_notified": 0,
        "is_visible_on_front": 0 } });
    let taken = store.call("POST", "/rest/all/V1/orders/3/comments", Some(comment)).await;
    assert_eq!((taken.status, taken.body), (200, json!(true)), "it says that all is well");
    let order = store.call("GET", "/rest/V1/orders/3", None).await.body;
    let later = json!([{ "product": { "sku": "TEN-002", "name": "Tent 🏕" } }]);
    let bulk = store.call("PUT", "/rest/all/async/bulk/V1/products/bySku", Some(later)).await;
    let status = format!("/rest/V1/bulk/{}/status", bulk.body["bulk_uuid"].as_str().unwrap());
    let name = loop {
        let status = store.call("GET", &status, None).await.body;
        if status["operations_list"][0]["status"] == 1 {
            let product = store.call("GET", "/rest/all/V1/products/TEN-002", None).await;
            break product.body["name"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    [answer.body["name"].clone(), order["status_histories"][0]["comment"].clone(), name]
}

#[tokio::test]
async fn each_becomes_question_marks_as_recorded_unless_the_database_keeps_it() {
    let lost = kept(DemoStore::sample()).await;
    assert_eq!(lost, ["Tent ???? ⛺", "Danke ????", "Tent ????"]);
    let whole = kept(DemoStore::sample().with_four_byte(true)).await;
    assert_eq!(whole, ["Tent 🏕 ⛺", "Danke 🏕", "Tent 🏕"]);
}
