//! Forwards the progress of a running call to its caller, if it asked for them and keeps up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use souk_model::Progress;
use tokio::sync::mpsc;

use crate::forwarding;

/// Reports that may wait for a slow caller; what comes on top is dropped, since only the newest is
/// of use.
const WAITING: usize = 4;

struct ProgressReport {
    done: u64,
    total: Option<u64>,
    note: String,
}

/// How many reports of a call may come at once, and in each second after that.
const REPORTS: u32 = 20;

/// Where a call reports to, and how many reports it may still make.
struct ProgressSender {
    reports: mpsc::Sender<ProgressReport>,
    /// When it was last counted, and how many were left then.
    left: Mutex<(Instant, f64)>,
}

impl ProgressSender {
    /// Whether one more report is within the rate.
    fn is_within_rate(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let most = f64::from(REPORTS);
        let (at, count) = *left;
        let count = at.elapsed().as_secs_f64().mul_add(most, count).min(most);
        let is_within = count >= 1.0;
        *left = (Instant::now(), if is_within { count - 1.0 } else { count });
        is_within
    }
}

impl Progress for ProgressSender {
    fn report(&self, done: u64, total: Option<u64>, note: &str) {
        // The end is told whatever came before it.
        if !self.is_within_rate() && total != Some(done) {
            return;
        }
        if let Ok(slot) = self.reports.try_reserve() {
            slot.send(ProgressReport { done, total, note: note.to_owned() });
        }
    }
}

/// What carries the progress of one call to its caller.
pub(crate) struct ProgressForwarder {
    reports: mpsc::Receiver<ProgressReport>,
    peer: Peer<RoleServer>,
    token: ProgressToken,
}

impl ProgressForwarder {
    /// What the call reports to, and what carries its reports.
    pub(crate) fn new(peer: Peer<RoleServer>, token: ProgressToken) -> (Arc<dyn Progress>, Self) {
        let (sender, reports) = mpsc::channel(WAITING);
        let left = Mutex::new((Instant::now(), f64::from(REPORTS)));
        (Arc::new(ProgressSender { reports: sender, left }), Self { reports, peer, token })
    }

    /// Runs the call and carries its reports meanwhile. None goes out after the answer.
    pub(crate) async fn while_running<T>(self, call: impl Future<Output = T>) -> T {
        let Self { reports, peer, token } = self;
        let mut furthest = None;
        let send = move |ProgressReport { done, total, note }: ProgressReport| {
            // Progress may only go up; a report that does not is dropped.
            let goes_up = furthest.is_none_or(|furthest| done > furthest);
            if goes_up {
                furthest = Some(done);
            }
            let (peer, token) = (peer.clone(), token.clone());
            async move {
                if !goes_up {
                    return true;
                }
                let mut notification = ProgressNotificationParam::new(token, float(done));
                if let Some(total) = total {
                    notification = notification.with_total(float(total));
                }
                if !note.is_empty() {
                    notification = notification.with_message(note);
                }
                peer.notify_progress(notification).await.is_ok()
            }
        };
        forwarding::while_running(reports, send, call).await
    }
}

/// JSON has no whole numbers of 64 bits; above 2^53 progress loses its last digits.
#[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
fn float(count: u64) -> f64 {
    count as f64
}
