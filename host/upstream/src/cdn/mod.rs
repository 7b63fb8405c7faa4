//! The full-page cache before a store: Fastly, or Varnish.
//!
//! What is purged is permitted by `souk-policy`, and a page is checked against the store's own
//! addresses here, where they are known. The operator says where the cache is; neither a plugin nor
//! a model can send a purge, or Fastly's token, anywhere else.

mod config;
mod fastly;
mod page;
mod rate;
mod send;
mod varnish;

pub use config::{CdnProvider, CdnSettings};
pub(crate) use page::{Addresses, Page};

use std::sync::Arc;
use std::time::Instant;

use souk_model::{Code, Failure, PurgeTarget};
use souk_policy::PermittedPurge;

use crate::RequestLimits;
use crate::client::Client;
use crate::session::Session;
use config::Place;
use rate::Rate;
use send::Wire;

/// A configured cache: shared by all sessions with its store.
#[derive(Debug)]
pub(crate) struct Cdn {
    place: Place,
    wire: Wire,
    rate: Rate,
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
        let Some(place) = settings.place()? else { return Ok(None) };
        let provider = place.provider().as_str();
        let client = Client::new(place.url().scheme() == "https", limits);
        let rate = Rate::a_minute(settings.rate()?);
        Ok(Some(Self { place, wire: Wire::new(provider, client, limits), rate }))
    }
}

/// What purges the cache before a store, in a session's name.
///
/// Apart from the session for the reason that a [`StoreWriter`](crate::StoreWriter) is: one can see who holds
/// it. In Souk that is `souk-plans`, which keeps account of what is sent.
#[derive(Debug, Clone)]
pub struct Purger {
    session: Session,
    cdn: Arc<Cdn>,
}

/// A purge that may be sent: a product, a category, or a page that is known to be the store's own.
#[derive(Debug)]
pub struct Purge(What);

#[derive(Debug)]
enum What {
    Page(Page),
    Product(u64),
    Category(u64),
}

/// What a cache answered to a purge that it carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeReceipt {
    /// The cache's own id of the purge, where it gives one.
    pub id: Option<String>,
    /// The status: 2xx.
    pub status: u16,
}

impl Purger {
    /// None where no cache is configured for the session's store.
    pub(crate) fn new(session: Session) -> Option<Self> {
        let cdn = session.store().cdn()?.clone();
        Some(Self { session, cdn })
    }

    /// Which cache: `fastly`, `varnish`.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.cdn.place.provider().as_str()
    }

    /// Makes sure that what was permitted is the store's own.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for what is no exact address of a page, `FORBIDDEN` for one that is not of
    /// this store; what went wrong in asking the store for its addresses.
    pub async fn verify(&self, what: &PermittedPurge) -> Result<Purge, Failure> {
        Ok(Purge(match what.target() {
            PurgeTarget::Product(id) => What::Product(*id),
            PurgeTarget::Category(id) => What::Category(*id),
            PurgeTarget::Url(url) => {
                let page = Page::parse(url, self.session.store().limits().max_url_bytes)?;
                self.session.owns(&page).await?;
                What::Page(page)
            }
        }))
    }

    /// Counts one call against the operator's rate.
    ///
    /// # Errors
    /// `RATE_LIMITED`, and how long to wait.
    pub fn count_call(&self) -> Result<(), Failure> {
        self.cdn.rate.take(Instant::now())
    }

    /// Sends a purge, and again where that may help: it is harmless to repeat.
    ///
    /// # Errors
    /// Anything but the answer by which the cache says that it purged; no answer in the store's
    /// `total_timeout`.
    pub async fn send(&self, what: &Purge) -> Result<PurgeReceipt, Failure> {
        let Cdn { place, wire, .. } = &*self.cdn;
        match place {
            Place::Fastly(fastly) => {
                let reply = wire.send(|| fastly.request(&what.0)).await?;
                fastly::receipt(&reply)
            }
            Place::Varnish(varnish) => {
                let reply = wire.send(|| varnish.request(&what.0)).await?;
                varnish::receipt(&what.0, &reply)
            }
        }
    }
}

/// What every purge without a cache is told.
pub(crate) fn not_configured() -> Failure {
    Failure::new(
        Code::Unavailable,
        "no cache is configured for this store, so nothing can be purged",
    )
    .rule("cdn")
    .remedy(
        "the operator sets FASTLY_SERVICE_ID and FASTLY_API_TOKEN for Fastly, SOUK_CDN=varnish \
             and SOUK_CDN_URL for Varnish, or `[stores.cdn]` in souk.toml; `bin/magento \
             cache:clean full_page` on the server works without",
    )
}
