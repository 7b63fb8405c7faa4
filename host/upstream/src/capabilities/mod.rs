//! What the store of a session, with its credentials, can do: asked once in the background, and kept.

mod areas;
mod ask;
mod findings;
mod reached;
mod views;

pub use reached::ConnectionReport;

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use souk_model::{Capabilities, Failure};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::auth::Auth;
use crate::transport::Magento;

/// After this long the store is asked again, the next time that somebody wants to know.
const FRESH: Duration = Duration::from_secs(900);
/// However often somebody wants it anew, the store is not asked again before this has passed.
const JUST_ASKED: Duration = Duration::from_secs(10);

/// What was found, and its JSON, which is made once.
#[derive(Debug)]
pub struct CapabilityReport {
    capabilities: Capabilities,
    json: String,
    at: Instant,
}

impl CapabilityReport {
    fn new(capabilities: Capabilities) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_string(&capabilities)?;
        Ok(Self { capabilities, json, at: Instant::now() })
    }

    /// As JSON text.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl Deref for CapabilityReport {
    type Target = Capabilities;

    fn deref(&self) -> &Capabilities {
        &self.capabilities
    }
}

/// What a session knows of its store. Shared by the snapshots of one login.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    latest: ArcSwapOption<CapabilityReport>,
    asking: Mutex<Option<Asking>>,
}

/// A probe under way, or one that has ended.
#[derive(Debug)]
struct Asking {
    task: AbortHandle,
    ended: Ended,
}

/// Its other end goes away when the probe ends, however that comes about.
type Ended = watch::Receiver<()>;

/// Whether it has come about.
fn has_ended(ended: &Ended) -> bool {
    ended.has_changed().is_err()
}

impl Kept {
    /// What is known, however old.
    pub(crate) fn latest(&self) -> Option<Arc<CapabilityReport>> {
        self.latest.load_full()
    }

    /// Whether the store is being asked.
    pub(crate) fn is_asking(&self) -> bool {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.as_ref().is_some_and(|asking| !has_ended(&asking.ended))
    }

    /// Whether it was asked and what is known is too old to be told as it is.
    pub(crate) fn is_stale(&self) -> bool {
        self.latest.load().as_ref().is_some_and(|latest| latest.at.elapsed() > FRESH)
    }

    fn is_just_asked(&self) -> bool {
        self.latest.load().as_ref().is_some_and(|latest| latest.at.elapsed() < JUST_ASKED)
    }

    /// Begins to ask, unless somebody already does.
    pub(crate) fn begin(self: &Arc<Self>, store: &Magento, auth: &Arc<Auth>) -> Ended {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asking) = &*asking
            && !has_ended(&asking.ended)
        {
            return asking.ended.clone();
        }
        let (ending, ended) = watch::channel(());
        let work = ask(Arc::downgrade(self), store.clone(), auth.clone(), ending);
        let task = tokio::spawn(work).abort_handle();
        *asking = Some(Asking { task, ended: ended.clone() });
        ended
    }

    /// Asks, or waits for who already does, and gives what was found.
    pub(crate) async fn refreshed(
        self: &Arc<Self>,
        store: &Magento,
        auth: &Arc<Auth>,
    ) -> Result<Arc<CapabilityReport>, Failure> {
        if self.is_asking() || !self.is_just_asked() {
            let mut ended = self.begin(store, auth);
            // Only the end of the probe makes this ready, with an error.
            while ended.changed().await.is_ok() {}
        }
        self.latest().ok_or_else(|| Failure::internal("what the store can do was not found out"))
    }
}

/// The task behind a probe. It does not keep the session alive.
async fn ask(kept: Weak<Kept>, store: Magento, auth: Arc<Auth>, _ending: watch::Sender<()>) {
    let found = ask::ask(&store, &auth).await;
    tracing::debug!(store = store.name(), requests = found.requests, "the store was probed");
    match (CapabilityReport::new(found), kept.upgrade()) {
        (Ok(probed), Some(kept)) => kept.latest.store(Some(Arc::new(probed))),
        (Err(error), _) => tracing::error!("what the store can do cannot be written: {error}"),
        (Ok(_), None) => {}
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let asking = self.asking.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(asking) = asking {
            asking.task.abort();
        }
    }
}
