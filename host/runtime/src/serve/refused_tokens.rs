//! Access tokens that were refused, on the trail: each reason at once, and then with how many more there
//! were, so that nobody fills the disk with them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use souk_model::TokenRefusal;

/// Between two lines of one reason.
const EVERY: Duration = Duration::from_secs(1);
/// The line's code.
pub(super) const CODE: &str = "token-refused";

#[derive(Default)]
pub(super) struct RefusedTokens(Mutex<HashMap<&'static str, RefusalCount>>);

struct RefusalCount {
    last: Instant,
    since: u64,
}

impl RefusedTokens {
    /// What to write of this one, if it is time: those of the same reason since are in it.
    pub(super) fn line(&self, refusal: &TokenRefusal, now: Instant) -> Option<String> {
        let TokenRefusal { reason, message, .. } = refusal;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match counts.get_mut(reason) {
            Some(count) if now.saturating_duration_since(count.last) < EVERY => {
                count.since += 1;
                return None;
            }
            Some(count) => {
                count.last = now;
                std::mem::take(&mut count.since)
            }
            None => {
                counts.insert(reason, RefusalCount { last: now, since: 0 });
                0
            }
        };
        let more = if since > 0 { format!(", and {since} before it") } else { String::new() };
        Some(format!("{reason}: an access token was refused: {message}{more}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_line_and_many_of_one_are_counted() {
        let (refused, now) = (RefusedTokens::default(), Instant::now());
        let of = |reason| TokenRefusal { reason, message: "no".to_owned(), is_genuine: false };
        assert!(refused.line(&of("expired"), now).unwrap().starts_with("expired: "));
        assert!(refused.line(&of("audience"), now).is_some());
        assert!((0..9).all(|_| refused.line(&of("expired"), now).is_none()));
        let later = refused.line(&of("expired"), now + EVERY).unwrap();
        assert!(later.ends_with("and 9 before it"), "{later}");
    }
}
