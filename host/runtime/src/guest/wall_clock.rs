//! The wall clock of a call, which stands still while a plan is carried out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Measures a call's time; clones measure the same call.
#[derive(Clone)]
pub(crate) struct WallClock(Arc<Mutex<ClockState>>);

struct ClockState {
    started: Instant,
    stood_still: Duration,
    paused_at: Option<Instant>,
}

impl WallClock {
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(ClockState {
            started: Instant::now(),
            stood_still: Duration::ZERO,
            paused_at: None,
        })))
    }

    /// Stops the clock until the guard is dropped.
    pub(crate) fn pause(&self) -> WallClockPause {
        self.with(|state| state.paused_at = Some(Instant::now()));
        WallClockPause(self.clone())
    }

    /// What is left of a budget; zero when it is used up.
    fn left(&self, budget: Duration) -> Duration {
        self.with(|state| {
            let now = state.paused_at.unwrap_or_else(Instant::now);
            let ran = now.duration_since(state.started).saturating_sub(state.stood_still);
            budget.saturating_sub(ran)
        })
    }

    /// Runs the future within the budget; `None` when it took longer.
    pub(crate) async fn within<F: Future>(&self, budget: Duration, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        loop {
            let left = self.left(budget);
            if left.is_zero() {
                return None;
            }
            // After a pause there is more left than this wait: look again.
            if let Ok(output) = tokio::time::timeout(left, &mut future).await {
                return Some(output);
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut ClockState) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// While it lives, the clock stands still.
pub(crate) struct WallClockPause(WallClock);

impl Drop for WallClockPause {
    fn drop(&mut self) {
        self.0.with(|state| {
            if let Some(paused_at) = state.paused_at.take() {
                state.stood_still += paused_at.elapsed();
            }
        });
    }
}
