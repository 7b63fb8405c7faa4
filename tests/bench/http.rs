//! An HTTP client that does as little as it can: whole requests out, whole answers in, on
//! connections that stay open.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::{Run, Template};

/// A POST of JSON, ready to be sent.
pub(crate) struct Post(pub(crate) Vec<u8>);

impl Post {
    pub(crate) fn new(host: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Self(format!("{head}\r\n{body}").into_bytes())
    }
}

/// An answer of status 200.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Connections on a thread of their own: this one.
pub(crate) struct Client(tokio::runtime::Runtime);

impl Client {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(tokio::runtime::Builder::new_current_thread().enable_all().build()?))
    }

    /// One request on a connection of its own.
    pub(crate) fn once(&self, host: SocketAddr, request: &[u8]) -> anyhow::Result<Answer> {
        self.0.block_on(async {
            let mut connection = Connection::open(host).await?;
            let head = connection.exchange(request).await?;
            Ok(Answer { head, body: connection.body })
        })
    }

    /// Makes `calls` requests over `at_once` connections. `accept` judges each answer's body.
    pub(crate) fn drive(
        &self,
        host: SocketAddr,
        request: &str,
        at_once: usize,
        calls: usize,
        accept: fn(&[u8]) -> bool,
    ) -> anyhow::Result<Run> {
        self.0.block_on(async {
            let connections = try_join_all((0..at_once).map(|_| Connection::open(host))).await?;
            let each = calls / at_once;
            let since = Instant::now();
            let runs =
                connections.into_iter().enumerate().map(|(place, mut connection)| async move {
                    let mut template = Template::new(request).ok();
                    let mut latencies = Vec::with_capacity(each);
                    for number in 0..each {
                        let bytes = match &mut template {
                            Some(template) => template.numbered((place * each + number) as u64),
                            None => request.as_bytes(),
                        };
                        let begun = Instant::now();
                        connection.exchange(bytes).await?;
                        latencies.push(begun.elapsed());
                        let body = &connection.body;
                        ensure!(accept(body), "a call failed: {}", String::from_utf8_lossy(body));
                    }
                    Ok(latencies)
                });
            Ok(Run::new(try_join_all(runs).await?.concat(), since))
        })
    }
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    async fn open(host: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(64 << 10), body: Vec::new() })
    }

    /// Sends a request and reads its answer: the head is given, the body is left in `body`.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<String> {
        self.stream.write_all(request).await?;
        self.read.clear();
        self.body.clear();
        let end = loop {
            self.more().await?;
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at;
            }
        };
        let head = std::str::from_utf8(&self.read[..end])?.to_owned();
        let mut at = end + 4;
        ensure!(head.starts_with("HTTP/1.1 200"), "`{head}`");
        if let Some(length) = header(&head, "content-length") {
            let length: usize = length.parse()?;
            while self.read.len() < at + length {
                self.more().await?;
            }
            self.body.extend_from_slice(&self.read[at..at + length]);
        } else if header(&head, "transfer-encoding") == Some("chunked") {
            while let Some(length) = self.chunk(&mut at).await? {
                self.body.extend_from_slice(&self.read[at..at + length]);
                at += length + 2;
            }
        } else {
            bail!("an answer without a length: `{head}`");
        }
        Ok(head)
    }

    /// Reads a whole chunk and moves to its first byte; `None` after the last one.
    async fn chunk(&mut self, at: &mut usize) -> anyhow::Result<Option<usize>> {
        let line = loop {
            if let Some(length) = find(&self.read[*at..], b"\r\n") {
                break length;
            }
            self.more().await?;
        };
        let length = std::str::from_utf8(&self.read[*at..*at + line])?;
        let length = usize::from_str_radix(length, 16).context("a chunk without a length")?;
        *at += line + 2;
        while self.read.len() < *at + length + 2 {
            self.more().await?;
        }
        Ok((length > 0).then_some(length))
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the server hung up");
        Ok(())
    }
}

/// A header's value.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
