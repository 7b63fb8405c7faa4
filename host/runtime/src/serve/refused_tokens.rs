//! Access tokens that were refused, on the trail: each reason at once, and then how many more there were,
//! so that nobody fills the disk with them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use souk_model::{RefusalKind, TokenRefusal};
use souk_state::audit::AuditTrail;

/// Between two lines of one reason, of tokens that the issuer has signed.
const EVERY: Duration = Duration::from_secs(1);
/// The same of all others, which anybody can send.
const EVERY_OF_STRANGERS: Duration = Duration::from_secs(60);
/// The line's code.
const CODE: &str = "token-refused";

#[derive(Default)]
pub(super) struct RefusedTokens(Mutex<HashMap<&'static str, RefusalCount>>);

struct RefusalCount {
    every: Duration,
    last: Instant,
    /// How many there were after the last line, and what the last of them was refused for.
    since: u64,
    message: String,
}

impl RefusedTokens {
    /// Takes down that one was refused. What cannot be written is in the log, and nobody was let in.
    pub(super) fn refused(&self, trail: &AuditTrail, refusal: &TokenRefusal) {
        if let Some(line) = self.line(refusal, Instant::now()) {
            let _ = trail.append_notice(CODE, &line);
        }
    }

    /// Takes down how many there were since: of each reason as it is time, and all when the host ends.
    pub(super) fn write_counts(&self, trail: &AuditTrail, is_end: bool) {
        for line in self.counts(Instant::now(), is_end) {
            let _ = trail.append_notice(CODE, &line);
        }
    }

    /// What to write of the first of its reason; others are counted.
    fn line(&self, refusal: &TokenRefusal, now: Instant) -> Option<String> {
        let TokenRefusal { reason, message, kind } = refusal;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(reason) {
            if count.since > 0 || now.saturating_duration_since(count.last) < count.every {
                count.since += 1;
                count.message.clone_from(message);
                return None;
            }
            count.last = now;
        } else {
            let is_genuine = *kind == RefusalKind::Genuine;
            let every = if is_genuine { EVERY } else { EVERY_OF_STRANGERS };
            let message = String::new();
            counts.insert(reason, RefusalCount { every, last: now, since: 0, message });
        }
        Some(format!("{reason}: an access token was refused: {message}"))
    }

    fn counts(&self, now: Instant, is_end: bool) -> Vec<String> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = counts.iter_mut().filter(|(_, count)| {
            let is_time = now.saturating_duration_since(count.last) >= count.every;
            count.since > 0 && (is_end || is_time)
        });
        due.map(|(reason, count)| {
            count.last = now;
            let since = std::mem::take(&mut count.since);
            let message = std::mem::take(&mut count.message);
            format!("{reason}: {since} more access tokens were refused, the last: {message}")
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_line_and_many_of_one_are_counted() {
        let (refused, now) = (RefusedTokens::default(), Instant::now());
        let of = |reason, is_genuine| {
            let kind = if is_genuine { RefusalKind::Genuine } else { RefusalKind::Guess };
            TokenRefusal { reason, message: "no".to_owned(), kind }
        };
        assert!(refused.line(&of("expired", true), now).unwrap().starts_with("expired: "));
        assert!(refused.line(&of("malformed", false), now).is_some());
        for reason in [("expired", true), ("malformed", false)] {
            assert!((0..9).all(|_| refused.line(&of(reason.0, reason.1), now).is_none()));
        }
        assert!(refused.counts(now, false).is_empty());
        let counted = refused.counts(now + EVERY, false);
        assert_eq!(counted, ["expired: 9 more access tokens were refused, the last: no"]);
        // Whatever anybody can send is told once a minute, and none is forgotten.
        let counted = refused.counts(now + EVERY_OF_STRANGERS, false);
        assert_eq!(counted, ["malformed: 9 more access tokens were refused, the last: no"]);
        assert!(refused.line(&of("malformed", false), now + EVERY_OF_STRANGERS).is_none());
        assert_eq!(refused.counts(now + EVERY_OF_STRANGERS, true).len(), 1);
    }
}
