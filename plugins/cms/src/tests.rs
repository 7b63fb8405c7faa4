//! What would be sent, held against `cms_write.jsonl` and `cms_store_semantics.jsonl`.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;
use souk_sdk::testing::{Host, SentRequest};

use crate::cms;

fn query<'r>(read: &'r Read, name: &str) -> Option<&'r str> {
    let binding = read.query.iter().find(|binding| binding.name == name)?;
    match &binding.value {
        BindingSource::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

/// The fields, conditions and values of a search.
fn filters(read: &Read) -> Vec<(String, String)> {
    (0..4)
        .filter_map(|group| {
            let name =
                |key: &str| format!("searchCriteria[filter_groups][{group}][filters][0][{key}]");
            let field = query(read, &name("field"))?.to_owned();
            Some((field, query(read, &name("value"))?.to_owned()))
        })
        .collect()
}

/// Pages 6 (in every view), 10 (in `de` alone) and 11 (in `de` and `default`); blocks likewise.
fn store() -> Host {
    let item = |id: u64, identifier: &str| {
        json!({
            "id": id, "identifier": identifier, "title": "CW", "content": "<p>x</p>",
            "active": true, "meta_title": "mt"
        })
    };
    let items = [item(6, "cw-page"), item(10, "cw-de-page"), item(11, "cw-de-page")];
    let shown = [(6, 0), (10, 2), (11, 1), (11, 2)];
    Host::answering(move |read| {
        Ok(match read.route.template.as_str() {
            "/V1/cmsPage/search" | "/V1/cmsBlock/search" => {
                let mut found: Vec<&Value> = items.iter().collect();
                for (field, value) in filters(read) {
                    found.retain(|item| match field.as_str() {
                        "page_id" | "block_id" => {
                            value.split(',').any(|id| item["id"].as_u64() == id.parse().ok())
                        }
                        "identifier" => item["identifier"] == *value,
                        "store_id" => shown
                            .iter()
                            .any(|(id, view)| item["id"] == *id && view.to_string() == value),
                        _ => true,
                    });
                }
                json!({"items": found, "total_count": found.len()})
            }
            "/V1/cmsPage/{pageId}" | "/V1/cmsBlock/{blockId}" => {
                let BindingSource::Text(id) = &read.path[0].value else { panic!("no id") };
                match items.iter().find(|item| item["id"].as_u64() == id.parse().ok()) {
                    Some(item) => item.clone(),
                    None => {
                        let mut failure = Failure::new(FailureCode::UpstreamError, "doesn't exist");
                        failure.status = Some(404);
                        return Err(failure);
                    }
                }
            }
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

fn prepare(
    host: &Host,
    kind: &str,
    matching: &Value,
    updates: &Value,
    scope: &Value,
) -> Result<Value, Failure> {
    let arguments = json!({"match": matching, "updates": updates, "scope": scope});
    host.call(&cms(), &["prepare_bulk_update_", kind].concat(), &arguments)
}

fn sent(host: &Host) -> Vec<SentRequest> {
    let proposed = host.proposed().pop().unwrap();
    proposed.changes.iter().flat_map(|change| host.sent(change)).collect()
}

fn global() -> Value {
    json!({"scope": "global"})
}

/// `page-put-with-ident`, not `page-put-title`, which moved the page to another address.
#[test]
fn a_page_keeps_its_address_and_the_flag_goes_by_its_own_name() {
    let host = store();
    let updates = json!({"title": "T3", "is_active": false});
    let answer = prepare(&host, "pages", &json!({"page_ids": [6]}), &updates, &global()).unwrap();
    let body = json!({"page": {"identifier": "cw-page", "title": "T3", "active": false}});
    let path = "/rest/all/V1/cmsPage/6".to_owned();
    assert_eq!(sent(&host), [SentRequest { method: "PUT", path, body }]);
    assert_eq!(answer["affected_count"], 1);
    let proposed = &host.proposed()[0];
    let rows = host.review(proposed, &proposed.changes[0]);
    let flag = rows.iter().find(|row| row.field == "is_active").unwrap();
    assert_eq!((&flag.before, &flag.after), (&json!(true), &json!(false)));
}

/// `block-put-title`.
#[test]
fn a_block_is_sent_what_changes() {
    let host = store();
    prepare(&host, "blocks", &json!({"block_ids": ["6"]}), &json!({"title": "T2"}), &global())
        .unwrap();
    let path = "/rest/all/V1/cmsBlock/6".to_owned();
    let body = json!({"block": {"title": "T2"}});
    assert_eq!(sent(&host), [SentRequest { method: "PUT", path, body }]);
}

#[test]
fn ids_and_identifier_narrow_together_and_ids_must_exist() {
    let updates = json!({"title": "x"});
    let call = |matching: Value| prepare(&store(), "pages", &matching, &updates, &global());
    let affected = |matching| call(matching).unwrap()["affected_count"].clone();
    assert_eq!(affected(json!({"identifier": "cw-de-page"})), 2);
    assert_eq!(affected(json!({"identifier": "cw-de-page", "page_ids": [6, 10]})), 1);
    assert!(call(json!({})).unwrap_err().message.contains("every page"));
    assert!(call(json!({"page_ids": []})).unwrap_err().message.contains("every page"));
    assert!(call(json!({"page_ids": [6, 99]})).unwrap_err().message.contains("no page 99"));
    assert_eq!(call(json!({"identifier": "none"})).unwrap_err().code, FailureCode::NotFound);
}

#[test]
fn content_belongs_to_no_view_so_a_view_only_chooses() {
    let updates = json!({"title": "x"});
    let de = json!({"store_view_code": "de"});
    let host = store();
    let everywhere = prepare(&host, "pages", &json!({"page_ids": [6]}), &updates, &de).unwrap_err();
    assert!(everywhere.message.contains("one content for a page"), "{}", everywhere.message);
    assert!(everywhere.remedy.unwrap().contains("global"));
    let host = store();
    let answer = prepare(&host, "pages", &json!({"page_ids": [10, 11]}), &updates, &de).unwrap();
    assert!(answer["warnings"][0].as_str().unwrap().contains("default"));
    assert!(sent(&host).iter().all(|sent| sent.path.starts_with("/rest/all/")));
    let nowhere = prepare(&store(), "pages", &json!({"page_ids": [10]}), &updates, &json!({}));
    assert_eq!(nowhere.unwrap_err().argument.as_deref(), Some("/scope"));
}

#[test]
fn values_that_magento_would_misread_are_refused() {
    for (updates, says) in [
        (json!({"is_active": "abc"}), "is true or false"),
        (json!({"title": ""}), "cannot be empty"),
        (json!({"content": null}), "is a text"),
        (json!({"identifier": "x"}), "cannot be changed"),
    ] {
        let failure =
            prepare(&store(), "pages", &json!({"page_ids": [6]}), &updates, &global()).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let block = prepare(
        &store(),
        "blocks",
        &json!({"block_ids": [6]}),
        &json!({"meta_title": "x"}),
        &global(),
    );
    assert!(block.unwrap_err().message.contains("`meta_title` cannot be changed"));
}

#[test]
fn searches_look_into_titles_and_identifiers() {
    let host = store();
    let found = host.call(&cms(), "search_pages", &json!({"query": "50%"})).unwrap();
    assert_eq!(found["total_count"], 3);
    let read = &host.reads()[0];
    let name =
        |index: u8, key: &str| format!("searchCriteria[filter_groups][0][filters][{index}][{key}]");
    assert_eq!(query(read, &name(0, "field")), Some("title"));
    assert_eq!(query(read, &name(0, "value")), Some("%50\\%%"));
    assert_eq!(query(read, &name(1, "field")), Some("identifier"));
    assert_eq!(query(read, "searchCriteria[sortOrders][0][field]"), Some("page_id"));
    assert_eq!(read.view, StoreView::Global);
}

#[test]
fn an_unknown_page_is_told_as_such() {
    let host = store();
    assert_eq!(host.call(&cms(), "get_page", &json!({"page_id": 6})).unwrap()["id"], 6);
    let failure = host.call(&cms(), "get_block", &json!({"block_id": "99"})).unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
    assert_eq!(failure.message, "the store has no block with the id 99");
}
