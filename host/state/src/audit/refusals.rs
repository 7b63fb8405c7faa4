//! Refused calls, of which a caller can make thousands a second: each has its line up to a rate, and
//! what goes beyond is summed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{CallEntry, CallOutcome};
use super::text_cleaner::TextCleaner;

/// Lines that the refused calls of one principal may have in a second.
const LINES_A_SECOND: u32 = 20;
/// Codes that a sum tells apart; a caller chooses neither their number nor their names.
const CODES: usize = 32;

/// Calls of one principal that were refused faster than each could have a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEntry {
    /// When the first of them was refused, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// When the last was.
    #[serde(with = "super::timestamp")]
    pub last: Timestamp,
    /// For whom.
    pub principal: String,
    /// How many.
    pub count: u64,
    /// And how many with which code.
    pub codes: BTreeMap<String, u64>,
}

/// What becomes of a refused call.
pub(super) enum RefusalLine {
    /// It has a line; before it stands what was summed until now.
    Own(Option<RefusedEntry>),
    /// It is in a sum, which is written later.
    Summed,
}

impl RefusedEntry {
    /// The entry as it may be kept.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        cleaner.clean_principal(&mut self.principal);
        self
    }
}

/// How many refused calls each principal has had lately.
#[derive(Default)]
pub(super) struct RefusalMeter(Mutex<HashMap<String, RefusalWindow>>);

struct RefusalWindow {
    /// The second that lines are counted in, since 1970.
    second: i64,
    lines: u32,
    sum: Option<RefusedEntry>,
}

impl RefusalMeter {
    /// Counts a refused call.
    pub(super) fn count(&self, entry: &CallEntry, now: Timestamp) -> RefusalLine {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(entry.principal.clone()).or_insert_with(|| RefusalWindow {
            second: now.as_second(),
            lines: 0,
            sum: None,
        });
        if window.second != now.as_second() {
            (window.second, window.lines) = (now.as_second(), 0);
        }
        if window.lines < LINES_A_SECOND {
            window.lines += 1;
            return RefusalLine::Own(window.sum.take());
        }
        let code = match &entry.outcome {
            CallOutcome::Ok => "ok",
            CallOutcome::Failed { code, .. } => code,
        };
        let sum = window.sum.get_or_insert_with(|| {
            let principal = entry.principal.clone();
            RefusedEntry { at: now, last: now, principal, count: 0, codes: BTreeMap::new() }
        });
        (sum.last, sum.count) = (now, sum.count + 1);
        if sum.codes.len() < CODES || sum.codes.contains_key(code) {
            *sum.codes.entry(code.to_owned()).or_default() += 1;
        }
        RefusalLine::Summed
    }

    /// The sums so far. A host that serves asks for them every second, so that one which is killed
    /// loses no more than that.
    pub(super) fn take_sums(&self, now: Timestamp) -> Vec<RefusedEntry> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = Vec::new();
        windows.retain(|_, window| {
            sums.extend(window.sum.take());
            window.second >= now.as_second() - 1
        });
        sums
    }

    /// Puts a sum back that could not be written.
    pub(super) fn put_back(&self, entries: Vec<RefusedEntry>) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let window = windows.entry(entry.principal.clone()).or_insert_with(|| RefusalWindow {
                second: entry.last.as_second(),
                lines: LINES_A_SECOND,
                sum: None,
            });
            match &mut window.sum {
                None => window.sum = Some(entry),
                Some(sum) => {
                    sum.at = sum.at.min(entry.at);
                    sum.count += entry.count;
                    for (code, count) in entry.codes {
                        *sum.codes.entry(code).or_default() += count;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn twenty_a_second_have_lines_and_the_rest_is_one_sum() {
        let meter = RefusalMeter::default();
        let mut refused = entry(1);
        refused.outcome =
            CallOutcome::Failed { code: "FORBIDDEN".into(), rule: None, message: String::new() };
        let own = |ms: i64| matches!(meter.count(&refused, at(ms)), RefusalLine::Own(_));
        let lines = (0..1_000).filter(|n| own(60_000 + n)).count();
        assert_eq!(lines, 20);
        // In the next second calls have lines again, after the sum of those before.
        let RefusalLine::Own(Some(sum)) = meter.count(&refused, at(61_000)) else {
            panic!("the sum comes first");
        };
        assert_eq!((sum.at, sum.last, sum.count), (at(60_020), at(60_999), 980));
        assert_eq!(sum.codes["FORBIDDEN"], 980);
        (0..30).for_each(|n| drop(meter.count(&refused, at(61_100 + n))));
        let [sum] = &meter.take_sums(at(61_200))[..] else { panic!("one is left") };
        assert_eq!(sum.count, 11);
        assert!(meter.take_sums(at(61_200)).is_empty());
        assert!(!own(61_300), "what was summed is no reason for more lines in that second");
        assert_eq!(meter.take_sums(at(70_000)).len(), 1);
        assert!(meter.0.lock().unwrap().is_empty(), "who is not refused any more is forgotten");
    }

    #[test]
    fn one_principal_does_not_use_up_anothers_lines() {
        let meter = RefusalMeter::default();
        let mut other = entry(1);
        other.principal = "other".into();
        (0..100).for_each(|_| drop(meter.count(&entry(1), at(60_000))));
        assert!(matches!(meter.count(&other, at(60_000)), RefusalLine::Own(None)));
    }
}
