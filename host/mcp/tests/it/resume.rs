//! Clients of the older era whose connection breaks, line by line.

use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use souk_mcp::HttpConfig;

use crate::fake::Fake;
use crate::http::{Served, http_client, serve};

/// An event as it came.
#[derive(Debug, Clone)]
struct Event {
    id: Option<String>,
    data: Value,
}

/// A stream of events, read piece by piece.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self { response, text: String::new() }
    }

    /// The next event; none at the end of the stream. Comments are left out.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find(|line| line.starts_with(name))?;
                    Some(line[name.len()..].trim().to_owned())
                };
                let event = field("data:").map(|data| Event {
                    id: field("id:"),
                    data: serde_json::from_str(&data).unwrap_or(Value::Null),
                });
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let piece = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

struct Session<'s> {
    served: &'s Served,
    id: String,
    version: &'static str,
}

impl<'s> Session<'s> {
    async fn open(served: &'s Served, version: &'static str) -> Self {
        let opened = served
            .post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": version, "capabilities": {},
                "clientInfo": {"name": "by hand", "version": "1"}}}))
            .send()
            .await
            .unwrap();
        let id = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let answer = opened.text().await.unwrap();
        assert!(answer.contains(version), "{answer}");
        assert!(!answer.contains("data:\n") && !answer.contains("data: \n"), "{answer}");
        Self { served, id, version }
    }

    async fn call(&self, id: i64, tool: &str, token: Option<&str>) -> Events {
        let mut params = json!({"name": tool, "arguments": {}});
        if let Some(token) = token {
            params["_meta"] = json!({"progressToken": token});
        }
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        let request = self.served.post(&call);
        Events::of(self.in_session(request).send().await.unwrap())
    }

    fn in_session(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("mcp-session-id", &self.id).header("mcp-protocol-version", self.version)
    }

    async fn listen(&self, last: Option<&str>) -> Events {
        let mut request = self.in_session(http_client().get(self.served.url("/mcp")));
        request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Events::of(request.send().await.unwrap())
    }
}

#[tokio::test]
async fn a_call_that_ends_while_its_client_reconnects_is_answered_all_the_same() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = Session::open(&served, "2025-11-25").await;
    let mut call = session.call(7, "slow", None).await;
    let first = call.next().await.unwrap();
    assert_eq!(first.data, Value::Null, "where to come back to, and nothing else");
    let first = first.id.unwrap();
    fake.until_running(1).await;
    // The connection breaks.
    drop(call);
    fake.gate.add_permits(1);
    fake.dropped.notified().await;
    let mut resumed = session.listen(Some(&first)).await;
    let reply = resumed.next().await.unwrap();
    assert_eq!(reply.data["id"], 7);
    assert_eq!(reply.data["result"]["structuredContent"]["tool"], "slow");
    assert!(resumed.next().await.is_none(), "the stream ends with the reply");
    // Once more, as a client does that lost this connection, too; and not what it has had.
    let mut again = session.listen(Some(&first)).await;
    assert_eq!(again.next().await.unwrap().id, reply.id);
    let mut after = session.listen(reply.id.as_deref()).await;
    assert!(after.next().await.is_none());
}

#[tokio::test]
async fn older_clients_get_no_empty_events_and_go_on_after_the_last_they_had() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18"] {
        let session = Session::open(&served, version).await;
        let mut call = session.call(1, "count", Some("p")).await;
        let first = call.next().await.unwrap();
        assert_eq!(first.data["params"]["progress"], 1.0, "{first:?}");
        drop(call);
        let mut resumed = session.listen(first.id.as_deref()).await;
        let mut last = 1.0;
        loop {
            let event = resumed.next().await.expect("the reply comes");
            if event.data["id"] == 1 {
                break;
            }
            let progress = event.data["params"]["progress"].as_f64().unwrap();
            assert!(progress > last, "{event:?} after {last}");
            last = progress;
        }
    }
}

#[tokio::test]
async fn ids_of_events_are_unique_over_all_streams_of_a_session() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = Session::open(&served, "2025-11-25").await;
    let mut news = session.listen(None).await;
    let mut seen = vec![news.next().await.unwrap().id.unwrap()];
    for id in 0..3 {
        let mut call = session.call(id, "echo", None).await;
        while let Some(event) = call.next().await {
            seen.push(event.id.unwrap());
        }
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), all), (7, 7), "{seen:?}");
    // Of another session none of them means anything.
    let other = Session::open(&served, "2025-11-25").await;
    assert!(other.listen(Some(&seen[6])).await.next().await.is_none());
}

#[tokio::test]
async fn news_that_came_while_nobody_listened_is_there_for_whoever_comes_back() {
    let fake = Fake::new();
    let served = serve(&fake, HttpConfig::default()).await;
    let session = Session::open(&served, "2025-11-25").await;
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let before = fake.changes.receiver_count();
    let noted = session.in_session(served.post(&initialized)).send().await.unwrap();
    assert_eq!(noted.status(), StatusCode::ACCEPTED);
    let mut news = session.listen(None).await;
    let first = news.next().await.unwrap().id.unwrap();
    // Whoever tells of changes has begun to watch.
    while fake.changes.receiver_count() < before + 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(news);
    fake.change();
    let mut resumed = session.listen(Some(&first)).await;
    loop {
        let event = resumed.next().await.expect("the stream stays open");
        if event.data["method"] == "notifications/tools/list_changed" {
            break;
        }
    }
}
