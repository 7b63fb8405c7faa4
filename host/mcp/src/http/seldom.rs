//! Saying seldom what happens often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often at most.
const EVERY: Duration = Duration::from_secs(30);

/// Says something at once, and then at most every half minute how often it has happened since.
#[derive(Default)]
pub(crate) struct Seldom(Mutex<SeldomCount>);

#[derive(Default)]
struct SeldomCount {
    last: Option<Instant>,
    since: u64,
}

impl Seldom {
    /// Says it with the number of times, if it is time.
    pub(crate) fn say(&self, say: impl FnOnce(u64)) {
        self.say_at(Instant::now(), say);
    }

    fn say_at(&self, now: Instant, say: impl FnOnce(u64)) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.since += 1;
        if count.last.is_none_or(|last| now.duration_since(last) >= EVERY) {
            count.last = Some(now);
            say(std::mem::take(&mut count.since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_said_seldom_and_none_is_forgotten() {
        let (seldom, mut said) = (Seldom::default(), Vec::new());
        let begun = Instant::now();
        for round in 0..3 {
            for _ in 0..10 {
                seldom.say_at(begun + EVERY * round, |times| said.push(times));
            }
        }
        assert_eq!(said, [1, 10, 10]);
    }
}
