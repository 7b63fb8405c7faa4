//! Many clients over HTTP.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Once};
use std::time::Duration;

use futures::StreamExt;
use reqwest::{RequestBuilder, StatusCode, header};
use rmcp::ClientServiceExt;
use rmcp::model::SubscriptionFilter;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use souk_mcp::{HttpConfig, HttpServer, ServeError, TransportLimits, serve_http};
use souk_model::AccessTokens;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fake::{Client, ERAS, Era, Fake, Listener, named};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";

pub(crate) struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

/// Served for ann and bob.
fn with_tokens() -> Arc<Fake> {
    let fake = Fake::new();
    fake.admit(&[("ann", ANN), ("bob", BOB)]);
    fake
}

pub(crate) async fn serve(fake: &Arc<Fake>, config: HttpConfig) -> Served {
    serve_with(fake, config, None).await
}

/// And for those whom another service vouches for.
pub(crate) async fn serve_with(
    fake: &Arc<Fake>,
    config: HttpConfig,
    access: Option<Arc<dyn AccessTokens>>,
) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let http = HttpServer {
        actions: fake.clone(),
        access,
        limits: TransportLimits::default(),
        config,
        pages: axum::Router::new(),
    };
    let server = tokio::spawn(serve_http(vec![listener], http, async {
        let _ = stopped.await;
    }));
    Served { address, stop, server }
}

pub(crate) fn http_client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::new()
}

