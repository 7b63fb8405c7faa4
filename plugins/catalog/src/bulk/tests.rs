use souk_sdk::core::Read;
use souk_sdk::testing::{Host, SentRequest};

use super::*;
use crate::catalog;

/// The filters of a search, as `field condition value`.
fn filters(read: &Read) -> Vec<String> {
    let mut filters: Vec<[String; 3]> = Vec::new();
    for binding in &read.query {
        let BindingSource::Text(value) = &binding.value else { panic!("not a text") };
        if !binding.name.contains("[filters]") {
            continue;
        }
        match binding.name.rsplit('[').next().unwrap() {
            "field]" => filters.push([value.clone(), String::new(), String::new()]),
            "value]" => filters.last_mut().unwrap()[2].clone_from(value),
            _ => filters.last_mut().unwrap()[1].clone_from(value),
        }
    }
    filters.iter().map(|filter| filter.join(" ")).collect()
}

/// A store of so many products, which knows `sku`, `entity_id` and pages of 200.
fn store(count: u64, product: impl Fn(u64) -> Value) -> Host {
    Host::answering(answers((1..=count).map(product).collect()))
}

fn answers(products: Vec<Value>) -> impl Fn(&Read) -> Result<Value, Failure> {
    move |read| {
        Ok(match read.route.template.as_str() {
            "/V1/products" => {
                let mut items: Vec<&Value> = products.iter().collect();
                for filter in filters(read) {
                    let (field, rest) = filter.split_once(' ').unwrap();
                    let (condition, value) = rest.split_once(' ').unwrap();
                    let wanted: Vec<&str> = value.split(',').collect();
                    items.retain(|item| match (field, condition) {
                        ("sku", "in") => wanted.contains(&item["sku"].as_str().unwrap()),
                        ("sku", "eq") => item["sku"].as_str().unwrap() == value,
                        ("entity_id", "gt") => item["id"].as_u64() > value.parse().ok(),
                        ("entity_id", "in") => wanted.contains(&&*item["id"].to_string()),
                        _ => true,
                    });
                }
                let total = items.len();
                items.truncate(200);
                json!({"items": items, "total_count": total})
            }
            "/V1/products/{sku}" => {
                let BindingSource::Text(sku) = &read.path[0].value else { panic!("no sku") };
                products.iter().find(|product| product["sku"] == **sku).unwrap().clone()
            }
            "/V1/categories/list" if filters(read)[0].starts_with("url_key") => {
                let entry = json!([{"attribute_code": "url_key", "value": "sale"}]);
                json!({"items": [{"id": 9, "name": "Sale", "custom_attributes": entry}]})
            }
            "/V1/categories/list" => json!({"items": [{"id": 3}, {"id": 4}, {"id": 12}]}),
            "/V1/store/websites" => json!([{"id": 1, "code": "base", "default_group_id": 1}]),
            "/V1/store/storeGroups" => {
                json!([{"id": 1, "code": "main", "website_id": 1, "default_store_id": 1}])
            }
            "/V1/store/storeViews" => json!([
                {"id": 1, "code": "default", "website_id": 1, "store_group_id": 1},
                {"id": 2, "code": "de", "website_id": 1, "store_group_id": 1}
            ]),
            "/V1/products/attributes/{attributeCode}" => json!({
                "scope": "global", "frontend_input": "select", "backend_type": "int",
                "options": [{"value": "", "label": " "}, {"value": "5", "label": "Blue"}]
            }),
            other => panic!("{other} was read"),
        })
    }
}

fn plain(id: u64) -> Value {
    json!({
        "id": id, "sku": format!("P-{id}"), "name": "Old", "type_id": "simple", "status": 1,
        "price": 20, "extension_attributes": [],
        "custom_attributes": [{"attribute_code": "url_key", "value": format!("p-{id}")}]
    })
}

fn prepare(
    host: &Host,
    matching: &Value,
    updates: &Value,
    scope: &Value,
) -> Result<Value, Failure> {
    let arguments = json!({"match": matching, "updates": updates, "scope": scope});
    host.call(&catalog(), "prepare_bulk_update", &arguments)
}

/// What would be sent for the only change, and to undo it.
fn sent(host: &Host) -> (Vec<SentRequest>, Vec<SentRequest>) {
    let proposed = host.proposed().pop().unwrap();
    let [change] = &proposed.changes[..] else { panic!("{:?}", proposed.changes) };
    let review = host.review(&proposed, change);
    (host.sent(change), host.sent_to_undo(change, &review))
}

