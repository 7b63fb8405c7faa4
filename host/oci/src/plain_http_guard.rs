//! What stands where plain HTTP would leave this machine: nothing goes through.
//!
//! A registry leads on: by redirects, to the service that hands out its tokens, to where an upload goes.
//! The library follows wherever that is, and cannot be told not to. But it takes a proxy, and this is the
//! one that it gets for plain HTTP: whatever is not this machine's own ends here and is refused, before
//! a byte of it, or a password, is on a network. What is for `localhost`, and for no name below it, it hands
//! on to a loopback address. A registry elsewhere has no business with this machine or its networks either:
//! what listens there takes a request for that of somebody who may make it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use souk_model::visible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Which addresses are this machine's own, as the library's list of exceptions has it. A name in it would
/// stand for every name below it as well, and those are asked of whoever answers for names.
const LOCAL: &str = "127.0.0.0/8,::1";
/// The name that is this machine's own. It is asked of nobody.
const LOCALHOST: &str = "localhost";
/// The port of plain HTTP.
const HTTP_PORT: u16 = 80;
/// How long one that asks may take to say what for.
const ASKING: Duration = Duration::from_secs(5);
/// The longest beginning of a request that is read.
const MAX_HEAD: usize = 8 << 10;
/// How much of an address is shown, in characters.
const SHOWN: usize = 200;
/// The answer to everything.
const REFUSAL: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Listens for as long as it is kept.
#[derive(Debug)]
pub(crate) struct PlainHttpGuard {
    address: SocketAddr,
    refused: Arc<Mutex<Option<String>>>,
    serving: JoinHandle<()>,
}

impl PlainHttpGuard {
    /// Begins to listen, on a port of this machine that is free. Whether it hands on what is for
    /// `localhost`: a registry there may be asked.
    ///
    /// # Errors
    /// There is none.
    pub(crate) async fn start(hands_on: bool) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let refused = Arc::new(Mutex::new(None));
        let serving = tokio::spawn(answer_all(listener, refused.clone(), hands_on));
        Ok(Self { address, refused, serving })
    }

    /// The proxy that plain HTTP takes.
    pub(crate) fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The hosts for which it takes none: this machine's own, for a registry that is there itself.
    pub(crate) fn exceptions(is_local: bool) -> Option<String> {
        is_local.then(|| LOCAL.to_owned())
    }

    /// The address that was refused, if any was; it is told once.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for PlainHttpGuard {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer_all(listener: TcpListener, refused: Arc<Mutex<Option<String>>>, hands_on: bool) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let refused = refused.clone();
        tokio::spawn(async move {
            let _ = answer(stream, &refused, hands_on).await;
        });
    }
}

/// Hands a connection on whose first request is for `localhost`, or notes what it asks for and refuses it.
async fn answer(
    mut stream: TcpStream,
    refused: &Mutex<Option<String>>,
    hands_on: bool,
) -> std::io::Result<()> {
    let head = tokio::time::timeout(ASKING, read_head(&mut stream)).await??;
    let port = hands_on.then(|| localhost_port(&head)).flatten();
    let Some(port) = port else { return refuse(stream, &head, refused).await };
    let addresses: [SocketAddr; 2] =
        [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
    let mut registry = TcpStream::connect(&addresses[..]).await?;
    // A request with a whole address in its first line is one that every server takes.
    registry.write_all(&head).await?;
    tokio::io::copy_bidirectional(&mut stream, &mut registry).await?;
    Ok(())
}

/// The beginning of what comes, up to the end of a request's head.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while head.len() < MAX_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(head)
}

/// The port of a request for `localhost`, and for nothing that only looks like it.
fn localhost_port(head: &[u8]) -> Option<u16> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let address = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    let authority = address.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
    let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
    let port = if port.is_empty() { Some(HTTP_PORT) } else { port.parse().ok() };
    port.filter(|_| name.eq_ignore_ascii_case(LOCALHOST))
}

async fn refuse(
    mut stream: TcpStream,
    head: &[u8],
    refused: &Mutex<Option<String>>,
) -> std::io::Result<()> {
    let address = asked_address(head);
    *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await
}

/// The address in a request's first line, without what may be a secret in it.
fn asked_address(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let address = head.split_whitespace().nth(1).unwrap_or_default();
    let address: String =
        address.split('?').next().unwrap_or_default().chars().take(SHOWN).collect();
    visible::line(&address).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_elsewhere_leads_to_nothing_on_this_machine_by_plain_http() {
        assert_eq!(PlainHttpGuard::exceptions(false), None);
        assert_eq!(PlainHttpGuard::exceptions(true).as_deref(), Some(LOCAL));
    }

    #[tokio::test]
    async fn whatever_is_asked_is_refused_and_noted_without_its_query() {
        let guard = PlainHttpGuard::start(true).await.unwrap();
        let answer = ask(&guard, "http://registry.example/v2/?token=secret").await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert_eq!(guard.refused().as_deref(), Some("http://registry.example/v2/"));
        assert_eq!(guard.refused(), None);
    }

    async fn ask(guard: &PlainHttpGuard, address: &str) -> String {
        let mut stream = TcpStream::connect(guard.address).await.unwrap();
        let request = format!("GET {address} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn localhost_is_a_loopback_address_and_no_name_below_it_is() {
        let registry = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = registry.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = registry.accept().await.unwrap();
            let head = read_head(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            String::from_utf8(head).unwrap()
        });
        let guard = PlainHttpGuard::start(true).await.unwrap();
        for name in
            ["sub.localhost", "localhost.", "localhost.example", "me@localhost", "xlocalhost"]
        {
            let answer = ask(&guard, &format!("http://{name}:{port}/v2/")).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{name}: {answer}");
        }
        // Nor is it for a registry that is elsewhere.
        let elsewhere = PlainHttpGuard::start(false).await.unwrap();
        let answer = ask(&elsewhere, &format!("http://localhost:{port}/v2/")).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        let answer = ask(&guard, &format!("http://LOCALHOST:{port}/v2/")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(serving.await.unwrap().starts_with("GET http://LOCALHOST"));
    }
}
