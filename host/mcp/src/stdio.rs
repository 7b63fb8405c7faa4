//! Serving one client on a pair of streams.

use std::sync::Arc;

use rmcp::service::{QuitReason, ServerInitializeError, serve_server};
use souk_model::{Actions, Principal};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;

use crate::caller::Caller;
use crate::line_transport::LineTransport;
use crate::server::McpHandler;
use crate::server_state::ServerState;
use crate::{ServeError, TransportLimits};

/// Serves the client at standard input and output until the input ends and every request is
/// answered. The caller is [`Principal::local`].
///
/// Standard output belongs to the protocol from here on: nothing else may be written to it.
///
/// # Errors
/// [`ServeError::Broken`] if the server itself fails; a client that hangs up is no error.
pub async fn serve_stdio(
    actions: Arc<dyn Actions>,
    limits: TransportLimits,
) -> Result<(), ServeError> {
    // Pipes are driven without a thread hop for each read and write; anything else is as usual.
    let (reader, writer) = rmcp::transport::stdio_pipes();
    serve_streams(actions, limits, reader, writer).await
}

/// As [`serve_stdio`], on any two streams.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_streams<R, W>(
    actions: Arc<dyn Actions>,
    limits: TransportLimits,
    reader: R,
    writer: W,
) -> Result<(), ServeError>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let shared = ServerState::new(actions.clone(), &limits);
    let lines = LineTransport::new(reader, writer, &limits, shared.ending.clone());
    let _watch = AbortOnDropHandle::new(tokio::spawn({
        let (ending, actions) = (shared.ending.clone(), actions);
        async move {
            ending.cancelled().await;
            actions.client_left();
        }
    }));
    loop {
        let server = McpHandler::new(shared.clone(), Caller::Only(Principal::local()));
        let running = match serve_server(server, lines.clone()).await {
            Ok(running) => running,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            // A reply that cannot be written: the client is gone.
            Err(ServerInitializeError::TransportError { .. }) => return Ok(()),
            // The opening failed and the client has been told, or sent what needs no reply. It
            // may try again on the same streams.
            Err(error) => {
                tracing::debug!(%error, "the conversation was not opened");
                continue;
            }
        };
        return match running.waiting().await {
            Ok(QuitReason::Closed | QuitReason::Cancelled) => Ok(()),
            Ok(other) => Err(ServeError::Broken(format!("{other:?}"))),
            Err(error) => Err(ServeError::Broken(error.to_string())),
        };
    }
}
