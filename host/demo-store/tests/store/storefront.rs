//! The storefront's pages: one redirect at a time, in the view that a shopper has chosen.

use serde_json::{Value, json};
use souk_demo_store::DemoStore;

use crate::client::Store;

#[tokio::test]
async fn pages_show_redirect_or_are_not_there() {
    let store = Store::start(DemoStore::sample()).await;
    let redirects = r#"[{"store": "default", "path": "round", "to": "about"},
                        {"store": "default", "path": "about", "to": "round"},
                        {"store": "default", "path": "out", "to": "https://elsewhere.example/"}]"#;
    let added = store.send("PUT", "/__demo/redirects", &[], Some(redirects)).await.unwrap();
    assert_eq!(added.status, 204);
    let head = async |path: &str, cookie: &str| {
        let headers = [("cookie", cookie.to_owned())];
        let answer = store.send("GET", path, &headers, None).await.unwrap();
        let location = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        (answer.status, location.map(|to| to.trim().to_owned()))
    };
    let (status, to) = head("/round", "").await;
    assert_eq!(status, 301);
    assert!(to.unwrap().ends_with("/about"), "an address as a browser takes it");
    let out = Some("https://elsewhere.example/".to_owned());
    assert_eq!(head("/out", "store=default").await, (301, out));
    assert_eq!(head("/round", "store=de").await, (404, None));
    assert_eq!(head("/nothing.html", "").await, (404, None));
    assert_eq!(head("/", "").await, (200, None));
}

/// What a storefront's GraphQL tells beside addresses: of some categories those that are active, and
/// whether a product can be bought on the view's website, as its stock has it.
#[tokio::test]
async fn a_view_tells_which_categories_are_active_and_what_is_in_stock() {
    let store = Store::start(DemoStore::sample()).await;
    let ask = async |view: &str, query: &str, variables: Value| {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let headers = [("store", view.to_owned()), ("content-type", "application/json".to_owned())];
        store.send("POST", "/graphql", &headers, Some(&body)).await.unwrap().body
    };
    // The archive, 28, is closed; 12 is beneath 11.
    let categories = "query($c:[String]){categories(filters:{ids:{in:$c}},pageSize:2){\
        total_count items{__typename id name}}}";
    let answer = ask("de", categories, json!({"c": ["28", "26", "12", "11", "9999"]})).await;
    let shown = json!({"total_count": 3, "items": [
        {"__typename": "CategoryTree", "id": 11, "name": "Camping"},
        {"__typename": "CategoryTree", "id": 12, "name": "Zelte"},
    ]});
    assert_eq!(answer["data"]["categories"], shown, "{answer}");
    let wrong = ask("de", "{categories(filters:{ids:{in:[$c]}}){total_count}}", json!({})).await;
    assert!(wrong["errors"].to_string().contains("is not defined"), "{wrong}");

    let stock = "query($u:String!){route(url:$u){...on ProductInterface{sku stock_status}}}";
    let sku = "TEN-001";
    let id = store.call("GET", &format!("/rest/V1/products/{sku}"), None).await.body["id"].clone();
    let address = json!({ "u": format!("catalog/product/view/id/{id}") });
    for view in ["default", "trade"] {
        let answer = ask(view, stock, address.clone()).await;
        assert_eq!(answer["data"]["route"], json!({"sku": sku, "stock_status": "IN_STOCK"}));
    }
    let empty = json!({"sourceItems": [
        {"sku": sku, "source_code": "leipzig", "quantity": 0, "status": 0},
    ]});
    let sent = store.call("POST", "/rest/V1/inventory/source-items", Some(empty)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let of = async |view: &str| ask(view, stock, address.clone()).await["data"]["route"].clone();
    assert_eq!(of("default").await["stock_status"], "IN_STOCK");
    assert_eq!(of("trade").await["stock_status"], "OUT_OF_STOCK");
}
