//! Spans: what they tell, of what, and to whom, held to the schema of OTLP's JSON.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use souk_tests::{DemoStore, Home, confirmed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::call;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Whoever collects spans: takes requests, and keeps those that are as the protocol has them.
#[derive(Clone)]
struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    /// One that answers its first requests with `status`, if any.
    async fn start(first: Option<(&'static str, usize)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { url, taken: Arc::default(), heads: Arc::default() };
        let own = collector.clone();
        tokio::spawn(async move {
            let mut refusals = first.map_or(0, |(_, count)| count);
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut head, mut body) = (Vec::new(), Vec::new());
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let length = head.to_lowercase();
                let length = length.split("content-length: ").nth(1).unwrap();
                body.resize(length.lines().next().unwrap().parse().unwrap(), 0);
                stream.read_exact(&mut body).await.unwrap();
                own.heads.lock().unwrap().push(head);
                let status = if refusals > 0 {
                    refusals -= 1;
                    first.unwrap().0
                } else {
                    own.taken.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                    "200 OK"
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
                     content-length: 2\r\nconnection: close\r\n\r\n{{}}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        collector
    }

    /// Every span that it has taken, each looked at.
    fn spans(&self) -> Vec<Span> {
        let taken = self.taken.lock().unwrap();
        taken.iter().flat_map(read_request).collect()
    }
}

/// A span, as far as tests look at it.
#[derive(Debug)]
struct Span {
    trace: String,
    id: String,
    parent: Option<String>,
    name: String,
    kind: u64,
    attributes: BTreeMap<String, Value>,
    failed: bool,
}

fn members<'v>(value: &'v Value, known: &[&str]) -> &'v serde_json::Map<String, Value> {
    let members = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for name in members.keys() {
        assert!(known.contains(&name.as_str()), "`{name}` is no member here: {value}");
    }
    members
}

/// An `ExportTraceServiceRequest` in protobuf's JSON as OTLP takes it: lowerCamelCase, ids in hex,
/// numbers of 64 bits as text, enumerations as numbers.
fn read_request(request: &Value) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in members(request, &["resourceSpans"])["resourceSpans"].as_array().unwrap() {
        let of_resource = members(of_resource, &["resource", "scopeSpans", "schemaUrl"]);
        let resource = members(&of_resource["resource"], &["attributes", "droppedAttributesCount"]);
        let resource = read_attributes(&resource["attributes"]);
        assert_eq!(resource["service.name"], "souk");
        for of_scope in of_resource["scopeSpans"].as_array().unwrap() {
            let of_scope = members(of_scope, &["scope", "spans", "schemaUrl"]);
            members(&of_scope["scope"], &["name", "version", "attributes"]);
            spans.extend(of_scope["spans"].as_array().unwrap().iter().map(read_span));
        }
    }
    spans
}

fn read_span(span: &Value) -> Span {
    let known = [
        "traceId",
        "spanId",
        "traceState",
        "parentSpanId",
        "flags",
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "events",
        "links",
        "status",
    ];
    let members = members(span, &known);
    let hex = |name: &str, digits: usize| {
        let id = members[name].as_str().unwrap();
        let is_hex = id.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        assert!(is_hex && id.len() == digits && id.bytes().any(|b| b != b'0'), "{name}: {span}");
        id.to_owned()
    };
    let nanoseconds = |name: &str| members[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanoseconds("startTimeUnixNano") <= nanoseconds("endTimeUnixNano"), "{span}");
    assert!(nanoseconds("startTimeUnixNano") > 1_700_000_000_000_000_000, "{span}");
    let status = self::members(&members["status"], &["code", "message"]);
    let kind = members["kind"].as_u64().unwrap();
    assert!((1..=5).contains(&kind), "{span}");
    Span {
        trace: hex("traceId", 32),
        id: hex("spanId", 16),
        parent: members.contains_key("parentSpanId").then(|| hex("parentSpanId", 16)),
        name: members["name"].as_str().unwrap().to_owned(),
        kind,
        attributes: read_attributes(&members["attributes"]),
        failed: status["code"].as_u64().unwrap() == 2,
    }
}

fn read_attributes(attributes: &Value) -> BTreeMap<String, Value> {
    let read = |attribute: &Value| {
        let attribute = members(attribute, &["key", "value"]);
        let value = members(&attribute["value"], &["stringValue", "intValue", "boolValue"]);
        assert_eq!(value.len(), 1, "{value:?}");
        let value = match value.iter().next().unwrap() {
            (kind, Value::String(number)) if kind == "intValue" => {
                number.parse::<i64>().unwrap().into()
            }
            (kind, Value::String(text)) if kind == "stringValue" => text.clone().into(),
            other => panic!("no value of an attribute: {other:?}"),
        };
        (attribute["key"].as_str().unwrap().to_owned(), value)
    };
    attributes.as_array().unwrap().iter().map(read).collect()
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {names:?}"))
}

