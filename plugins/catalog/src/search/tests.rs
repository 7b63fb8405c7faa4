use souk_sdk::testing::Host;

use crate::catalog;

use super::*;

fn store() -> Host {
    Host::answering(|read| {
        Ok(match read.route.template.as_str() {
            "/V1/products" => json!({
                "items": [{
                    "sku": "A",
                    "custom_attributes": [
                        {"attribute_code": "url_key", "value": "a"},
                        {"attribute_code": "description", "value": "long"},
                    ],
                }],
                "search_criteria": {"filter_groups": []},
                "total_count": 28,
            }),
            "/V1/store/websites" => json!([{"id": 2, "code": "b2b", "default_group_id": 2}]),
            "/V1/store/storeGroups" => {
                json!([{"id": 2, "code": "b2b_store", "default_store_id": 3}])
            }
            "/V1/store/storeViews" => json!([
                {"id": 3, "code": "b2b_en", "website_id": 2, "store_group_id": 2}
            ]),
            other => panic!("{other} was read"),
        })
    })
}

/// The last query, shortened: `sku eq A`, `sort entity_id ASC`, `pageSize 20`.
fn asked_for(arguments: &Value) -> Result<Vec<String>, Failure> {
    let host = store();
    host.call(&catalog(), "search_products", arguments)?;
    let mut said = Vec::new();
    let mut words = Vec::new();
    for binding in &host.reads().last().unwrap().query {
        let BindingSource::Text(value) = &binding.value else { panic!("not a text") };
        match binding.name.trim_end_matches(']').rsplit('[').next().unwrap() {
            "field" if binding.name.contains("sort") => words = vec!["sort", value],
            "field" => words = vec![value],
            "value" => words.push(value),
            "condition_type" => said.push([words[0], value, words[1]].join(" ")),
            "direction" => said.push([words[0], words[1], value].join(" ")),
            other => said.push([other, value].join(" ")),
        }
    }
    Ok(said)
}

const PAGE: [&str; 3] = ["sort entity_id ASC", "pageSize 20", "currentPage 1"];

#[test]
fn filters_say_what_they_mean() {
    for (filters, expected) in [
        (json!({}), vec![]),
        (json!({"sku": "A", "status": 1}), vec!["sku eq A", "status eq 1"]),
        (json!({"sku": ["A", "B"]}), vec!["sku in A,B"]),
        (json!({"featured": true}), vec!["featured eq 1"]),
        (json!({"name": {"value": "%Shirt%", "condition": "like"}}), vec!["name like %Shirt%"]),
        (json!({"sku": {"value": "A, B", "condition": "nin"}}), vec!["sku nin A,B"]),
        (json!({"price": {"from": 30, "to": 60.5}}), vec!["price from 30", "price to 60.5"]),
        (json!({"special_price": {"condition": "notnull"}}), vec!["special_price notnull 1"]),
        (json!({"id": {"value": 7, "condition": "gt"}}), vec!["entity_id gt 7"]),
    ] {
        let expected: Vec<_> = expected.into_iter().chain(PAGE).collect();
        assert_eq!(asked_for(&json!({"filters": filters})).unwrap(), expected);
    }
}

#[test]
fn what_magento_would_take_for_something_else_is_refused() {
    for (filters, argument, says) in [
        (json!({"sku": {"value": "A", "condition": "regexp"}}), "/filters/sku", "not a condition"),
        (json!({"sku": ["A", "B,C"]}), "/filters/sku", "holds a comma"),
        (json!({"sku": {"value": ["A"], "condition": "like"}}), "/filters/sku", "one value"),
        (json!({"sku": {"condition": "gt"}}), "/filters/sku", "needs a `value`"),
        (json!({"price": {"from": 1, "value": 2}}), "/filters/price", "stand alone"),
        (json!({"sku": {"vlaue": "A"}}), "/filters/sku", "unknown field `vlaue`"),
        (json!({"a b": 1}), "/filters/a b", "not a field's name"),
        (json!({"sku": vec!["0123456789"; 800]}), "/filters", "bytes long"),
    ] {
        let failure = asked_for(&json!({"filters": filters})).unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some(argument), "{filters}");
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let failure = asked_for(&json!({"fields": ["sku]"]})).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/fields"));
}

#[test]
fn a_sort_is_made_unique() {
    assert_eq!(
        asked_for(&json!({"sort_field": "name", "sort_direction": "DESC", "page_size": 5}))
            .unwrap(),
        ["sort name DESC", "sort entity_id ASC", "pageSize 5", "currentPage 1"]
    );
    let by_id = asked_for(&json!({"sort_field": "entity_id", "sort_direction": "DESC"}));
    assert_eq!(by_id.unwrap()[0], "sort entity_id DESC");
}

#[test]
fn a_website_limits_the_search_to_its_products() {
    let host = store();
    let arguments = json!({"scope": {"website_code": "b2b"}});
    host.call(&catalog(), "search_products", &arguments).unwrap();
    assert_eq!(host.reads().last().unwrap().view, StoreView::View("b2b_en".to_owned()));
    assert_eq!(asked_for(&arguments).unwrap()[0], "website_id eq 2");
}

#[test]
fn chosen_fields_may_be_custom_attributes() {
    let host = store();
    let arguments = json!({"fields": ["sku", "url_key"]});
    let answer = host.call(&catalog(), "search_products", &arguments).unwrap();
    assert_eq!(
        answer["items"],
        json!([{"sku": "A", "custom_attributes": [{"attribute_code": "url_key", "value": "a"}]}])
    );
    assert_eq!(answer["total_count"], 28);
    assert!(
        asked_for(&arguments).unwrap().contains(
            &"fields items[sku,custom_attributes],total_count,search_criteria".to_owned()
        )
    );
}
