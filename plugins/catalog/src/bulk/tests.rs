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
fn store(count: u64, product: impl Fn(u64) -> Value + 'static) -> Host {
    let products: Vec<Value> = (1..=count).map(product).collect();
    Host::answering(move |read| {
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
            "/V1/categories/list" => json!({"items": [{"id": 3}, {"id": 4}, {"id": 12}]}),
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
    })
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
        {"position": 0, "category_id": "3"}, {"position": 5, "category_id": "4"}
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
        "attribute_filters": {"color": 5, "price": {"from": 10}}
    });
    let global = json!({"scope": "global"});
    let answer = prepare(&host, &matching, &json!({"name": "New"}), &global).unwrap();
    assert_eq!(answer["affected_count"], 450);
    let searches: Vec<Vec<String>> = host.reads().iter().map(filters).collect();
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
