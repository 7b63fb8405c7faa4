//! How often a cache may be asked to purge: pages that are missing cost the store behind it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use souk_model::{Code, Failure};

use crate::config::cdn::CdnSettings;

/// Calls that may purge, a minute, unless the operator says otherwise.
const DEFAULT_PER_MINUTE: u32 = 10;

const MINUTE: Duration = Duration::from_secs(60);

/// At most so many calls in any minute.
#[derive(Debug)]
pub(super) struct PurgeRate {
    most: u32,
    /// When the last calls were, oldest first; none is older than a minute when it counts.
    calls: Mutex<VecDeque<Instant>>,
}

impl PurgeRate {
    /// As the operator's settings have it.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    pub(super) fn from_settings(settings: &CdnSettings) -> Result<Self, String> {
        match settings.purges_per_minute.unwrap_or(DEFAULT_PER_MINUTE) {
            0 => Err("`purges_per_minute` (MCP_CACHE_RATE_LIMIT) may not be zero; deny `cache_*` \
                      to allow no purge"
                .to_owned()),
            most => Ok(Self::per_minute(most)),
        }
    }

    fn per_minute(most: u32) -> Self {
        Self { most, calls: Mutex::default() }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// `RATE_LIMITED` with the time to wait, where that many were counted in the minute before.
    pub(super) fn count_call(&self, now: Instant) -> Result<(), Failure> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.front().is_some_and(|call| now.saturating_duration_since(*call) >= MINUTE) {
            calls.pop_front();
        }
        match calls.front() {
            Some(oldest) if calls.len() >= self.most as usize => {
                let wait = MINUTE.saturating_sub(now.saturating_duration_since(*oldest));
                Err(rate_limited(self.most, wait))
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }
}

fn rate_limited(most: u32, wait: Duration) -> Failure {
    let calls = if most == 1 { "one call" } else { &format!("{most} calls") };
    // Rounded up: whoever waits so long gets through.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Failure::new(Code::RateLimited, format!("{calls} a minute may purge, and that many just did"))
        .rule("purge-rate")
        .remedy(format!(
            "try again in {seconds} s; one call may purge many URLs; the operator's limit is \
             MCP_CACHE_RATE_LIMIT"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_slides() {
        let rate = PurgeRate::per_minute(2);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        rate.count_call(at(0)).unwrap();
        rate.count_call(at(50)).unwrap();
        let refused = rate.count_call(at(59)).unwrap_err();
        assert_eq!(refused.code, Code::RateLimited);
        assert!(refused.remedy.unwrap().starts_with("try again in 1 s"));
        rate.count_call(at(60)).unwrap();
        let refused = rate.count_call(at(61)).unwrap_err();
        assert!(refused.remedy.unwrap().starts_with("try again in 49 s"));
    }

    #[test]
    fn whoever_waits_as_told_gets_through() {
        let rate = PurgeRate::per_minute(1);
        let start = Instant::now();
        rate.count_call(start).unwrap();
        let early = start + Duration::from_millis(1);
        assert!(rate.count_call(early).unwrap_err().remedy.unwrap().contains("in 60 s"));
        rate.count_call(early + MINUTE).unwrap();
    }
}
