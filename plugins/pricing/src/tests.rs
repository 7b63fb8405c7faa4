//! What would be sent, held against recorded exchanges where there are any.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;
use souk_sdk::testing::{Host, SentRequest};

use crate::pricing;

/// A store with these products; `price` is kept at this level.
fn store(scope: &'static str, products: Vec<Value>) -> Host {
    Host::answering(answers(scope, products))
}

fn answers(scope: &'static str, products: Vec<Value>) -> impl Fn(&Read) -> Result<Value, Failure> {
    move |read| {
        Ok(match read.route.template.as_str() {
            "/V1/products" => {
                let value = |name: &str| {
                    let binding = read.query.iter().find(|binding| binding.name == name);
                    binding.map(|binding| match &binding.value {
                        BindingSource::Text(text) => text.as_str(),
                        other => panic!("{other:?}"),
                    })
                };
                let wanted = value("searchCriteria[filter_groups][0][filters][0][value]");
                let wanted: Vec<&str> = wanted.unwrap_or_default().split(',').collect();
                let fits = |p: &&Value| {
                    wanted.contains(&p["sku"].as_str().unwrap())
                        || wanted.contains(&&*p["id"].to_string())
                };
                let items: Vec<&Value> = products.iter().filter(fits).collect();
                json!({"items": items, "total_count": items.len()})
            }
            "/V1/products/{sku}" => {
                let BindingSource::Text(sku) = &read.path[0].value else { panic!("no sku") };
                products.iter().find(|product| product["sku"] == **sku).unwrap().clone()
            }
            "/V1/products/attributes/{attributeCode}" => json!({"scope": scope}),
            "/V1/store/websites" => json!([{"id": 1, "code": "base", "default_group_id": 1}]),
            "/V1/store/storeGroups" => {
                json!([{"id": 1, "code": "main", "website_id": 1, "default_store_id": 1}])
            }
            "/V1/store/storeViews" => json!([
                {"id": 1, "code": "default", "website_id": 1, "store_group_id": 1},
                {"id": 2, "code": "de", "website_id": 1, "store_group_id": 1}
            ]),
            other => panic!("{other} was read"),
        })
    }
}

/// A store whose only product is another in its views than globally.
fn scoped(scope: &'static str, here: Value, global: Value) -> Host {
    let (views, all) = (answers(scope, vec![here]), answers(scope, vec![global]));
    Host::answering(move |read| match read.view {
        StoreView::Global => all(read),
        _ => views(read),
    })
}

fn product(sku: &str, custom: &[(&str, &str)]) -> Value {
    let custom: Vec<Value> = custom
        .iter()
        .map(|(code, value)| json!({"attribute_code": code, "value": value}))
        .collect();
    json!({
        "id": 47, "sku": sku, "name": sku, "type_id": "simple", "price": 20,
        "custom_attributes": custom
    })
}

fn prepare(host: &Host, updates: &Value, scope: &Value) -> Result<Value, Failure> {
    let arguments =
        json!({"match": {"sku_list": ["DR-1"]}, "price_updates": updates, "scope": scope});
    host.call(&pricing(), "prepare_bulk_price_update", &arguments)
}

/// What would be sent for the only change, and what would be sent to undo it.
fn sent(host: &Host) -> (Vec<SentRequest>, Vec<SentRequest>) {
    let proposed = host.proposed().pop().unwrap();
    let [change] = &proposed.changes[..] else { panic!("{:?}", proposed.changes) };
    let review = host.review(&proposed, change);
    (host.sent(change), host.sent_to_undo(change, &review))
}

fn put(path: &str, product: &Value) -> SentRequest {
    SentRequest { method: "PUT", path: path.to_owned(), body: json!({ "product": product }) }
}

fn custom(code: &str, value: &Value) -> Value {
    json!({"custom_attributes": [{"attribute_code": code, "value": value}]})
}

#[test]
fn global_prices_go_to_all_numbers_and_texts_where_each_belongs() {
    let host = store("global", vec![product("DR-1", &[])]);
    let updates = json!({
        "price": "19.90", "special_price": 9.5,
        "special_from_date": "2027-06-01", "special_to_date": "2098-12-31"
    });
    let answer = prepare(&host, &updates, &json!({"scope": "global"})).unwrap();
    let expected = json!({
        "price": 19.9,
        "custom_attributes": [
            {"attribute_code": "special_price", "value": "9.500000"},
            {"attribute_code": "special_to_date", "value": "2098-12-31 00:00:00"},
            {"attribute_code": "special_from_date", "value": "2027-06-01 00:00:00"},
        ]
    });
    assert_eq!(sent(&host).0, [put("/rest/all/V1/products/DR-1", &expected)]);
    assert_eq!(answer["plan_id"], "plan_test");
    assert_eq!(answer["affected_count"], 1);
    assert_eq!(answer["warnings"], json!([]));
    let sample = json!({"subject": "DR-1", "field": "price", "before": 20, "after": 19.9});
    assert_eq!(answer["sample_diffs"][0], sample);
}

