//! Processor time that the threads of the database take, put down to whoever they work for.
//!
//! A call's own thread only waits for them: without this, a plugin could have them do as much as it
//! likes for it, and its budget would not show.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

tokio::task_local! {
    /// For whom the current task works.
    static CURRENT: CpuAccount;
}

/// What was taken in one name; clones are of the same account.
#[derive(Debug, Clone, Default)]
pub struct CpuAccount(Arc<AtomicU64>);

impl CpuAccount {
    /// Runs a future, and puts down here what databases do for it on threads of their own.
    pub async fn charge<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// Does something on this thread, and puts it down here.
    pub fn count<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = thread_time();
        let done = work();
        self.add(thread_time().saturating_sub(began));
        done
    }

    /// Puts down so many nanoseconds.
    pub fn add(&self, nanoseconds: u64) {
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What was put down so far.
    #[must_use]
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// The account of the current task; one that nobody looks at, where it has none.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }
}

/// Nanoseconds that this thread has run.
#[must_use]
pub fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) =
        (u64::try_from(time.tv_sec).unwrap_or(0), u64::try_from(time.tv_nsec).unwrap_or(0));
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}
