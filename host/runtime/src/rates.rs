//! How often one principal may call, be refused, and try credentials.
//!
//! What runs at once is bounded elsewhere; this bounds what comes one after another. The defaults
//! are far above what work needs: they stop a loop that has gone wild, not somebody in a hurry.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use souk_model::{Code, Failure, Principal};

/// Bounds on what one principal does one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Calls a second, twice as many at once. 20,000.
    pub calls_per_s: u32,
    /// Calls a second that were refused: forbidden, not confirmed, with arguments that are wrong.
    /// Ten times as many at once. Above it no call is looked at. 200.
    pub refused_per_s: u32,
    /// Logins a minute with credentials of the caller's own, as many at once. 10.
    pub logins_per_min: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { calls_per_s: 20_000, refused_per_s: 200, logins_per_min: 10 }
    }
}

/// What is said of one caller's rates, or of a role's; what is not said is as for everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateOverrides {
    /// As [`RateLimits::calls_per_s`].
    pub calls_per_s: Option<u32>,
    /// As [`RateLimits::refused_per_s`].
    pub refused_per_s: Option<u32>,
    /// As [`RateLimits::logins_per_min`].
    pub logins_per_min: Option<u32>,
}

impl RateLimits {
    /// The lower of each.
    #[must_use]
    pub fn lowered_by(self, own: &RateOverrides) -> Self {
        let lower = |all: u32, own: Option<u32>| own.map_or(all, |own| own.min(all));
        Self {
            calls_per_s: lower(self.calls_per_s, own.calls_per_s),
            refused_per_s: lower(self.refused_per_s, own.refused_per_s),
            logins_per_min: lower(self.logins_per_min, own.logins_per_min),
        }
    }

    /// The higher of each.
    #[must_use]
    pub fn or_higher(self, other: Self) -> Self {
        Self {
            calls_per_s: self.calls_per_s.max(other.calls_per_s),
            refused_per_s: self.refused_per_s.max(other.refused_per_s),
            logins_per_min: self.logins_per_min.max(other.logins_per_min),
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Calls,
    Refusals,
    Logins,
}

impl Counted {
    /// How many come back each second, and how many there are at once.
    fn refill(self, limits: &RateLimits) -> (f64, f64) {
        match self {
            Self::Calls => (f64::from(limits.calls_per_s), 2.0 * f64::from(limits.calls_per_s)),
            Self::Refusals => {
                (f64::from(limits.refused_per_s), 10.0 * f64::from(limits.refused_per_s))
            }
            Self::Logins => {
                let each_minute = f64::from(limits.logins_per_min);
                (each_minute / 60.0, each_minute)
            }
        }
    }
}

/// What is left of a principal's share, and when that was so.
#[derive(Clone, Copy)]
struct Share {
    left: f64,
    at: Instant,
}

/// After how long any share is full again.
const FULL_AGAIN: Duration = Duration::from_secs(60);
/// Shares that are kept at the most: those that are full again are forgotten first.
const SHARES: usize = 16_384;

/// The shares of all principals: the operator's own callers, and those whom another service vouches for.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<(Principal, Counted), Share>>);

impl Rates {
    /// Counts a call in.
    ///
    /// # Errors
    /// RATE_LIMITED where there were too many, or too many were refused.
    pub(crate) fn call(&self, principal: &Principal, limits: &RateLimits) -> Result<(), Failure> {
        let now = Instant::now();
        self.take(principal, Counted::Refusals, limits, now, 0.0)
            .map_err(|wait| too_many("refused calls", "refused_per_s", wait))?;
        self.take(principal, Counted::Calls, limits, now, 1.0)
            .map_err(|wait| too_many("calls", "calls_per_s", wait))
    }

    /// Counts a call that was refused.
    pub(crate) fn refused(&self, principal: &Principal, limits: &RateLimits) {
        let _ = self.take(principal, Counted::Refusals, limits, Instant::now(), 1.0);
    }

    /// Counts a login with the caller's own credentials.
    ///
    /// # Errors
    /// RATE_LIMITED where there were too many.
    pub(crate) fn login(&self, principal: &Principal, limits: &RateLimits) -> Result<(), Failure> {
        self.take(principal, Counted::Logins, limits, Instant::now(), 1.0)
            .map_err(|wait| too_many("logins with credentials", "logins_per_min", wait))
    }

    /// Takes from a share; with nothing to take it asks whether anything is left. Otherwise, how
    /// long until there is.
    fn take(
        &self,
        principal: &Principal,
        counted: Counted,
        limits: &RateLimits,
        now: Instant,
        amount: f64,
    ) -> Result<(), Duration> {
        let (each_second, most) = counted.refill(limits);
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shares.len() >= SHARES {
            shares.retain(|_, share| now.saturating_duration_since(share.at) < FULL_AGAIN);
        }
        let share = match shares.get_mut(&(principal.clone(), counted)) {
            Some(share) => share,
            None => shares
                .entry((Principal::named(principal.as_str()), counted))
                .or_insert(Share { left: most, at: now }),
        };
        let since = now.saturating_duration_since(share.at).as_secs_f64();
        share.left = (share.left + since * each_second).min(most);
        share.at = now;
        let needed = amount.max(1.0).min(most.max(1.0));
        if share.left < needed {
            let wait = (needed - share.left) / each_second.max(f64::MIN_POSITIVE);
            return Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX));
        }
        share.left -= amount;
        Ok(())
    }
}

