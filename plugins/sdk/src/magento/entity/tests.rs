//! What an entity's tools ask and would send.

use serde_json::{Value, json};

use crate::core::{Failure, FailureCode, Group, Route, group};
use crate::magento::{Entity, EntityField};
use crate::testing::{FakeStore, Host, SentRequest};

const BLOCK: Entity = Entity::new(
    "block",
    "CMS block",
    Route::new("/V1/cmsBlock/search"),
    Route::new("/V1/cmsBlock/{blockId}"),
)
.kind("cms-block")
.id("block_id", "id")
.searched_in(&["title", "identifier"])
.filters(&["is_active"])
.fields(&[
    EntityField::text("identifier").required(),
    EntityField::text("title").required().at_most(8),
    EntityField::flag("is_active").member("active"),
])
.sent_along(&["identifier"])
.creates(Route::new("/V1/cmsBlock"), "identifier")
.updates(Route::new("/V1/cmsBlock/{id}"))
.deletes(Route::new("/V1/cmsBlock/{blockId}"));

group! {
    /// Blocks
    ///
    /// Find and change CMS blocks.
    cms: [..BLOCK.reads(), ..BLOCK.writes()]
}

fn host() -> Host {
    Host::of(FakeStore::from_json(
        r#"{
            "/V1/cmsBlock/search": {"items": [
                {"id": 1, "identifier": "head", "title": "Head", "active": true, "is_active": true},
                {"id": 2, "identifier": "foot", "title": "Foot", "active": false, "is_active": false},
                {"id": 3, "identifier": "foot-de", "title": "Fuss", "active": true, "is_active": true}
            ]},
            "/V1/cmsBlock/{blockId}": {"in": "/V1/cmsBlock/search", "by": "id"}
        }"#,
    ))
}

fn call(host: &Host, action: &str, arguments: &Value) -> Result<Value, Failure> {
    host.call(&cms(), action, arguments)
}

fn sent(host: &Host) -> (Vec<SentRequest>, Vec<SentRequest>) {
    let proposed = host.proposed().pop().unwrap();
    let [change] = &proposed.changes[..] else { panic!("{:?}", proposed.changes) };
    let review = host.review(&proposed, change);
    (host.sent(change), host.sent_to_undo(change, &review))
}

fn request(method: &'static str, path: &str, body: Value) -> SentRequest {
    SentRequest { method, path: ["/rest/all", path].concat(), body }
}

#[test]
fn a_search_takes_a_text_its_filters_and_a_page() {
    let ids = |arguments: Value| -> Vec<u64> {
        let answer = call(&host(), "search_blocks", &arguments).unwrap();
        answer["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_u64()).collect()
    };
    assert_eq!(ids(json!({})), [1, 2, 3]);
    assert_eq!(ids(json!({"query": "foot"})), [2, 3]);
    assert_eq!(ids(json!({"query": "foot", "is_active": true})), [3]);
    assert_eq!(ids(json!({"page_size": 2, "current_page": 2})), [3]);
}

#[test]
fn one_is_read_by_its_id_or_said_to_be_missing() {
    assert_eq!(call(&host(), "get_block", &json!({"block_id": "2"})).unwrap()["title"], "Foot");
    let missing = call(&host(), "get_block", &json!({"block_id": 9})).unwrap_err();
    assert_eq!(missing.code, FailureCode::NotFound);
    assert_eq!(missing.message, "the store has no block with the id 9");
}

#[test]
fn a_new_one_is_known_by_its_key_and_deleted_again_to_undo() {
    let host = host();
    let arguments = json!({"identifier": "side", "title": "Side", "is_active": 1});
    call(&host, "prepare_create_block", &arguments).unwrap();
    let body = json!({"block": {"identifier": "side", "title": "Side", "active": true}});
    let undo = request("DELETE", "/V1/cmsBlock/</id>", Value::Null);
    assert_eq!(sent(&host), (vec![request("POST", "/V1/cmsBlock", body)], vec![undo]));
    let refused = |arguments| call(&host, "prepare_create_block", &arguments).unwrap_err();
    let taken = refused(json!({"identifier": "head", "title": "Head"}));
    assert_eq!(taken.argument.as_deref(), Some("/identifier"));
    assert!(taken.message.contains("there is a CMS block"), "{}", taken.message);
    assert_eq!(refused(json!({"identifier": "x"})).message, "a new one needs it");
}

#[test]
fn a_change_sends_what_changes_and_what_has_to_go_along() {
    let host = host();
    let arguments = json!({"block_id": 1, "updates": {"title": "Top"}});
    let answer = call(&host, "prepare_update_block", &arguments).unwrap();
    let body = json!({"block": {"identifier": "head", "title": "Top"}});
    assert_eq!(sent(&host).0, [request("PUT", "/V1/cmsBlock/1", body)]);
    assert!(answer["message"].as_str().unwrap().contains("`cms_commit_update_block`"));
    for (updates, says) in [
        (json!({}), "nothing is to be changed"),
        (json!({"title": "far too long"}), "longer than 8"),
        (json!({"is_active": "yes"}), "is true or false"),
        (json!({"colour": "red"}), "`colour` cannot be changed here"),
    ] {
        let arguments = json!({"block_id": 1, "updates": updates});
        let refused = call(&host, "prepare_update_block", &arguments).unwrap_err();
        assert!(refused.message.contains(says), "{}", refused.message);
    }
}

#[test]
fn a_deletion_shows_what_goes() {
    let host = host();
    call(&host, "prepare_delete_block", &json!({"block_id": 2})).unwrap();
    assert_eq!(sent(&host).0, [request("DELETE", "/V1/cmsBlock/2", Value::Null)]);
    let proposed = host.proposed().pop().unwrap();
    let review = host.review(&proposed, &proposed.changes[0]);
    let title = review.iter().find(|row| row.field == "title").unwrap();
    assert_eq!((&title.before, &title.after), (&json!("Foot"), &Value::Null));
}

/// What the declaration says is what the host is told.
#[test]
fn grants_and_commit_tools_come_from_the_description() {
    use crate::bindings::exports::souk::plugin::actions::Effect;
    let described = Group::describe(&cms());
    let tools: Vec<(String, Option<String>, usize)> = described
        .actions
        .into_iter()
        .map(|action| {
            let commit = match action.effect {
                Effect::Prepare(commit) => Some(commit.name),
                _ => None,
            };
            (action.name, commit, action.grants.len())
        })
        .collect();
    let tool = |name: &str, commit: Option<&str>, grants| {
        (name.to_owned(), commit.map(str::to_owned), grants)
    };
    assert_eq!(
        tools,
        [
            tool("search_blocks", None, 1),
            tool("get_block", None, 1),
            tool("prepare_create_block", Some("commit_create_block"), 3),
            tool("prepare_update_block", Some("commit_update_block"), 3),
            tool("prepare_delete_block", Some("commit_delete_block"), 2),
        ]
    );
}
