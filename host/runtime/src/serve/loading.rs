//! What is waited for while plugins are being loaded: a list, for all that was there at the start; a call,
//! for its tool.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::load::registry::Registry;

/// How long after the start a list waits for all that was there at the start. Clients give up on a server
/// that keeps them waiting for longer than that.
const LISTS: Duration = Duration::from_secs(10);

/// The plugins that are being loaded, and how long they are waited for.
#[derive(Clone)]
pub(super) struct Loading {
    registry: Arc<Registry>,
    lists_until: Instant,
}

impl Loading {
    /// Lists wait from now on.
    pub(super) fn of(registry: Arc<Registry>) -> Self {
        Self { registry, lists_until: Instant::now() + LISTS }
    }

    /// Waits until nothing is being loaded, or until lists wait no longer. Answers the registry's
    /// version at that moment, in the first case.
    pub(super) async fn started(&self) -> Option<u64> {
        let mut settled = self.registry.settled();
        let all = settled.wait_for(Option::is_some);
        let settled = tokio::time::timeout_at(self.lists_until, all).await.ok()?;
        settled.ok().and_then(|version| *version)
    }

    /// Whether something is being loaded.
    pub(super) fn is_going_on(&self) -> bool {
        self.registry.is_loading()
    }

    /// Waits while something is missing and may still come; not for longer than a call may take.
    pub(super) async fn wait_while(&self, is_missing: impl Fn() -> bool) {
        if !self.is_going_on() {
            return;
        }
        let (mut changes, mut settled) = (self.registry.changes(), self.registry.settled());
        let wait = async {
            while self.is_going_on() && is_missing() {
                let changed = tokio::select! {
                    changed = changes.changed() => changed,
                    changed = settled.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        };
        let patience = Duration::from_millis(self.registry.sandbox().limits.wall_ms);
        // What is missing after that is told to be.
        let _ = tokio::time::timeout(patience, wait).await;
    }
}