fn put(view: &str, product: &Value) -> SentRequest {
    SentRequest {
        method: "PUT",
        path: format!("/rest/{view}/V1/products/P-1"),
        body: json!({ "product": product }),
    }
}

fn one() -> Value {
    json!({"sku_list": ["P-1"]})
}

/// `products_put.jsonl`, `put-de-name`, and `put-all-name`.
#[test]
fn a_body_has_each_attribute_where_magento_keeps_it() {
    let updates = json!({"name": "Theta Kugel", "description": "<p>Deutsch</p>"});
    let body = json!({
        "name": "Theta Kugel",
        "custom_attributes": [{"attribute_code": "description", "value": "<p>Deutsch</p>"}]
    });
    for (scope, view) in
        [(json!({"store_view_code": "de"}), "de"), (json!({"scope": "global"}), "all")]
    {
        let host = store(1, plain);
        prepare(&host, &one(), &updates, &scope).unwrap();
        assert_eq!(sent(&host), (vec![put(view, &body)], vec![]));
    }
}

fn linked(links: &'static str) -> impl Fn(u64) -> Value {
    move |id| {
        let mut product = plain(id);
        let links: Vec<Value> = serde_json::from_str(links).unwrap();
        product["extension_attributes"] = json!({ "category_links": links });
        product
    }
}

fn links(value: &Value) -> Value {
    json!({"extension_attributes": {"category_links": value}})
}

/// `products_put.jsonl`, `put-categories-replace`: links merge, so what goes has to be cleared.
#[test]
fn categories_are_replaced_and_keep_their_positions() {
    let host = store(
        1,
        linked(
            r#"[{"position": 5, "category_id": "4"},
        {"position": 1, "category_id": "7"}]"#,
        ),
    );
    let updates = json!({"category_ids": [12, 4]});
    prepare(&host, &one(), &updates, &json!({"scope": "global"})).unwrap();
    let wanted = json!([
        {"position": 5, "category_id": "4"}, {"position": 0, "category_id": "12"}
    ]);
    let before = json!([
        {"position": 5, "category_id": "4"}, {"position": 1, "category_id": "7"}
    ]);
    let clear = put("all", &links(&json!([])));
    let (forward, back) = sent(&host);
    assert_eq!(forward, [clear.clone(), put("all", &links(&wanted))]);
    assert_eq!(back, [clear, put("all", &links(&before))]);
}

#[test]
fn categories_that_are_only_added_or_all_taken_away_need_one_request() {
    let global = json!({"scope": "global"});
    let only_4 = r#"[{"position": 5, "category_id": "4"}]"#;
    let host = store(1, linked(only_4));
    prepare(&host, &one(), &json!({"category_ids": ["3", "4"]}), &global).unwrap();
    let wanted = json!([
        {"position": 5, "category_id": "4"}, {"position": 0, "category_id": "3"}
    ]);
    assert_eq!(sent(&host).0, [put("all", &links(&wanted))]);

    let host = store(1, linked(only_4));
    prepare(&host, &one(), &json!({"category_ids": []}), &global).unwrap();
    let (forward, back) = sent(&host);
    assert_eq!(forward, [put("all", &links(&json!([])))]);
    let before = json!([{"position": 5, "category_id": "4"}]);
    assert_eq!(back.last(), Some(&put("all", &links(&before))));

    let host = store(1, linked(only_4));
    let unknown = prepare(&host, &one(), &json!({"category_ids": [4, 99]}), &global);
    assert!(unknown.unwrap_err().message.contains("no category 99"));
}

#[test]
fn what_is_kept_elsewhere_is_refused_with_the_reason() {
    let host = store(1, plain);
    for (updates, scope, says) in [
        (json!({"name": "x"}), json!({"website_code": "base"}), "keeps `name` per store view"),
        (json!({"weight": 2}), json!({"store_view_code": "de"}), "keeps `weight` globally"),
        (json!({"category_ids": [4]}), json!({"store_view_code": "de"}), "globally"),
        (json!({"name": "x"}), json!({"store_code": "main"}), "no values for the store `main`"),
    ] {
        let failure = prepare(&host, &one(), &updates, &scope).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(failure.remedy.is_some());
    }
    // `store_scope_side_effects.jsonl`, `put-de-status2`.
    let answer = prepare(&host, &one(), &json!({"status": 2}), &json!({"store_view_code": "de"}));
    assert!(answer.unwrap()["warnings"][0].as_str().unwrap().contains("every store view"));
}

