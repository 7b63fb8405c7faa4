//! What the store of a session, with its credentials, can do: asked once in the background, and kept.

mod areas;
mod clock;
pub(crate) mod connection;
mod findings;
mod probe;
mod replies;
mod structure;

use std::sync::{Arc, Weak};

use souk_model::Failure;
use tokio::sync::watch;

use crate::auth::store_auth::StoreAuth;
use crate::capability_cache::{CapabilityCache, CapabilityReport, ProbeEnd};
use crate::session::Session;
use crate::store::magento::Magento;

impl Session {
    /// What the store, with this session's credentials, can do: what is known of it now. Asks
    /// nothing, unless that is older than a quarter of an hour: then the store is asked again in the
    /// background. `None` where it was never asked, or has not answered yet.
    #[must_use]
    pub fn capabilities(&self) -> Option<Arc<CapabilityReport>> {
        let cache = self.capability_cache();
        if cache.is_stale() {
            self.start_probe();
        }
        cache.latest()
    }

    /// Begins to find that out in the background, by at most twenty small reads, unless that is
    /// already under way. It ends with the last snapshot of this login.
    pub fn start_probe(&self) {
        drop(self.begin_probe());
    }

    /// Whether that is under way.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.capability_cache().is_probing()
    }

    /// Finds that out now, or waits for the answer that somebody else asked for. What is younger
    /// than ten seconds is not asked again. Takes twenty seconds at most.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` where the asking itself broke; whatever the store does is an answer.
    pub async fn fresh_capabilities(&self) -> Result<Arc<CapabilityReport>, Failure> {
        let cache = self.capability_cache();
        if cache.is_probing() || !cache.is_just_asked() {
            self.begin_probe().wait().await;
        }
        cache.latest().ok_or_else(|| Failure::internal("what the store can do was not found out"))
    }

    fn begin_probe(&self) -> ProbeEnd {
        let cache = self.capability_cache();
        cache.begin(|until_end| {
            let (store, auth) = (self.store().clone(), self.auth().clone());
            let work = probe_into(Arc::downgrade(cache), store, auth, until_end);
            tokio::spawn(work).abort_handle()
        })
    }
}

/// The task behind a probe. It does not keep the session alive.
async fn probe_into(
    cache: Weak<CapabilityCache>,
    store: Magento,
    auth: Arc<StoreAuth>,
    _until_end: watch::Sender<()>,
) {
    let found = probe::probe(&store, &auth).await;
    tracing::debug!(store = store.name(), requests = found.requests, "the store was probed");
    match (CapabilityReport::new(found), cache.upgrade()) {
        (Ok(report), Some(cache)) => cache.store(report),
        (Err(error), _) => tracing::error!("what the store can do cannot be written: {error}"),
        (Ok(_), None) => {}
    }
}
