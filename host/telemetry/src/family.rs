//! A metric and its series, one for each combination of labels.
//!
//! Series are looked up without a lock, by calls and by the scrape alike: the table of them is
//! exchanged as a whole when one is added, which happens once for each combination. A scrape can
//! therefore not keep a call waiting.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;

use crate::exposition::{Exposed, FamilyHead, Reading, write_family};
use crate::instruments::{Counter, Gauge, Histogram};

/// Series that a metric has at most. What would be one more is counted under `other`, so that nobody
/// who chooses a label's value can fill the memory of the host, or of whoever scrapes it.
pub const MOST_SERIES: usize = 2_000;
/// The value of every label of what is beyond them.
const OTHER: &str = "other";
/// Between the values of a key; no value keeps one.
const SEPARATOR: char = '\u{1f}';

type SeriesTable<S> = HashMap<String, Arc<S>>;

/// A metric with all its series.
pub struct MetricFamily<S: 'static> {
    head: FamilyHead,
    series: LazyLock<ArcSwap<SeriesTable<S>>>,
}

impl<S: Default> MetricFamily<S> {
    pub(crate) const fn new(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        let head = FamilyHead { name, help, labels, divisor: 1 };
        Self { head, series: LazyLock::new(ArcSwap::default) }
    }

    pub(crate) const fn divided_by(mut self, divisor: u64) -> Self {
        self.head.divisor = divisor;
        self
    }

    /// The series with these values of its labels, in their order; begun with nothing where there is
    /// none.
    pub fn of(&self, values: &[&str]) -> Arc<S> {
        debug_assert_eq!(values.len(), self.head.labels.len(), "{}", self.head.name);
        let key = key(values);
        if let Some(series) = self.series.load().get(&key) {
            return series.clone();
        }
        let begun = Arc::new(S::default());
        let mut kept = begun.clone();
        self.series.rcu(|table| {
            let key = if table.len() < MOST_SERIES || table.contains_key(&key) {
                key.clone()
            } else {
                self::key(&vec![OTHER; values.len()])
            };
            let mut table = SeriesTable::clone(table);
            kept = table.entry(key).or_insert_with(|| begun.clone()).clone();
            table
        });
        kept
    }

    /// Takes away all series, as of what is counted anew each time.
    pub fn clear(&self) {
        self.series.store(Arc::default());
    }
}

fn key(values: &[&str]) -> String {
    let mut key = String::with_capacity(values.iter().map(|value| value.len() + 1).sum());
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            key.push(SEPARATOR);
        }
        key.extend(value.chars().filter(|c| *c != SEPARATOR));
    }
    key
}

impl<S> MetricFamily<S> {
    /// Each series with its labels' values, in the order of these.
    fn readings(&self, read: impl Fn(&S) -> Reading) -> Vec<(Vec<String>, Reading)> {
        let table = self.series.load_full();
        let mut found: Vec<_> = table
            .iter()
            .map(|(key, series)| (key.split(SEPARATOR).map(str::to_owned).collect(), read(series)))
            .collect();
        found.sort_by(|(one, _): &(Vec<String>, _), (other, _)| one.cmp(other));
        found
    }
}

impl Exposed for MetricFamily<Counter> {
    fn write(&self, out: &mut String) {
        let readings = self.readings(|counter| Reading::Number(counter.get().into()));
        write_family(out, &self.head, "counter", &readings);
    }
}

impl Exposed for MetricFamily<Gauge> {
    fn write(&self, out: &mut String) {
        let readings = self.readings(|gauge| Reading::Number(gauge.get().into()));
        write_family(out, &self.head, "gauge", &readings);
    }
}

impl Exposed for MetricFamily<Histogram> {
    fn write(&self, out: &mut String) {
        let readings = self.readings(|histogram| {
            let (upto, sum) = histogram.read();
            Reading::Distribution { upto, sum: sum.into() }
        });
        write_family(out, &self.head, "histogram", &readings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_labels_are_the_same_series() {
        let family = MetricFamily::<Counter>::new("a_total", &["x", "y"], "A.");
        family.of(&["1", "2"]).add(1);
        family.of(&["1", "2"]).add(2);
        family.of(&["12", ""]).add(5);
        assert_eq!(family.of(&["1", "2"]).get(), 3);
        let mut text = String::new();
        family.write(&mut text);
        assert_eq!(
            text,
            "# HELP a_total A.\n# TYPE a_total counter\n\
             a_total{x=\"1\",y=\"2\"} 3\na_total{x=\"12\",y=\"\"} 5\n"
        );
    }

    #[test]
    fn beyond_the_most_series_all_are_one() {
        let family = MetricFamily::<Counter>::new("a_total", &["x"], "A.");
        for n in 0..MOST_SERIES + 7 {
            family.of(&[&n.to_string()]).add(1);
        }
        assert_eq!(family.of(&[OTHER]).get(), 7);
        assert_eq!(family.of(&["3"]).get(), 1);
        let mut text = String::new();
        family.write(&mut text);
        assert_eq!(text.lines().count(), 2 + MOST_SERIES + 1);
    }
}