/// `products_put.jsonl`, `put-de-null-reset` and `put-de-emptystring`.
#[test]
fn a_value_of_a_view_is_cleared_to_the_global_one_or_emptied() {
    for (value, sent_value) in [(json!(null), json!(null)), (json!(""), json!(""))] {
        let host = store(1, |id| {
            let mut product = plain(id);
            let entry = json!({"attribute_code": "meta_title", "value": "global"});
            product["custom_attributes"].as_array_mut().unwrap().push(entry);
            product
        });
        let updates = json!({"meta_title": value, "name": "x"});
        prepare(&host, &one(), &updates, &json!({"store_view_code": "de"})).unwrap();
        let (forward, back) = sent(&host);
        let entry = |value: &Value| json!([{"attribute_code": "meta_title", "value": value}]);
        let body = json!({"custom_attributes": entry(&sent_value), "name": "x"});
        assert_eq!(forward, [put("de", &body)]);
        let body = json!({"custom_attributes": entry(&json!("global")), "name": "Old"});
        assert_eq!(back, [put("de", &body)]);
        let review = host.review(&host.proposed()[0], &host.proposed()[0].changes[0]);
        let expected = if value.is_null() { json!("global") } else { Value::Null };
        assert_eq!(review[0].after, expected);
    }
}

#[test]
fn nothing_limits_how_many_are_found_and_all_conditions_narrow() {
    let host = store(450, plain);
    let matching = json!({
        "sku_prefix": "P-", "category_id": "7",
        "attribute_filters": {"color": "blue", "price": {"from": 10}}
    });
    let global = json!({"scope": "global"});
    let answer = prepare(&host, &matching, &json!({"name": "New"}), &global).unwrap();
    assert_eq!(answer["affected_count"], 450);
    let reads = host.reads();
    let searches = reads.iter().filter(|read| read.route.template == "/V1/products");
    let searches: Vec<Vec<String>> = searches.map(filters).collect();
    let narrow = ["sku like P-%", "category_id eq 7", "color eq 5", "price from 10"];
    assert_eq!(searches[0], narrow);
    assert_eq!(searches[1], [&narrow[..], &["entity_id gt 200"]].concat());
    assert_eq!(searches.len(), 3);
}

#[test]
fn skus_are_taken_as_they_are_written() {
    let host = store(2, |id| {
        let mut product = plain(id);
        product["sku"] = json!(if id == 1 { "LAB,COMMA" } else { "LAB_UNDER" });
        product
    });
    let matching = json!({"sku_list": ["LAB,COMMA", "LAB_UNDER", "LAB_UNDER"]});
    let global = json!({"scope": "global"});
    let answer = prepare(&host, &matching, &json!({"name": "New"}), &global).unwrap();
    assert_eq!(answer["affected_count"], 2);
    assert!(host.reads().iter().any(|read| filters(read) == ["sku eq LAB,COMMA"]));
}

#[test]
fn what_already_is_as_wished_is_left_out() {
    let host = store(3, |id| {
        let mut product = plain(id);
        product["name"] = json!(if id == 2 { "New" } else { "Old" });
        product
    });
    let matching = json!({"sku_list": ["P-1", "P-2", "P-3"]});
    let global = json!({"scope": "global"});
    let answer = prepare(&host, &matching, &json!({"name": "New"}), &global).unwrap();
    assert_eq!(answer["affected_count"], 2);
}

#[test]
fn an_option_that_there_is_not_is_refused_with_those_there_are() {
    let host = store(3, plain);
    let matching = json!({"attribute_filters": {"color": "Blau"}});
    let global = json!({"scope": "global"});
    let failure = prepare(&host, &matching, &json!({"name": "New"}), &global).unwrap_err();
    assert!(failure.message.contains("`color` has no option \"Blau\""), "{}", failure.message);
    assert_eq!(failure.remedy.as_deref(), Some("its options are Blue (5)"));
    assert_eq!(failure.argument.as_deref(), Some("/match/attribute_filters/color"));
}

#[test]
fn one_url_key_is_one_products() {
    let global = json!({"scope": "global"});
    let key = |key: &str| json!({ "url_key": key });
    let host = store(3, plain);
    for (matching, wanted, says) in [
        (json!({"sku_list": ["P-1", "P-2"]}), "new", "`P-1` and `P-2` would both get it"),
        (json!({"sku_list": ["P-1"]}), "p-2", "`P-2` has it"),
        (json!({"sku_list": ["P-1"]}), "sale", "the category `Sale` has it"),
    ] {
        let failure = prepare(&host, &matching, &key(wanted), &global).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
        assert_eq!(failure.argument.as_deref(), Some("/updates/url_key"));
    }
    assert!(host.proposed().is_empty());
    prepare(&host, &one(), &key("new"), &global).unwrap();
    // Its own is no collision.
    let answer = prepare(&host, &one(), &json!({"url_key": "p-1", "name": "New"}), &global);
    assert_eq!(answer.unwrap()["affected_count"], 1);
}

