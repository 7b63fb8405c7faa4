//! A store on a free port, and just enough HTTP to speak to it: what the store sends can be examined down
//! to a body that ends too early.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use souk_demo_store::{Credential, DemoStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A running store and an admin's token. It stops when dropped.
pub(crate) struct Store {
    address: SocketAddr,
    token: String,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<io::Result<()>>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// JSON, or the text as a string.
    pub(crate) body: Value,
}

impl Store {
    pub(crate) async fn start(store: DemoStore) -> Self {
        let admin = store.credentials().into_iter().find_map(|credential| match credential {
            Credential::Admin { username, password } => Some((username, password)),
            _ => None,
        });
        let (username, password) = admin.expect("the store has an admin");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(store.serve(listener, async {
            stopped.await.ok();
        }));
        let mut running =
            Self { address, token: String::new(), stop: Some(stop), served: Some(served) };
        let login = json!({ "username": username, "password": password }).to_string();
        let answer =
            running.send("POST", "/rest/V1/integration/admin/token", &[], Some(&login)).await;
        running.token = answer.unwrap().body.as_str().unwrap_or_default().to_owned();
        running
    }

    /// Stops the store and waits until it let go of everything.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(served) = self.served.take() {
            served.await.unwrap().unwrap();
        }
    }

    pub(crate) fn bearer(&self) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) fn take_token(&mut self, other: String) {
        self.token = other;
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A request as the admin, which must be answered.
    pub(crate) async fn call(&self, method: &str, target: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        self.send(method, target, &[self.bearer()], body.as_deref()).await.unwrap()
    }

    /// A request on a connection of its own.
    ///
    /// # Errors
    /// When the connection closes before the whole answer is there.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        body: Option<&str>,
    ) -> io::Result<Answer> {
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.address
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request += "content-type: application/json\r\n";
            }
            request += &format!("content-length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        parse(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let body = &bytes[end + 4..];
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if length.is_some_and(|length| length.parse() != Ok(body.len())) {
        return None;
    }
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    Some(Answer { status, head, body: serde_json::from_slice(body).unwrap_or_else(|_| text()) })
}
