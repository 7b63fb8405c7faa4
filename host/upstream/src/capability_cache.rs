//! What a session knows of its store's capabilities, and whether the store is being asked for them.
//! How it is asked is not known here: see [`capabilities`](crate::capabilities).

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use souk_model::Capabilities;
use tokio::sync::watch;
use tokio::task::AbortHandle;

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
    /// Of what was found just now.
    ///
    /// # Errors
    /// Capabilities that cannot be written as JSON.
    pub(crate) fn new(capabilities: Capabilities) -> Result<Self, serde_json::Error> {
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

/// The latest report, and the probe that will give the next. Shared by the snapshots of one login.
#[derive(Debug, Default)]
pub(crate) struct CapabilityCache {
    latest: ArcSwapOption<CapabilityReport>,
    probe: Mutex<Option<ProbeTask>>,
}

/// A probe under way, or one that has ended.
#[derive(Debug)]
struct ProbeTask {
    task: AbortHandle,
    end: ProbeEnd,
}

/// Its other end goes away when the probe ends, however that comes about.
#[derive(Debug, Clone)]
pub(crate) struct ProbeEnd(watch::Receiver<()>);

impl ProbeEnd {
    fn has_come(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Waits for it.
    pub(crate) async fn wait(mut self) {
        // Only the end of the probe makes this ready, with an error.
        while self.0.changed().await.is_ok() {}
    }
}

impl CapabilityCache {
    /// What is known, however old.
    pub(crate) fn latest(&self) -> Option<Arc<CapabilityReport>> {
        self.latest.load_full()
    }

    /// Keeps what was found.
    pub(crate) fn store(&self, report: CapabilityReport) {
        self.latest.store(Some(Arc::new(report)));
    }

    /// Whether the store is being asked.
    pub(crate) fn is_probing(&self) -> bool {
        let probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        probe.as_ref().is_some_and(|probe| !probe.end.has_come())
    }

    /// Whether it was asked and what is known is too old to be told as it is.
    pub(crate) fn is_stale(&self) -> bool {
        self.latest.load().as_ref().is_some_and(|latest| latest.at.elapsed() > FRESH)
    }

    /// Whether what is known is so young that the store is not asked again.
    pub(crate) fn is_just_asked(&self) -> bool {
        self.latest.load().as_ref().is_some_and(|latest| latest.at.elapsed() < JUST_ASKED)
    }

    /// Begins a probe, unless one is under way. `spawn` is given what the probe must hold until it
    /// ends.
    pub(crate) fn begin(&self, spawn: impl FnOnce(watch::Sender<()>) -> AbortHandle) -> ProbeEnd {
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(probe) = &*probe
            && !probe.end.has_come()
        {
            return probe.end.clone();
        }
        let (until_end, end) = watch::channel(());
        let end = ProbeEnd(end);
        *probe = Some(ProbeTask { task: spawn(until_end), end: end.clone() });
        end
    }
}

impl Drop for CapabilityCache {
    fn drop(&mut self) {
        let probe = self.probe.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(probe) = probe {
            probe.task.abort();
        }
    }
}
