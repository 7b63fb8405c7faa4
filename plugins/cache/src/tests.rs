//! What the host is asked to purge, and what is told of its answers.

use souk_sdk::core::{PurgeResult, PurgeTarget};
use souk_sdk::prelude::*;
use souk_sdk::testing::Host;

use crate::cache;

/// A store with one product and one category, and a cache that knows `shop.example`.
fn store() -> Host {
    let host = Host::answering(|read| match read.route.template.as_str() {
        "/V1/products/{sku}" => Ok(json!({"id": 7, "name": "Tent"})),
        "/V1/categories/{categoryId}" => Ok(json!({"id": 3, "name": "Women"})),
        other => panic!("{other} was read"),
    });
    host.purging(|target| match target {
        PurgeTarget::Url(url) if !url.starts_with("https://shop.example/") => {
            Err(Failure::new(FailureCode::Forbidden, "not of this store").remedy("another"))
        }
        _ => Ok(PurgeResult {
            id: Some("108-1".into()),
            provider: "fastly".into(),
            previewed: false,
        }),
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
    assert_eq!(host.reads()[0].view, StoreView::Global);
}

#[test]
fn a_view_is_checked_and_said_to_make_no_difference() {
    let host = store();
    let asked = json!({"category_id": "3", "store_view_code": "de"});
    let answer = call(&host, "purge_category", &asked).unwrap();
    assert_eq!(host.reads()[0].view, StoreView::View("de".into()));
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
    let host = store()
        .purging(|_| Ok(PurgeResult { id: None, provider: "varnish".into(), previewed: true }));
    let product = call(&host, "purge_product", &json!({"sku": "TEN-001"})).unwrap();
    assert_eq!((&product["success"], &product["purge_id"]), (&json!(false), &Value::Null));
    assert!(product["message"].as_str().unwrap().starts_with("preview: "));
    let asked = json!({"urls": ["https://shop.example/a"]});
    let pages = call(&host, "purge_by_url", &asked).unwrap();
    let message = pages["message"].as_str().unwrap();
    assert!(
        message.starts_with("preview: 1 page would be purged from varnish; nothing"),
        "{message}"
    );
    assert!(message.contains("if its VCL takes no purge by URL"), "{message}");
    assert_eq!(pages["results"][0]["success"], false);
}

/// A store whose views `en` and `de` share an address, before which a Varnish takes tags alone.
fn behind_stock_varnish() -> Host {
    let leads = |path: &str, view: &str| match (path, view) {
        ("tent.html" | "women/tent.html", _) => {
            json!({"type": "PRODUCT", "relative_url": path, "redirect_code": 0, "id": 7})
        }
        ("women.html", "en") => {
            json!({"type": "CATEGORY", "relative_url": path, "redirect_code": 0, "id": 3})
        }
        ("two.html", "en") => json!({"type": "PRODUCT", "redirect_code": 0, "id": 7}),
        ("two.html", _) => json!({"type": "CATEGORY", "redirect_code": 0, "id": 3}),
        ("old.html", _) => {
            json!({"type": "PRODUCT", "relative_url": "tent.html", "redirect_code": 301, "id": 7})
        }
        ("/", _) => json!({"type": "CMS_PAGE", "relative_url": "home", "redirect_code": 0}),
        _ => Value::Null,
    };
    let host = Host::answering(move |read| match (read.route.template.as_str(), &read.view) {
        ("/V1/store/storeConfigs", _) => Ok(json!(["en", "de"].map(|code| json!({
            "code": code,
            "base_url": "https://shop.example/",
            "base_link_url": "https://shop.example/"
        })))),
        ("/graphql", StoreView::View(view)) => {
            let variables = read.query.iter().find(|binding| binding.name == "variables").unwrap();
            let BindingSource::Text(text) = &variables.value else { panic!("{variables:?}") };
            let asked: Value = serde_json::from_str(text).unwrap();
            Ok(json!({"data": {"route": leads(asked["u"].as_str().unwrap(), view)}}))
        }
        other => panic!("{other:?} was read"),
    });
    host.purging(|target| match target {
        PurgeTarget::Url(_) => Err(Failure {
            upstream: Some("varnish".into()),
            status: Some(400),
            ..Failure::unavailable("this Varnish cannot purge by URL")
        }),
        _ => Ok(PurgeResult { id: None, provider: "varnish".into(), previewed: false }),
    })
}

fn urls(paths: &[&str]) -> Value {
    json!({"urls": paths.iter().map(|path| format!("https://shop.example/{path}")).collect::<Vec<_>>()})
}

#[test]
fn where_a_cache_takes_tags_alone_what_a_page_shows_is_purged() {
    let host = behind_stock_varnish();
    let paths = ["tent.html?x=1", "women/tent.html", "women.html", ""];
    let answer = call(&host, "purge_by_url", &urls(&paths)).unwrap();
    assert_eq!(
        answer["message"],
        "purged 3 of 4 pages from varnish; it takes no purge by URL, so all pages in all store \
         views that show product 7, category 3 were purged"
    );
    let results = answer["results"].as_array().unwrap();
    let via: Vec<_> = results.iter().map(|one| (&one["success"], &one["via"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    let (product, category) = (&json!("product 7"), &json!("category 3"));
    assert_eq!(via, [(yes, product), (yes, product), (yes, category), (no, &Value::Null)]);
    let error = results[3]["error"].as_str().unwrap();
    assert!(error.contains("it shows a CMS page") && error.contains("cache:clean"), "{error}");
    // Each thing once, however many of its pages were named.
    assert_eq!(host.purges()[paths.len()..], [PurgeTarget::Product(7), PurgeTarget::Category(3)]);
}

#[test]
fn what_is_not_clearly_a_product_or_a_category_is_left_and_told_why() {
    for (path, why) in [
        ("nothing.html", "the store knows nothing at this address"),
        ("old.html", "it redirects (301) to `tent.html`: give that address"),
        ("two.html", "it shows product 7 in one store view and category 3 in another"),
        ("", "it shows a CMS page"),
    ] {
        let host = behind_stock_varnish();
        let failure = call(&host, "purge_by_url", &urls(&[path])).unwrap_err();
        assert_eq!(failure.code, FailureCode::Unavailable);
        assert!(failure.message.ends_with(why), "{}", failure.message);
        assert!(failure.remedy.unwrap().contains("cache_purge_product"));
        assert_eq!(host.purges().len(), 1);
    }
}

#[test]
fn a_refusal_of_the_hosts_own_asks_the_store_nothing() {
    let host = Host::offline();
    let failure = call(&host, "purge_by_url", &urls(&["tent.html"])).unwrap_err();
    assert_eq!(failure.message, "no cache is configured");
    assert!(host.reads().is_empty());
}
