use souk_sdk::testing::Host;

use super::*;

#[test]
fn the_store_is_listed_as_it_answers() {
    let host =
        Host::answering(|read| Ok(json!([{"code": read.route.template, "more": {"x": []}}])));
    let host = host.logged_in();
    host.call(&scope(), "set_default", &json!({"store_view_code": "de"})).unwrap();
    let answer = host.call(&scope(), "list_websites_stores", &json!({})).unwrap();
    for (field, route) in [
        ("websites", "/V1/store/websites"),
        ("store_groups", "/V1/store/storeGroups"),
        ("store_views", "/V1/store/storeViews"),
        ("store_configs", "/V1/store/storeConfigs"),
    ] {
        assert_eq!(answer[field], json!([{"code": route, "more": {"x": []}}]));
    }
    assert_eq!(answer["default_scope"], "de");
    assert!(host.reads().iter().all(|read| read.view == StoreView::Global));
}

#[test]
fn one_part_that_cannot_be_read_fails_the_whole() {
    let host = Host::answering(|read| match read.route.template.as_str() {
        "/V1/store/storeConfigs" => Err(Failure::unavailable("no")),
        _ => Ok(json!([])),
    });
    assert!(host.call(&scope(), "list_websites_stores", &json!({})).is_err());
}

#[test]
fn the_default_scope_is_the_sessions() {
    let host = Host::offline().logged_in();
    let answer = host.call(&scope(), "set_default", &json!({"store_view_code": "b2b_en"})).unwrap();
    assert_eq!(answer["store_view_code"], "b2b_en");
    assert_eq!(answer["default_scope"], "b2b_en");
    assert_eq!(answer["auth_method"], "admin_token");
    let nobody = Host::offline();
    assert!(nobody.call(&scope(), "set_default", &json!({"store_view_code": "de"})).is_err());
}
