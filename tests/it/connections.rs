//! Connections that are held and not used: they take nobody's place.

use std::time::Duration;

use serde_json::json;
use souk_tests::{ERAS, Era, Home, HttpHost};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANN: &str = "ann-0123456789abcdef";

fn address(served: &HttpHost) -> String {
    served.url().trim_start_matches("http://").trim_end_matches("/mcp").to_owned()
}

/// So many connections that each send this and then nothing.
async fn hold(served: &HttpHost, count: usize, sent: &str) -> Vec<TcpStream> {
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let connect =
            tokio::time::timeout(Duration::from_secs(5), TcpStream::connect(address(served)));
        // Where the system's own queue is full the attack has no more to hold.
        let Ok(Ok(mut stream)) = connect.await else { break };
        let _ = stream.write_all(sent.as_bytes()).await;
        held.push(stream);
    }
    held
}

/// A new client is let in and answered, in good time.
async fn serves(served: &HttpHost, what: &str, token: Option<&str>) {
    for era in ERAS {
        let ask = async {
            let mcp = match token {
                Some(token) => served.connect_as(era, token).await,
                None => served.connect(era).await,
            };
            mcp.answer("probe_safe", json!({})).await;
        };
        let answered = tokio::time::timeout(Duration::from_secs(8), ask).await;
        assert!(answered.is_ok(), "{what}: a new client waits");
    }
}

fn with_body(length: usize) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {length}\r\n\r\n{{"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_silent_connections_than_there_is_room_for_stop_no_new_client() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let served = souk.http().await;
    for (what, sent) in [
        ("nothing sent", String::new()),
        ("half a header", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n".to_owned()),
        ("half a body", with_body(4_000)),
        ("an answered request", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
    ] {
        let held = hold(&served, 1_150, &sent).await;
        serves(&served, what, None).await;
        drop(held);
    }
}

#[tokio::test]
async fn streams_of_news_that_somebody_hoards_stop_no_new_client() {
    let home = Home::new();
    let file = home.write("rules.toml", "[http]\nconnections = 64\nconnections_each = 48\n");
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.env("SOUK_PLUGINS", home.plugins_and_probe()).http().await;
    let mut hoarded = Vec::new();
    for _ in 0..100 {
        let client = souk_tests::http_client();
        let answer = post(&client, &served, &initialize("hoarder")).await;
        if !answer.status().is_success() {
            continue;
        }
        let session = answer.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let stream = client
            .get(served.url())
            .header("accept", "text/event-stream")
            .header("mcp-session-id", session)
            .header("mcp-protocol-version", "2025-06-18")
            .send()
            .await;
        hoarded.push((client, stream));
    }
    serves(&served, "streams are hoarded", None).await;
    drop(hoarded);
}

fn initialize(name: &str) -> serde_json::Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": name, "version": "1"}}})
}

async fn post(
    client: &reqwest::Client,
    served: &HttpHost,
    message: &serde_json::Value,
) -> reqwest::Response {
    client
        .post(served.url())
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(message.to_string())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_header_and_a_body_have_their_time_and_an_idle_connection_too() {
    let home = Home::new();
    let file = home.write(
        "rules.toml",
        "[http]\nheader_timeout_s = 1\nbody_timeout_s = 1\nidle_timeout_s = 1\n",
    );
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.http().await;
    for sent in [
        String::new(),
        "GET /healthz HTTP/1.1\r\nHost: loc".to_owned(),
        with_body(4_000),
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ] {
        let mut stream = hold(&served, 1, &sent).await.remove(0);
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(6), stream.read_to_end(&mut answer));
        assert!(closed.await.is_ok(), "`{sent}` is held for ever");
    }
    // A stream that waits for news is not idle: it has asked.
    let mcp = served.connect(Era::Modern).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    mcp.tools().await;
}

#[tokio::test]
async fn one_client_of_this_machine_cannot_take_all_sessions() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe());
    let served = souk.http().await;
    let honest = served.connect(Era::Legacy).await;
    honest.answer("probe_safe", json!({})).await;
    let greedy = souk_tests::http_client();
    for _ in 0..200 {
        let answer = post(&greedy, &served, &initialize("greedy")).await;
        assert!(answer.status() == 200 || answer.status() == 503, "{}", answer.status());
    }
    serves(&served, "all sessions taken", None).await;
    // Whoever works is not put out for those who only open.
    honest.answer("probe_safe", json!({})).await;
}

