//! Watches the plugin directory and keeps the registry in step with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::registry::Registry;

/// Writes come in bursts; the directory is read when it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(60);
/// But not later than this after the first of a burst.
const AT_LATEST: Duration = Duration::from_millis(500);
/// Some file systems (network mounts) send no events, so the directory is read now and then anyway.
const POLL: Duration = Duration::from_secs(60);
/// How often it is read where nothing can be watched at all.
const POLL_BLIND: Duration = Duration::from_secs(2);
/// How often it is looked whether somebody has approved or rejected something.
const APPROVALS: Duration = Duration::from_millis(500);

/// Follows the registry's directory until the future is dropped.
pub async fn follow(registry: Arc<Registry>) {
    let (events, mut changed) = mpsc::channel::<()>(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let only_read = event.is_ok_and(|event| event.kind.is_access());
        if !only_read {
            // A full channel already says that something changed.
            let _ = events.try_send(());
        }
    })
    .and_then(|mut watcher| {
        watcher.watch(registry.directory(), RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    let (_watcher, poll) = match watcher {
        Ok(watcher) => (Some(watcher), POLL),
        Err(error) => {
            tracing::warn!(
                "cannot watch the plugin directory, reading it every {POLL_BLIND:?}: {error}"
            );
            (None, POLL_BLIND)
        }
    };
    // What changed between the first reading and the watcher's start sent nobody an event.
    read(&registry).await;
    let mut last = Instant::now();
    loop {
        let retry = registry.next_retry().await;
        let due = retry.map_or(last + poll, |at| at.min(last + poll));
        let wait = due.saturating_duration_since(Instant::now()).min(APPROVALS);
        if let Ok(Some(())) = tokio::time::timeout(wait, changed.recv()).await {
            let quiet = async {
                while let Ok(Some(())) = tokio::time::timeout(QUIET, changed.recv()).await {}
            };
            let _ = tokio::time::timeout(AT_LATEST, quiet).await;
        } else if Instant::now() < due && !registry.has_new_approvals() {
            continue;
        }
        read(&registry).await;
        last = Instant::now();
    }
}

async fn read(registry: &Registry) {
    if let Err(error) = registry.scan().await {
        tracing::warn!(
            "cannot read the plugin directory {}: {error}",
            registry.directory().display()
        );
    }
}
