//! Which one-time codes were used. Whoever sees a code go by may not use it again, so stores refuse
//! one that comes twice; and each that is refused brings the account nearer to being locked.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use souk_model::Failure;

/// What processes that log in to one store by the same accounts know of each other's codes.
pub trait SharedCodes: Send + Sync {
    /// Takes a step before its code is used: whether no process claimed it, or a later one, before.
    fn claim(&self, account: &str, step: u64) -> bool;

    /// Notes that the store refused a code of the account's.
    fn refuse(&self, account: &str, at: SystemTime);

    /// When the store last refused one, if it ever did.
    fn refused_at(&self, account: &str) -> Option<SystemTime>;
}

/// After a code was refused no other is sent for so long, lest the account is locked.
const LEFT_ALONE: Duration = Duration::from_secs(300);

/// Which codes were used for a store, account by account.
#[derive(Default)]
pub(crate) struct UsedCodes {
    accounts: Mutex<HashMap<String, CodeUse>>,
    shared: Option<Arc<dyn SharedCodes>>,
}

#[derive(Default)]
struct CodeUse {
    /// The last step whose code was used.
    step: Option<u64>,
    /// When a code was refused, and in which words.
    refused: Option<(Instant, Failure)>,
}

impl fmt::Debug for UsedCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UsedCodes")
    }
}

impl UsedCodes {
    pub(super) fn new(shared: Option<Arc<dyn SharedCodes>>) -> Self {
        Self { accounts: Mutex::default(), shared }
    }

    fn with<T>(&self, account: &str, work: impl FnOnce(&mut CodeUse) -> T) -> T {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        work(accounts.entry(account.to_owned()).or_default())
    }

    /// Takes a step for a login; `false` where its code, or a later one, was used already.
    pub(crate) fn claim(&self, account: &str, step: u64) -> bool {
        let is_new = self.with(account, |used| {
            let is_new = used.step.is_none_or(|last| last < step);
            if is_new {
                used.step = Some(step);
            }
            is_new
        });
        is_new && self.shared.as_ref().is_none_or(|shared| shared.claim(account, step))
    }

    /// Notes that the store refused a code.
    pub(crate) fn refuse(&self, account: &str, failure: &Failure) {
        self.with(account, |used| used.refused = Some((Instant::now(), failure.clone())));
        if let Some(shared) = &self.shared {
            shared.refuse(account, SystemTime::now());
        }
    }

    /// For how long no other code is to be sent, where the store refused one so lately, and what it
    /// said: unless it said it to another process.
    pub(crate) fn refused_lately(&self, account: &str) -> Option<(Duration, Option<Failure>)> {
        let here = self.with(account, |used| {
            let (at, failure) = used.refused.as_ref()?;
            Some((LEFT_ALONE.checked_sub(at.elapsed())?, Some(failure.clone())))
        });
        here.or_else(|| {
            let at = self.shared.as_ref()?.refused_at(account)?;
            // What a clock that was set back calls the future is now.
            let ago = at.elapsed().unwrap_or_default();
            Some((LEFT_ALONE.checked_sub(ago)?, None))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_claimed_once_and_none_before_it() {
        let used = UsedCodes::default();
        assert!(used.claim("agent", 7));
        assert!(!used.claim("agent", 7));
        assert!(!used.claim("agent", 6));
        assert!(used.claim("agent", 8));
        assert!(used.claim("another", 7));
        let elsewhere = UsedCodes::new(Some(Arc::new(FromNine::default())));
        assert!(!elsewhere.claim("agent", 9));
        assert!(elsewhere.claim("agent", 10));
    }

    /// Somebody else has used all codes until the ninth.
    #[derive(Default)]
    struct FromNine(Mutex<Option<SystemTime>>);

    impl SharedCodes for FromNine {
        fn claim(&self, _: &str, step: u64) -> bool {
            step > 9
        }

        fn refuse(&self, _: &str, at: SystemTime) {
            *self.0.lock().unwrap() = Some(at);
        }

        fn refused_at(&self, _: &str) -> Option<SystemTime> {
            *self.0.lock().unwrap()
        }
    }

    #[test]
    fn a_refusal_counts_for_every_process_and_for_a_while() {
        let shared = Arc::new(FromNine::default());
        let one = UsedCodes::new(Some(shared.clone()));
        let other = UsedCodes::new(Some(shared.clone()));
        assert!(other.refused_lately("agent").is_none());
        one.refuse("agent", &Failure::internal("no"));
        assert!(one.refused_lately("agent").unwrap().1.is_some());
        let (left, said) = other.refused_lately("agent").unwrap();
        assert!(left <= LEFT_ALONE && said.is_none());
        shared.refuse("agent", SystemTime::now() - LEFT_ALONE - Duration::from_secs(1));
        assert!(other.refused_lately("agent").is_none());
    }
}
