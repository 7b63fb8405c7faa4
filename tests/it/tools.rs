//! Every tool, over both transports and in both eras, compared with a plain read of the store.

use rmcp::model::ErrorCode;
use rmcp::service::ServiceError;
use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, Mcp, everywhere};

/// The tools that these tests know.
const TOOLS: [&str; 7] = [
    "auth_login",
    "auth_logout",
    "auth_whoami",
    "catalog_get_product",
    "catalog_search_products",
    "scope_list_websites_stores",
    "scope_set_default",
];

/// A search for tents as Magento spells it, as `catalog_search_products` says it in [`tents`].
const TENTS: &str = "searchCriteria[filterGroups][0][filters][0][field]=sku\
    &searchCriteria[filterGroups][0][filters][0][value]=TEN-%25\
    &searchCriteria[filterGroups][0][filters][0][conditionType]=like\
    &searchCriteria[sortOrders][0][field]=entity_id\
    &searchCriteria[sortOrders][0][direction]=ASC\
    &searchCriteria[pageSize]=5&searchCriteria[currentPage]=1";

fn tents() -> Value {
    json!({"filters": {"sku": {"value": "TEN-%", "condition": "like"}}, "fields": ["*"], "page_size": 5})
}

/// What both must agree on: Magento's echo of the criteria is spelled after the request.
fn found(answer: &Value) -> (&Value, &Value) {
    (&answer["items"], &answer["total_count"])
}

#[tokio::test]
async fn every_tool_answers_what_a_plain_read_of_the_store_shows() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        let listed = mcp.tools().await;
        assert_eq!(listed, mcp.tools().await, "the order stays");
        for tool in TOOLS {
            assert!(listed.contains(&tool.to_owned()), "{tool} is not in {listed:?}");
        }

        let mut session = mcp.log_in().await;
        assert_eq!(session["message"], "Login successful (OAuth 1.0 integration)");
        assert_eq!(session["base_url"], store.url());
        assert_eq!(session["auth_method"], "oauth");
        session.as_object_mut().unwrap().shift_remove("message");
        session["capabilities"] = json!({"probing": false});
        assert_eq!(mcp.answer("auth_whoami", json!({})).await, session);

        let structure = mcp.answer("scope_list_websites_stores", json!({})).await;
        for (key, path) in [
            ("websites", "websites"),
            ("store_groups", "storeGroups"),
            ("store_views", "storeViews"),
            ("store_configs", "storeConfigs"),
        ] {
            assert_eq!(structure[key], store.rest(&format!("/all/V1/store/{path}")).await, "{key}");
        }

        let plain = store.rest(&format!("/V1/products?{TENTS}")).await;
        assert_eq!(plain["items"].as_array().unwrap().len(), 5);
        assert_eq!(found(&mcp.answer("catalog_search_products", tents()).await), found(&plain));

        let whole = json!({"sku": "TEN-002", "fields": ["*"]});
        let product = mcp.answer("catalog_get_product", whole).await;
        assert_eq!(product, store.rest("/V1/products/TEN-002").await);

        let set = mcp.answer("scope_set_default", json!({"store_view_code": "de"})).await;
        assert_eq!(set["default_scope"], "de");
        assert_eq!(mcp.answer("auth_whoami", json!({})).await["default_scope"], "de");

        let gone = mcp.answer("auth_logout", json!({})).await;
        assert_eq!(gone["message"], "Logged out successfully");
        assert_eq!(mcp.answer("auth_logout", json!({})).await["message"], "No active session");
        for tool in ["auth_whoami", "catalog_search_products", "scope_list_websites_stores"] {
            let refusal = mcp.refusal(tool, json!({})).await;
            assert!(refusal.starts_with("NOT_AUTHENTICATED: "), "{refusal}");
            assert!(refusal.contains("`auth_login`"), "{refusal}");
        }
    })
    .await;
}

#[tokio::test]
async fn reads_that_name_no_scope_use_the_sessions() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        mcp.log_in().await;
        let named = async |scope: Value| {
            let mut asked = json!({"sku": "TEN-002"});
            if scope != Value::Null {
                asked["scope"] = scope;
            }
            mcp.answer("catalog_get_product", asked).await["name"].clone()
        };
        assert_eq!(named(Value::Null).await, "Skarv 2 Tent");
        mcp.answer("scope_set_default", json!({"store_view_code": "de"})).await;
        store.forget_requests().await;

        assert_eq!(named(Value::Null).await, "Skarv 2 Zelt");
        let searched = mcp.answer("catalog_search_products", tents()).await;
        let sent: Vec<_> = store.requests().await.into_iter().map(|sent| sent.target).collect();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0], "/rest/de/V1/products/TEN-002");
        assert!(sent[1].starts_with("/rest/de/V1/products?"), "{}", sent[1]);
        assert_eq!(found(&searched), found(&store.rest(&format!("/de/V1/products?{TENTS}")).await));

        assert_eq!(named(json!({"store_view_code": "default"})).await, "Skarv 2 Tent");
        assert_eq!(named(json!({"scope": "global"})).await, "Skarv 2 Tent");
        let last = store.requests().await.pop().unwrap();
        assert_eq!(last.target, "/rest/all/V1/products/TEN-002");
    })
    .await;
}

