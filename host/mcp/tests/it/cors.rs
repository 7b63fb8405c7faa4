//! Web pages that talk to the server.

use reqwest::{Method, StatusCode, header};
use serde_json::json;
use souk_mcp::HttpConfig;

use crate::fake::Fake;
use crate::http::{http_client, serve};

fn config() -> HttpConfig {
    toml::from_str("allowed_origins = ['https://app.example']").unwrap()
}

#[tokio::test]
async fn the_operators_pages_may_send_what_the_protocol_needs_and_read_what_it_answers() {
    let fake = Fake::new();
    fake.admit(&[("ann", "ann-0123456789abcdef")]);
    let served = serve(&fake, config()).await;
    let asked = http_client()
        .request(Method::OPTIONS, served.url("/mcp"))
        .header(header::ORIGIN, "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,mcp-session-id,mcp-param-sku")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    let told = |name: &str| asked.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(told("access-control-allow-origin"), "https://app.example");
    assert!(told("vary").contains("origin"));
    for method in ["GET", "POST", "DELETE"] {
        assert!(told("access-control-allow-methods").contains(method));
    }
    for name in [
        "authorization",
        "content-type",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-param-sku",
        "mcp-protocol-version",
        "mcp-session-id",
    ] {
        assert!(told("access-control-allow-headers").contains(name), "{name}");
    }
    // Refused or served, the page may read why.
    for token in [None, Some("ann-0123456789abcdef")] {
        let mut request = served
            .post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "a page", "version": "1"}}}))
            .header(header::ORIGIN, "https://app.example");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status() == StatusCode::OK, token.is_some());
        assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
        let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("mcp-session-id") && exposed.contains("www-authenticate"));
    }
}

#[tokio::test]
async fn of_all_others_no_page_is_told_anything() {
    let served = serve(&Fake::new(), config()).await;
    for origin in [None, Some("https://evil.example"), Some("http://localhost:6274")] {
        for method in [Method::OPTIONS, Method::POST, Method::GET] {
            let mut request = http_client()
                .request(method.clone(), served.url("/mcp"))
                .header("access-control-request-method", "POST");
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let answer = request.send().await.unwrap();
            let told =
                answer.headers().keys().any(|name| name.as_str().starts_with("access-control"));
            assert!(!told, "{method} {origin:?}");
        }
    }
}
