//! Limits to what one request may hold, as recorded of a store that has them on.

use serde_json::{Value, json};
use souk_demo_store::{DemoStore, InputLimits};

use crate::client::Store;

/// As they were set when a store was recorded with them.
const RECORDED: InputLimits = InputLimits { items: 4, page: 5, default_page: 3 };

async fn store(limits: InputLimits) -> Store {
    Store::start(DemoStore::sample().with_input_limits(Some(limits))).await
}

async fn products(store: &Store, query: &str) -> crate::client::Answer {
    store.call("GET", &format!("/rest/V1/products?{query}"), None).await
}

#[tokio::test]
async fn a_page_is_as_long_as_the_store_lets_it_be() {
    let store = store(RECORDED).await;
    let found = products(&store, "searchCriteria[pageSize]=5").await;
    assert_eq!(found.body["items"].as_array().unwrap().len(), 5);
    let refused = products(&store, "searchCriteria[pageSize]=6").await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body,
        json!({"message": "Maximum SearchCriteria pageSize is %max", "parameters": {"max": 5}})
    );
    for none in ["searchCriteria=", "searchCriteria[pageSize]=0", "searchCriteria[currentPage]=1"] {
        let found = products(&store, none).await;
        assert_eq!(found.body["items"].as_array().unwrap().len(), 3, "{none}");
        assert_eq!(found.body["search_criteria"]["page_size"], 3, "{none}");
    }
}

#[tokio::test]
async fn a_list_holds_so_many_items_of_a_kind() {
    let store = store(RECORDED).await;
    let item = json!({"sku": "TEN-001", "source_code": "default", "quantity": 1, "status": 1});
    let send = async |count: usize| {
        let body = json!({"sourceItems": vec![item.clone(); count]});
        store.call("POST", "/rest/V1/inventory/source-items", Some(body)).await
    };
    assert_eq!(send(4).await.status, 200);
    let refused = send(5).await;
    assert_eq!(refused.status, 400);
    let parameters: Value = json!({
        "type": "\\Magento\\InventoryApi\\Api\\Data\\SourceItemInterface", "max": 4,
    });
    assert_eq!(
        refused.body,
        json!({"message": "Maximum items of type \"%type\" is %max", "parameters": parameters})
    );
}

/// Magento makes objects of a query's lists as it does of a body's, and counts them there.
#[tokio::test]
async fn the_conditions_of_a_search_are_counted_and_the_values_of_one_are_not() {
    let store = store(RECORDED).await;
    let conditions = |count: usize| {
        let one = |at: usize| {
            let filter = format!("searchCriteria[filter_groups][{at}][filters][0]");
            format!("{filter}[field]=entity_id&{filter}[value]=0&{filter}[condition_type]=gt")
        };
        (0..count).map(one).collect::<Vec<_>>().join("&")
    };
    assert_eq!(products(&store, &conditions(4)).await.status, 200);
    let refused = products(&store, &conditions(5)).await;
    let kind = "\\Magento\\Framework\\Api\\Search\\FilterGroup";
    assert_eq!((refused.status, &refused.body["parameters"]["type"]), (400, &json!(kind)));
    let filter = "searchCriteria[filter_groups][0][filters][0]";
    let values = format!(
        "{filter}[field]=entity_id&{filter}[value]=1,2,3,4,5,6&{filter}[condition_type]=in"
    );
    assert_eq!(products(&store, &values).await.status, 200);
}
