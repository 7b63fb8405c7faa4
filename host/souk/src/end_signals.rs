//! SIGINT and SIGTERM: what is carried out comes to an end that can be resumed, and a second one ends
//! the process at once.

use souk_plans::{EndUrgency, Plans};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears that somebody pressed Ctrl-C, or that the system asks the process to end.
pub(crate) struct EndSignals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl EndSignals {
    /// From now on these signals no longer end the process by themselves.
    pub(crate) fn listen() -> Self {
        let hear = |kind, name| {
            signal(kind).inspect_err(|error| tracing::warn!("cannot hear {name}: {error}")).ok()
        };
        Self {
            interrupt: hear(SignalKind::interrupt(), "SIGINT"),
            terminate: hear(SignalKind::terminate(), "SIGTERM"),
        }
    }

    /// Ready with the next of them.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            () = heard(&mut self.interrupt) => {}
            () = heard(&mut self.terminate) => {}
        }
    }

    /// Does this to its end, or until the process is asked to end. Where a plan is being carried out
    /// then, it is stopped as soon as the store has answered what is under way, and the work goes on
    /// until that is told, or the process is asked again.
    pub(crate) async fn around<T>(
        mut self,
        plans: &Plans,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            () = self.next() => {
                if !plans.end_runs(EndUrgency::AfterRequests) {
                    return None;
                }
            }
        }
        tokio::select! {
            done = &mut work => Some(done),
            () = self.next() => None,
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
