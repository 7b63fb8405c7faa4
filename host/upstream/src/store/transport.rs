//! Sending requests to one store, and again where that may help and may be.

use std::sync::Arc;

use futures::FutureExt;
use http::{HeaderMap, Method};
use reqwest::{Request, Url};
use souk_model::Failure;
use souk_telemetry::metrics;

use super::magento::Magento;
use super::request_watch::watched;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::retry;
use crate::wire::transport_error::TransportError;

impl Magento {
    /// Sends it, and again where that may help and may be. `prove` gives the headers that prove who
    /// we are, anew for each attempt, since a signature counts once.
    pub(crate) async fn send<A>(
        &self,
        request: &StoreRequest<'_>,
        prove: A,
    ) -> Result<StoreReply, TransportError>
    where
        A: Fn() -> Result<HeaderMap, Failure>,
    {
        let url = self.address().target_url(&request.target, self.limits().max_url_bytes);
        let url = url.map_err(TransportError::Unsendable)?;
        let mut attempts = 0;
        loop {
            let proof = prove().map_err(TransportError::Unsendable)?;
            let view = self.address().view_in_header(&request.target);
            let outcome = self.attempt(request, request.to_http(&url, proof, view)).await;
            let Some(store_asks) = request.resend_policy.resend(&outcome) else {
                return outcome;
            };
            attempts += 1;
            let Some(wait) = retry::wait(self.limits(), attempts, store_asks) else {
                return outcome;
            };
            metrics::UPSTREAM_RESENT.of(&[self.name()]).add(1);
            tracing::debug!(store = self.name(), attempts, ?wait, "the request is sent again");
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends it as anybody may.
    pub(crate) async fn send_anonymously(
        &self,
        request: &StoreRequest<'_>,
    ) -> Result<StoreReply, TransportError> {
        self.send(request, || Ok(HeaderMap::new())).await
    }

    /// Asks once, as anybody may, for a page that is not of the REST API. `path` follows the base
    /// URL and is a constant of the host's own.
    pub(crate) async fn page(&self, path: &'static str) -> Result<StoreReply, TransportError> {
        let url = self.address().page_url(path).map_err(TransportError::Unsendable)?;
        self.ask(url).await
    }

    /// Asks once, as anybody may, for an address of this store's host.
    pub(crate) async fn ask(&self, url: Url) -> Result<StoreReply, TransportError> {
        let client = self.client().await.map_err(TransportError::Unsendable)?;
        let _slot = self.slot().await.map_err(TransportError::Unsendable)?;
        self.execute(client, Request::new(Method::GET, url), None, false).await
    }

    /// Whether anything answers where the store is, other than that it has failed. Asks once, as anybody
    /// may, for the head of its first page.
    pub async fn answers(&self) -> bool {
        let Ok(url) = self.base_url().parse() else { return false };
        let reply = self.look(Request::new(Method::HEAD, url)).await;
        reply.is_ok_and(|reply| reply.status < 500)
    }

    /// Asks once, as anybody may, for the head of a page.
    pub(crate) async fn look(&self, page: Request) -> Result<StoreReply, TransportError> {
        let client = self.client().await.map_err(TransportError::Unsendable)?;
        let _slot = self.slot().await.map_err(TransportError::Unsendable)?;
        self.execute(client, page, None, false).await
    }

    async fn attempt(
        &self,
        request: &StoreRequest<'_>,
        http_request: Request,
    ) -> Result<StoreReply, TransportError> {
        let client = self.client().await.map_err(TransportError::Unsendable)?;
        let _slot = self.slot().await.map_err(TransportError::Unsendable)?;
        request.set_under_way(true);
        let outcome =
            self.execute(client, http_request, request.route, request.asks_for_token).await;
        let undone =
            outcome.as_ref().map_or_else(TransportError::never_left, StoreReply::is_refusal);
        request.set_under_way(!undone);
        outcome
    }

    async fn execute(
        &self,
        client: &reqwest::Client,
        mut http_request: Request,
        route: Option<&str>,
        asks_for_token: bool,
    ) -> Result<StoreReply, TransportError> {
        let limits = self.limits();
        http_request.headers_mut().extend(self.gateway_headers().clone());
        let send = async |http_request| match client.execute(http_request).await {
            Ok(response) => {
                // A store may give out the same token again, which is then known already.
                let is_token = asks_for_token && response.status().is_success();
                let echoes = if is_token { Arc::default() } else { self.echoes() };
                StoreReply::read(response, limits.max_answer_bytes, &echoes).await
            }
            Err(error) => {
                let base_url = self.base_url();
                Err(TransportError::from_client(error, base_url, limits.connect_timeout))
            }
        };
        // Boxed: so much lies below it that it is not made a part of everything above.
        watched(self, route, http_request, send).boxed().await
    }
}
