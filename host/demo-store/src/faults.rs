//! Faults on demand: which requests go wrong, and how.
//!
//! A faults file is JSON: `{"seed": 1, "rules": [ … ]}`. Each rule says which requests it is for, how often
//! it strikes, and what happens then:
//!
//! ```json
//! {"rules": [
//!   {"method": "PUT", "path": "/V1/products/", "times": 1, "fault": "drop-after"},
//!   {"path": "/V1/orders", "rate": 0.1, "fault": "unavailable"},
//!   {"every": 5, "fault": "too-many-requests", "retry_after": "2"},
//!   {"delay_ms": 300}
//! ]}
//! ```
//!
//! The first rule with a fault that strikes decides; delays of the rules before it and its own add up.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// 429, with `Retry-After` where the rule has one; the request is not handled.
    TooManyRequests,
    /// 503 with a page of the web server, and `Retry-After` where the rule has one; not handled.
    Unavailable,
    /// The connection closes without an answer and the request is not handled.
    DropBefore,
    /// The request is handled, then the connection closes without an answer.
    DropAfter,
    /// The request is handled, then the connection closes in the middle of the answer's body.
    Truncate,
    /// The request is handled, and answered with its status but a page instead of JSON.
    NotJson,
    /// The request is handled, and answered with JSON that breaks off, under its right length.
    BadJson,
    /// The request is handled, and answered with three thousand lists in each other.
    DeepJson,
    /// 500 with a page that shows a trace of PHP's, a password in it; not handled.
    TracePage,
    /// 500 with a message that holds such a trace; not handled.
    TraceMessage,
    /// 200 with an empty text in place of a token; not handled.
    EmptyToken,
    /// The request is handled, and `total_count` tells how many are on the page.
    PageCount,
    /// The request is handled, and no answer comes however long the client waits.
    StallAfter,
}

impl Fault {
    /// Its name, as files and the request log have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TooManyRequests => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::DropBefore => "drop-before",
            Self::DropAfter => "drop-after",
            Self::Truncate => "truncate",
            Self::NotJson => "not-json",
            Self::BadJson => "bad-json",
            Self::DeepJson => "deep-json",
            Self::TracePage => "trace-page",
            Self::TraceMessage => "trace-message",
            Self::EmptyToken => "empty-token",
            Self::PageCount => "page-count",
            Self::StallAfter => "stall-after",
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Only requests whose path and query, as sent, contain this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Lets this many of its requests pass first.
    #[serde(default)]
    skip: u64,
    /// Then strikes at every so manieth.
    #[serde(default = "one")]
    every: u64,
    /// And of those by chance, from 0 to 1.
    #[serde(default = "always")]
    rate: f64,
    /// Strikes no more than this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// Milliseconds to wait before anything else.
    #[serde(default)]
    delay_ms: u64,
    /// What happens; without it the request is only delayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    /// `Retry-After` of a 429 or 503, as it is to be sent: seconds or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<String>,
    /// How many requests it was for. Counted, not configured.
    #[serde(default, skip_deserializing)]
    matched: u64,
    /// How often it struck. Counted, not configured.
    #[serde(default, skip_deserializing)]
    struck: u64,
}

const fn one() -> u64 {
    1
}

const fn always() -> f64 {
    1.0
}

/// A faults file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// It is not the JSON that is expected.
    #[error("the faults are not as expected: {0}")]
    Json(#[from] serde_json::Error),
    /// A number is out of its range.
    #[error("rule {0}: `rate` must be from 0 to 1 and `every` at least 1")]
    Range(usize),
}

/// A file of rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// Where chance starts: the same seed strikes at the same requests.
    #[serde(default)]
    seed: u64,
    rules: Vec<Rule>,
}

/// What is to be done to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Strike {
    /// How long to wait first.
    pub(crate) delay: Duration,
    /// What to do.
    pub(crate) fault: Option<Fault>,
    /// `Retry-After`.
    pub(crate) retry_after: Option<String>,
}

/// The rules in force, with their counters.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<(Plan, fastrand::Rng)>);

impl Faults {
    /// Replaces the rules by those of a file.
    ///
    /// # Errors
    /// When the file is not as expected; the rules then stay.
    pub(crate) fn replace(&self, json: &[u8]) -> Result<(), FaultsError> {
        let plan: Plan = serde_json::from_slice(json)?;
        let out_of_range = |rule: &Rule| !(0.0..=1.0).contains(&rule.rate) || rule.every == 0;
        if let Some(at) = plan.rules.iter().position(out_of_range) {
            return Err(FaultsError::Range(at + 1));
        }
        let chance = fastrand::Rng::with_seed(plan.seed);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (plan, chance);
        Ok(())
    }

    /// Takes all rules away.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Plan::default();
    }

    /// The rules with their counters.
    pub(crate) fn show(&self) -> serde_json::Value {
        let plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_value(&plan.0).unwrap_or_default()
    }

    /// What is to be done to this request.
    pub(crate) fn strike(&self, method: &str, target: &str) -> Strike {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (plan, chance) = &mut *plan;
        let mut strike = Strike::default();
        for rule in &mut plan.rules {
            if !rule.strikes(method, target, chance) {
                continue;
            }
            strike.delay += Duration::from_millis(rule.delay_ms);
            if rule.fault.is_some() {
                strike.fault = rule.fault;
                strike.retry_after.clone_from(&rule.retry_after);
                break;
            }
        }
        strike
    }
}

impl Rule {
    fn strikes(&mut self, method: &str, target: &str, chance: &mut fastrand::Rng) -> bool {
        let is_meant =
            self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && self.path.as_deref().is_none_or(|wanted| target.contains(wanted));
        if !is_meant {
            return false;
        }
        self.matched += 1;
        let strikes = self.matched > self.skip
            && (self.matched - self.skip).is_multiple_of(self.every)
            && self.times.is_none_or(|times| self.struck < times)
            && chance.f64() < self.rate;
        self.struck += u64::from(strikes);
        strikes
    }
}
