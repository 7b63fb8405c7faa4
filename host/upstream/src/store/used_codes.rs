//! Which one-time codes were used. Whoever sees a code go by may not use it again, so stores refuse
//! one that comes twice; and each that is refused brings the account nearer to being locked.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use souk_model::Failure;

/// Asked before the code of a step is used, with the account's name: whether this step was not
/// claimed before, by this process or another.
pub type ClaimCode = Arc<dyn Fn(&str, u64) -> bool + Send + Sync>;

/// After a code was refused no other is sent for so long, lest the account is locked.
const LEFT_ALONE: Duration = Duration::from_secs(300);

/// Which codes were used for a store, account by account.
#[derive(Default)]
pub(crate) struct UsedCodes {
    accounts: Mutex<HashMap<String, CodeUse>>,
    claim: Option<ClaimCode>,
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
    pub(super) fn new(claim: Option<ClaimCode>) -> Self {
        Self { accounts: Mutex::default(), claim }
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
        is_new && self.claim.as_ref().is_none_or(|claim| claim(account, step))
    }

    /// Notes that the store refused a code.
    pub(crate) fn refuse(&self, account: &str, failure: &Failure) {
        self.with(account, |used| used.refused = Some((Instant::now(), failure.clone())));
    }

    /// What the store said, and how long ago, where it refused a code so lately that no other is to
    /// be sent.
    pub(crate) fn refused_lately(&self, account: &str) -> Option<(Duration, Failure)> {
        self.with(account, |used| {
            let (at, failure) = used.refused.as_ref()?;
            let ago = at.elapsed();
            (ago < LEFT_ALONE).then(|| (LEFT_ALONE - ago, failure.clone()))
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
        let elsewhere = UsedCodes::new(Some(Arc::new(|_, step| step > 9)));
        assert!(!elsewhere.claim("agent", 9));
        assert!(elsewhere.claim("agent", 10));
    }
}
