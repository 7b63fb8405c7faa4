//! What counts: numbers that are written from everywhere at once and read without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// A number that comes and goes.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

/// How long something took, counted by upper bounds.
#[derive(Debug)]
pub struct Histogram {
    /// One for each of [`BOUNDS_US`], and one for what is longer.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// The upper bounds of a histogram, in microseconds: from what a call of the host's own takes to the
/// longest that one may.
pub(crate) const BOUNDS_US: [u64; 14] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

impl Counter {
    /// Adds as much.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it has come to.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Says what it is now.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Says what it is now, unless it was more.
    pub fn raise_to(&self, value: i64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }

    /// Counts one more, until the answer is dropped.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Occupancy {
        self.0.fetch_add(1, Ordering::Relaxed);
        Occupancy(self.clone())
    }

    /// What it is.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One that a gauge counts, for as long as this is kept.
#[derive(Debug)]
pub struct Occupancy(Arc<Gauge>);

impl Drop for Occupancy {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU64::new(0)), sum_us: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Counts one that took so long.
    pub fn observe(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_US.partition_point(|bound| *bound < us);
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// How many there were up to each bound, and in all; the sum of all, in microseconds. The counts
    /// agree with each other whatever is counted meanwhile.
    pub(crate) fn read(&self) -> (Vec<u64>, u64) {
        let mut so_far = 0;
        let upto = self.counts.iter().map(|count| {
            so_far += count.load(Ordering::Relaxed);
            so_far
        });
        (upto.collect(), self.sum_us.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_exactly_a_bound_is_within_it() {
        let histogram = Histogram::default();
        for us in [0, 1_000, 1_001, 40_000_000] {
            histogram.observe(Duration::from_micros(us));
        }
        let (upto, sum) = histogram.read();
        assert_eq!((upto[0], upto[1], upto[13], upto[14]), (2, 3, 3, 4));
        assert_eq!(sum, 40_002_001);
    }

    #[test]
    fn what_is_entered_is_left_when_it_is_dropped() {
        let gauge = Arc::new(Gauge::default());
        let (one, other) = (gauge.enter(), gauge.enter());
        assert_eq!(gauge.get(), 2);
        drop((one, other));
        assert_eq!(gauge.get(), 0);
    }
}
