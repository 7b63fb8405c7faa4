//! What clients are shown of tools and answers: schemas that every client takes, and results that a
//! model can read.

use serde_json::{Map, Value, json};
use souk_tests::{DemoStore, Era, Home};

/// The words of a published schema; each is known to be taken by every client.
const WORDS: [&str; 7] =
    ["type", "description", "enum", "default", "items", "properties", "required"];

/// One place of a schema that a client would refuse, drop or misread.
fn faults(schema: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for word in schema.keys().filter(|word| !WORDS.contains(&word.as_str())) {
        found.push(format!("{at}: `{word}`"));
    }
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("object") => {
            for (name, member) in
                schema.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                let place = format!("{at}/{name}");
                match member.as_object() {
                    Some(member) => {
                        if member
                            .get("description")
                            .and_then(Value::as_str)
                            .is_none_or(str::is_empty)
                        {
                            found.push(format!("{place}: no description"));
                        }
                        faults(member, &place, found);
                    }
                    None => found.push(format!("{place}: no schema")),
                }
            }
        }
        Some("array") => match schema.get("items").and_then(Value::as_object) {
            Some(items) => faults(items, &format!("{at}[]"), found),
            None => found.push(format!("{at}: no `items`")),
        },
        Some("string" | "number" | "integer" | "boolean") => {}
        _ => found.push(format!("{at}: no single type")),
    }
}

#[tokio::test]
async fn every_published_schema_is_one_that_every_client_takes() {
    let home = Home::new();
    let mcp = home
        .souk(["serve", "--demo", "--max-tier", "critical"])
        .env("SOUK_TOOLS", "all")
        .stdio(Era::Modern)
        .await;
    let (mut found, mut fat) = (Vec::new(), Vec::new());
    for tool in mcp.list().await {
        let name = &tool.name;
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(name.len() <= 45 && name.chars().all(named), "{name}");
        faults(&tool.input_schema, name, &mut found);
        let output = tool.output_schema.as_ref().and_then(|schema| schema.get("type"));
        assert_eq!(output, Some(&json!("object")), "{name} has no output schema");
        let arguments = tool.input_schema["properties"].as_object().unwrap();
        let is_flat = arguments.values().all(|argument| {
            argument.get("properties").is_none() && argument.pointer("/items/properties").is_none()
        });
        let bytes = serde_json::to_string(&*tool.input_schema).unwrap().len();
        if arguments.len() <= 5 && is_flat && bytes > 500 {
            fat.push(format!("{name}: {bytes}"));
        }
    }
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(fat, Vec::<String>::new(), "simple tools with more than 500 bytes");
}

#[tokio::test]
async fn arguments_written_as_text_are_taken_where_nothing_else_can_be_meant() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let mcp = home.souk(["serve"]).on(&store).stdio(Era::Modern).await;
    mcp.log_in().await;
    let plain = json!({"filters": {"sku": {"value": "TEN-%", "condition": "like"}}, "fields": ["sku"], "page_size": 2});
    let written = json!({
        "filters": "{\"sku\": {\"value\": \"TEN-%\", \"condition\": \"like\"}}",
        "fields": "[\"sku\"]",
        "page_size": "2",
    });
    let expected = mcp.answer("catalog_search_products", plain).await;
    assert_eq!(mcp.answer("catalog_search_products", written).await, expected);
    let refused = mcp.refusal("catalog_search_products", json!({"page_size": "many"})).await;
    assert!(refused.contains("should be a whole number"), "{refused}");
}

#[tokio::test]
async fn a_result_that_is_too_large_is_cut_and_nothing_of_it_is_lost() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let souk = home.souk(["serve"]).on(&store).env("SOUK_RESULT_BYTES", "2000");
    let mcp = souk.stdio(Era::Modern).await;
    mcp.log_in().await;

    // Of a list that comes in pages a smaller page is asked for.
    let asked = json!({"page_size": 50, "fields": ["sku", "name"]});
    let answer = mcp.answer("catalog_search_products", asked).await;
    assert!(answer.to_string().len() <= 2_000);
    let shown = answer["items"].as_array().unwrap().len();
    let cut = &answer["truncated"]["cuts"][0];
    assert_eq!((cut["at"].as_str(), cut["shown"].as_u64()), (Some("/items"), Some(shown as u64)));
    let how = answer["truncated"]["how_to_go_on"].as_str().unwrap();
    assert!(how.contains(&format!("`page_size` {shown}")), "{how}");
    let again = json!({"page_size": shown, "fields": ["sku", "name"]});
    let again = mcp.answer("catalog_search_products", again).await;
    assert_eq!((&again["items"], &again["truncated"]), (&answer["items"], &Value::Null));

    // Of anything else the whole is kept.
    let whole = json!({"sku": "TEN-002", "fields": ["*"]});
    let product = mcp.answer_linked("catalog_get_product", whole).await;
    let how = product["truncated"]["how_to_go_on"].as_str().unwrap();
    let uri = how.split_whitespace().last().unwrap();
    let whole: Value = serde_json::from_str(&mcp.read(uri).await.unwrap()).unwrap();
    assert_eq!(whole, store.rest("/V1/products/TEN-002").await);
}

#[tokio::test]
async fn the_list_fits_into_a_line_of_64_kib() {
    let home = Home::new();
    let mut wire = home.souk(["serve", "--demo", "--max-tier", "critical"]).wire();
    wire.open_legacy().await;
    wire.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
    let list = wire.answer(1).await;
    assert!(list["result"]["tools"].as_array().unwrap().len() > 30, "all plugins are there");
    let bytes = list.to_string().len();
    assert!(bytes < 64 * 1024 - 1, "{bytes}");
}
