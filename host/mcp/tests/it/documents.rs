//! Documents: linked beside a result, listed, read.

use rmcp::model::{ErrorCode, ReadResourceRequestParams};
use rmcp::{ClientServiceExt, ServiceError};
use serde_json::json;
use souk_mcp::TransportLimits;

use crate::fake::{ERAS, Era, Fake, Listener, named, streams};
use crate::wire::{Wire, modern};

#[tokio::test]
async fn documents_are_linked_listed_and_read_in_both_eras() {
    for era in ERAS {
        let (near, _server) = streams(&Fake::new(), TransportLimits::default());
        let client = Listener::default().serve_with_lifecycle(near, era.lifecycle()).await.unwrap();
        let result = client.call_tool(named("export", json!({}))).await.unwrap();
        let [text, link] = &result.content[..] else { panic!("{:?}", result.content) };
        assert!(text.as_text().is_some());
        let listed = client.list_all_resources().await.unwrap();
        assert_eq!(link.as_resource_link(), listed.first());
        assert_eq!(
            serde_json::to_value(&listed).unwrap(),
            json!([{
                "uri": "souk://exports/1",
                "name": "coupons.csv",
                "title": "coupons.csv",
                "description": "Made by `export` on `demo`; kept until 2026-11-23T18:00:00Z.",
                "mimeType": "text/csv",
                "size": 9,
            }])
        );
        assert_eq!(client.list_all_resource_templates().await.unwrap(), []);
        let read = ReadResourceRequestParams::new("souk://exports/1");
        let read = client.read_resource(read).await.unwrap();
        assert_eq!(
            serde_json::to_value(&read.contents).unwrap(),
            json!([{"uri": "souk://exports/1", "mimeType": "text/csv", "text": "code\nMAY\n"}])
        );
        let missing = ReadResourceRequestParams::new("souk://exports/2");
        let error = client.read_resource(missing).await.unwrap_err();
        let ServiceError::McpError(error) = error else { panic!("{error}") };
        let code = match era {
            Era::Legacy => ErrorCode::RESOURCE_NOT_FOUND,
            Era::Modern => ErrorCode::INVALID_PARAMS,
        };
        assert_eq!(error.code, code);
    }
}

#[tokio::test]
async fn a_client_from_before_links_gets_a_result_it_can_read() {
    for (version, blocks) in [("2024-11-05", 1), ("2025-03-26", 1), ("2025-06-18", 2)] {
        let mut wire = Wire::new(&Fake::new(), TransportLimits::default());
        wire.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "lines", "version": "1"}}}))
            .await;
        let opened = wire.receive().await;
        assert_eq!(opened["result"]["protocolVersion"], version);
        assert_eq!(opened["result"]["capabilities"]["resources"], json!({}));
        wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        wire.call(1, "export").await;
        let result = wire.receive().await;
        assert_eq!(result["result"]["content"].as_array().unwrap().len(), blocks, "{result}");
    }
}

#[tokio::test]
async fn what_is_kept_for_one_is_cached_for_one() {
    let mut wire = Wire::new(&Fake::new(), TransportLimits::default());
    for (id, method, params) in [
        (1, "resources/list", json!({})),
        (2, "resources/read", json!({"uri": "souk://exports/1"})),
    ] {
        wire.send(&modern(id, method, params)).await;
        let answer = wire.receive().await;
        assert_eq!(answer["result"]["cacheScope"], "private", "{answer}");
    }
}