#[tokio::test]
async fn a_call_its_plugin_its_requests_and_the_chunks_of_a_plan_are_one_trace() {
    let (home, store, collector) =
        (Home::new(), DemoStore::start().await, Collector::start(None).await);
    let souk = home.souk(["serve"]).on(&store).env("SOUK_TRACES_ENDPOINT", &collector.url);
    let mut served = souk.http().await;
    let url = served.url().to_owned();
    call(&url, "auth_login", json!({}), &[]).await;
    store.forget_requests().await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let update = json!({"match": {"sku_list": ["TEN-001"]},
        "updates": {"meta_title": "Secret title"}, "scope": {"scope": "global"}});
    let (_, proposed) = call(&url, "catalog_prepare_bulk_update", update, &[]).await;
    let commit = confirmed(json!({"plan_id": proposed["plan_id"]}));
    let headers = [("traceparent", parent.as_str())];
    call(&url, "catalog_get_product", json!({"sku": "TEN-001"}), &headers).await;
    call(&url, "catalog_commit_bulk_update", commit, &headers).await;
    // What is not sampled by whoever calls is not.
    let unsampled = format!("00-11111111111111111111111111111111-{CALLER}-00");
    let headers = [("traceparent", unsampled.as_str())];
    call(&url, "catalog_get_product", json!({"sku": "TEN-002"}), &headers).await;
    assert_eq!(served.terminate().await, Some(0));

    let spans = collector.spans();
    let of_caller: Vec<&Span> = spans.iter().filter(|span| span.trace == TRACE).collect();
    let calls: Vec<_> =
        of_caller.iter().filter(|span| span.parent.as_deref() == Some(CALLER)).collect();
    let names: Vec<_> = calls.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let get = named(&spans, "tools/call catalog_get_product");
    assert_eq!((get.kind, get.trace.as_str(), get.failed), (2, TRACE, false));
    assert_eq!(get.attributes["gen_ai.tool.name"], "catalog_get_product");
    let plugin = of_caller.iter().find(|span| span.name == "plugin catalog").unwrap();
    assert_eq!((plugin.kind, plugin.parent.as_ref()), (1, Some(&get.id)));
    let read = of_caller.iter().find(|span| span.parent.as_ref() == Some(&plugin.id)).unwrap();
    assert_eq!((read.kind, read.name.as_str()), (3, "GET /V1/products/{sku}"));
    assert_eq!(read.attributes["http.response.status_code"], 200);
    assert_eq!(read.attributes["url.template"], "/V1/products/{sku}");
    // The task of a commit that outlives its call is of its trace.
    let commit = named(&spans, "tools/call catalog_commit_bulk_update");
    let chunk = named(&spans, "plan chunk");
    assert_eq!((chunk.trace.as_str(), chunk.parent.as_ref()), (TRACE, Some(&commit.id)));
    let write = of_caller
        .iter()
        .find(|span| span.attributes.get("http.request.method") == Some(&json!("PUT")));
    assert_eq!(write.unwrap().parent.as_ref(), Some(&chunk.id));
    // What the store was told is the span of each request.
    for request in store.requests().await.iter().filter(|one| one.traceparent.is_some()) {
        let told = request.traceparent.as_ref().unwrap();
        let parts: Vec<_> = told.split('-').collect();
        let known = spans
            .iter()
            .any(|span| span.trace == parts[1] && span.id == parts[2] && span.kind == 3);
        assert!(known || parts[1].starts_with("1111"), "{request:?}");
    }
    assert!(spans.iter().all(|span| !span.trace.starts_with("1111")), "{spans:?}");
    let text = format!("{:?}", collector.taken.lock().unwrap());
    let secrets = store.oauth().map(|(_, secret)| secret);
    for private in
        ["TEN-001", "Secret title", "local"].iter().map(ToString::to_string).chain(secrets)
    {
        assert!(!text.contains(&private), "{private} in {text}");
    }
}

#[tokio::test]
async fn a_call_that_fails_says_by_which_code_and_nothing_else() {
    let (home, collector) = (Home::new(), Collector::start(None).await);
    let souk = home.souk(["serve", "--demo"]).env("SOUK_TRACES_ENDPOINT", &collector.url);
    let mut mcp = souk.http().await;
    let client = mcp.connect(souk_tests::Era::Modern).await;
    client.refusal("catalog_get_product", json!({"sku": "TEN-001"})).await;
    drop(client);
    assert_eq!(mcp.terminate().await, Some(0));
    let spans = collector.spans();
    let failed = named(&spans, "tools/call catalog_get_product");
    assert!(failed.failed);
    assert_eq!(failed.attributes["error.type"], "NOT_AUTHENTICATED");
}

#[tokio::test]
async fn a_collector_in_trouble_is_asked_again_and_keeps_no_call_waiting() {
    let (home, collector) = (Home::new(), Collector::start(Some(("503 Not Now", 1))).await);
    let souk = home
        .souk(["serve", "--demo"])
        .env("SOUK_TRACES_ENDPOINT", &collector.url)
        .env("SOUK_TRACES_AUTHORIZATION", "Bearer collector-token");
    let served = souk.http().await;
    call(served.url(), "auth_login", json!({}), &[]).await;
    souk_tests::until("the spans are taken", || async { !collector.spans().is_empty() }).await;
    let heads = collector.heads.lock().unwrap().clone();
    assert!(heads.len() >= 2, "{heads:?}");
    for head in &heads {
        assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        assert!(head.contains("authorization: Bearer collector-token"), "{head}");
    }
    assert!(!served.process().log().contains("collector-token"));

    // Where nobody listens, calls are answered, and one line says so.
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_TRACES_ENDPOINT", "http://127.0.0.1:9");
    let mut served = souk.http().await;
    call(served.url(), "auth_login", json!({}), &[]).await;
    assert_eq!(served.terminate().await, Some(0));
}

#[tokio::test]
async fn of_no_share_nothing_is_recorded_but_what_the_caller_wants() {
    let (home, collector) = (Home::new(), Collector::start(None).await);
    let file = home.write("rules.toml", "[traces]\nshare = 0\n");
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let mut served = souk.env("SOUK_TRACES_ENDPOINT", &collector.url).http().await;
    let url = served.url().to_owned();
    call(&url, "auth_login", json!({}), &[]).await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    call(&url, "auth_whoami", json!({}), &[("traceparent", &parent)]).await;
    assert_eq!(served.terminate().await, Some(0));
    let spans = collector.spans();
    assert!(!spans.is_empty() && spans.iter().all(|span| span.trace == TRACE), "{spans:?}");
}