/// Where prices are kept per website a save at a view does not see an inherited special price, and
/// dates no sale.
#[test]
fn a_price_of_a_website_leaves_an_inherited_sale_alone() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2027-06-01 00:00:00")];
    let host = store("website", vec![product("DR-1", &sale)]);
    let answer = prepare(&host, &json!({"price": 18}), &json!({"website_code": "base"})).unwrap();
    let path = "/rest/default/V1/products/DR-1";
    assert_eq!(sent(&host).0, [put(path, &json!({"price": 18}))]);
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("every store view of the website `base`: default, de"), "{warnings}");
    assert!(host.proposed()[0].intent.lookup.inherits);
}

/// `special_from_drift.jsonl`, `put-de-with-sp-and-from`: a date that stands there already is taken
/// for inherited, and today takes its place; in another form (`repair-de-different-date`) it stays.
#[test]
fn a_sale_of_a_website_goes_with_its_date_and_leaves_none_behind() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2027-06-01 00:00:00")];
    let host = store("website", vec![product("DR-1", &sale)]);
    let answer = prepare(&host, &json!({"special_price": 8}), &json!({"store_view_code": "de"}));
    let path = "/rest/de/V1/products/DR-1";
    let both = |price: Value, from: Value| {
        put(
            path,
            &json!({"custom_attributes": [
                {"attribute_code": "special_price", "value": price},
                {"attribute_code": "special_from_date", "value": from},
            ]}),
        )
    };
    assert_eq!(sent(&host).0, [both(json!("8.000000"), json!("2027-06-01"))]);
    let warnings = answer.unwrap()["warnings"].to_string();
    assert!(warnings.contains("its `special_from_date` goes along"), "{warnings}");
    assert!(!warnings.contains("`plans_undo` leaves"), "{warnings}");
}

#[test]
fn a_beginning_that_is_asked_for_goes_along() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2027-06-01 00:00:00")];
    let host = store("website", vec![product("DR-1", &sale)]);
    let updates = json!({"price": 18, "special_from_date": "2027-06-02"});
    prepare(&host, &updates, &json!({"store_view_code": "de"})).unwrap();
    let body = json!({"price": 18, "custom_attributes": [
        {"attribute_code": "special_from_date", "value": "2027-06-02 00:00:00"}
    ]});
    assert_eq!(sent(&host).0, [put("/rest/de/V1/products/DR-1", &body)]);
}

/// `live2`, recordings 57 to 60: null takes a website's own special price away, and no other.
#[test]
fn a_website_does_not_end_a_global_sale_by_clearing_and_is_told_how() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2026-01-02 00:00:00")];
    let host = store("website", vec![product("DR-1", &sale)]);
    let ended = prepare(&host, &json!({"special_price": null}), &json!({"website_code": "base"}));
    let failure = ended.unwrap_err();
    assert!(
        failure.message.contains("no special price of its own in website base")
            && failure.message.contains("`9.500000`"),
        "{}",
        failure.message
    );
    assert!(failure.remedy.unwrap().contains("set `special_to_date` there"));
    // With one of its own, that goes, and what shows then is said.
    let mut here = product("DR-1", &sale);
    here["custom_attributes"][0]["value"] = json!("7.000000");
    let host = scoped("website", here, product("DR-1", &sale));
    let answer = prepare(&host, &json!({"special_price": null}), &json!({"website_code": "base"}));
    let warnings = answer.unwrap()["warnings"].to_string();
    assert!(warnings.contains("does not end the sale there"), "{warnings}");
}

/// A day that the store set goes with the sale that it is of.
#[test]
fn undoing_a_sale_takes_the_day_away_that_the_store_gave_it() {
    let host = store("global", vec![product("DR-1", &[])]);
    prepare(&host, &json!({"special_price": 9.5}), &json!({"scope": "global"})).unwrap();
    let back = json!({"custom_attributes": [
        {"attribute_code": "special_price", "value": null},
        {"attribute_code": "special_from_date", "value": null},
    ]});
    assert_eq!(sent(&host).1, [put("/rest/all/V1/products/DR-1", &back)]);
}

/// `products_put.jsonl`, `put-special-clear-null`; an empty text would make it 0.
#[test]
fn a_sale_is_ended_with_null_and_undone_with_what_was() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2026-01-02 00:00:00")];
    let host = store("global", vec![product("DR-1", &sale)]);
    prepare(&host, &json!({"special_price": null}), &json!({"scope": "global"})).unwrap();
    let path = "/rest/all/V1/products/DR-1";
    let (forward, back) = sent(&host);
    assert_eq!(forward, [put(path, &custom("special_price", &json!(null)))]);
    assert_eq!(back, [put(path, &custom("special_price", &json!("9.500000")))]);
}

