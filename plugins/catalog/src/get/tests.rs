use souk_sdk::testing::Host;

use super::*;
use crate::catalog;

#[test]
fn the_product_is_passed_on_as_it_is() {
    let product = json!({"sku": "a/b", "unheard_of": [1], "price": 19.990, "weight": null});
    let answer = product.clone();
    let host = Host::answering(move |_| Ok(answer.clone()));
    let asked = json!({"sku": "a/b", "fields": ["*"]});
    assert_eq!(host.call(&catalog(), "get_product", &asked), Ok(product));
    let read = &host.reads()[0];
    assert_eq!(read.route.template, "/V1/products/{sku}");
    assert_eq!(read.path[0].value, BindingSource::Text("a/b".to_owned()));
    assert_eq!(read.view, StoreView::SessionDefault);
}

#[test]
fn what_tells_nobody_anything_is_left_out_unless_it_is_asked_for() {
    let attribute = |code: &str, value: Value| json!({"attribute_code": code, "value": value});
    let product = json!({
        "sku": "a",
        "weight": null,
        "options": [],
        "extension_attributes": {"category_links": [{"category_id": "12"}]},
        "custom_attributes": [
            attribute("small_image", json!("/a.jpg")),
            attribute("options_container", json!("container2")),
            attribute("category_ids", json!(["12"])),
            attribute("url_key", json!("a")),
            attribute("meta_title", json!("")),
        ],
    });
    let answers = |fields: Value| {
        let answer = product.clone();
        let host = Host::answering(move |_| Ok(answer.clone()));
        host.call(&catalog(), "get_product", &json!({"sku": "a", "fields": fields})).unwrap()
    };
    assert_eq!(
        answers(json!([])),
        json!({
            "sku": "a",
            "extension_attributes": {"category_links": [{"category_id": "12"}]},
            "custom_attributes": [attribute("url_key", json!("a"))],
        })
    );
    assert_eq!(
        answers(json!(["sku", "small_image"])),
        json!({"sku": "a", "custom_attributes": [attribute("small_image", json!("/a.jpg"))]})
    );
    assert_eq!(answers(json!(["*"])), product);
}

#[test]
fn it_is_read_in_the_view_that_the_scope_names() {
    for (scope, view) in [
        (json!({"store_view_code": "de"}), StoreView::View("de".to_owned())),
        (json!({"scope": "global"}), StoreView::Global),
        (json!({}), StoreView::SessionDefault),
    ] {
        let host = Host::answering(|_| Ok(json!({})));
        host.call(&catalog(), "get_product", &json!({"sku": "x", "scope": scope})).unwrap();
        assert_eq!(host.reads()[0].view, view);
    }
}

#[test]
fn an_unknown_sku_is_told_as_such() {
    let host = Host::answering(|_| {
        let mut failure = Failure::new(FailureCode::UpstreamError, "doesn't exist");
        failure.status = Some(404);
        failure.upstream = Some("magento".to_owned());
        Err(failure)
    });
    let failure = host.call(&catalog(), "get_product", &json!({"sku": "NOPE"})).unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
    assert_eq!(failure.message, "the store has no product with the sku `NOPE`");
    assert_eq!(failure.status, Some(404));
}
