//! A registry that answers what a test has it answer, true or not, and remembers who asked.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::trust::digest;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What was asked of it.
#[derive(Debug, Clone)]
pub(in crate::trust) struct RegistryRequest {
    pub(in crate::trust) path: String,
    /// The header `Authorization`.
    pub(in crate::trust) authorization: Option<String>,
}

/// What it answers.
#[derive(Clone)]
pub(in crate::trust) struct RegistryAnswer {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_endless: bool,
}

impl RegistryAnswer {
    fn of(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), is_endless: false }
    }

    pub(in crate::trust) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::of("200 OK", body)
    }

    /// Elsewhere, whether by a redirect or as the place of an upload.
    pub(in crate::trust) fn elsewhere(status: &'static str, location: impl Into<String>) -> Self {
        Self::of(status, "").with("Location", location)
    }

    /// To whoever has not said who they are.
    pub(in crate::trust) fn unauthorized(challenge: impl Into<String>) -> Self {
        Self::of("401 Unauthorized", "").with("WWW-Authenticate", challenge)
    }

    /// That it is at fault, with a text.
    pub(in crate::trust) fn failing(body: impl Into<Vec<u8>>) -> Self {
        Self::of("500 Internal Server Error", body)
    }

    pub(in crate::trust) fn not_found() -> Self {
        Self::of("404 Not Found", "")
    }

    /// Zeros, for as long as anybody reads them.
    pub(in crate::trust) fn endless() -> Self {
        Self { is_endless: true, ..Self::ok("") }
    }

    pub(in crate::trust) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A manifest.
    pub(in crate::trust) fn manifest(manifest: &Value) -> Self {
        Self::ok(manifest.to_string()).with("Content-Type", MANIFEST)
    }

    async fn write(self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.is_endless {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await?;
        stream.write_all(&self.body).await?;
        if self.is_endless {
            loop {
                stream.write_all(&[0; 64 << 10]).await?;
            }
        }
        stream.shutdown().await
    }
}

/// A manifest as `wkg` writes it, of this file.
pub(in crate::trust) fn manifest_of(wasm: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.wasm.config.v0+json",
            "digest": format!("sha256:{}", digest(b"{}")),
            "size": 2,
        },
        "layers": [{
            "mediaType": "application/wasm",
            "digest": format!("sha256:{}", digest(wasm)),
            "size": wasm.len(),
        }],
    })
}

/// A stand-in for a registry.
pub(in crate::trust) struct StandInRegistry {
    address: String,
    requests: Arc<Mutex<Vec<RegistryRequest>>>,
    serving: JoinHandle<()>,
}

impl StandInRegistry {
    pub(in crate::trust) async fn start(
        answer: impl Fn(&RegistryRequest) -> RegistryAnswer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (requests.clone(), Arc::new(answer));
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (noted, answer) = (noted.clone(), answer.clone());
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    noted.lock().unwrap().push(request.clone());
                    let _ = answer(&request).write(&mut stream).await;
                });
            }
        });
        Self { address, requests, serving }
    }

    /// One that serves one file, as long as `answer` says nothing else of a request.
    pub(in crate::trust) async fn of(
        wasm: &[u8],
        answer: impl Fn(&RegistryRequest) -> Option<RegistryAnswer> + Send + Sync + 'static,
    ) -> Self {
        let wasm = wasm.to_vec();
        Self::start(move |request| {
            answer(request).unwrap_or_else(|| match &*request.path {
                "/v2/" => RegistryAnswer::ok("{}"),
                path if path.contains("/manifests/") => {
                    RegistryAnswer::manifest(&manifest_of(&wasm))
                }
                path if path.ends_with(&digest(&wasm)) => RegistryAnswer::ok(wasm.clone()),
                _ => RegistryAnswer::not_found(),
            })
        })
        .await
    }

    pub(in crate::trust) fn address(&self) -> &str {
        &self.address
    }

    pub(in crate::trust) fn reference(&self, name: &str) -> String {
        format!("oci://{}/{name}", self.address)
    }

    pub(in crate::trust) fn requests(&self) -> Vec<RegistryRequest> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for StandInRegistry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One request; of a body nothing is read. Nothing of what is no HTTP.
async fn read(stream: &mut TcpStream) -> Option<RegistryRequest> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.ok()? == 0 || head[0] == TLS {
            let path = format!("{:02x?}", head.get(..2)?);
            return Some(RegistryRequest { path, authorization: None });
        }
    }
    // A body may have come with it.
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1)?.to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
    };
    Some(RegistryRequest { path, authorization: head.lines().find_map(header) })
}

/// Begins what a client of TLS says first.
const TLS: u8 = 0x16;