impl Served {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn connect(&self, era: Era, token: Option<&str>) -> Client {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url("/mcp"));
        config.auth_header = token.map(str::to_owned);
        let transport = StreamableHttpClientTransport::with_client(http_client(), config);
        Listener::default().serve_with_lifecycle(transport, era.lifecycle()).await.unwrap()
    }

    pub(crate) fn post(&self, message: &Value) -> RequestBuilder {
        http_client()
            .post(self.url("/mcp"))
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(message.to_string())
    }

    /// The id of a session opened by hand.
    async fn open(&self, token: &str) -> Result<String, StatusCode> {
        let answer = self.post(&initialize()).bearer_auth(token).send().await.unwrap();
        if answer.status() != StatusCode::OK {
            return Err(answer.status());
        }
        Ok(answer.headers()["mcp-session-id"].to_str().unwrap().to_owned())
    }

    async fn in_session(&self, token: &str, session: &str) -> StatusCode {
        self.post(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
            .bearer_auth(token)
            .header("mcp-session-id", session)
            .send()
            .await
            .unwrap()
            .status()
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"}}})
}

#[tokio::test]
async fn clients_of_both_eras_list_call_and_hear_of_changes() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    for era in ERAS {
        let before = fake.changes.receiver_count();
        let client = served.connect(era, None).await;
        assert_eq!(client.list_all_tools().await.unwrap().len(), 7, "{era:?}");
        let result = client.call_tool(named("echo", json!({"a": 1}))).await.unwrap();
        assert_eq!(
            result.structured_content,
            Some(json!({"tool": "echo", "principal": "local", "arguments": {"a": 1}}))
        );
        let filter = SubscriptionFilter::builder().tools_list_changed().build();
        let subscription = match era {
            Era::Modern => Some(client.listen(filter).await.unwrap()),
            Era::Legacy => None,
        };
        while fake.changes.receiver_count() <= before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        match subscription {
            Some(mut subscription) => {
                fake.change();
                assert!(subscription.next().await.unwrap().is_some());
            }
            // When the client's own stream is open cannot be seen from here: tell until heard.
            None => loop {
                fake.change();
                let heard = client.service().list_changed.notified();
                if tokio::time::timeout(Duration::from_millis(50), heard).await.is_ok() {
                    break;
                }
            },
        }
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn each_token_is_a_principal_with_its_own_list() {
    let served = serve(&with_tokens(), HttpConfig::default()).await;
    for era in ERAS {
        for (token, name, tools) in [(ANN, "ann", 8), (BOB, "bob", 7)] {
            let client = served.connect(era, Some(token)).await;
            assert_eq!(client.list_all_tools().await.unwrap().len(), tools);
            let result = client.call_tool(named("whoami", json!({}))).await.unwrap();
            assert_eq!(result.structured_content.unwrap()["principal"], name);
        }
    }
}

#[tokio::test]
async fn without_a_token_the_answer_says_where_to_learn_of_tokens() {
    let served = serve(&with_tokens(), HttpConfig::default()).await;
    let metadata = served.url("/.well-known/oauth-protected-resource/mcp");
    for token in [None, Some("ann-0123456789abcdeX")] {
        let mut request = served.post(&initialize());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        assert!(challenge.contains(&format!("resource_metadata=\"{metadata}\"")), "{challenge}");
        assert_eq!(challenge.contains("invalid_token"), token.is_some());
        // Some clients show the challenge, others the body.
        assert!(challenge.contains("the operator"), "{challenge}");
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert!(body["hint"].as_str().unwrap().contains("the operator"), "{body}");
    }
    for path in
        ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"]
    {
        let answer = http_client().get(served.url(path)).send().await.unwrap();
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(told["resource"], served.url("/mcp"));
        assert_eq!(told["bearer_methods_supported"], json!(["header"]));
    }
}

#[tokio::test]
async fn other_hosts_and_pages_are_turned_away_on_every_route() {
    let config: HttpConfig = toml::from_str(
        "allowed_hosts = ['souk.example']\nallowed_origins = ['https://app.example']",
    )
    .unwrap();
    let served = serve(&Fake::new(), config).await;
    for path in ["/", "/mcp", "/healthz", "/nothing"] {
        let ask = |name, value: &str| http_client().post(served.url(path)).header(name, value);
        for (name, value) in [
            (header::HOST, "evil.example"),
            (header::HOST, "souk.example.evil.example"),
            (header::ORIGIN, "https://evil.example"),
            (header::ORIGIN, "null"),
        ] {
            let answer = ask(name, value).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {value}");
            assert!(answer.text().await.unwrap().contains("hint: the operator can add it"));
        }
        for (name, value) in
            [(header::HOST, "souk.example"), (header::ORIGIN, "https://app.example")]
        {
            let answer = ask(name, value).send().await.unwrap();
            assert_ne!(answer.status(), StatusCode::FORBIDDEN, "{path} {value}");
        }
    }
}

#[tokio::test]
async fn a_session_is_its_openers_alone() {
    let served = serve(&with_tokens(), HttpConfig::default()).await;
    let session = served.open(ANN).await.unwrap();
    assert_eq!(served.in_session(BOB, &session).await, StatusCode::NOT_FOUND);
    let delete = |token| {
        http_client()
            .delete(served.url("/mcp"))
            .bearer_auth(token)
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", "2025-06-18")
            .send()
    };
    assert_eq!(delete(BOB).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(served.in_session(ANN, &session).await, StatusCode::OK);
    assert_eq!(delete(ANN).await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(delete(ANN).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(served.in_session(ANN, &session).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sessions_are_bounded_for_each_principal_and_the_unused_make_room() {
    let config = HttpConfig { sessions_each: 2, ..HttpConfig::default() };
    let fake = with_tokens();
    let served = serve(&fake, config).await;
    let used = served.open(ANN).await.unwrap();
    assert_eq!(served.in_session(ANN, &used).await, StatusCode::OK);
    let unused = served.open(ANN).await.unwrap();
    let third = served.open(ANN).await.unwrap();
    assert_eq!(served.in_session(ANN, &unused).await, StatusCode::NOT_FOUND);
    assert_eq!(served.in_session(ANN, &used).await, StatusCode::OK);
    assert!(served.open(BOB).await.is_ok());
    // Those in which a call is answered are nobody's to close.
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "slow", "arguments": {}}});
    let answering = [&used, &third].map(|session| {
        let request = served.post(&call).bearer_auth(ANN).header("mcp-session-id", session);
        tokio::spawn(request.send())
    });
    fake.until_running(2).await;
    assert_eq!(served.open(ANN).await, Err(StatusCode::SERVICE_UNAVAILABLE));
    fake.gate.add_permits(2);
    for answer in answering {
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert!(served.open(ANN).await.is_ok());
}

#[tokio::test]
async fn a_caller_that_is_gone_is_turned_away_with_its_calls_sessions_and_streams() {
    let fake = with_tokens();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = served.open(BOB).await.unwrap();
    let stream = http_client()
        .get(served.url("/mcp"))
        .bearer_auth(BOB)
        .header(header::ACCEPT, "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-06-18")
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let modern = served.connect(Era::Modern, Some(BOB)).await;
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let mut subscription = modern.listen(filter).await.unwrap();
    let calling = tokio::spawn(async move { modern.call_tool(named("slow", json!({}))).await });
    fake.until_running(1).await;

    fake.admit(&[("ann", ANN), ("bob", "bob-another-0123456789")]);
    assert!(calling.await.unwrap().is_err(), "a call of one who is gone is answered");
    fake.dropped.notified().await;
    assert!(!stream.text().await.unwrap().contains("result"));
    while let Ok(Some(_)) = subscription.next().await {}
    assert_eq!(served.in_session(BOB, &session).await, StatusCode::UNAUTHORIZED);
    assert_eq!(served.in_session("bob-another-0123456789", &session).await, StatusCode::NOT_FOUND);
    assert!(served.open(ANN).await.is_ok());
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused() {
    let config = HttpConfig { body_bytes: 1_000, ..HttpConfig::default() };
    let served = serve(&Fake::new(), config).await;
    let long =
        json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "x".repeat(2_000)}});
    let answer = served.post(&long).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(served.open("").await.is_ok());
}

#[tokio::test]
async fn somebody_with_a_browser_learns_what_this_is() {
    let served = serve(&Fake::new(), HttpConfig::default()).await;
    let get = async |path| {
        http_client().get(served.url(path)).send().await.unwrap().text().await.unwrap()
    };
    assert!(get("/").await.contains("MCP server for Magento 2"));
    assert!(get("/").await.contains(&served.url("/mcp")));
    assert_eq!(get("/healthz").await, "ok\n");
    assert!(get("/nothing").await.contains("`/mcp`"));
}

#[tokio::test]
async fn a_server_that_is_stopped_lets_calls_end_and_hangs_up_on_the_rest() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    let legacy = served.connect(Era::Legacy, None).await;
    let modern = served.connect(Era::Modern, None).await;
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let _subscription = modern.listen(filter).await.unwrap();
    let calls = async {
        tokio::join!(
            legacy.call_tool(named("slow", json!({}))),
            modern.call_tool(named("slow", json!({}))),
        )
    };
    let stop = async {
        fake.until_running(2).await;
        served.stop.send(()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        fake.gate.add_permits(2);
    };
    let ((one, other), ()) = tokio::join!(calls, stop);
    assert_eq!(one.unwrap().structured_content.unwrap()["tool"], "slow");
    assert_eq!(other.unwrap().structured_content.unwrap()["tool"], "slow");
    served.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_address_that_others_reach_is_not_served_without_tokens() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let http = HttpServer {
        actions: Fake::new(),
        access: None,
        limits: TransportLimits::default(),
        config: HttpConfig::default(),
        pages: axum::Router::new(),
    };
    let refused = serve_http(vec![listener], http, std::future::pending()).await.err().unwrap();
    assert!(refused.to_string().contains("configure tokens, or bind to 127.0.0.1"), "{refused}");
}

/// What a session's client gets to a call of a tool under an id, in good time.
async fn called(served: &Served, session: &str, id: Value, tool: &str) -> (StatusCode, String) {
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": {}}});
    let answer = async {
        let request = served.post(&call).bearer_auth(ANN).header("mcp-session-id", session);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    tokio::time::timeout(Duration::from_secs(10), answer).await.expect("never answered")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_requests_under_one_id_the_first_is_served_and_the_others_are_refused() {
    let fake = with_tokens();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = served.open(ANN).await.unwrap();
    let mut all = futures::stream::FuturesUnordered::new();
    for _ in 0..40 {
        all.push(called(&served, &session, json!(7), "slow"));
    }
    for _ in 0..39 {
        let (status, refused) = all.next().await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        let refused: Value = serde_json::from_str(&refused).unwrap();
        assert_eq!((refused.get("id"), &refused["error"]["code"]), (None, &json!(-32600)));
        let what = "a request with the id `7` is not answered yet";
        assert!(refused["error"]["message"].as_str().unwrap().contains(what), "{refused}");
    }
    fake.until_running(1).await;
    // Another id, and the same one of another session, are their own.
    let other = served.open(ANN).await.unwrap();
    for (session, id) in [(&session, json!("7")), (&session, json!(8)), (&other, json!(7))] {
        let (status, answer) = called(&served, session, id, "echo").await;
        assert!(status == StatusCode::OK && answer.contains("echo"), "{answer}");
    }
    fake.gate.add_permits(1);
    let (status, answer) = all.next().await.unwrap();
    assert!(status == StatusCode::OK && answer.contains("\"slow\""), "{answer}");
    assert_eq!(fake.most.load(Ordering::SeqCst), 1, "one call was begun");

    // What is answered, refused or cancelled has its id no longer.
    for _ in 0..200 {
        let (status, answer) = called(&served, &session, json!(7), "echo").await;
        assert!(status == StatusCode::OK && answer.contains("echo"), "{answer}");
    }
    let list = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"});
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": 7}});
    let send = |message: &Value, version: &'static str| {
        let request = served.post(message).bearer_auth(ANN).header("mcp-session-id", &session);
        request.header("mcp-protocol-version", version).send()
    };
    let refused = send(&list, "1999-01-01").await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let cancelled = called(&served, &session, json!(7), "slow");
    let cancelling = async {
        fake.until_running(1).await;
        assert_eq!(send(&cancel, "2025-06-18").await.unwrap().status(), StatusCode::ACCEPTED);
    };
    let ((status, answer), ()) = tokio::join!(cancelled, cancelling);
    assert!(status == StatusCode::OK && !answer.contains("result"), "{answer}");
    assert_eq!(send(&list, "2025-06-18").await.unwrap().status(), StatusCode::OK);
}
