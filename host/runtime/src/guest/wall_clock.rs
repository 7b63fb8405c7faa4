//! The wall clock of a call. It stands still while the call waits for a commit or a purge; those count
//! in a budget of their own, of the whole call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::usage::ExceededBudget;

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

    /// What is left of the time that it may run, and of the time that it may take with all pauses;
    /// the budget that is used up.
    fn left(&self, wall: Duration, whole: Duration) -> Result<Duration, ExceededBudget> {
        self.with(|state| {
            let now = Instant::now();
            let ran = state.paused_at.unwrap_or(now).duration_since(state.started);
            let ran = ran.saturating_sub(state.stood_still);
            let took = now.duration_since(state.started);
            match (wall.saturating_sub(ran), whole.saturating_sub(took)) {
                (Duration::ZERO, _) => Err(ExceededBudget::Wall(wall)),
                (_, Duration::ZERO) => Err(ExceededBudget::Whole(whole)),
                (running, taking) => Ok(running.min(taking)),
            }
        })
    }

    /// Runs the future within both budgets.
    ///
    /// # Errors
    /// The budget that it took longer than.
    pub(crate) async fn within<F: Future>(
        &self,
        wall: Duration,
        whole: Duration,
        future: F,
    ) -> Result<F::Output, ExceededBudget> {
        let mut future = std::pin::pin!(future);
        loop {
            let left = self.left(wall, whole)?;
            // After a pause there is more left than this wait: look again.
            if let Ok(output) = tokio::time::timeout(left, &mut future).await {
                return Ok(output);
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

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);
    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_pause_counts_in_the_whole_and_not_in_the_wall() {
        let clock = WallClock::start();
        let paused = async {
            let _pause = clock.pause();
            std::future::pending::<()>().await;
        };
        let ended = clock.within(LONG, SHORT, paused).await;
        assert_eq!(ended, Err(ExceededBudget::Whole(SHORT)));
        let waiting = WallClock::start().within(SHORT, LONG, std::future::pending::<()>()).await;
        assert_eq!(waiting, Err(ExceededBudget::Wall(SHORT)));
    }

    #[tokio::test]
    async fn what_waits_for_a_commit_may_take_longer_than_the_wall() {
        let clock = WallClock::start();
        let paused = async {
            let _pause = clock.pause();
            tokio::time::sleep(SHORT * 2).await;
        };
        assert_eq!(clock.within(SHORT, LONG, paused).await, Ok(()));
    }
}