/// Wrong tokens are answered more and more slowly, and never at the cost of who has a right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_tokens_is_slowed_and_logged_and_locks_nobody_out() {
    let home = Home::new();
    let file = home.write("rules.toml", format!("[principals.ann]\ntoken = '{ANN}'\n"));
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.env("SOUK_PLUGINS", home.plugins_and_probe()).http().await;
    let guess = async |number: usize| {
        let token = format!("ann-0123456789{number:06}");
        let request = souk_tests::http_client().post(served.url()).bearer_auth(token).send();
        request.await.unwrap().status().as_u16()
    };
    let begun = std::time::Instant::now();
    for number in 0..12 {
        let status = guess(number).await;
        assert!(status == 401 || status == 429, "{status}");
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(3), "twelve guesses in {took:?}");
    // Many at once are not answered at once either, and those who know a token are.
    let guesses = (0..60).map(guess);
    let guessing = futures_all(guesses);
    let honest = async {
        let begun = std::time::Instant::now();
        serves(&served, "while tokens are guessed", Some(ANN)).await;
        begun.elapsed()
    };
    let (_, honest) = tokio::join!(guessing, honest);
    assert!(honest < Duration::from_secs(8), "{honest:?}");
    let log = served.process().log();
    let lines = log.lines().filter(|line| line.contains("wrong token")).count();
    assert!((1..=5).contains(&lines), "{lines} lines of wrong tokens:\n{log}");
    assert!(log.contains("127.0.0.1"), "{log}");
    assert!(!log.contains("ann-0123456789"), "{log}");
}

/// Waits for all, side by side.
async fn futures_all<T>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    use futures::StreamExt;
    all.into_iter().collect::<futures::stream::FuturesUnordered<_>>().collect().await
}

#[tokio::test]
async fn calls_refusals_and_logins_have_a_rate_for_each_principal() {
    let home = Home::new();
    let bob = ANN.replace("ann", "bob");
    let rates = |rates: &str| {
        format!(
            "[principals.ann]\ntoken = '{ANN}'\n[principals.bob]\ntoken = '{bob}'\n\
             [policy]\naccept_credentials = true\n[rates]\n{rates}\n"
        )
    };
    let file = home.write("rules.toml", rates("refused_per_s = 1"));
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.env("SOUK_PLUGINS", home.plugins_and_probe()).http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let other = served.connect_as(Era::Modern, &bob).await;
    let mut refused = Vec::new();
    for _ in 0..16 {
        refused.push(ann.refusal("probe_critical", json!({})).await);
    }
    assert!(refused[0].starts_with("FORBIDDEN: "), "{refused:?}");
    let last = refused.last().unwrap();
    assert!(last.starts_with("RATE_LIMITED: ") && last.contains("rates.refused_per_s"), "{last}");
    assert!(ann.refusal("probe_safe", json!({})).await.starts_with("RATE_LIMITED: "));
    other.answer("probe_safe", json!({})).await;

    home.write("rules.toml", rates("calls_per_s = 2\nlogins_per_min = 2"));
    souk_tests::until("the rates are in force", async || {
        let called = other.call("probe_safe", json!({})).await.unwrap();
        called.is_error == Some(true)
    })
    .await;
    home.write("rules.toml", rates("logins_per_min = 2"));
    souk_tests::until("they are others", async || {
        let called = other.call("probe_safe", json!({})).await.unwrap();
        called.is_error != Some(true)
    })
    .await;
    let mut said = Vec::new();
    for _ in 0..3 {
        let wrong = json!({"username": "ann", "password": "wrong"});
        said.push(other.refusal("auth_login", wrong).await);
    }
    assert!(said[0].starts_with("NOT_AUTHENTICATED: "), "{said:?}");
    assert!(said[2].starts_with("RATE_LIMITED: ") && said[2].contains("logins"), "{said:?}");
    // The operator's own credentials are nobody's to guess.
    other.log_in().await;
}
