//! A store that may fall silent or hang up in the middle: HTTP/1.1 by hand, since no HTTP server
//! lets one break its rules.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use souk_upstream::{Magento, RequestLimits, Session, StoreConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::stand_in::{VIEWS, admin};

/// What the store does once it has read a whole request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    /// Closes the connection without a byte.
    HangUp,
    /// Never says anything.
    FallSilent,
    /// Says this and closes.
    Say(&'static str),
    /// Answers 200 with this JSON, keeps the connection for the next request.
    Answer(&'static str),
    /// As `Answer`, and closes the connection a moment later without having said that it would.
    AnswerAndLeave(&'static str),
}

/// A running store. It answers logins by itself, on connections that it keeps.
pub(crate) struct Wire {
    base_url: String,
    /// The first line of each request, logins included.
    lines: Arc<Mutex<Vec<String>>>,
    accepting: AbortHandle,
}

impl Wire {
    /// A store that does the same with each request but the logins'; the number tells how many of
    /// those came before.
    pub(crate) async fn start(then: impl Fn(usize) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (then, seen) = (Arc::new(then), Arc::clone(&lines));
        let accepting = tokio::spawn(async move {
            let mut serving = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                serving.spawn(serve(stream, Arc::clone(&then), Arc::clone(&seen)));
            }
        });
        Self { base_url, lines, accepting: accepting.abort_handle() }
    }

    pub(crate) async fn session(&self, limits: RequestLimits) -> Session {
        let config = StoreConfig::new("shop", self.base_url.parse().unwrap());
        let store = Magento::new(StoreConfig { limits, ..config }).unwrap();
        Session::login(&store, admin()).await.unwrap()
    }

    /// Closes the port and every connection, and lets the client see it.
    pub(crate) async fn stop(&self) {
        self.accepting.abort();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// The first lines of all requests that a plugin or plan made.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap().clone();
        lines.into_iter().filter(|line| !is_login(line)).collect()
    }
}

fn is_login(line: &str) -> bool {
    line.contains("/admin/token") || line.contains("/store/storeViews")
}

async fn serve(
    stream: TcpStream,
    then: Arc<impl Fn(usize) -> Then>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(line) = request(&mut stream).await {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(line.clone());
            seen.iter().filter(|line| !is_login(line)).count()
        };
        let then = match line.as_str() {
            line if line.contains("/admin/token") => Then::Answer("\"token-1\""),
            line if line.contains("/store/storeViews") => Then::Answer(VIEWS),
            _ => then(before - 1),
        };
        match then {
            Then::HangUp => return,
            Then::FallSilent => std::future::pending().await,
            Then::Say(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            Then::Answer(json) | Then::AnswerAndLeave(json) => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
                let answer = format!("{head}{}\r\n\r\n{json}", json.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
        if matches!(then, Then::AnswerAndLeave(_)) {
            return;
        }
    }
}

/// Reads a whole request; its first line, or `None` where the client has left.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    head.lines().next().map(str::to_owned)
}
