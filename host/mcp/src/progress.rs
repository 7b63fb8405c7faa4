//! Forwards the progress of a running call to its caller, if it asked for them and keeps up; where a
//! call says nothing for a while, that it is still running.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use souk_model::Progress;
use tokio::sync::mpsc;
use tokio::time::{self, MissedTickBehavior};

use crate::forwarding;

/// Reports that may wait for a slow caller; what comes on top is dropped, since only the newest is
/// of use.
const WAITING: usize = 4;

/// How often a caller hears something of a call, be it only that it still runs: clients give a call up
/// of which they hear nothing for long.
const HEARTBEAT: Duration = Duration::from_secs(1);

enum ProgressReport {
    /// What the call says of itself.
    Counted { done: u64, total: Option<u64>, note: String },
    /// That it still runs.
    Heartbeat,
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
            slot.send(ProgressReport::Counted { done, total, note: note.to_owned() });
        }
    }
}

/// What carries the progress of one call to its caller.
pub(crate) struct ProgressForwarder {
    reports: mpsc::Receiver<ProgressReport>,
    heartbeats: mpsc::Sender<ProgressReport>,
    peer: Peer<RoleServer>,
    token: ProgressToken,
}

impl ProgressForwarder {
    /// What the call reports to, and what carries its reports.
    pub(crate) fn new(peer: Peer<RoleServer>, token: ProgressToken) -> (Arc<dyn Progress>, Self) {
        let (sender, reports) = mpsc::channel(WAITING);
        let left = Mutex::new((Instant::now(), f64::from(REPORTS)));
        let heartbeats = sender.clone();
        (
            Arc::new(ProgressSender { reports: sender, left }),
            Self { reports, heartbeats, peer, token },
        )
    }

    /// Runs the call and carries its reports meanwhile. None goes out after the answer.
    pub(crate) async fn while_running<T>(self, call: impl Future<Output = T>) -> T {
        let Self { reports, heartbeats, peer, token } = self;
        let mut told = ProgressCount::new();
        let send = move |report: ProgressReport| {
            let next = told.next(report);
            let (peer, token) = (peer.clone(), token.clone());
            async move {
                let Some(ToldProgress { progress, total, message }) = next else { return true };
                let mut notification = ProgressNotificationParam::new(token, progress);
                if let Some(total) = total {
                    notification = notification.with_total(float(total));
                }
                if !message.is_empty() {
                    notification = notification.with_message(message);
                }
                peer.notify_progress(notification).await.is_ok()
            }
        };
        forwarding::while_running(reports, send, with_heartbeat(heartbeats, call)).await
    }
}

/// Runs a call and says meanwhile that it still does.
async fn with_heartbeat<T>(
    heartbeats: mpsc::Sender<ProgressReport>,
    call: impl Future<Output = T>,
) -> T {
    let mut beats = time::interval_at(time::Instant::now() + HEARTBEAT, HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(call);
    loop {
        tokio::select! {
            biased;
            answer = &mut call => return answer,
            // Where reports wait, its caller hears of the call anyway.
            _ = beats.tick() => drop(heartbeats.try_send(ProgressReport::Heartbeat)),
        }
    }
}

/// A report as it goes out.
#[derive(Debug, PartialEq)]
struct ToldProgress {
    progress: f64,
    total: Option<u64>,
    message: String,
}

/// How far a caller was told that its call is. That may only go up, so a heartbeat is told as a part
/// of the next step, and a report that does not go up is dropped.
struct ProgressCount {
    begun: Instant,
    last: Instant,
    counted: Option<u64>,
    total: Option<u64>,
    /// Since the call last counted something.
    heartbeats: u32,
}

impl ProgressCount {
    fn new() -> Self {
        let now = Instant::now();
        Self { begun: now, last: now, counted: None, total: None, heartbeats: 0 }
    }

    fn next(&mut self, report: ProgressReport) -> Option<ToldProgress> {
        let (progress, message) = match report {
            ProgressReport::Counted { done, total, note } => {
                if self.counted.is_some_and(|counted| done <= counted) {
                    return None;
                }
                // That nothing is done yet goes up, too, where heartbeats were told before.
                self.heartbeats =
                    if done == 0 && self.heartbeats > 0 { self.heartbeats + 1 } else { 0 };
                (self.counted, self.total) = (Some(done), total);
                (self.part(), note)
            }
            ProgressReport::Heartbeat if self.last.elapsed() < HEARTBEAT / 2 => return None,
            ProgressReport::Heartbeat => {
                self.heartbeats += 1;
                let seconds = self.begun.elapsed().as_secs();
                (self.part(), format!("running for {seconds} s"))
            }
        };
        self.last = Instant::now();
        // What goes beyond its total has none.
        let total = self.total.filter(|total| progress <= float(*total));
        Some(ToldProgress { progress, total, message })
    }

    /// The last step that was counted, and a part of the next that grows and is never whole.
    fn part(&self) -> f64 {
        let beats = f64::from(self.heartbeats);
        float(self.counted.unwrap_or_default()) + beats / (beats + 1.0)
    }
}

/// JSON has no whole numbers of 64 bits; above 2^53 progress loses its last digits.
#[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(done: u64, total: Option<u64>) -> ProgressReport {
        ProgressReport::Counted { done, total, note: String::new() }
    }

    /// What is told of these reports, of which no two come at once.
    fn told(reports: impl IntoIterator<Item = ProgressReport>) -> Vec<(f64, Option<u64>)> {
        let mut count = ProgressCount::new();
        let reports = reports.into_iter().filter_map(|report| {
            count.last = Instant::now().checked_sub(HEARTBEAT).unwrap();
            count.next(report)
        });
        reports.map(|told| (told.progress, told.total)).collect()
    }

    #[test]
    fn what_is_told_goes_up_whatever_comes_between() {
        use ProgressReport::Heartbeat;
        let reports = [
            Heartbeat,
            Heartbeat,
            counted(0, Some(3)),
            Heartbeat,
            counted(1, Some(3)),
            Heartbeat,
            counted(1, Some(3)),
            counted(3, Some(3)),
            Heartbeat,
            counted(2, Some(3)),
        ];
        let told = told(reports);
        let totals: Vec<_> = told.iter().map(|(_, total)| *total).collect();
        let three = Some(3);
        assert_eq!(totals, [None, None, three, three, three, three, three, None]);
        assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0), "{told:?}");
    }

    #[test]
    fn a_call_that_counts_needs_no_heartbeat() {
        let mut count = ProgressCount::new();
        assert!(count.next(counted(1, None)).is_some());
        assert!(count.next(ProgressReport::Heartbeat).is_none());
    }
}
