//! Processor time of one run, as the system counts it.
//!
//! Time on a clock would count what other programs and other calls had of the processor: on a busy
//! machine an honest plugin would be ended for what it never used.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use souk_state::{CpuAccount, thread_time};

/// Counts what a run takes: of whatever is measured, the guest's own and what the host does for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CpuMeter(Arc<CpuCounts>);

#[derive(Debug, Default)]
struct CpuCounts {
    /// What was measured and has ended, and what the database's threads did for it.
    spent: CpuAccount,
    /// The thread's own time when it began what it measures now, and 1 added; 0 where nothing is.
    began: AtomicU64,
}

impl CpuMeter {
    /// What was spent so far. Whoever asks is measured itself, or nothing is.
    pub(crate) fn spent(&self) -> Duration {
        let running = match self.0.began.load(Ordering::Relaxed) {
            0 => 0,
            began => thread_time().saturating_sub(began - 1),
        };
        self.0.spent.spent() + Duration::from_nanos(running)
    }

    /// Runs a future, and counts each of its steps.
    pub(crate) async fn measure<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(self.0.spent.charge(future));
        poll_fn(|context| {
            self.0.began.store(thread_time() + 1, Ordering::Relaxed);
            let _step = Step(&self.0);
            future.as_mut().poll(context)
        })
        .await
    }

    /// Runs something on a thread of its own, and counts it.
    pub(crate) fn count<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.spent.count(work)
    }
}

/// A step that is measured, to its end, however it ends.
struct Step<'m>(&'m CpuCounts);

impl Drop for Step<'_> {
    fn drop(&mut self) {
        let began = self.0.began.swap(0, Ordering::Relaxed).saturating_sub(1);
        self.0.spent.add(thread_time().saturating_sub(began));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps the processor busy until this much of it was used.
    fn burn(time: Duration) {
        let until = thread_time() + u64::try_from(time.as_nanos()).unwrap();
        while thread_time() < until {}
    }

    #[tokio::test]
    async fn waiting_is_not_counted_and_work_is_wherever_it_is_done() {
        let meter = CpuMeter::default();
        meter.measure(tokio::time::sleep(Duration::from_millis(100))).await;
        assert!(meter.spent() < Duration::from_millis(20), "{:?}", meter.spent());
        let seen_within = meter
            .measure(async {
                burn(Duration::from_millis(20));
                meter.spent()
            })
            .await;
        assert!(seen_within >= Duration::from_millis(20), "{seen_within:?}");
        let elsewhere = meter.clone();
        let work = move || elsewhere.count(|| burn(Duration::from_millis(20)));
        tokio::task::spawn_blocking(work).await.unwrap();
        assert!(meter.spent() >= Duration::from_millis(40), "{:?}", meter.spent());
    }
}
