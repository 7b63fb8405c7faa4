//! What would be sent, held against `graphql.jsonl`, and what collides.

use souk_sdk::prelude::*;
use souk_sdk::testing::{Host, SentRequest};

use crate::seo;

/// Four products; `P-4` has a key of its own in `de`; a category `sale` at the top.
fn store() -> Host {
    let product = |id: u64, key: &str, sale: bool| {
        let mut custom = vec![json!({"attribute_code": "url_key", "value": key})];
        if sale {
            custom.push(json!({"attribute_code": "special_price", "value": "9.500000"}));
            let from = "2027-06-01 00:00:00";
            custom.push(json!({"attribute_code": "special_from_date", "value": from}));
        }
        json!({
            "id": id, "sku": format!("P-{id}"), "name": "n", "type_id": "simple",
            "custom_attributes": custom
        })
    };
    Host::answering(move |read| {
        let de = read.view == StoreView::View("de".to_owned());
        let products = [
            product(1, "gamma-hat", true),
            product(2, "beta", false),
            product(3, "beta-new", false),
            product(4, if de { "gamma-hut" } else { "delta" }, false),
        ];
        let filter = |group: u8, key: &str| {
            let name = format!("searchCriteria[filter_groups][{group}][filters][0][{key}]");
            let binding = read.query.iter().find(|binding| binding.name == name);
            binding.map_or(String::new(), |binding| match &binding.value {
                BindingSource::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            })
        };
        let wanted = filter(0, "value");
        let wanted: Vec<&str> = wanted.split(',').collect();
        let key = |item: &Value| item["custom_attributes"][0]["value"].as_str().unwrap().to_owned();
        Ok(match read.route.template.as_str() {
            "/V1/products" => {
                let fits = |item: &&Value| match &*filter(0, "field") {
                    "url_key" => wanted.contains(&&*key(item)),
                    "entity_id" => wanted.contains(&&*item["id"].to_string()),
                    _ => wanted.contains(&item["sku"].as_str().unwrap()),
                };
                let items: Vec<&Value> = products.iter().filter(fits).collect();
                json!({"items": items, "total_count": items.len()})
            }
            "/V1/categories/list" => {
                assert_eq!((&*filter(1, "field"), &*filter(1, "value")), ("level", "2"));
                let custom = json!([{"attribute_code": "url_key", "value": "sale"}]);
                let sale = json!({"id": 9, "name": "Sale", "custom_attributes": custom});
                match wanted.contains(&"sale") {
                    true => json!({"items": [sale], "total_count": 1}),
                    false => json!({"items": null, "total_count": 0}),
                }
            }
            "/V1/products/{sku}" => {
                let BindingSource::Text(sku) = &read.path[0].value else { panic!("no sku") };
                products.iter().find(|product| product["sku"] == **sku).unwrap().clone()
            }
            "/V1/products/attributes/{attributeCode}" => json!({"scope": "global"}),
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

fn prepare(host: &Host, skus: &[&str], transform: &Value, scope: &Value) -> Result<Value, Failure> {
    let arguments =
        json!({"match": {"sku_list": skus}, "url_key_transform": transform, "scope": scope});
    host.call(&seo(), "prepare_bulk_update_url_keys", &arguments)
}

fn global() -> Value {
    json!({"scope": "global"})
}

fn put(path: &str, custom: &[(&str, &str)]) -> SentRequest {
    let custom: Vec<Value> = custom
        .iter()
        .map(|(code, value)| json!({"attribute_code": code, "value": value}))
        .collect();
    let body = json!({"product": {"custom_attributes": custom}});
    SentRequest { method: "PUT", path: path.to_owned(), body }
}

fn sent(host: &Host) -> Vec<SentRequest> {
    let proposed = host.proposed().pop().unwrap();
    proposed.changes.iter().flat_map(|change| host.sent(change)).collect()
}

/// `chg-urlkey`.
#[test]
fn a_key_goes_where_magento_keeps_it_with_a_redirect_from_the_old_one() {
    let host = store();
    let answer = prepare(&host, &["P-2"], &json!({"suffix": "-2027"}), &global()).unwrap();
    let expected = [("url_key", "beta-2027"), ("save_rewrites_history", "1")];
    assert_eq!(sent(&host), [put("/rest/all/V1/products/P-2", &expected)]);
    assert_eq!(answer["changes"], json!([{"sku": "P-2", "from": "beta", "to": "beta-2027"}]));
    assert_eq!(answer["collisions"], json!([]));
    assert!(answer["warnings"].to_string().contains("redirects"));
    assert_eq!(answer["plan_id"], "plan_test");
}

/// `chg-urlkey-de`, for a product with a special price.
#[test]
fn a_key_of_a_view_leaves_the_sale_alone_and_is_undone_with_the_old_key() {
    let host = store();
    let transform = json!({"replace": {"search": "hat", "replacement": "kappe"}});
    prepare(&host, &["P-1"], &transform, &json!({"store_view_code": "de"})).unwrap();
    let path = "/rest/de/V1/products/P-1";
    // Written just as it stands, the date would be taken for inherited, and the sale begin today.
    let sale = ("special_from_date", "2027-06-01");
    let key = [("url_key", "gamma-kappe"), ("save_rewrites_history", "1"), sale];
    assert_eq!(sent(&host), [put(path, &key)]);
    let proposed = host.proposed().pop().unwrap();
    let rows = host.review(&proposed, &proposed.changes[0]);
    let key = [("save_rewrites_history", "1"), ("url_key", "gamma-hat"), sale];
    assert_eq!(host.sent_to_undo(&proposed.changes[0], &rows), [put(path, &key)]);
}

#[test]
fn what_would_collide_is_left_out_and_told() {
    let host = store();
    let answer = prepare(&host, &["P-1", "P-2"], &json!({"suffix": "-new"}), &global()).unwrap();
    let reason = "`P-3` has it";
    let collision = json!({"sku": "P-2", "url_key": "beta-new", "reason": reason});
    assert_eq!(answer["collisions"], json!([collision]));
    assert_eq!(answer["affected_count"], 1);
    for (skus, transform, reason) in [
        // Of another view.
        (&["P-1"][..], json!({"replace": {"search": "hat", "replacement": "hut"}}), "`P-4` has it"),
        // Of a category.
        (
            &["P-2"],
            json!({"replace": {"search": "beta", "replacement": "sale"}}),
            "category `Sale`",
        ),
        // Each other's.
        (
            &["P-2", "P-3"],
            json!({"replace": {"search": "-new", "replacement": ""}}),
            "`P-2` has it",
        ),
    ] {
        let failure = prepare(&store(), skus, &transform, &global()).unwrap_err();
        assert!(failure.message.contains(reason), "{}", failure.message);
    }
}

#[test]
fn a_transform_makes_keys_that_magento_keeps() {
    for (transform, says) in [
        (json!({}), "transforms nothing"),
        (json!({"prefix": "Größe-"}), "not a URL key"),
        (json!({"suffix": "-"}), "not a URL key"),
        (json!({"replace": {"search": "zzz", "replacement": "x"}}), "no key would change"),
    ] {
        let failure = prepare(&store(), &["P-2"], &transform, &global()).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(failure.argument.unwrap().starts_with("/url_key_transform"));
    }
}

/// `special_from_drift.jsonl`, `put-all` and `put-de-translation`.
#[test]
fn meta_data_is_set_at_once_or_as_a_plan_with_the_same_requests() {
    for action in ["bulk_update_meta", "prepare_bulk_update_meta"] {
        for (scope, view) in [(global(), "all"), (json!({"store_view_code": "de"}), "de")] {
            let host = store();
            let arguments = json!({
                "match": {"sku_list": ["P-1"]}, "meta_updates": {"meta_title": "x"}, "scope": scope
            });
            let answer = host.call(&seo(), action, &arguments).unwrap();
            let path = format!("/rest/{view}/V1/products/P-1");
            let mut expected = vec![("meta_title", "x")];
            if view == "de" {
                expected.push(("special_from_date", "2027-06-01"));
            }
            assert_eq!(sent(&host), [put(&path, &expected)]);
            if action == "bulk_update_meta" {
                assert_eq!(
                    (&answer["success_count"], &answer["error_count"]),
                    (&json!(1), &json!(0))
                );
                assert_eq!(answer["errors"], json!([]));
            }
        }
    }
}
