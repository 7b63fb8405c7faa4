//! What an operator's own tools are served: metrics, and whether the host is ready.

mod exporter;
mod pages;
mod readiness;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use souk_model::{AccessTokens, Actions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use exporter::SpanExport;
use readiness::Readiness;

use crate::setup::Setup;
use crate::wiring::RunningHost;

/// The pages for operators, and the listener of their own.
pub(crate) struct Operations {
    readiness: Arc<Readiness>,
    access: Option<Arc<dyn AccessTokens>>,
    listener: Option<(TcpListener, bool)>,
}

impl Operations {
    /// Listens for the operator's tools where the operator says so. Whoever else could reach them there
    /// needs a token, unless the operator says that nobody does.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub(crate) async fn start(
        host: &RunningHost,
        setup: &Setup,
        access: Option<Arc<dyn AccessTokens>>,
    ) -> anyhow::Result<Self> {
        souk_telemetry::metrics::begin();
        let readiness = Arc::new(Readiness::new(host, setup));
        let listener = match setup.metrics_listen() {
            Some(address) => Some((listen(address).await?, setup.metrics_ask_for_tokens(address))),
            None => None,
        };
        Ok(Self { readiness, access, listener })
    }

    /// The same pages for the listener of the protocol, where operators reach them.
    pub(crate) fn pages(&self, actions: Arc<dyn Actions>) -> Router {
        let own = pages::router(self.readiness.clone());
        souk_mcp::for_operators(own, actions, self.access.clone())
    }

    /// Serves them on the listener of their own until `end` is cancelled.
    pub(crate) fn serve(
        &mut self,
        host: &RunningHost,
        setup: &Setup,
        end: CancellationToken,
    ) -> anyhow::Result<()> {
        let Some((listener, asks)) = self.listener.take() else { return Ok(()) };
        let address = listener.local_addr()?;
        tracing::info!("metrics at http://{address}/metrics, readiness at /readyz");
        let own = pages::router(self.readiness.clone());
        let access = self.access.clone();
        let own =
            if asks { souk_mcp::for_operators(own, host.dispatcher.clone(), access) } else { own };
        let own = own.merge(pages::liveness());
        let config = setup.http.clone();
        tokio::spawn(async move { souk_mcp::serve_operators(listener, own, &config, end).await });
        Ok(())
    }

    /// Says from now on that the host is not ready: it is about to end.
    pub(crate) fn begin_to_end(&self) {
        self.readiness.begin_to_end();
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("cannot listen on {address} (`metrics.listen`)"))
}
