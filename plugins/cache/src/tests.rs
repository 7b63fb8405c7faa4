//! What the host is asked to purge, and what is told of its answers.

use serde_json::{Value, json};
use souk_sdk::testing::Host;
use souk_sdk::{Failure, FailureCode, PurgeTarget, Purged, StoreView};

use crate::cache;

/// A store with one product and one category, and a cache that knows `shop.example`.
fn store() -> Host {
    let host = Host::answering(|read| match read.route.as_str() {
        "/V1/products/{sku}" => Ok(json!({"id": 7, "name": "Tent"})),
        "/V1/categories/{categoryId}" => Ok(json!({"id": 3, "name": "Women"})),
        other => panic!("{other} was read"),
    });
    host.purging(|target| match target {
        PurgeTarget::Url(url) if !url.starts_with("https://shop.example/") => {
            Err(Failure::new(FailureCode::Forbidden, "not of this store").remedy("another"))
        }
        _ => Ok(Purged { id: Some("108-1".into()), provider: "fastly".into(), previewed: false }),
    })
}

fn call(host: &Host, action: &str, arguments: &Value) -> Result<Value, Failure> {
    host.call(&cache(), action, arguments)
}

#[test]
fn a_product_is_purged_by_its_id() {
    let host = store();
    let answer = call(&host, "purge_product", &json!({"sku": "TEN-001"})).unwrap();
    assert_eq!(
        answer,
        json!({
            "message": "purged all pages that show the product `TEN-001` (id 7) from fastly",
            "success": true,
            "purge_id": "108-1"
        })
    );
    assert_eq!(host.purges(), [PurgeTarget::Product(7)]);
    assert_eq!(host.reads()[0].at, StoreView::Global);
}

#[test]
fn a_view_is_checked_and_said_to_make_no_difference() {
    let host = store();
    let asked = json!({"category_id": "3", "store_view_code": "de"});
    let answer = call(&host, "purge_category", &asked).unwrap();
    assert_eq!(host.reads()[0].at, StoreView::View("de".into()));
    assert_eq!(host.purges(), [PurgeTarget::Category(3)]);
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("every store view and not of `de` alone"), "{message}");
}

#[test]
fn what_the_store_does_not_have_is_not_purged() {
    for (action, asked, argument) in [
        ("purge_product", json!({"sku": "NO"}), "/sku"),
        ("purge_category", json!({"category_id": 9}), "/category_id"),
    ] {
        let host = Host::answering(|_| Err(Failure::not_found("The entity doesn't exist")))
            .purging(|target| panic!("{target:?} was purged"));
        let failure = call(&host, action, &asked).unwrap_err();
        assert_eq!(failure.code, FailureCode::NotFound);
        assert_eq!(failure.argument.as_deref(), Some(argument));
    }
}

#[test]
fn each_address_is_told_of() {
    let host = store();
    let asked = json!({"urls": ["https://shop.example/a", "https://evil.example/"]});
    let answer = call(&host, "purge_by_url", &asked).unwrap();
    assert_eq!(
        answer,
        json!({
            "message": "purged 1 of 2 pages from fastly",
            "results": [
                {"url": "https://shop.example/a", "success": true, "purge_id": "108-1"},
                {
                    "url": "https://evil.example/",
                    "success": false,
                    "error": "not of this store: another"
                }
            ]
        })
    );
}

#[test]
fn a_call_that_purged_nothing_is_a_failure() {
    let asked = json!({"urls": ["https://evil.example/", "https://evil.example/b"]});
    let failure = call(&store(), "purge_by_url", &asked).unwrap_err();
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (FailureCode::Forbidden, "not of this store")
    );
    let without = call(&Host::offline(), "purge_by_url", &asked).unwrap_err();
    assert_eq!(without.code, FailureCode::Unavailable);
}

#[test]
fn a_preview_claims_nothing() {
    let host =
        store().purging(|_| Ok(Purged { id: None, provider: "varnish".into(), previewed: true }));
    let product = call(&host, "purge_product", &json!({"sku": "TEN-001"})).unwrap();
    assert_eq!((&product["success"], &product["purge_id"]), (&json!(false), &Value::Null));
    assert!(product["message"].as_str().unwrap().starts_with("preview: "));
    let asked = json!({"urls": ["https://shop.example/a"]});
    let pages = call(&host, "purge_by_url", &asked).unwrap();
    assert_eq!(pages["message"], "preview: 1 page would be purged from varnish; nothing was sent");
    assert_eq!(pages["results"][0]["success"], false);
}
