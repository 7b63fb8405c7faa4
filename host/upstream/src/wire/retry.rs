//! How long after a failed attempt the next one is made.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::config::limits::RequestLimits;

/// The first wait is at most this long; each further one at most twice the one before.
const FIRST: Duration = Duration::from_millis(200);
/// No wait of our own choice is longer.
const LONGEST: Duration = Duration::from_secs(5);
/// What is added at random to a wait that the store asks for, so that not all come back at once.
const SPREAD: Duration = Duration::from_millis(50);

/// Statuses by which a store or a proxy says "not now" to a read. Other failures would only fail
/// again.
pub(crate) const fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// How long to wait before the attempt that follows `attempts` failed ones; `None` to give up.
///
/// What the store asks for in `Retry-After` is kept, if it is not too long. Else the wait is random
/// between nothing and a limit that doubles each time ("full jitter").
pub(crate) fn wait(
    limits: &RequestLimits,
    attempts: u32,
    asked: Option<Duration>,
) -> Option<Duration> {
    if attempts > limits.max_retries {
        return None;
    }
    let Some(asked) = asked else {
        let most = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST);
        return Some(most.mul_f64(fastrand::f64()));
    };
    (asked <= limits.max_retry_after).then(|| asked + SPREAD.mul_f64(fastrand::f64()))
}

/// `Retry-After`, in seconds or as a date; a date that has passed is no wait.
pub(crate) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(header).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_bounded_and_end() {
        let limits = RequestLimits::default();
        for attempts in 1..=3 {
            let most = FIRST * (1 << (attempts - 1));
            assert!(wait(&limits, attempts, None).unwrap() <= most);
        }
        assert_eq!(wait(&limits, 4, None), None);
        assert_eq!(wait(&limits, 4, Some(Duration::ZERO)), None);
        let huge = RequestLimits { max_retries: u32::MAX, ..limits };
        assert!(wait(&huge, u32::MAX, None).unwrap() <= LONGEST);
    }

    #[test]
    fn a_store_is_waited_for_as_long_as_it_asks_but_not_for_ever() {
        let limits = RequestLimits::default();
        let waited = wait(&limits, 1, Some(Duration::from_secs(2))).unwrap();
        assert!(waited >= Duration::from_secs(2) && waited <= Duration::from_secs(2) + SPREAD);
        assert_eq!(wait(&limits, 1, Some(Duration::from_secs(3600))), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
        let parsed = |header| retry_after(header, now);
        assert_eq!(parsed(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(parsed("Sun, 22 Nov 2026 18:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(parsed("Sun, 22 Nov 2026 17:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parsed("soon"), None);
        assert_eq!(parsed("-1"), None);
    }
}
