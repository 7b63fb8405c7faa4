//! What stands where plain HTTP would leave this machine: nothing goes through.
//!
//! A registry leads on: by redirects, to the service that hands out its tokens, to where an upload goes.
//! The library follows wherever that is, and cannot be told not to. But it takes a proxy, and this is the
//! one that it gets for plain HTTP: whatever is not this machine's own ends here and is refused, before
//! a byte of it, or a password, is on a network. A registry elsewhere has no business with this machine
//! or its networks either: what listens there takes a request for that of somebody who may make it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use souk_model::visible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Which hosts are this machine's own, as the library's list of exceptions has it.
const LOCAL: &str = "127.0.0.0/8,::1,localhost";
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
    /// Begins to listen, on a port of this machine that is free.
    ///
    /// # Errors
    /// There is none.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let refused = Arc::new(Mutex::new(None));
        let serving = tokio::spawn(refuse_all(listener, refused.clone()));
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

async fn refuse_all(listener: TcpListener, refused: Arc<Mutex<Option<String>>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let refused = refused.clone();
        tokio::spawn(async move {
            let _ = tokio::time::timeout(ASKING, refuse(stream, &refused)).await;
        });
    }
}

/// Notes what one request asks for, and refuses it.
async fn refuse(mut stream: TcpStream, refused: &Mutex<Option<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while head.len() < MAX_HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let address = asked_address(&head);
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
        let guard = PlainHttpGuard::start().await.unwrap();
        let mut stream = TcpStream::connect(guard.address).await.unwrap();
        let request = b"GET http://registry.example/v2/?token=secret HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert_eq!(guard.refused().as_deref(), Some("http://registry.example/v2/"));
        assert_eq!(guard.refused(), None);
    }
}
