//! Pages beside the protocol: which connection a request of one has come by, and serving them alone.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::accept::Acceptor;
use super::config::HttpConfig;
use super::connections::{ConnectionHandle, Connections};

/// The connection that a request came by; from now on the request says whom it comes from.
pub(super) fn connection_of(request: &mut Request) -> Option<ConnectionHandle> {
    let connection = request.extensions().get::<ConnectionHandle>().cloned();
    if let Some(connection) = &connection {
        request.extensions_mut().insert(ConnectInfo(connection.peer().address()));
    }
    connection
}

/// Serves pages without the protocol, within the same limits on connections, until it is dropped. Who
/// may see them is theirs to say.
pub async fn serve_pages(listeners: Vec<TcpListener>, pages: Router, config: &HttpConfig) {
    let acceptor = Acceptor {
        listeners,
        router: pages.layer(from_fn(note_connection)),
        connections: Connections::new(config.connection_limits()),
        timeouts: config.connection_timeouts(),
        closing: CancellationToken::new(),
    };
    acceptor.run().await;
}

/// A connection is idle again as soon as its answer is made.
async fn note_connection(mut request: Request, next: Next) -> Response {
    let connection = connection_of(&mut request);
    let response = next.run(request).await;
    if let Some(connection) = connection {
        connection.answered();
    }
    response
}
