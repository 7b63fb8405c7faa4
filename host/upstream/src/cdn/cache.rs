//! One configured cache.

use std::time::Instant;

use souk_model::Failure;

use super::backend::CacheBackend;
use super::purge::{PurgeReceipt, PurgeSubject};
use super::rate::PurgeRate;
use super::transport::CacheTransport;
use super::{fastly, varnish};
use crate::config::cdn::{CdnProvider, CdnSettings};
use crate::config::limits::RequestLimits;
use crate::wire::echo::EchoFilter;
use crate::wire::http_client::HttpClient;

/// A configured cache: shared by all sessions with its store.
#[derive(Debug)]
pub(crate) struct Cdn {
    backend: CacheBackend,
    transport: CacheTransport,
    rate: PurgeRate,
}

impl Cdn {
    /// The cache that these settings describe; none where they say nothing.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    pub(crate) fn new(
        settings: &CdnSettings,
        limits: RequestLimits,
    ) -> Result<Option<Self>, String> {
        let Some(backend) = CacheBackend::from_settings(settings)? else { return Ok(None) };
        let rate = PurgeRate::from_settings(settings)?;
        let client = HttpClient::new(backend.url().scheme() == "https", limits);
        let echoes = EchoFilter::of(&settings.token);
        let transport = CacheTransport::new(backend.provider().as_str(), client, limits, echoes);
        Ok(Some(Self { backend, transport, rate }))
    }

    /// Which cache it is.
    pub(crate) const fn provider(&self) -> CdnProvider {
        self.backend.provider()
    }

    /// Counts one call against the operator's rate.
    ///
    /// # Errors
    /// `RATE_LIMITED`, and how long to wait.
    pub(crate) fn count_call(&self) -> Result<(), Failure> {
        self.rate.count_call(Instant::now())
    }

    /// Sends a purge, and again where that may help: it is harmless to repeat.
    ///
    /// # Errors
    /// Anything but the answer by which the cache says that it purged; no answer in the store's
    /// `total_timeout`.
    pub(crate) async fn purge(&self, subject: &PurgeSubject) -> Result<PurgeReceipt, Failure> {
        match &self.backend {
            CacheBackend::Fastly(fastly) => {
                let reply = self.transport.send(|| fastly.request(subject)).await?;
                fastly::receipt(&reply)
            }
            CacheBackend::Varnish(varnish) => {
                let reply = self.transport.send(|| varnish.request(subject)).await?;
                varnish::receipt(subject, &reply)
            }
        }
    }
}
