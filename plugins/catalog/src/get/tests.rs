use souk_sdk::testing::Host;

use super::*;
use crate::catalog;

#[test]
fn the_product_is_passed_on_as_it_is() {
    let product = json!({"sku": "a/b", "unheard_of": [1], "price": 19.990, "weight": null});
    let answer = product.clone();
    let host = Host::answering(move |_| Ok(answer.clone()));
    assert_eq!(host.call(&catalog(), "get_product", &json!({"sku": "a/b"})), Ok(product));
    let read = &host.reads()[0];
    assert_eq!(read.route.template, "/V1/products/{sku}");
    assert_eq!(read.path[0].value, BindingSource::Text("a/b".to_owned()));
    assert_eq!(read.view, StoreView::SessionDefault);
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
