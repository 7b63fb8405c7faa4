//! Tells the caller of a commit how far it is: every second, or every hundredth of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use souk_model::Progress;
use souk_state::plans::ItemCounts;

/// How often progress is told that is less than a hundredth.
const EACH: Duration = Duration::from_secs(1);

/// How far a run is, and who wants to know.
pub(crate) struct ProgressMeter {
    to: Option<Arc<dyn Progress>>,
    total: u64,
    reading: Mutex<Reading>,
}

struct Reading {
    count: u64,
    /// What was last told, and when.
    told: u64,
    at: Instant,
}

impl ProgressMeter {
    /// Of a run that begins with items like these. What is settled already counts as done.
    pub(crate) fn new(to: Option<Arc<dyn Progress>>, counts: &ItemCounts) -> Self {
        let settled = u64::from(counts.done + counts.drifted + counts.skipped);
        let reading = Reading { count: settled, told: settled, at: Instant::now() };
        Self { to, total: u64::from(counts.total()), reading: Mutex::new(reading) }
    }

    /// So many more items were tried, or need not be.
    pub(crate) fn advance(&self, items: usize) {
        let Some(to) = &self.to else { return };
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.count = (reading.count + items as u64).min(self.total);
        let news = reading.count - reading.told;
        let is_due = news >= self.total.div_ceil(100) || reading.at.elapsed() >= EACH;
        if news == 0 || !(is_due || reading.count == self.total) {
            return;
        }
        reading.told = reading.count;
        reading.at = Instant::now();
        let (count, total) = (reading.count, self.total);
        drop(reading);
        to.report(count, Some(total), &format!("{count} of {total} sent"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Reports(Mutex<Vec<(u64, Option<u64>)>>);

    impl Progress for Reports {
        fn report(&self, done: u64, total: Option<u64>, _: &str) {
            self.0.lock().unwrap().push((done, total));
        }
    }

    #[test]
    fn every_hundredth_is_told_and_the_end() {
        let reports = Arc::new(Reports::default());
        let counts = ItemCounts { pending: 250, done: 50, ..ItemCounts::default() };
        let meter = ProgressMeter::new(Some(reports.clone()), &counts);
        for _ in 0..250 {
            meter.advance(1);
        }
        let told = reports.0.lock().unwrap().clone();
        assert!(told.len() >= 84, "{told:?}");
        assert_eq!(told.last(), Some(&(300, Some(300))));
        assert!(told.is_sorted_by(|a, b| a.0 < b.0), "{told:?}");
    }
}