/// `products_put.jsonl`, `put-special-dates-null`: the store dates the sale itself.
#[test]
fn a_sale_without_a_beginning_is_refused_or_told() {
    let sale = [("special_price", "9.500000"), ("special_from_date", "2027-06-01 00:00:00")];
    let host = store("global", vec![product("DR-1", &sale)]);
    let global = json!({"scope": "global"});
    let refused = prepare(&host, &json!({"special_from_date": null}), &global).unwrap_err();
    assert!(refused.message.contains("begins a sale without"), "{}", refused.message);
    let host = store("global", vec![product("DR-1", &[])]);
    let answer = prepare(&host, &json!({"special_price": 25}), &global).unwrap();
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("the store sets it to today"), "{warnings}");
    assert!(warnings.contains("not below the price"), "{warnings}");
}

/// `products_put.jsonl`, `put-de-price`: with global prices it overwrites the global one.
#[test]
fn a_global_price_is_not_written_at_a_part_of_the_store() {
    for scope in [json!({"store_view_code": "de"}), json!({"website_code": "base"})] {
        let host = store("global", vec![product("DR-1", &[])]);
        let failure = prepare(&host, &json!({"price": 1}), &scope).unwrap_err();
        assert!(failure.message.contains("keeps `price` globally"), "{}", failure.message);
        assert!(host.proposed().is_empty());
    }
}

#[test]
fn a_write_says_where_it_goes_and_what_it_is_about() {
    let host = store("global", vec![product("DR-1", &[])]);
    let nowhere = prepare(&host, &json!({"price": 1}), &json!({})).unwrap_err();
    assert_eq!(nowhere.argument.as_deref(), Some("/scope"));
    let call = |matching: Value| {
        let arguments =
            json!({"match": matching, "price_updates": {"price": 1}, "scope": {"scope": "global"}});
        host.call(&pricing(), "prepare_bulk_price_update", &arguments).unwrap_err()
    };
    for empty in [json!({}), json!({"attribute_filters": {}}), json!({"sku_list": []})] {
        assert!(call(empty).message.contains("whole catalogue"));
    }
    let unknown = call(json!({"sku_list": ["DR-1", "NOPE"]}));
    assert!(unknown.message.contains("no product `NOPE`"), "{}", unknown.message);
    assert_eq!(unknown.code, FailureCode::ValidationError);
}

#[test]
fn products_without_a_price_of_their_own_are_left_out() {
    let mut bundle = product("SET", &[]);
    bundle["type_id"] = json!("bundle");
    bundle["id"] = json!(48);
    let host = store("global", vec![product("DR-1", &[]), bundle]);
    let call = |skus: Value| {
        let arguments = json!({
            "match": {"sku_list": skus}, "price_updates": {"price": 1},
            "scope": {"scope": "global"}
        });
        host.call(&pricing(), "prepare_bulk_price_update", &arguments)
    };
    let answer = call(json!(["DR-1", "SET"])).unwrap();
    assert_eq!(answer["affected_count"], 1);
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.contains("1 of 2 products") && warning.contains("`SET`"), "{warning}");
    assert!(call(json!(["SET"])).unwrap_err().message.contains("no price of their own"));
}

#[test]
fn a_bundle_with_a_fixed_price_takes_a_price_and_no_special_one() {
    let mut bundle = product("DR-1", &[("price_type", "1")]);
    bundle["type_id"] = json!("bundle");
    let host = store("global", vec![bundle]);
    let globally = json!({"scope": "global"});
    let answer = prepare(&host, &json!({"price": 99}), &globally).unwrap();
    assert_eq!(answer["affected_count"], 1);
    for sale in [json!({"special_price": 9}), json!({"price": 99, "special_price": 9})] {
        let failure = prepare(&host, &sale, &globally).unwrap_err();
        assert!(failure.message.contains("is a percentage"), "{failure:?}");
    }
}

#[test]
fn subjects_are_looked_up_where_they_are_written() {
    let host = store("website", vec![product("DR-1", &[])]);
    prepare(&host, &json!({"price": 1}), &json!({"store_view_code": "de"})).unwrap();
    let lookup = &host.proposed()[0].intent.lookup;
    assert_eq!(lookup.one.view, StoreView::View("de".to_owned()));
    let many = lookup.many.as_ref().unwrap();
    assert_eq!(many.read.view, lookup.one.view);
    assert_eq!(many.ids, "searchCriteria[filter_groups][0][filters][0][value]");
}
