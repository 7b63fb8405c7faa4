//! Purging the cache before a store.
//!
//! What is purged is permitted by `souk-policy`, and a page is checked against the store's own
//! addresses here, where they are known.

use std::sync::Arc;

use souk_model::{Code, Failure, PurgeTarget};
use souk_policy::PermittedPurge;

use crate::cdn::cache::Cdn;
use crate::cdn::page_url::PageUrl;
use crate::cdn::purge::{PurgeReceipt, PurgeSubject};
use crate::session::Session;
use crate::store::base_urls::{STORE_CONFIGS, StoreBaseUrls};
use crate::wire::error_body::denies_resource;
use crate::wire::reply_failure::json_body;
use crate::wire::request::StoreRequest;
use crate::wire::upstream::upstream_error;

/// What purges the cache before a store, in a session's name.
///
/// Apart from the session for the reason that a [`StoreWriter`](crate::StoreWriter) is: one can see
/// who holds it. In Souk that is `souk-plans`, which keeps account of what is sent.
#[derive(Debug, Clone)]
pub struct Purger {
    session: Session,
    cdn: Arc<Cdn>,
}

/// A purge that may be sent: a product, a category, or a page that is known to be the store's own.
#[derive(Debug)]
pub struct Purge(PurgeSubject);

impl Session {
    /// What purges the cache before the store, in this session's name. For `souk-plans` only: see
    /// [`Purger`].
    ///
    /// # Errors
    /// `UNAVAILABLE` where no cache is configured: it says what to set.
    pub fn purger(&self) -> Result<Purger, Failure> {
        let cdn = self.store().cdn().ok_or_else(not_configured)?.clone();
        Ok(Purger { session: self.clone(), cdn })
    }
}

impl Purger {
    /// Which cache: `fastly`, `varnish`.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.cdn.provider().as_str()
    }

    /// Makes sure that what was permitted is the store's own.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` for what is no exact address of a page, `FORBIDDEN` for one that is not of
    /// this store; what went wrong in asking the store for its addresses.
    pub async fn verify(&self, what: &PermittedPurge) -> Result<Purge, Failure> {
        Ok(Purge(match what.target() {
            PurgeTarget::Product(id) => PurgeSubject::Product(*id),
            PurgeTarget::Category(id) => PurgeSubject::Category(*id),
            PurgeTarget::Url(url) => {
                let page = PageUrl::parse(url, self.session.store().limits().max_url_bytes)?;
                self.verify_page(&page).await?;
                PurgeSubject::Page(page)
            }
        }))
    }

    /// Refuses a page that is at none of the store's addresses. The store is asked for them once a
    /// session, and only where the operator's own word does not settle it.
    async fn verify_page(&self, page: &PageUrl) -> Result<(), Failure> {
        let store = self.session.store();
        let configured = StoreBaseUrls::configured(store.base_url());
        if configured.contains(page) {
            return Ok(());
        }
        let read = self.session.base_urls().get_or_try_init(async || {
            let reply = self.session.send(&StoreRequest::get(STORE_CONFIGS)).await?;
            let mut all = configured.clone();
            // Whoever may not read them is left with the operator's word.
            if !denies_resource(&reply) {
                all.add_store_configs(&json_body(reply)?).map_err(|error| {
                    upstream_error(format!("the store's configuration cannot be read: {error}"))
                })?;
            }
            Ok(all)
        });
        let known = store.in_time(read).await?;
        if known.contains(page) { Ok(()) } else { Err(known.refusal(page)) }
    }

    /// Counts one call against the operator's rate.
    ///
    /// # Errors
    /// `RATE_LIMITED`, and how long to wait.
    pub fn count_call(&self) -> Result<(), Failure> {
        self.cdn.count_call()
    }

    /// Sends a purge, and again where that may help: it is harmless to repeat.
    ///
    /// # Errors
    /// Anything but the answer by which the cache says that it purged; no answer in the store's
    /// `total_timeout`.
    pub async fn send(&self, purge: &Purge) -> Result<PurgeReceipt, Failure> {
        self.cdn.purge(&purge.0).await
    }
}

/// The failure of every purge where no cache is configured.
fn not_configured() -> Failure {
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