fn too_many(what: &str, setting: &str, wait: Duration) -> Failure {
    let wait = match wait.as_secs() {
        0 => "a second".to_owned(),
        seconds @ 1..=3_600 => format!("{} seconds", seconds + 1),
        _ => "until the operator allows some".to_owned(),
    };
    Failure::new(Code::RateLimited, format!("too many {what} from you of late"))
        .rule("rate")
        .remedy(format!("wait {wait}; the operator sets `rates.{setting}`"))
}

/// Whether a failure is a refusal: nothing ran for the call.
pub(crate) fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure.code,
        Code::Forbidden | Code::ValidationError | Code::ConfirmationRequired | Code::ActionNotFound
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_used_up_comes_back_and_is_its_principals_alone() {
        let limits = RateLimits { calls_per_s: 10, refused_per_s: 1, logins_per_min: 2 };
        let (rates, now) = (Rates::default(), Instant::now());
        let (ann, bob) = (Principal::named("ann"), Principal::named("bob"));
        let call = |who: &Principal, after: u64| {
            let now = now + Duration::from_millis(after);
            rates.take(who, Counted::Calls, &limits, now, 1.0)
        };
        let at_once = (0..100).filter(|_| call(&ann, 0).is_ok()).count();
        assert_eq!(at_once, 20);
        assert!(call(&ann, 50).is_err() && call(&bob, 50).is_ok());
        assert!(call(&ann, 100).is_ok() && call(&ann, 100).is_err());
        assert!(call(&ann, 60_000).is_ok());
    }

    #[test]
    fn whoever_is_refused_too_often_is_not_looked_at_and_told_how_long() {
        let limits = RateLimits { refused_per_s: 1, logins_per_min: 2, ..RateLimits::default() };
        let (rates, ann) = (Rates::default(), Principal::named("ann"));
        for _ in 0..10 {
            rates.call(&ann, &limits).unwrap();
            rates.refused(&ann, &limits);
        }
        let refused = rates.call(&ann, &limits).unwrap_err();
        assert_eq!((refused.code, refused.rule.as_deref()), (Code::RateLimited, Some("rate")));
        assert!(rates.call(&Principal::named("bob"), &limits).is_ok());
        assert!(rates.login(&ann, &limits).is_ok() && rates.login(&ann, &limits).is_ok());
        let told = rates.login(&ann, &limits).unwrap_err().render();
        assert!(told.contains("30 seconds") && told.contains("rates.logins_per_min"), "{told}");
        let none = RateLimits { logins_per_min: 0, ..limits };
        assert!(Rates::default().login(&ann, &none).is_err());
    }

    #[test]
    fn what_ran_and_failed_is_no_refusal() {
        assert!(is_refusal(&Failure::new(Code::Forbidden, "no")));
        assert!(!is_refusal(&Failure::new(Code::UpstreamError, "the store broke")));
        assert!(!is_refusal(&Failure::new(Code::RateLimited, "too many")));
    }
}
