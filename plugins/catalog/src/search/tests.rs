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
            "/V1/products/attributes/{attributeCode}" => {
                let BindingSource::Text(code) = &read.path[0].value else { panic!("no code") };
                return attribute(code, read.view == StoreView::View("de".to_owned()));
            }
            "/V1/products/types" => json!([
                {"name": "subscription", "label": "Subscription"},
                {"name": "giftcard", "label": "Gift Card"},
            ]),
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

/// Attributes of every type; one option has another name in the German view.
fn attribute(code: &str, german: bool) -> Result<Value, Failure> {
    let ball = if german { "Kugel" } else { "Ball" };
    Ok(match code {
        "brand" => json!({"frontend_input": "select", "backend_type": "int", "options": [
            {"value": "", "label": " "}, {"value": "4", "label": "Acme, Inc."},
            {"value": "5", "label": ball}, {"value": "7", "label": "5"}
        ]}),
        "material" => json!({"frontend_input": "multiselect", "backend_type": "text", "options": [
            {"value": "7", "label": "Wood"}, {"value": "8", "label": "Steel"}
        ]}),
        "outdoor" => json!({"frontend_input": "boolean", "backend_type": "int"}),
        "launched" => json!({"frontend_input": "date", "backend_type": "datetime"}),
        "height" => json!({"frontend_input": "text", "backend_type": "decimal"}),
        "own_code" => json!({"frontend_input": "text", "backend_type": "varchar"}),
        _ => {
            let failure = Failure::new(FailureCode::UpstreamError, "no such attribute");
            return Err(Failure { status: Some(404), ..failure });
        }
    })
}

/// The last query, shortened: `sku eq A`, `sort entity_id ASC`, `pageSize 20`; without the fields that a
/// list shows by itself.
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
            "fields" if arguments.get("fields").is_none() => {}
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
        (json!({"required_options": true}), vec!["required_options eq 1"]),
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
fn values_mean_what_they_mean_to_the_attribute() {
    let german = json!({"store_view_code": "de"});
    for (filters, expected) in [
        (json!({"brand": "acme, inc."}), vec!["brand eq 4"]),
        (json!({"brand": 5}), vec!["brand eq 5"]),
        // A text is a label before it is an id.
        (json!({"brand": "5"}), vec!["brand eq 7"]),
        (json!({"brand": ["Ball", 4]}), vec!["brand in 5,4"]),
        (json!({"brand": "Kugel"}), vec!["brand eq 5"]),
        (
            json!({"brand": {"value": ["Ball"], "condition": "nin"}}),
            vec!["brand null 1", "brand nin 5"],
        ),
        (json!({"material": "steel"}), vec!["material finset 8"]),
        (json!({"material": ["Wood", 8]}), vec!["material finset 7", "material finset 8"]),
        (
            json!({"material": {"value": ["Wood", "Steel"], "condition": "nin"}}),
            vec!["material null 1", "material nfinset 7", "material null 1", "material nfinset 8"],
        ),
        (
            json!({"outdoor": {"value": true, "condition": "neq"}}),
            vec!["outdoor null 1", "outdoor neq 1"],
        ),
        (
            json!({"launched": {"value": "2026-12-31", "condition": "neq"}}),
            vec![
                "launched null 1",
                "launched lt 2026-12-31 00:00:00",
                "launched gt 2026-12-31 23:59:59",
            ],
        ),
        (
            json!({"own_code": {"value": "x%", "condition": "nlike"}}),
            vec!["own_code null 1", "own_code nlike x%"],
        ),
        // What every product has.
        (json!({"category_id": {"value": 3, "condition": "neq"}}), vec!["category_id neq 3"]),
        (json!({"outdoor": "Yes"}), vec!["outdoor eq 1"]),
        (json!({"outdoor": false}), vec!["outdoor eq 0"]),
        (json!({"status": "Enabled"}), vec!["status eq 1"]),
        (json!({"visibility": "Catalog, Search"}), vec!["visibility eq 4"]),
        (json!({"type_id": "Configurable product"}), vec!["type_id eq configurable"]),
        // One that a module brings.
        (
            json!({"type_id": ["subscription", "Gift Card"]}),
            vec!["type_id in subscription,giftcard"],
        ),
        (json!({"visibility": {"from": 2}}), vec!["visibility from 2"]),
        (json!({"height": "9.5"}), vec!["height eq 9.5"]),
        (json!({"own_code": "x1"}), vec!["own_code eq x1"]),
        (
            json!({"launched": "2026-12-31"}),
            vec!["launched from 2026-12-31 00:00:00", "launched to 2026-12-31 23:59:59"],
        ),
        (
            json!({"created_at": {"from": "2026-12-01", "to": "2026-12-31"}}),
            vec!["created_at from 2026-12-01 00:00:00", "created_at to 2026-12-31 23:59:59"],
        ),
        (
            json!({"created_at": {"value": "2026-12-31T10:00:00Z", "condition": "gt"}}),
            vec!["created_at gt 2026-12-31 10:00:00"],
        ),
    ] {
        let expected: Vec<_> = expected.into_iter().chain(PAGE).collect();
        let asked = asked_for(&json!({"filters": filters, "scope": german}));
        assert_eq!(asked.unwrap(), expected, "{filters}");
    }
}

#[test]
fn what_would_find_nothing_is_refused_with_what_there_is() {
    let brands = "its options are Acme, Inc. (4), Ball (5), 5 (7)";
    for (filters, says, remedy) in [
        (json!({"brand": "Acme"}), "`brand` has no option \"Acme\"", brands),
        (json!({"brand": 9}), "`brand` has no option 9", brands),
        (json!({"brand": {"value": "%ac%", "condition": "like"}}), "are options", brands),
        (
            json!({"material": "Glass"}),
            "no option \"Glass\"",
            "its options are Wood (7), Steel (8)",
        ),
        (json!({"material": {"value": 7, "condition": "gt"}}), "does not compare", "use `eq`"),
        (
            json!({"type_id": "bogus"}),
            "no products of the type \"bogus\"",
            "its options are Subscription (subscription), Gift Card (giftcard)",
        ),
        (json!({"outdoor": "maybe"}), "is yes or no", "true or false"),
        (json!({"launched": "next week"}), "is a date", ""),
        (
            json!({"launched": ["2026-01-01", "2026-01-02"]}),
            "one day or a range",
            "`from` and `to`",
        ),
        (json!({"height": "tall"}), "is a number", ""),
        (json!({"category_id": "Shirts"}), "is a number", ""),
        (json!({"brnad": 4}), "no product attribute `brnad`", ""),
    ] {
        let failure = asked_for(&json!({"filters": filters})).unwrap_err();
        assert!(failure.message.contains(says), "{filters}: {}", failure.message);
        assert!(failure.remedy.unwrap_or_default().contains(remedy), "{filters}");
        assert_eq!(failure.code, FailureCode::ValidationError, "{filters}");
    }
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
fn an_item_shows_what_one_decides_by_unless_more_is_asked_for() {
    let fields = |arguments: &Value| {
        let host = store();
        host.call(&catalog(), "search_products", arguments).unwrap();
        let query = host.reads().last().unwrap().query.clone();
        query.into_iter().find(|binding| binding.name == "fields").map(|binding| binding.value)
    };
    let Some(BindingSource::Text(shown)) = fields(&json!({})) else { panic!("no fields") };
    assert!(shown.starts_with("items[id,sku,name,") && shown.contains("price"), "{shown}");
    assert!(!shown.contains("media_gallery_entries"), "{shown}");
    assert_eq!(fields(&json!({"fields": ["*"]})), None);
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