fn of_type(kind: &'static str) -> impl Fn(u64) -> Value {
    move |id| {
        let mut product = plain(id);
        if id == 2 {
            product["type_id"] = json!(kind);
        }
        product
    }
}

/// `live2`, recording 52: 200, and the weight stays 0.
#[test]
fn what_magento_ignores_by_type_is_refused_by_name() {
    let global = json!({"scope": "global"});
    let both = json!({"sku_list": ["P-1", "P-2"]});
    for (kind, updates, says) in [
        ("bundle", json!({"weight": 3}), "`weight` for `P-2`"),
        ("grouped", json!({"weight": 3, "name": "x"}), "`weight` for `P-2`"),
        ("configurable", json!({"price": 3, "name": "x"}), "`price` for `P-2`"),
    ] {
        let host = store(2, of_type(kind));
        let failure = prepare(&host, &both, &updates, &global).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(failure.remedy.is_some() && host.proposed().is_empty());
    }
    // What has a weight of its own takes one.
    let fixed = |id| {
        let mut product = of_type("bundle")(id);
        let entry = json!({"attribute_code": "weight_type", "value": "1"});
        product["custom_attributes"].as_array_mut().unwrap().push(entry);
        product
    };
    let answer = prepare(&store(2, fixed), &both, &json!({"weight": 3}), &global).unwrap();
    assert_eq!(answer["affected_count"], 2);
    // An amount that the host judges none of is the caller's.
    let host = store(2, of_type("simple"));
    for price in [json!(1_000_000_000_000_u64), json!("1000000000000")] {
        let failure = prepare(&host, &both, &json!({"price": price}), &global).unwrap_err();
        assert_eq!(failure.code, FailureCode::ValidationError);
        assert_eq!(failure.argument.as_deref(), Some("/updates/price"), "{failure:?}");
        assert!(failure.message.contains("an amount is below 1000000000000"), "{failure:?}");
    }
    // Left out of a change of nothing but prices, and named.
    let host = store(2, of_type("configurable"));
    let answer = prepare(&host, &both, &json!({"price": 3}), &global).unwrap();
    assert_eq!(answer["affected_count"], 1);
    assert!(answer["warnings"].to_string().contains("left out: `P-2`"), "{answer}");
}

/// A text that is empty in a view lasts until the next save there that does not send it again.
#[test]
fn what_is_empty_in_a_view_stays_so() {
    let mut global = plain(1);
    let entry = json!({"attribute_code": "description", "value": "<p>Global</p>"});
    global["custom_attributes"].as_array_mut().unwrap().push(entry);
    let (here, everywhere) = (answers(vec![plain(1)]), answers(vec![global]));
    let host = Host::answering(move |read| match read.view {
        StoreView::Global => everywhere(read),
        _ => here(read),
    });
    prepare(&host, &one(), &json!({"name": "x"}), &json!({"store_view_code": "de"})).unwrap();
    let entry = json!([{"attribute_code": "description", "value": ""}]);
    let body = json!({"custom_attributes": entry, "name": "x"});
    assert_eq!(sent(&host).0, [put("de", &body)]);
}

/// `live2`, `websites-of-changed-product`: 200, and nobody sees it.
#[test]
fn a_view_of_a_website_that_a_product_is_not_in_is_warned_of() {
    for (websites, says) in [
        (json!([2]), "it is not in the website it would change in"),
        (json!([]), "it is in no website"),
        (json!([1, 2]), ""),
    ] {
        let host = store(1, |id| {
            let mut product = plain(id);
            product["extension_attributes"] = json!({ "website_ids": websites });
            product
        });
        let german = json!({"store_view_code": "de"});
        prepare(&host, &one(), &json!({"name": "x"}), &german).unwrap();
        let proposed = host.proposed().pop().unwrap();
        let warnings = proposed.changes[0].warnings.join("; ");
        assert!(warnings.contains(says), "{warnings}");
        assert_eq!(says.is_empty(), !warnings.contains("nobody sees"), "{warnings}");
    }
}
