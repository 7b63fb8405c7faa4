//! Accepting connections and serving each until it ends, has to go, or takes too long. Whatever this host
//! serves over HTTP is accepted here, so that no listener of it has other limits.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use souk_model::ConnectionAddresses;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::connections::{ConnectionHandle, ConnectionTimeouts, Connections};
use super::peer::Peer;
use super::seldom::Seldom;

/// What is told to a client for whom there is no room, without a task for it.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";
/// How long accepting rests when the system has nothing left to accept with.
const REST: Duration = Duration::from_millis(20);

/// What it takes to serve connections.
pub(crate) struct Acceptor {
    /// All of the same service. None of them may be of no address.
    pub(crate) listeners: Vec<TcpListener>,
    pub(crate) router: Router,
    pub(crate) connections: Arc<Connections>,
    pub(crate) timeouts: ConnectionTimeouts,
    /// Ends accepting, and each connection after the request that it is at.
    pub(crate) closing: CancellationToken,
}

impl Acceptor {
    /// Accepts until [`closing`](Self::closing), and then until all connections have ended.
    pub(crate) async fn run(self) {
        let tasks = TaskTracker::new();
        let accepting = self.listeners.iter().map(|listener| self.accept(listener, &tasks));
        futures::future::join_all(accepting).await;
        tasks.close();
        tasks.wait().await;
    }

    /// Accepts of one listener until [`closing`](Self::closing).
    async fn accept(&self, listener: &TcpListener, tasks: &TaskTracker) {
        let complaints = Seldom::default();
        loop {
            let accepted = tokio::select! {
                () = self.closing.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => self.take(stream, address, tasks, &complaints),
                // The client was gone again before it was accepted.
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    complaints.say(|times| {
                        tracing::warn!(%error, times, "cannot accept a connection");
                    });
                    // Most likely there are no descriptors left.
                    self.connections.shed();
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    fn take(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        tasks: &TaskTracker,
        complaints: &Seldom,
    ) {
        let peer = Peer::of(address);
        let Some(handle) = self.connections.admit(peer) else {
            complaints.say(|times| {
                tracing::warn!(%peer, times, "no room for a connection: all open ones are in use");
            });
            let _ = stream.try_write(NO_ROOM);
            return;
        };
        // Answers are small and whole: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        // Of one whose own end cannot be told nothing is proved by what is served on it.
        let addresses = stream.local_addr().ok();
        let addresses = addresses.map(|server| ConnectionAddresses::new(address, server));
        let (router, closing) = (self.router.clone(), self.closing.clone());
        let connection = AcceptedConnection { stream, handle, addresses };
        tasks.spawn(serve(connection, router, self.timeouts, closing));
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection that was let in.
struct AcceptedConnection {
    stream: TcpStream,
    handle: ConnectionHandle,
    addresses: Option<ConnectionAddresses>,
}

async fn serve(
    connection: AcceptedConnection,
    router: Router,
    timeouts: ConnectionTimeouts,
    closing: CancellationToken,
) {
    let AcceptedConnection { stream, handle, addresses } = connection;
    let of_requests = handle.clone();
    let service = router.map_request(move |request: Request<Incoming>| {
        of_requests.begins();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(of_requests.clone());
        if let Some(addresses) = addresses {
            request.extensions_mut().insert(addresses);
        }
        request
    });
    let io = TokioIo::new(WatchedStream { stream, handle: handle.clone() });
    let connection = http1::Builder::new()
        // Ours tell a header from an idle connection, and are not logged for each.
        .header_read_timeout(None)
        .serve_connection(io, TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    let mut closed = pin!(closing.cancelled());
    let mut is_closing = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection broke");
                }
                return;
            }
            () = handle.ended() => return,
            () = closed.as_mut(), if !is_closing => {
                is_closing = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(timeouts.shortest()) => {
                if handle.is_overdue(&timeouts, Instant::now()) {
                    return;
                }
            }
        }
    }
}

/// A stream that says of its connection when something was read, and when nothing can be written.
struct WatchedStream {
    stream: TcpStream,
    handle: ConnectionHandle,
}

impl WatchedStream {
    fn note<T>(&self, written: &Poll<io::Result<T>>) {
        self.handle.has_written(written.is_ready());
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.handle.has_read();
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