#[tokio::test]
async fn a_store_view_that_the_store_has_not_is_refused_and_changes_nothing() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        mcp.log_in().await;
        mcp.answer("scope_set_default", json!({"store_view_code": "de"})).await;
        store.forget_requests().await;
        for code in ["fr", "de/../all", "all", "../V1", "de?", "%64e", "DE"] {
            let set = mcp.refusal("scope_set_default", json!({"store_view_code": code})).await;
            assert!(set.starts_with("VALIDATION_ERROR: "), "{set}");
            assert!(set.contains("`de`") || set.contains("`scope_list_websites_stores`"), "{set}");
            let scope = json!({"sku": "TEN-002", "scope": {"store_view_code": code}});
            let read = mcp.refusal("catalog_get_product", scope).await;
            let code = read.split(':').next().unwrap();
            assert!(["VALIDATION_ERROR", "FORBIDDEN"].contains(&code), "{read}");
            assert!(read.contains("hint: ") && read.contains("store"), "{read}");
        }
        assert_eq!(mcp.answer("auth_whoami", json!({})).await["default_scope"], "de");
        let sent = store.requests().await;
        assert!(sent.iter().all(|sent| sent.target.contains("/V1/store/")), "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn params_is_unwrapped_where_it_is_alone() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        mcp.answer("auth_login", json!({"params": {}})).await;
        let wrapped = json!({"params": {"sku": "TEN-002"}});
        let answer = mcp.answer("catalog_get_product", wrapped).await;
        assert_eq!(answer["sku"], "TEN-002");
        let beside = json!({"params": {"sku": "TEN-002"}, "sku": "TEN-002"});
        let refusal = mcp.refusal("catalog_get_product", beside).await;
        assert!(refusal.contains("'params'"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn an_argument_at_fault_is_named_with_the_reason() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        mcp.log_in().await;
        store.forget_requests().await;
        for (tool, given, says) in [
            ("catalog_get_product", json!({}), vec!["sku", "required"]),
            ("catalog_get_product", json!({"sku": true}), vec!["`sku`", "string"]),
            ("catalog_get_product", json!({"sku": null}), vec!["sku", "required"]),
            (
                "catalog_get_product",
                json!({"sku": "TEN-002", "skuu": 1}),
                vec!["skuu", "unexpected", "`sku`, `scope`"],
            ),
            ("catalog_search_products", json!({"page_size": 500}), vec!["`page_size`", "200"]),
            (
                "catalog_search_products",
                json!({"page_size": "five"}),
                vec!["`page_size`", "integer"],
            ),
            ("catalog_search_products", json!({"fields": ["a", {}]}), vec!["`fields/1`", "string"]),
            (
                "catalog_search_products",
                json!({"filters": {"sku": {"value": "A", "condition": "regexp"}}}),
                vec!["`filters/sku/condition`", "`like`", "`notnull`"],
            ),
            ("auth_whoami", json!({"verbose": true}), vec!["verbose", "details"]),
            ("auth_logout", json!({"verbose": true}), vec!["verbose", "takes no arguments"]),
        ] {
            let refusal = mcp.refusal(tool, given.clone()).await;
            assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
            for said in says {
                assert!(refusal.contains(said), "{tool} {given}: {refusal}");
            }
        }
        assert_eq!(store.requests().await, []);
    })
    .await;
}

#[tokio::test]
async fn what_the_store_refuses_is_told_with_a_way_on() {
    let (store, home) = (DemoStore::start().await, Home::new());
    everywhere(&home.souk(["serve"]).on(&store), async |mcp| {
        mcp.log_in().await;
        let refusal = mcp.refusal("catalog_get_product", json!({"sku": "NO/PE?"})).await;
        assert!(refusal.starts_with("NOT_FOUND: the store has no product"), "{refusal}");
        assert!(refusal.contains("HTTP 404") && refusal.contains("hint: "), "{refusal}");
        let sent = store.requests().await.pop().unwrap();
        assert_eq!(sent.target, "/rest/V1/products/NO%2FPE%3F");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol() {
    let home = Home::new();
    everywhere(&home.souk(["serve", "--demo"]), async |mcp| {
        for tool in ["catalog_delete_everything", "", "catalog", "auth_login "] {
            assert_eq!(error_code(&mcp, tool).await, ErrorCode::INVALID_PARAMS, "`{tool}`");
        }
    })
    .await;
}

async fn error_code(mcp: &Mcp, tool: &str) -> ErrorCode {
    match mcp.call(tool, json!({})).await {
        Err(ServiceError::McpError(error)) => error.code,
        other => panic!("`{tool}`: {other:?}"),
    }
}

#[tokio::test]
async fn tools_are_listed_with_all_that_clients_need() {
    let home = Home::new();
    everywhere(&home.souk(["serve", "--demo"]), async |mcp| {
        for tool in mcp.list().await {
            let name = &tool.name;
            assert!(name.len() <= 45, "{name}");
            assert!(tool.title.is_some() && tool.description.is_some(), "{name}");
            assert_eq!(tool.input_schema["type"], "object", "{name}");
            assert_eq!(tool.output_schema.as_ref().unwrap()["type"], "object", "{name}");
            let hints = tool.annotations.as_ref().unwrap();
            if TOOLS.contains(&&**name) {
                let reads = ["login", "logout", "default"].iter().all(|end| !name.ends_with(end));
                assert_eq!(hints.read_only_hint, Some(reads), "{name}");
            }
        }
    })
    .await;
}
